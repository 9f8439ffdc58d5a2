// SPDX-License-Identifier: MIT
// The contract of set_lane(), and of claim() in a lane with a limit: how many may be worked on at once.
#include <quarry/sdk/testing/queue_store_contract.hpp>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

namespace quarry::sdk::testing {

int link_contract_of_lanes() { return 0; }

TEST_P(QueueStoreContract, ALaneIsNeverOverItsLimit) {
  call().set_lane(2);
  for (int i = 0; i < 5; ++i) { static_cast<void>(enqueued()); }
  const std::vector<QueueRow> first = call().claim(claim_request(10));
  ASSERT_EQ(first.size(), 2U);
  EXPECT_TRUE(call().claim(claim_request(10)).empty());
  // downloading and verifying still take their slot, failed gives it back
  ASSERT_EQ(call().transition(change(first.at(0), DownloadState::downloading, Actor::worker)).result,
            CommandResult::applied);
  EXPECT_TRUE(call().claim(claim_request(10)).empty());
  ASSERT_EQ(call().transition(change(first.at(1), DownloadState::failed, Actor::worker)).result,
            CommandResult::applied);
  EXPECT_EQ(call().claim(claim_request(10)).size(), 1U);
  EXPECT_EQ(call().stats().active, 2);
  call().set_lane(1);
  EXPECT_TRUE(call().claim(claim_request(10)).empty()) << "a smaller limit takes nothing away, and gives nothing";
  call().set_lane(0);
  EXPECT_TRUE(call().claim(claim_request(10)).empty());
}

TEST_P(QueueStoreContract, AHeldLaneGivesNothing) {
  static_cast<void>(enqueued());
  call().set_lane(10, 1);
  EXPECT_TRUE(call().claim(claim_request()).empty());
  call().set_lane(10, -1);
  EXPECT_TRUE(call().claim(claim_request()).empty()) << "-1 leaves the hold as it is";
  EXPECT_EQ(call().stats().lane_hold, 1);
  call().set_lane(10, 0);
  EXPECT_EQ(call().claim(claim_request()).size(), 1U);
}

TEST_P(QueueStoreContract, WhoHoldsALaneNeedNotKnowItsLimit) {
  call().set_lane(7);
  for (const std::int32_t hold : {1, 0}) {
    call().set_lane(kKeepLimit, hold);
    EXPECT_EQ(call().stats().lane_max_active, 7);
    EXPECT_EQ(call().stats().lane_hold, hold);
  }
  call().set_lane(kKeepLimit, 1, "fresh");
  EXPECT_EQ(call().stats("fresh").lane_max_active, 3) << "a lane that nobody has set";
  EXPECT_EQ(call().stats("fresh").lane_hold, 1);
}

TEST_P(QueueStoreContract, LanesAreIndependent) {
  NewDownload other = download();
  other.lane = "other";
  const std::int64_t id = call().enqueue(other).id;
  call().set_lane(1, 0, "other");
  EXPECT_TRUE(call().claim(claim_request(10)).empty());
  ClaimRequest request = claim_request(10);
  request.lane = "other";
  const std::vector<QueueRow> rows = call().claim(request);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.front().data.id, id);
  EXPECT_EQ(call().stats("other").active, 1);
  EXPECT_EQ(call().stats().active, 0);
}

TEST_P(QueueStoreContract, ALaneNobodyHasSetTakesThree) {
  for (int i = 0; i < 5; ++i) {
    NewDownload item = download();
    item.lane = "fresh";
    ASSERT_EQ(call().enqueue(item).result, CommandResult::applied);
  }
  ClaimRequest request = claim_request(10);
  request.lane = "fresh";
  EXPECT_EQ(call().claim(request).size(), 3U);
  EXPECT_EQ(call().stats("fresh").lane_max_active, 3);
  EXPECT_EQ(call().stats("fresh").lane_hold, 0);
}

TEST_P(QueueStoreContract, ManyClaimersShareTheRowsWithoutOverlapOrExcess) {
  constexpr int kRows = 120;
  constexpr int kThreads = 4;
  constexpr std::int64_t kLimit = 7;
  for (int i = 0; i < kRows; ++i) { static_cast<void>(enqueued()); }
  call().set_lane(kLimit);
  std::mutex mutex;
  std::set<std::int64_t> taken;
  std::atomic<int> left{kRows};
  std::atomic<bool> excess{false};
  const auto work = [&](int thread) {
    StoreCaller mine(store(), call_clock());
    const std::string owner = "owner-of-all";
    for (int round = 0; left > 0 && round < 100'000; ++round) {
      const std::string name = "t" + std::to_string(thread) + "-" + std::to_string(round);
      ClaimRequest request;
      request.limit = 3;
      request.command_id = name;
      request.lane = "downloads";
      request.owner = owner;
      const std::vector<QueueRow> rows = mine.claim(request);
      excess = excess || mine.stats().active > kLimit;
      for (const QueueRow& row : rows) {
        const std::string end = name + "-" + std::to_string(row.data.id);
        Transition done;
        done.command_id = end;
        done.id = row.data.id;
        done.epoch = row.data.epoch;
        done.from = DownloadState::dispatching;
        done.to = DownloadState::failed;
        EXPECT_EQ(mine.transition(done).result, CommandResult::applied);
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(taken.insert(row.data.id).second) << "row " << row.data.id << " was claimed twice";
        --left;
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) { threads.emplace_back(work, i); }
  for (std::thread& thread : threads) { thread.join(); }
  EXPECT_EQ(taken.size(), static_cast<std::size_t>(kRows));
  EXPECT_FALSE(excess) << "more rows were active than the lane allows";
  expect_consistent();
}

}  // namespace quarry::sdk::testing
