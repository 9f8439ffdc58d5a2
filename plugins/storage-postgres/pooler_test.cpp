// SPDX-License-Identifier: MIT
// Behind a PgBouncer that pools by transaction, with three connections to the server: what a session leaves there, who
// waits for whom, and what is refused. The contract itself is asked of such a store in tests/contract.
#include "pooler.hpp"

#include "libpq.hpp"
#include "listener.hpp"
#include "postgres_admin.hpp"
#include "postgres_queue_store.hpp"
#include "raw_rows.hpp"
#include "test_database.hpp"

#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/helpers/system_clock.hpp>
#include <quarry/sdk/testing/fake_host.hpp>
#include <quarry/sdk/testing/queue_store_caller.hpp>

#include <gtest/gtest.h>

#include <lab/postgres_url.hpp>

#include <set>
#include <thread>

namespace quarry::storage_postgres {
namespace {

using sdk::CommandResult;
using testing::TestDatabase;

constexpr int kPoolSize = 3;  // see lab/pgbouncer.py
constexpr std::int64_t kLongMs = 20'000;

std::string config_of(const std::string& url, const char* more = "") {
  return R"({"url": ")" + url + R"(")" + more + "}";
}
std::string pooled_config() { return config_of(TestDatabase::get().pooler_url(), R"(, "pooler": true)"); }

/// A host's view.
struct Host {
  explicit Host(const std::string& with = pooled_config())
      : config(sdk::Config::parse(with)), store(services, config), admin(services, config), listener(config) {}
  std::pair<sdk::Status, std::string> open() {
    sdk::BasicContext ctx = services.context();
    const sdk::Status status = store.open(ctx);
    return {status, ctx.text()};
  }
  std::pair<sdk::Status, std::string> open_admin() {
    sdk::BasicContext ctx = services.context();
    const sdk::Status status = admin.open(ctx);
    return {status, ctx.text()};
  }
  sdk::testing::FakeHost services;
  sdk::Config config;
  PostgresQueueStore store;
  PostgresAdmin admin;
  Listener listener;
};

sdk::NewDownload download(const std::string& name) {
  sdk::NewDownload item;
  item.command_id = name;
  item.lane = "downloads";
  item.release_key = name;
  return item;
}

std::vector<sdk::testing::QueueRow> claim(sdk::testing::StoreCaller& call, const std::string& command) {
  sdk::ClaimRequest request;
  request.limit = 1;
  request.command_id = command;
  request.lane = "downloads";
  request.owner = "owner";
  return call.claim(request);
}

struct NoFindings final : sdk::FindingSink {
  bool add(const sdk::Finding& finding) noexcept override {
    ADD_FAILURE() << finding.where << ": " << finding.text;
    return true;
  }
};
struct NoProgress final : sdk::ProgressSink {
  bool step(std::int64_t, std::int64_t) noexcept override { return true; }
};

/// Another program at the same pooler.
class Other {
 public:
  explicit Other(const std::string& url = TestDatabase::get().pooler_url())
      : session_(soci::postgresql, connection_words(url)) {}
  RawResult ask(const std::string& sql) { return RawRows(session_).ask(sql); }
  void run(const char* sql) { RawPostgres(session_).exec(sql); }

 private:
  soci::session session_;
};

/// All connections that the pooler has to the server, each in a transaction.
std::vector<std::unique_ptr<Other>> take_all() {
  std::vector<std::unique_ptr<Other>> all;
  std::set<std::int64_t> sessions;
  for (int i = 0; i < kPoolSize; ++i) {
    all.push_back(std::make_unique<Other>());
    all.back()->run("BEGIN");
    sessions.insert(all.back()->ask("SELECT pg_backend_pid()").integer());
  }
  EXPECT_EQ(sessions.size(), static_cast<std::size_t>(kPoolSize));
  return all;
}

std::int64_t tables() {
  return Other(TestDatabase::get().url())
      .ask("SELECT count(*) FROM pg_class WHERE relnamespace = cast(current_schema() AS regnamespace)")
      .integer();
}

std::int64_t advisory_locks() {
  return Other(TestDatabase::get().url())
      .ask(
          "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE "
          "datname = current_database())")
      .integer();
}

class Pooled : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string why = TestDatabase::missing();
    if (why.empty()) { why = lab::test_pooler().missing; }
    if (!why.empty()) { GTEST_SKIP() << why; }
    TestDatabase::get().run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  }
};

TEST_F(Pooled, NothingOfASessionIsLeftOnTheServersConnections) {
  const char* const looks[] = {
      "SELECT current_setting('enable_seqscan')",
      "SELECT current_setting('plan_cache_mode')",
      "SELECT current_setting('statement_timeout')",
      "SELECT current_setting('lock_timeout')",
      "SELECT current_setting('default_transaction_read_only')",
      "SELECT current_setting('idle_in_transaction_session_timeout')",
      "SELECT cast(count(*) AS text) FROM pg_prepared_statements",
      "SELECT cast(count(*) AS text) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"};
  const auto left = [&] {
    std::vector<std::string> found;
    for (const auto& each : take_all()) {
      for (const char* look : looks) { found.push_back(each->ask(look).text()); }
      each->run("ROLLBACK");
    }
    return found;
  };
  const std::vector<std::string> before = left();
  Host host;
  ASSERT_TRUE(host.open().first.ok());
  sdk::testing::StoreCaller call(host.store, host.services.clock);
  std::vector<std::thread> threads;
  for (int i = 0; i < 2 * kPoolSize; ++i) {
    threads.emplace_back([&, i] {
      sdk::testing::StoreCaller mine(host.store, host.services.clock);
      EXPECT_EQ(mine.enqueue(download("n" + std::to_string(i))).result, CommandResult::applied);
      EXPECT_FALSE(mine.all().empty());
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  EXPECT_EQ(claim(call, "claim").size(), 1U);
  EXPECT_EQ(left(), before);
}

TEST_F(Pooled, MoreCallersThanConnectionsAllGetThrough) {
  constexpr int kHosts = 3;
  constexpr int kThreads = 4;
  constexpr int kRounds = 10;
  std::vector<std::unique_ptr<Host>> hosts;
  for (int i = 0; i < kHosts; ++i) {
    hosts.push_back(std::make_unique<Host>());
    const auto [status, text] = hosts.back()->open();
    ASSERT_TRUE(status.ok()) << text;
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < kHosts * kThreads; ++i) {
    threads.emplace_back([&, i] {
      Host& host = *hosts[static_cast<std::size_t>(i % kHosts)];
      sdk::testing::StoreCaller call(host.store, host.services.clock);
      for (int round = 0; round < kRounds; ++round) {
        const std::string name = std::to_string(i) + "." + std::to_string(round);
        EXPECT_EQ(call.enqueue(download(name)).result, CommandResult::applied);
        static_cast<void>(claim(call, "claim" + name));
        EXPECT_FALSE(call.all().empty());
      }
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  sdk::testing::StoreCaller call(hosts.front()->store, hosts.front()->services.clock);
  EXPECT_EQ(call.all().size(), static_cast<std::size_t>(kHosts * kThreads * kRounds));
}

TEST_F(Pooled, ACallEndsInTimeWhenThePoolIsTaken) {
  Host host;
  ASSERT_TRUE(host.open().first.ok());
  sdk::testing::StoreCaller call(host.store, host.services.clock);
  ASSERT_EQ(call.enqueue(download("a")).result, CommandResult::applied);
  ASSERT_EQ(call.all().size(), 1U);
  auto others = take_all();
  const sdk::SystemClock clock;
  const std::int64_t begun = clock.steady_ms();
  const std::string name = "b";
  const sdk::NewDownload item = download(name);
  sdk::BasicContext write(clock, 400, "test");
  sdk::Outcomes outcomes;
  const sdk::Status written = host.store.enqueue(write, {&item, 1}, outcomes);
  EXPECT_EQ(written.code, sdk::Code::unavailable) << "nothing was sent, so nothing is unknown";
  EXPECT_NE(write.text().find("had no connection to the server free in time"), std::string::npos) << write.text();
  sdk::BasicContext read(clock, 400, "test");
  sdk::Stats stats;
  EXPECT_FALSE(host.store.stats(read, "downloads", stats).ok());
  EXPECT_LT(clock.steady_ms() - begun, kLongMs);
  others.clear();
  EXPECT_EQ(call.enqueue(item).result, CommandResult::applied);
  EXPECT_EQ(call.all().size(), 2U);
}

TEST_F(Pooled, WithoutTheSettingItIsRefusedWithItsName) {
  const std::string url = TestDatabase::get().pooler_url();
  const auto [status, text] = Host(config_of(url)).open();
  EXPECT_EQ(status.code, sdk::Code::unavailable);
  EXPECT_EQ(status.flags & sdk::kRetryable, 0U);
  EXPECT_EQ(static_cast<sdk::OpenFault>(status.vendor_code), sdk::OpenFault::foreign);
  EXPECT_NE(text.find("set `pooler = true`"), std::string::npos) << text;
  EXPECT_EQ(tables(), 0) << "nothing was done by then";
  EXPECT_NE(Host(config_of(url)).open_admin().second.find("set `pooler = true`"), std::string::npos);
}

TEST_F(Pooled, TheSettingDoesNoHarmWithoutAPooler) {
  Host host(config_of(TestDatabase::get().url(), R"(, "pooler": true)"));
  ASSERT_TRUE(host.open().first.ok());
  sdk::testing::StoreCaller call(host.store, host.services.clock);
  EXPECT_EQ(call.enqueue(download("a")).result, CommandResult::applied);
  EXPECT_EQ(call.all().size(), 1U);
}

TEST_F(Pooled, WhatNeedsALockOfItsOwnIsRefusedAndLooksAreNot) {
  Host host;
  ASSERT_TRUE(host.open().first.ok());
  const auto [status, text] = host.open_admin();
  EXPECT_EQ(status.code, sdk::Code::unsupported);
  EXPECT_NE(text.find("the server's own address"), std::string::npos) << text;
  sdk::BasicContext ctx = host.services.context();
  sdk::StorageStatus found;
  ASSERT_TRUE(host.admin.status(ctx, found).ok()) << ctx.text();
  EXPECT_EQ(found.schema_version, found.known_version);
  NoFindings findings;
  NoProgress progress;
  EXPECT_TRUE(host.admin.check(ctx, findings, progress).ok()) << ctx.text();
}

TEST_F(Pooled, WhoKeepsHostsOutKeepsThemOutHereToo) {
  Host host;
  ASSERT_TRUE(host.open().first.ok());
  sdk::testing::StoreCaller call(host.store, host.services.clock);
  ASSERT_EQ(call.enqueue(download("a")).result, CommandResult::applied);
  {
    Host direct(config_of(TestDatabase::get().url()));
    const auto [status, text] = direct.open_admin();
    ASSERT_TRUE(status.ok()) << text;
    const std::string name = "b";
    const sdk::NewDownload item = download(name);
    sdk::BasicContext ctx = host.services.context();
    sdk::Outcomes outcomes;
    const sdk::Status refused = host.store.enqueue(ctx, {&item, 1}, outcomes);
    EXPECT_EQ(refused.code, sdk::Code::unavailable);
    EXPECT_NE(refused.flags & sdk::kRetryable, 0U);
    EXPECT_NE(ctx.text().find("being migrated or copied"), std::string::npos) << ctx.text();
    EXPECT_FALSE(Host().open().first.ok());
    EXPECT_EQ(call.all().size(), 1U) << "who only reads is in nobody's way";
  }
  // The server notices a moment later that a connection was closed.
  while (advisory_locks() != 0) { std::this_thread::yield(); }
  EXPECT_EQ(call.enqueue(download("b")).result, CommandResult::applied);
}

TEST_F(Pooled, NobodyListens) {
  Host host;
  ASSERT_TRUE(host.open().first.ok());
  sdk::BasicContext ctx = host.services.context();
  sdk::Wakeup out;
  EXPECT_EQ(host.listener.wait(ctx, out).code, sdk::Code::unsupported);
  EXPECT_NE(ctx.text().find("pooler"), std::string::npos);
  Other direct(TestDatabase::get().url());
  EXPECT_EQ(direct
                .ask("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = "
                     "current_database()")
                .integer(),
            0);
}

}  // namespace
}  // namespace quarry::storage_postgres
