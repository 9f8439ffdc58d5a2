// SPDX-License-Identifier: MIT
// What the schema refuses by itself, whatever the code before it asks for: the second guard behind the commands.
#include "connection.hpp"
#include "statements.hpp"
#include "test_support.hpp"

namespace quarry::storage_sqlite {
namespace {

class Constraints : public ::testing::Test {
 protected:
  Constraints() { migrate(connection_, folder_.file()); }

  /// A queued row, past every look that the commands take before they write.
  void insert(const std::string& command, const std::string& release_key, const std::string& v1 = "",
              const std::string& v2 = "") {
    RawStatement statement(connection_.raw(), sql::kInsertDownload);
    for (int parameter = 1; parameter <= 20; ++parameter) { statement.bind(parameter, std::int64_t{0}); }
    statement.bind(2, std::int64_t{1});
    for (const int text : {10, 15, 16, 17, 18, 19, 20}) { statement.bind(text, std::string_view("x")); }
    statement.bind(11, std::string_view(command));
    statement.bind(12, std::string_view(release_key));
    statement.bind(13, std::string_view(v1));
    statement.bind(14, std::string_view(v2));
    const Running running(statement);
    EXPECT_TRUE(statement.step());
    EXPECT_FALSE(statement.step());
  }
  void expect_refused(const std::string& sql) {
    EXPECT_THROW(connection_.raw().exec(sql.c_str()), SqliteFailure) << sql;
  }

  TestFolder folder_;
  Connection connection_{folder_.file(), Access::writer, Synchronous::normal};
};

TEST_F(Constraints, OneLiveRowHoldsAReleaseAndAHash) {
  insert("c1", "release", "hash-1", "hash-2");
  EXPECT_THROW(insert("c2", "release"), SqliteFailure);
  EXPECT_THROW(insert("c3", "other-1", "hash-1"), SqliteFailure);
  EXPECT_THROW(insert("c4", "other-2", "", "hash-2"), SqliteFailure);
  // Rows without a hash do not stand in each other's way, nor does one that has ended.
  insert("c5", "other-3");
  insert("c6", "other-4");
  connection_.raw().exec("UPDATE download SET state = 8, ready = 0, live = 0, ended_at_ms = 1 WHERE created_by = 'c1'");
  insert("c7", "release", "hash-1", "hash-2");
}

TEST_F(Constraints, ACommandMakesOneRow) {
  insert("c1", "release-1");
  EXPECT_THROW(insert("c1", "release-2"), SqliteFailure);
}

TEST_F(Constraints, ARowKeepsTheRulesOfItsState) {
  insert("c1", "release");
  expect_refused("UPDATE download SET state = 9, ready = 0");
  expect_refused("UPDATE download SET state = 3");                                 // claimable, and not queued
  expect_refused("UPDATE download SET live = 0");                                  // queued, and without its key
  expect_refused("UPDATE download SET lease_owner = 'me', lease_until_ms = 5");    // a lease outside dispatching
  expect_refused("UPDATE download SET state = 1, ready = 0, lease_until_ms = 5");  // nobody's lease
  expect_refused("UPDATE download SET state = 1, ready = 0, lease_owner = 'me'");  // a lease without an end
  expect_refused("UPDATE download SET state = 8, ready = 0, live = 0");            // ended at no time
  expect_refused("UPDATE status_count SET n = -1");
}

}  // namespace
}  // namespace quarry::storage_sqlite
