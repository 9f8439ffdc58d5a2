// SPDX-License-Identifier: MIT
// What the contract does not ask: several hosts, lost connections, migrations, refusals. On a real server.
#include "postgres_queue_store.hpp"

#include "schema.hpp"
#include "test_database.hpp"

#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/queue_store_caller.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace quarry::storage_postgres {
namespace {

using sdk::CommandResult;
using testing::TestDatabase;

/// A host's view: a store of its own on the shared database, and the real clock for its calls' time.
struct Host {
  explicit Host(const std::string& config = TestDatabase::get().config())
      : store(services, sdk::Config::parse(config)) {}
  std::pair<sdk::Status, std::string> open() {
    sdk::BasicContext ctx = services.context();
    const sdk::Status status = store.open(ctx);
    return {status, ctx.text()};
  }
  sdk::testing::FakeHost services;
  PostgresQueueStore store;
};

sdk::NewDownload download(const std::string& name) {
  sdk::NewDownload item;
  item.command_id = name;
  item.lane = "downloads";
  item.release_key = name;
  item.title = "Some.Film.2019.1080p.BluRay.x264-GROUP";
  return item;
}

class PostgresStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
    TestDatabase::get().run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  }
  /// Ends every other connection to the database, as a restart of the server does.
  static void cut_connections() {
    TestDatabase::get().run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
        "pg_backend_pid()");
  }
};

TEST_F(PostgresStoreTest, HostsThatStartTogetherMakeTheSchemaOnce) {
  constexpr int kHosts = 6;
  std::vector<std::unique_ptr<Host>> hosts;
  for (int i = 0; i < kHosts; ++i) { hosts.push_back(std::make_unique<Host>()); }
  std::vector<std::thread> threads;
  std::vector<std::string> said(kHosts);
  for (int i = 0; i < kHosts; ++i) {
    threads.emplace_back([&, i] {
      const auto [status, text] = hosts[static_cast<std::size_t>(i)]->open();
      if (!status.ok()) { said[static_cast<std::size_t>(i)] = text; }
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  EXPECT_EQ(said, std::vector<std::string>(kHosts));
}

TEST_F(PostgresStoreTest, RefusesADatabaseOfANewerVersion) {
  ASSERT_TRUE(Host().open().first.ok());
  TestDatabase::get().run("UPDATE quarry_schema SET version = 99");
  const auto [status, text] = Host().open();
  EXPECT_EQ(status.code, sdk::Code::conflict);
  EXPECT_NE(text.find("has version 99"), std::string::npos) << text;
}

TEST_F(PostgresStoreTest, AMigrationThatFailsLeavesNothingBehind) {
  TestDatabase::get().run("CREATE TABLE metainfo (mine integer)");
  EXPECT_FALSE(Host().open().first.ok());
  TestDatabase::get().run("DROP TABLE metainfo");
  const auto [status, text] = Host().open();
  EXPECT_TRUE(status.ok()) << text;
}

TEST_F(PostgresStoreTest, SaysThatTheServerCannotBeReached) {
  const auto [status, text] = Host(R"({"url": "postgresql://quarry:canary@127.0.0.1:1/queue"})").open();
  EXPECT_EQ(status.code, sdk::Code::unavailable);
  EXPECT_NE(status.flags & sdk::kRetryable, 0U);
  EXPECT_NE(text.find("PostgreSQL (127.0.0.1:1, database queue) cannot be reached"), std::string::npos) << text;
  EXPECT_EQ(text.find("canary"), std::string::npos);
}

TEST_F(PostgresStoreTest, ALostConnectionIsMadeAnew) {
  Host host;
  ASSERT_TRUE(host.open().first.ok());
  sdk::testing::StoreCaller call(host.store, host.services.clock);
  ASSERT_EQ(call.enqueue(download("a")).result, CommandResult::applied);
  EXPECT_EQ(call.all().size(), 1U);
  cut_connections();
  // A statement alone may have been committed before the connection broke; sent again, it says what became of it.
  EXPECT_EQ(call.enqueue(download("b")).result, CommandResult::applied);
  cut_connections();
  EXPECT_EQ(call.all().size(), 2U);
  EXPECT_EQ(call.events().size(), 2U);
}

TEST_F(PostgresStoreTest, TwoHostsNeverShareARow) {
  constexpr int kRows = 400;
  Host a;
  Host b;
  ASSERT_TRUE(a.open().first.ok());
  ASSERT_TRUE(b.open().first.ok());
  sdk::testing::StoreCaller first(a.store, a.services.clock);
  sdk::testing::StoreCaller second(b.store, b.services.clock);
  first.set_lane(kRows, 0);
  for (int i = 0; i < kRows; ++i) {
    ASSERT_EQ(first.enqueue(download("r" + std::to_string(i))).result, CommandResult::applied);
  }
  const auto claim_all = [](sdk::testing::StoreCaller& call, const std::string& owner, std::vector<std::int64_t>& ids) {
    for (int i = 0;; ++i) {
      const std::string command = owner + std::to_string(i);
      sdk::ClaimRequest request;
      request.limit = 7;
      request.command_id = command;
      request.lane = "downloads";
      request.owner = owner;
      const auto rows = call.claim(request);
      if (rows.empty()) { return; }
      for (const auto& row : rows) { ids.push_back(row.data.id); }
    }
  };
  std::vector<std::int64_t> mine;
  std::vector<std::int64_t> yours;
  std::thread other([&] { claim_all(second, "b", yours); });
  claim_all(first, "a", mine);
  other.join();
  mine.insert(mine.end(), yours.begin(), yours.end());
  std::sort(mine.begin(), mine.end());
  EXPECT_EQ(mine.size(), static_cast<std::size_t>(kRows));
  EXPECT_EQ(std::adjacent_find(mine.begin(), mine.end()), mine.end());
}

TEST_F(PostgresStoreTest, WhoEnqueuesWhileAnotherIsUnderWaySharesTheNextStatement) {
  Host host;
  ASSERT_TRUE(host.open().first.ok());
  constexpr int kThreads = 9;
  TestDatabase::get().run("BEGIN; LOCK TABLE download IN EXCLUSIVE MODE");
  std::vector<std::thread> threads;
  std::vector<sdk::Outcome> outcomes(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      sdk::testing::StoreCaller call(host.store, host.services.clock);
      // Two of them want the same release.
      const std::string name = "n" + std::to_string(i == kThreads - 1 ? 1 : i);
      sdk::NewDownload item = download(name);
      const std::string command = "c" + std::to_string(i);
      item.command_id = command;
      outcomes[static_cast<std::size_t>(i)] = call.enqueue(item);
    });
    while (host.store.waiting() != static_cast<std::size_t>(i) + 1) { std::this_thread::yield(); }
  }
  TestDatabase::get().run("COMMIT");
  for (std::thread& thread : threads) { thread.join(); }
  EXPECT_EQ(host.store.groups(), 2);
  for (int i = 0; i < kThreads - 1; ++i) {
    EXPECT_EQ(outcomes[static_cast<std::size_t>(i)].result, CommandResult::applied) << i;
  }
  EXPECT_EQ(outcomes.back().result, CommandResult::conflict);
  EXPECT_EQ(outcomes.back().existing_id, outcomes[1].id);
}

TEST_F(PostgresStoreTest, AFailureInAGroupLeavesItsNeighboursAlone) {
  Host host;
  ASSERT_TRUE(host.open().first.ok());
  constexpr int kThreads = 16;
  std::vector<std::thread> threads;
  std::vector<sdk::Status> statuses(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      // PostgreSQL keeps no text that is not UTF-8.
      const std::string name = "n" + std::to_string(i);
      sdk::NewDownload item = download(name);
      if (i % 4 == 0) { item.title = "\xFF"; }
      sdk::BasicContext ctx = host.services.context();
      sdk::Outcomes outcomes;
      statuses[static_cast<std::size_t>(i)] = host.store.enqueue(ctx, {&item, 1}, outcomes);
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  for (int i = 0; i < kThreads; ++i) {
    EXPECT_EQ(statuses[static_cast<std::size_t>(i)].code, i % 4 == 0 ? sdk::Code::invalid : sdk::Code::ok) << i;
  }
  sdk::testing::StoreCaller call(host.store, host.services.clock);
  EXPECT_EQ(call.all().size(), 12U);
}

TEST_F(PostgresStoreTest, AnEventIsReadOnlyWhenNoneBeforeItCanStillCome) {
  Host host;
  ASSERT_TRUE(host.open().first.ok());
  sdk::testing::StoreCaller call(host.store, host.services.clock);
  TestDatabase& database = TestDatabase::get();
  database.run(
      "BEGIN; INSERT INTO event (download_id, at_ms, epoch, from_state, to_state, actor, command_id, reason) VALUES "
      "(1, 1, 0, -1, 0, 3, 'slow', '')");
  ASSERT_EQ(call.enqueue(download("quick")).result, CommandResult::applied);
  EXPECT_TRUE(call.events().empty()) << "the slow one has the smaller number and is not committed";
  database.run("COMMIT");
  const auto events = call.events();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].command_id, "slow");
}

}  // namespace
}  // namespace quarry::storage_postgres
