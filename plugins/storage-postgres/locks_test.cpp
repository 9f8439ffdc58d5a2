// SPDX-License-Identifier: MIT
// Who waits for whom. Another session holds a lock, and a command either passes by or waits for it: each lock of the
// statements guards something that no test of results alone would show at every run.
#include "postgres_queue_store.hpp"
#include "test_database.hpp"

#include <quarry/sdk/helpers/context.hpp>
#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/fake_host.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace quarry::storage_postgres {
namespace {

using testing::TestDatabase;

constexpr std::int64_t kLongMs = 20'000;
constexpr std::int64_t kShortMs = 400;
constexpr std::int64_t kLeaseMs = 60'000;

class RealClock final : public sdk::Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const noexcept override { return steady_ms(); }
  [[nodiscard]] std::int64_t steady_ms() const noexcept override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
};

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
    if (TestDatabase::missing().empty()) { TestDatabase::get().run("ROLLBACK"); }
  }

  void enqueue(std::string_view name) {
    sdk::NewDownload item;
    item.command_id = name;
    item.release_key = name;
    item.lane = "downloads";
    sdk::BasicContext ctx(clock_, kLongMs, "test");
    sdk::Outcomes outcomes;
    ASSERT_TRUE(store_->enqueue(ctx, std::span(&item, 1), outcomes).ok()) << ctx.text();
  }
  /// From now until the end of the test another session holds what `select` locks.
  static void lock(const std::string& select) { TestDatabase::get().run("BEGIN; " + select); }

  /// The ids claimed; empty with `failed_` set when the claim did not come through in time.
  std::vector<std::int64_t> claim(std::int64_t timeout_ms) {
    sdk::ClaimRequest request;
    request.limit = 1;
    request.command_id = "claim";
    request.lane = "downloads";
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
  template <class Call>
  std::vector<std::int64_t> rows_of(std::int64_t timeout_ms, const Call& call) {
    std::vector<std::int64_t> ids;
    auto rows = sdk::download_sink([&](const sdk::DownloadView& row) { ids.push_back(row.id); });
    sdk::BasicContext ctx(clock_, timeout_ms, "test");
    failed_ = !call(ctx, rows).ok();
    return ids;
  }

  RealClock clock_;
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

TEST_F(Locks, ARescuePassesByARowThatAnotherHostIsChanging) {
  ASSERT_EQ(claim(kLongMs).size(), 1U);
  TestDatabase::get().run("UPDATE download_state SET lease_until_ms = 1 WHERE state = 1");
  lock("SELECT id FROM download WHERE created_by = 'a' FOR UPDATE");
  EXPECT_TRUE(rescue(kLongMs).empty());
  EXPECT_FALSE(failed_);
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
