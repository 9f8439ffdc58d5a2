// SPDX-License-Identifier: MIT
#include "failures.hpp"

#include "raw_postgres.hpp"

#include <gtest/gtest.h>

namespace quarry::storage_postgres {
namespace {

constexpr char kUrl[] = "postgresql://quarry:c%40nary@db.example:6432/queue?sslmode=verify-full";

sdk::Failure told(const char* state, const char* text) { return explain(PostgresFailure(state, text), place_of(kUrl)); }

TEST(Failures, SayWhatToDo) {
  const auto full = told("53100", "could not extend file");
  EXPECT_EQ(full.status.code, sdk::Code::unavailable);
  EXPECT_NE(full.status.flags & sdk::kRetryable, 0U);
  EXPECT_EQ(full.text,
            "PostgreSQL (db.example:6432, database queue) cannot write: its disk is full (nothing was "
            "changed); free some space");
  EXPECT_NE(told("25006", "read-only").text.find("point the url at the primary"), std::string::npos);
  EXPECT_NE(told("42501", "denied").text.find("owner of the database"), std::string::npos);
  EXPECT_EQ(told("22021", "invalid byte sequence").status.code, sdk::Code::invalid);
  EXPECT_EQ(told("42P01", "no such table").status.code, sdk::Code::internal);
}

TEST(Failures, AWrongPasswordIsNotWorthAnotherTry) {
  // When connecting fails, libpq gives the server's sentence without its state.
  const auto refused =
      told("", "connection to server failed: FATAL:  password authentication failed for user \"quarry\"");
  EXPECT_EQ(refused.status.code, sdk::Code::unavailable);
  EXPECT_EQ(refused.status.flags & sdk::kRetryable, 0U);
  EXPECT_NE(refused.text.find("refused the password"), std::string::npos);
}

TEST(Failures, ALostConnectionIsToldFromARefusedStatement) {
  EXPECT_TRUE(is_connection_loss(PostgresFailure("", "server closed the connection unexpectedly")));
  EXPECT_TRUE(is_connection_loss(PostgresFailure("57P01", "terminating connection due to administrator command")));
  EXPECT_FALSE(is_connection_loss(PostgresFailure("23505", "duplicate key")));
  EXPECT_FALSE(is_connection_loss(sdk::Error(sdk::Code::invalid, "not for the database")));
  EXPECT_TRUE(is_worth_repeating(PostgresFailure("40P01", "deadlock detected")));
  EXPECT_TRUE(is_worth_repeating(PostgresFailure("23505", "duplicate key")));
  EXPECT_FALSE(is_worth_repeating(PostgresFailure("53100", "disk full")));
}

TEST(ConnectionWords, KeepWhatTheUrlSaysAndAddWhatItDoesNot) {
  const std::string words = connection_words(kUrl);
  for (const char* part :
       {"host='db.example'", "port='6432'", "dbname='queue'", "password='c@nary'", "sslmode='verify-full'",
        "application_name='quarry'", "connect_timeout='5'", "tcp_user_timeout='10000'"}) {
    EXPECT_NE(words.find(part), std::string::npos) << part;
  }
  EXPECT_NE(connection_words("postgresql://h/d?connect_timeout=60").find("connect_timeout='60'"), std::string::npos);
  EXPECT_NE(connection_words("postgresql://u:it%27s%5C@h/d").find(R"(password='it\'s\\')"), std::string::npos);
}

TEST(ConnectionWords, NoSentenceHoldsThePassword) {
  EXPECT_EQ(place_of(kUrl), "db.example:6432, database queue");
  for (const char* bad : {"postgresql://quarry:canary@db.example:6432/queue?no_such=canary", "host=x canary"}) {
    try {
      static_cast<void>(connection_words(bad));
      ADD_FAILURE() << bad;
    } catch (const sdk::Error& error) {
      EXPECT_EQ(error.status().code, sdk::Code::invalid);
      EXPECT_EQ(std::string(error.what()).find("canary"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace quarry::storage_postgres
