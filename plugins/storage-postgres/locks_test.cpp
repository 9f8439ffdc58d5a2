// SPDX-License-Identifier: MIT
// Who waits for whom. Another session holds a lock, and a command either passes by or waits for it: each lock of the
// statements guards something that no test of results alone would show at every run. And whoever waited finds another
// row than the one that it was judged by before.
#include "postgres_queue_store.hpp"
#include "test_database.hpp"

#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/helpers/system_clock.hpp>
#include <quarry/sdk/testing/fake_host.hpp>
#include <quarry/sdk/testing/queue_store_caller.hpp>

#include <gtest/gtest.h>

#include <future>

namespace quarry::storage_postgres {
namespace {

using sdk::CommandResult;
using testing::TestDatabase;

constexpr std::int64_t kLongMs = 10'000;
constexpr std::int64_t kShortMs = 400;
constexpr std::int64_t kLeaseMs = 60'000;
/// Of the table that has what commands change.
constexpr char kUpdate[] = "UPDATE download_state SET ";

class Locks : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = TestDatabase::missing(); !why.empty()) { GTEST_SKIP() << why; }
    TestDatabase::get().run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    store_ = std::make_unique<PostgresQueueStore>(host_, sdk::Config::parse(TestDatabase::get().config()));
    sdk::BasicContext ctx(clock_, kLongMs, "test");
    ASSERT_TRUE(store_->open(ctx).ok()) << ctx.text();
    sdk::LaneSettings lane;
    lane.lane = "downloads";
    lane.max_active = 10;
    ASSERT_TRUE(store_->set_lane(ctx, lane).ok()) << ctx.text();
    for (const char* name : {"a", "b"}) { enqueue(name); }
  }
  void TearDown() override {
    if (TestDatabase::missing().empty()) { TestDatabase::get().run("ROLLBACK; SELECT pg_advisory_unlock_all()"); }
  }

  void enqueue(std::string_view name, std::string_view lane = "downloads") {
    sdk::NewDownload item;
    item.command_id = name;
    item.release_key = name;
    item.lane = lane;
    sdk::BasicContext ctx(clock_, kLongMs, "test");
    sdk::Outcomes outcomes;
    ASSERT_TRUE(store_->enqueue(ctx, std::span(&item, 1), outcomes).ok()) << ctx.text();
  }
  static void change_rows(const std::string& what) { TestDatabase::get().run(kUpdate + what); }
  /// From now until the end of the test another session holds what `select` locks.
  static void lock(const std::string& select) { TestDatabase::get().run("BEGIN; " + select); }

  /// The ids claimed; empty with `failed_` set when the claim did not come through in time.
  std::vector<std::int64_t> claim(std::int64_t timeout_ms, std::string_view lane = "downloads") {
    sdk::ClaimRequest request;
    request.limit = 1;
    request.command_id = "claim";
    request.lane = lane;
    request.owner = "owner";
    request.lease_ms = kLeaseMs;
    return rows_of(timeout_ms,
                   [&](sdk::CallContext& ctx, sdk::DownloadSink& rows) { return store_->claim(ctx, request, rows); });
  }
  std::vector<std::int64_t> rescue(std::int64_t timeout_ms) {
    return rows_of(timeout_ms, [&](sdk::CallContext& ctx, sdk::DownloadSink& rows) {
      return store_->rescue(ctx, "rescue", "other", 10, rows);
    });
  }
  /// What `call` answers when `change`, which another session has made before, is committed while it waits.
  template <class Call>
  static auto overtaken_by(const std::string& change, const Call& call) {
    lock(change);
    auto answer = std::async(std::launch::async, call);
    EXPECT_TRUE(TestDatabase::get().is_waited_for()) << "nobody waits for the lock";
    TestDatabase::get().run("COMMIT");
    return answer.get();
  }
  template <class Call>
  std::vector<std::int64_t> rows_of(std::int64_t timeout_ms, const Call& call) {
    std::vector<std::int64_t> ids;
    auto rows = sdk::download_sink([&](const sdk::DownloadView& row) { ids.push_back(row.id); });
    sdk::BasicContext ctx(clock_, timeout_ms, "test");
    failed_ = !call(ctx, rows).ok();
    return ids;
  }

  sdk::SystemClock clock_;
  sdk::testing::FakeHost host_;
  std::unique_ptr<PostgresQueueStore> store_;
  bool failed_ = false;
};

TEST_F(Locks, AClaimPassesByARowThatAnotherHostIsChanging) {
  lock("SELECT id FROM download WHERE created_by = 'a' FOR UPDATE");
  EXPECT_EQ(claim(kLongMs), std::vector<std::int64_t>{2});
  EXPECT_FALSE(failed_);
}

TEST_F(Locks, AClaimWaitsForAnotherClaimOfItsLane) {
  // As it stands after a claim that is not committed yet: what it took is not to be seen, and must be counted.
  lock("SELECT name FROM lane WHERE name = 'downloads' FOR NO KEY UPDATE");
  EXPECT_TRUE(claim(kShortMs).empty());
  EXPECT_TRUE(failed_);
}

TEST_F(Locks, AClaimPassesByARowWhoseTimeCameAndThatAnotherHostIsChanging) {
  change_rows("ready = 2, due_at_ms = 1");
  lock("SELECT id FROM download WHERE created_by = 'a' FOR UPDATE");
  EXPECT_EQ(claim(kLongMs), std::vector<std::int64_t>{2});
  EXPECT_FALSE(failed_);
}

TEST_F(Locks, TheFirstClaimOfALaneWaitsForAnotherThatWasFirst) {
  enqueue("c", "fresh");
  TestDatabase& database = TestDatabase::get();
  database.run(
      "SELECT pg_advisory_lock(1); CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM "
      "pg_advisory_xact_lock(1); RETURN NEW; END'; CREATE TRIGGER pause BEFORE INSERT ON lane FOR EACH ROW EXECUTE "
      "FUNCTION pause()");
  auto ids = std::async(std::launch::async, [&] { return claim(kLongMs, "fresh"); });
  EXPECT_TRUE(database.is_waited_for());  // it has found no lane, and is about to make it
  database.run("INSERT INTO lane (name, max_active, hold) VALUES ('fresh', 1, 0)");
  lock("SELECT name FROM lane WHERE name = 'fresh' FOR NO KEY UPDATE");
  database.run("SELECT pg_advisory_unlock(1)");
  EXPECT_TRUE(database.is_waited_for()) << "it counts beside the claim that holds the lane";
  database.run("COMMIT");
  EXPECT_EQ(ids.get(), std::vector<std::int64_t>{3});
}

TEST_F(Locks, ARescuePassesByARowThatAnotherHostIsChanging) {
  ASSERT_EQ(claim(kLongMs).size(), 1U);
  change_rows("lease_until_ms = 1 WHERE state = 1");
  lock("SELECT id FROM download WHERE created_by = 'a' FOR UPDATE");
  EXPECT_TRUE(rescue(kLongMs).empty());
  EXPECT_FALSE(failed_);
}

TEST_F(Locks, PruningPassesByARowThatAnotherHostIsChanging) {
  change_rows("state = 8, ready = 0, ended_at_ms = 1");
  lock("SELECT id FROM download WHERE created_by = 'a' FOR UPDATE");
  sdk::BasicContext ctx(clock_, kLongMs, "test");
  std::int64_t removed = 0;
  EXPECT_TRUE(store_->prune(ctx, 1U << 8U, 2, 10, removed).ok()) << ctx.text();
  EXPECT_EQ(removed, 1);
}

TEST_F(Locks, AnIntentIsJudgedByTheRowThatItFindsAfterWaiting) {
  ASSERT_EQ(claim(kLongMs), std::vector<std::int64_t>{1});
  sdk::testing::StoreCaller call(*store_, host_.clock);
  sdk::Intent intent;
  intent.command_id = "intent";
  intent.id = 1;
  intent.epoch = 1;
  intent.client = "client";
  intent.infohash_v1 = "aaaa";
  intent.magnet = "magnet:?xt=urn:btih:aaaa";
  const auto expect_refused = [&](const std::string& meanwhile, CommandResult why) {
    SCOPED_TRACE(meanwhile);
    const sdk::testing::QueueRow before = call.row(1);
    const sdk::Outcome outcome =
        overtaken_by(kUpdate + meanwhile + " WHERE id = 1", [&] { return call.record_intent(intent); });
    EXPECT_EQ(outcome.result, why);
    const sdk::testing::QueueRow after = call.row(1);
    EXPECT_EQ(after.client + after.infohash_v1 + after.magnet, "");
    EXPECT_EQ(after.data.version, before.data.version);
    change_rows("epoch = 1, state = 1, last_command = 'claim', lease_until_ms = " +
                std::to_string(before.data.lease_until_ms) + " WHERE id = 1");
  };
  expect_refused("epoch = 2", CommandResult::stale_epoch);
  expect_refused("state = 2", CommandResult::wrong_state);
  expect_refused("lease_until_ms = 1", CommandResult::stale_epoch);
  expect_refused("last_command = 'intent'", CommandResult::already_applied);
  EXPECT_EQ(call.record_intent(intent).result, CommandResult::applied);
}

TEST_F(Locks, AHostThatStartsWaitsForOneThatMakesTheSchema) {
  PostgresQueueStore second(host_, sdk::Config::parse(R"({"url": ")" + TestDatabase::get().url() + R"("})"));
  sdk::BasicContext ctx(clock_, kLongMs, "test");
  // "QRRY", as the migration locks it.
  EXPECT_TRUE(overtaken_by("SELECT pg_advisory_xact_lock(1364349529)", [&] { return second.open(ctx); }).ok())
      << ctx.text();
}

TEST_F(Locks, ATakeOverOfADutyWaitsForTheChangesOfItsHolder) {
  ASSERT_EQ(claim(kLongMs).size(), 1U);
  sdk::DutyRequest request;
  request.name = "client:c";
  request.owner = "owner";
  sdk::Duty duty;
  sdk::BasicContext take(clock_, kLongMs, "test");
  ASSERT_TRUE(store_->take_duty(take, request, duty).ok()) << take.text();
  // Another host is about to take the duty over: a change under the old epoch may not slip in beside it.
  lock("SELECT name FROM duty FOR UPDATE");
  sdk::Transition change;
  change.command_id = "change";
  change.id = 1;
  change.epoch = 1;
  change.from = sdk::DownloadState::dispatching;
  change.to = sdk::DownloadState::verifying;
  change.duty = request.name;
  change.duty_epoch = duty.epoch;
  sdk::BasicContext ctx(clock_, kShortMs, "test");
  sdk::Outcomes outcomes;
  EXPECT_FALSE(store_->transition(ctx, std::span(&change, 1), outcomes).ok());
}

TEST_F(Locks, OneLiveRowHoldsAReleaseAndAHash) {
  const auto insert = [](const std::string& command, const std::string& key, const std::string& v1,
                         const std::string& v2) {
    TestDatabase::get().run(
        "WITH made AS (INSERT INTO download_state (state, status, flags, ready, claim_rank, due_at_ms, updated_at_ms, "
        "size_bytes, lane, last_command, release_key, infohash_v1, infohash_v2) VALUES (0, 0, 0, 1, 0, 0, 0, 0, 'x', "
        "'x', '" +
        key + "', '" + v1 + "', '" + v2 +
        "') RETURNING id) "
        "INSERT INTO download_origin (id, rank, enqueued_at_ms, movie_id, max_retries, priority, created_by, category, "
        "title, indexer, guid, download_url, magnet) SELECT id, 0, 0, 0, 3, 0, '" +
        command + "', '', '', '', '', '', '' FROM made");
  };
  insert("c1", "release", "hash-1", "hash-2");
  EXPECT_ANY_THROW(insert("c2", "release", "", ""));
  EXPECT_ANY_THROW(insert("c3", "other-1", "hash-1", ""));
  EXPECT_ANY_THROW(insert("c4", "other-2", "", "hash-2"));
  EXPECT_ANY_THROW(insert("c1", "other-3", "", ""));
  insert("c5", "other-4", "", "");
  insert("c6", "other-5", "", "");
}

}  // namespace
}  // namespace quarry::storage_postgres
