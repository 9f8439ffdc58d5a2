// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "lab/postgres_url.hpp"

namespace quarry::lab {
namespace {

TEST(PostgresOfTheTests, AnswersAtItsUrl) {
  const TestPostgres server = test_postgres();
  if (server.url.empty()) { GTEST_SKIP() << server.missing; }
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(server.url.c_str()), PQfinish);
  ASSERT_EQ(PQstatus(connection.get()), CONNECTION_OK) << PQerrorMessage(connection.get());
  EXPECT_TRUE(PQconnectionUsedPassword(connection.get())) << "whoever reaches the port would be let in";
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(
      PQexec(connection.get(), "select current_setting('server_encoding')"), PQclear);
  ASSERT_EQ(PQresultStatus(result.get()), PGRES_TUPLES_OK) << PQerrorMessage(connection.get());
  EXPECT_STREQ(PQgetvalue(result.get(), 0, 0), "UTF8");
}

TEST(PostgresOfTheTests, SaysWhyThereIsNone) {
  const char* before = std::getenv("QUARRY_TEST_POSTGRES");
  const std::string saved = before == nullptr ? "" : before;
  unsetenv("QUARRY_TEST_POSTGRES");
  EXPECT_NE(test_postgres().missing.find("run this test with ctest"), std::string::npos);
  setenv("QUARRY_TEST_POSTGRES", "/nonexistent/url", 1);
  EXPECT_NE(test_postgres().missing.find("/nonexistent/url"), std::string::npos);
  EXPECT_EQ(test_postgres().url, "");
  setenv("QUARRY_TEST_POSTGRES", saved.c_str(), 1);
}

}  // namespace
}  // namespace quarry::lab
