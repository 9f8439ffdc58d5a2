// SPDX-License-Identifier: MIT
// Which sessions the lines of writers use, and what is said of a statement that was committed by itself.
#include "test_store.hpp"
#include "writer.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <array>
#include <future>

namespace quarry::storage_postgres {
namespace {

using sdk::CommandResult;
using testing::TestDatabase;

constexpr std::int64_t kShortMs = 900;

/// A session beside that of TestDatabase.
class Second {
 public:
  Second() : connection_(PQconnectdb(connection_words(TestDatabase::get().url()).c_str())) {}
  ~Second() { PQfinish(connection_); }
  Second(const Second&) = delete;
  Second& operator=(const Second&) = delete;
  /// Begins, and does not wait for the end.
  void send(const char* sql) { EXPECT_EQ(PQsendQuery(connection_, sql), 1) << PQerrorMessage(connection_); }
  void finish() {
    while (PGresult* result = PQgetResult(connection_)) { PQclear(result); }
  }
  std::string ask(const char* sql) {
    PGresult* result = PQexec(connection_, sql);
    std::string answer = PQntuples(result) == 0 ? PQresultErrorMessage(result) : PQgetvalue(result, 0, 0);
    PQclear(result);
    return answer;
  }

 private:
  PGconn* connection_;
};

class WriteLines : public testing::StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) { return; }
    for (const char* name : {"a", "b"}) { ASSERT_TRUE(enqueue(name)); }
  }
  std::size_t claim(std::string_view command, std::int32_t limit) {
    sdk::ClaimRequest request;
    request.limit = limit;
    request.command_id = command;
    request.lane = "downloads";
    request.owner = "owner";
    request.lease_ms = 60'000;
    std::size_t rows = 0;
    auto sink = sdk::download_sink([&](const sdk::DownloadView&) { ++rows; });
    sdk::BasicContext ctx(clock_, kLongMs, "test");
    EXPECT_TRUE(store_->claim(ctx, request, sink).ok()) << ctx.text();
    return rows;
  }
  static std::array<sdk::Transition, 2> both_failed(std::int64_t second_epoch) {
    std::array<sdk::Transition, 2> changes;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      changes[i].command_id = i == 0 ? "first" : "second";
      changes[i].id = static_cast<std::int64_t>(i) + 1;
      changes[i].epoch = i == 0 ? 1 : second_epoch;
      changes[i].from = sdk::DownloadState::dispatching;
      changes[i].to = sdk::DownloadState::failed;
    }
    return changes;
  }
};

TEST_F(WriteLines, ABatchThatStaysIsNotSaidToHaveChangedNothing) {
  ASSERT_EQ(claim("claim", 2), 2U);
  TestDatabase& database = TestDatabase::get();
  database.run("BEGIN; SELECT id FROM download_state WHERE id = 1 FOR UPDATE");
  // The second change does not fit, which is asked after the first was committed; by then the table is locked.
  const auto changes = both_failed(7);
  sdk::Outcomes outcomes;
  auto answer = std::async(std::launch::async, [&] {
    sdk::BasicContext ctx(clock_, kShortMs, "test");
    return store_->transition(ctx, changes, outcomes).ok();
  });
  ASSERT_TRUE(database.is_waited_for());
  Second locker;
  locker.send("BEGIN; LOCK TABLE download_state IN ACCESS EXCLUSIVE MODE");
  ASSERT_EQ(Second().ask("DO $$ BEGIN FOR i IN 1..5000 LOOP IF EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND "
                         "mode = 'AccessExclusiveLock' AND relation = 'download_state'::regclass) THEN RETURN; END IF; "
                         "PERFORM pg_sleep(0.002); END LOOP; RAISE 'nobody locks the table'; END $$"),
            "");
  database.run("COMMIT");
  EXPECT_TRUE(answer.get());
  ASSERT_EQ(outcomes.all.size(), 2U);
  EXPECT_EQ(outcomes.all[0].result, CommandResult::unknown_commit);
  locker.finish();
  static_cast<void>(locker.ask("COMMIT"));
  EXPECT_EQ(Second().ask("SELECT state FROM download_state WHERE id = 1"), "7") << "it was committed";
  sdk::BasicContext ctx(clock_, kLongMs, "test");
  sdk::Outcomes again;
  ASSERT_TRUE(store_->transition(ctx, changes, again).ok()) << ctx.text();
  EXPECT_EQ(again.all[0].result, CommandResult::already_applied);
  EXPECT_EQ(again.all[1].result, CommandResult::stale_epoch);
}

TEST_F(WriteLines, ABatchIsOneStatementWhenItsChangesAreAlikeAndOfDifferentRows) {
  auto changes = both_failed(1);
  EXPECT_TRUE(Writer::is_one_statement(changes));
  changes[1].reason = "another";
  EXPECT_FALSE(Writer::is_one_statement(changes));
  changes[1] = changes[0];
  EXPECT_FALSE(Writer::is_one_statement(changes));
  EXPECT_TRUE(Writer::is_one_statement(std::span(changes).first(1)));
}

TEST_F(WriteLines, LinesTakeTurnsOnOneSessionUntilTheyOverlap) {
  ASSERT_EQ(claim("claim", 1), 1U);
  ASSERT_TRUE(enqueue("c"));
  EXPECT_EQ(store_->writer_sessions(), 1);
  TestDatabase& database = TestDatabase::get();
  database.run("BEGIN; SELECT name FROM lane FOR NO KEY UPDATE");
  auto claimed = std::async(std::launch::async, [&] { return claim("waits", 1); });
  ASSERT_TRUE(database.is_waited_for());
  EXPECT_TRUE(enqueue("d")) << "nobody waits for a claim";
  database.run("COMMIT");
  EXPECT_EQ(claimed.get(), 1U);
  EXPECT_EQ(store_->writer_sessions(), 2);
}

TEST_F(WriteLines, SessionsThatWereLostWhileNobodyUsedThemAreMadeAnew) {
  ASSERT_EQ(claim("claim", 1), 1U);
  TestDatabase::get().run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
      "pg_backend_pid()");
  EXPECT_EQ(claim("again", 1), 1U);
  EXPECT_TRUE(enqueue("c"));
}

}  // namespace
}  // namespace quarry::storage_postgres
