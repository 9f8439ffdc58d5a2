// SPDX-License-Identifier: MIT
#include "queue/engine_test_world.hpp"

namespace quarry::queue {
namespace {

using sdk::DownloadState;
using testing::kHash;
using testing::magnet_of;

/// Answers each command with `result`, and has done nothing.
class OneAnswerStore final : public sdk::QueueStore {
 public:
  using Context = sdk::CallContext;
  using Out = sdk::OutcomeSink;
  sdk::CommandResult result = sdk::CommandResult::unavailable;

  sdk::Status open(Context&) noexcept override { return {}; }
  sdk::Status enqueue(Context&, std::span<const sdk::NewDownload>, Out& out) noexcept override { return give(out); }
  sdk::Status claim(Context&, const sdk::ClaimRequest&, sdk::DownloadSink&) noexcept override { return {}; }
  sdk::Status heartbeat(Context&, std::string_view, std::int64_t, std::span<const sdk::LeaseRef>,
                        Out& out) noexcept override {
    return give(out);
  }
  sdk::Status record_intent(Context&, const sdk::Intent&, Out& out) noexcept override { return give(out); }
  sdk::Status metainfo(Context&, std::int64_t, sdk::ByteSink&) noexcept override { return {}; }
  sdk::Status transition(Context&, std::span<const sdk::Transition>, Out& out) noexcept override { return give(out); }
  sdk::Status edit(Context&, const sdk::Edit&, Out& out) noexcept override { return give(out); }
  sdk::Status rescue(Context&, std::string_view, std::string_view, std::int32_t, sdk::DownloadSink&) noexcept override {
    return {};
  }
  sdk::Status record_progress(Context&, std::span<const sdk::Progress>, Out& out) noexcept override {
    return give(out);
  }
  sdk::Status find(Context&, const sdk::FindRequest&, sdk::DownloadSink&) noexcept override { return {}; }
  sdk::Status list(Context&, const sdk::ListRequest&, sdk::DownloadSink&, std::int64_t&) noexcept override {
    return {};
  }
  sdk::Status set_lane(Context&, const sdk::LaneSettings&) noexcept override { return {}; }
  sdk::Status stats(Context&, std::string_view, sdk::Stats&) noexcept override { return {}; }
  sdk::Status events_since(Context&, std::int64_t, std::int32_t, sdk::EventSink&) noexcept override { return {}; }
  sdk::Status prune(Context&, std::uint32_t, std::int64_t, std::int32_t, std::int64_t&) noexcept override { return {}; }
  sdk::Status take_duty(Context&, const sdk::DutyRequest&, sdk::Duty&) noexcept override { return {}; }

 private:
  sdk::Status give(Out& out) const {
    sdk::Outcome outcome;
    outcome.result = result;
    out.add(outcome);
    return {};
  }
};

class QueueServiceTest : public testing::EngineTest {
 protected:
  /// So many downloads that failed for good, or were cancelled.
  void enqueue_ended(int count, DownloadState state) {
    for (int i = 0; i < count; ++i) {
      sdk::NewDownload item;
      const std::string key = "key" + std::to_string(i);
      item.lane = "downloads";
      item.release_key = key;
      const auto made = face.enqueue(item);
      ASSERT_TRUE(made.ok());
      if (state == DownloadState::cancelled) { ASSERT_TRUE(service.cancel(made->id, false).ok()); }
    }
    while (state == DownloadState::failed) {
      const auto rows = face.claim("downloads", 500, "owner", 30'000);
      ASSERT_TRUE(rows.ok());
      if (rows->empty()) { return; }
      std::vector<sdk::Transition> changes;
      for (const Download& d : *rows) {
        sdk::Transition& t = changes.emplace_back();
        t.id = d.id;
        t.epoch = d.epoch;
        t.from = DownloadState::dispatching;
        t.to = DownloadState::failed;
      }
      ASSERT_TRUE(face.transitions(std::move(changes)).ok());
    }
  }
  std::int64_t count_of(sdk::PublicStatus status) {
    return service.stats()->by_status[static_cast<std::size_t>(status)];
  }
  /// A service of its own, whose every command takes `ms`.
  QueueService slow_service(std::int64_t ms, int& nudges) {
    return {store, clock, QueueSettings{},
            [this, ms] {
              clock.advance(ms);
              return "s" + std::to_string(++commands);
            },
            [&nudges] { ++nudges; }};
  }
};

TEST_F(QueueServiceTest, OnlyWhatTheStorageTookIsASuccess) {
  OneAnswerStore silent;
  int nudges = 0;
  QueueService lost(
      silent, clock, QueueSettings{}, [] { return std::string("c"); }, [&] { ++nudges; });
  GrabRequest request;
  request.magnet = magnet_of(kHash);
  for (const auto result :
       {sdk::CommandResult::unavailable, sdk::CommandResult::not_found, sdk::CommandResult::stale_version}) {
    silent.result = result;
    const auto answer = lost.grab(request);
    const auto* failed = std::get_if<GrabFailure>(&answer);
    ASSERT_NE(failed, nullptr);
    EXPECT_EQ(failed->failure.status.code, sdk::Code::unavailable);
  }
  // "unavailable" says that nothing was changed; of this nobody knows.
  silent.result = sdk::CommandResult::unknown_commit;
  const auto unknown = lost.grab(request);
  ASSERT_NE(std::get_if<GrabFailure>(&unknown), nullptr);
  EXPECT_EQ(std::get<GrabFailure>(unknown).failure.status.code, sdk::Code::deadline);
  silent.result = sdk::CommandResult::unavailable;
  EXPECT_EQ(lost.move_to_top(1).error().status.code, sdk::Code::unavailable);
  silent.result = sdk::CommandResult::wrong_state;
  EXPECT_EQ(lost.move_to_top(1).error().status.code, sdk::Code::conflict);
  EXPECT_EQ(nudges, 0);
  silent.result = sdk::CommandResult::already_applied;
  EXPECT_TRUE(std::holds_alternative<Grabbed>(lost.grab(request)));
}

TEST_F(QueueServiceTest, RetriesAllThatFailedPageByPageWithOneNudge) {
  sdk::LaneSettings lane;
  lane.lane = "downloads";
  lane.max_active = 2000;
  ASSERT_TRUE(face.set_lane(lane).ok());
  enqueue_ended(1100, DownloadState::failed);
  ASSERT_EQ(count_of(sdk::PublicStatus::failed), 1100);
  int nudges = 0;
  QueueService own = slow_service(0, nudges);
  const auto retried = own.retry_all_failed();
  ASSERT_TRUE(retried.ok());
  EXPECT_EQ(*retried, 1100);
  EXPECT_EQ(nudges, 1);
  EXPECT_EQ(count_of(sdk::PublicStatus::queued), 1100);
}

TEST_F(QueueServiceTest, BulkWorkEndsInTimeAndGoesOnWhereItEnded) {
  sdk::LaneSettings lane;
  lane.lane = "downloads";
  lane.max_active = 2000;
  ASSERT_TRUE(face.set_lane(lane).ok());
  enqueue_ended(1100, DownloadState::failed);
  int nudges = 0;
  QueueService own = slow_service(30, nudges);  // 15 s for a page
  EXPECT_EQ(*own.retry_all_failed(), 500);
  EXPECT_EQ(*own.retry_all_failed(), 500);
  EXPECT_EQ(*own.retry_all_failed(), 100);
  EXPECT_EQ(*own.retry_all_failed(), 0);
  EXPECT_EQ(nudges, 3);
}

TEST_F(QueueServiceTest, PausingTheQueueLeavesTheLimitOfAnotherHost) {
  sdk::LaneSettings lane;
  lane.lane = "downloads";
  lane.max_active = 7;
  ASSERT_TRUE(face.set_lane(lane).ok());
  for (const bool hold : {true, false}) {
    ASSERT_TRUE(service.set_queue_hold(hold).ok());
    const auto stats = service.stats();
    ASSERT_TRUE(stats.ok());
    EXPECT_EQ(stats->lane_max_active, 7);
    EXPECT_EQ(stats->lane_hold, hold ? 1 : 0);
  }
}

TEST_F(QueueServiceTest, APausedDownloadShowsNoReasonToWait) {
  client_loaded = false;
  const auto id = grab_magnet();
  static_cast<void>(dispatch());
  ASSERT_NE(row(id).error, "");
  ASSERT_TRUE(service.set_hold(id, true).ok());
  EXPECT_EQ(row(id).error, "");
  EXPECT_EQ(row(id).due_reason, "");
  std::vector<std::string> errors;
  const auto total = service.list({}, [&](const sdk::DownloadView& d) { errors.emplace_back(d.error); });
  ASSERT_TRUE(total.ok());
  EXPECT_EQ(*total, 1);
  EXPECT_EQ(errors, std::vector<std::string>{""});
  ASSERT_TRUE(service.set_hold(id, false).ok());
  EXPECT_NE(row(id).error, "") << "what it waits for is true again";
}

TEST_F(QueueServiceTest, ACancelSeesAnIntentThatWasCommittedMeanwhile) {
  const auto id = grab_magnet();
  const auto claimed = face.claim("downloads", 1, "owner", 30'000);
  ASSERT_EQ(claimed->size(), 1U);
  // The worker commits its intent between the reading and the writing of the cancel.
  bool committed = false;
  QueueService user(
      store, clock, QueueSettings{},
      [&] {
        if (!std::exchange(committed, true)) {
          sdk::Intent intent;
          intent.id = id;
          intent.epoch = claimed->front().epoch;
          intent.client = "client";
          intent.infohash_v1 = kHash;
          EXPECT_TRUE(face.record_intent(intent).ok());
        }
        return "u" + std::to_string(++commands);
      },
      [] {});
  ASSERT_TRUE(user.cancel(id, true).ok());
  EXPECT_EQ(row(id).state, DownloadState::cancelled);
  EXPECT_EQ(row(id).cleanup, 2) << "the client may come to hear of it";
}

}  // namespace
}  // namespace quarry::queue
