// SPDX-License-Identifier: MIT
// What a start waits for, for how long, and how it ends otherwise.
#include "app/store_opening.hpp"

#include "app/exit_codes.hpp"

#include <quarry/sdk/testing/fake_host.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace quarry::app {
namespace {

using namespace sdk;
using ::testing::HasSubstr;

/// Opens as scripted, then for ever as the last line of the script says.
class ScriptedStore final : public QueueStore {
 public:
  struct Answer {
    Status status;
    std::string text;
  };
  std::deque<Answer> opens;
  std::deque<Answer> lanes;
  int opened = 0;
  LaneSettings lane;

  Status open(CallContext& ctx) noexcept override {
    ++opened;
    return next(ctx, opens);
  }
  Status set_lane(CallContext& ctx, const LaneSettings& settings) noexcept override {
    lane = settings;
    return next(ctx, lanes);
  }
  Status enqueue(CallContext&, std::span<const NewDownload>, OutcomeSink&) noexcept override { return {}; }
  Status claim(CallContext&, const ClaimRequest&, DownloadSink&) noexcept override { return {}; }
  Status heartbeat(CallContext&, std::string_view, std::int64_t, std::span<const LeaseRef>,
                   OutcomeSink&) noexcept override {
    return {};
  }
  Status record_intent(CallContext&, const Intent&, OutcomeSink&) noexcept override { return {}; }
  Status metainfo(CallContext&, std::int64_t, ByteSink&) noexcept override { return {}; }
  Status transition(CallContext&, std::span<const Transition>, OutcomeSink&) noexcept override { return {}; }
  Status edit(CallContext&, const Edit&, OutcomeSink&) noexcept override { return {}; }
  Status rescue(CallContext&, std::string_view, std::string_view, std::int32_t, DownloadSink&) noexcept override {
    return {};
  }
  Status record_progress(CallContext&, std::span<const Progress>, OutcomeSink&) noexcept override { return {}; }
  Status find(CallContext&, const FindRequest&, DownloadSink&) noexcept override { return {}; }
  Status list(CallContext&, const ListRequest&, DownloadSink&, std::int64_t&) noexcept override { return {}; }
  Status stats(CallContext&, std::string_view, Stats&) noexcept override { return {}; }
  Status events_since(CallContext&, std::int64_t, std::int32_t, EventSink&) noexcept override { return {}; }
  Status prune(CallContext&, std::uint32_t, std::int64_t, std::int32_t, std::int64_t&) noexcept override { return {}; }
  Status take_duty(CallContext&, const DutyRequest&, Duty&) noexcept override { return {}; }

 private:
  static Status next(CallContext& ctx, std::deque<Answer>& answers) {
    if (answers.empty()) { return {}; }
    const Answer answer = answers.front();
    if (answers.size() > 1) { answers.pop_front(); }
    return answer.status.ok() ? Status{} : ctx.fail(answer.status, answer.text);
  }
};

Status unavailable(OpenFault fault, bool retry = true) {
  return {Code::unavailable, retry ? kRetryable : 0U, 0, static_cast<std::int32_t>(fault)};
}
const ScriptedStore::Answer kDown{unavailable(OpenFault::unreachable), "nobody answers"};
const ScriptedStore::Answer kStarting{unavailable(OpenFault::unreachable), "it is starting"};

class StoreOpening : public ::testing::Test {
 protected:
  StartFailure open(std::int64_t timeout_ms = 300'000) {
    LaneSettings lane;
    lane.lane = "downloads";
    lane.max_active = 7;
    OpeningPorts ports;
    ports.store = &store_;
    ports.clock = &clock_;
    ports.pause = [this](std::int64_t ms) {
      pauses_.push_back(ms);
      clock_.advance(ms);
    };
    ports.random = [this] { return random_; };
    ports.log = [this](LogLevel, const std::string& text) { lines_.push_back(text); };
    ports.waits = [this](const std::string& why) { waited_for_.push_back(why); };
    return open_storage(ports, lane, timeout_ms);
  }

  ScriptedStore store_;
  sdk::testing::ManualClock clock_;
  double random_ = 1;
  std::vector<std::int64_t> pauses_;
  std::vector<std::string> lines_, waited_for_;
};

TEST_F(StoreOpening, OpensAtOnceAndSetsTheLaneWithoutAWord) {
  EXPECT_EQ(open().exit_code, kExitOk);
  EXPECT_EQ(store_.lane.max_active, 7);
  EXPECT_TRUE(pauses_.empty());
  EXPECT_TRUE(lines_.empty());
}

TEST_F(StoreOpening, WaitsLongerEachTimeAndTellsEachReasonOnce) {
  for (int i = 0; i < 8; ++i) { store_.opens.push_back(kDown); }
  store_.opens.push_back(kStarting);
  store_.opens.push_back({});
  EXPECT_EQ(open().exit_code, kExitOk);
  EXPECT_THAT(pauses_, ::testing::ElementsAre(250, 500, 1'000, 2'000, 4'000, 8'000, 10'000, 10'000, 10'000));
  ASSERT_EQ(lines_.size(), 3U);
  EXPECT_EQ(lines_[0], "waiting for the storage, for 300 s at most: nobody answers");
  EXPECT_THAT(lines_[1], HasSubstr("it is starting"));
  EXPECT_EQ(lines_[2], "the storage is there, after 46 s");
  EXPECT_EQ(waited_for_.front(), "nobody answers");
  EXPECT_EQ(waited_for_.back(), "it is starting");
}

TEST_F(StoreOpening, APauseIsAtLeastHalfOfWhatItMayBe) {
  random_ = 0;
  store_.opens = {kDown, kDown, {}};
  EXPECT_EQ(open().exit_code, kExitOk);
  EXPECT_THAT(pauses_, ::testing::ElementsAre(125, 250));
}

TEST_F(StoreOpening, GivesUpAfterTheSetTimeAndSaysWhichSettingThatIs) {
  store_.opens = {kDown};
  const StartFailure failure = open(120'000);
  EXPECT_EQ(failure.exit_code, kExitStorageUnavailable);
  EXPECT_EQ(failure.text,
            "the storage did not come within 120 s ([host] start_timeout_s in the manifest): nobody answers");
  std::int64_t waited = 0;
  for (const std::int64_t ms : pauses_) { waited += ms; }
  EXPECT_EQ(waited, 120'000);
  EXPECT_EQ(lines_.size(), 2U) << "once, and again after a minute";
}

TEST_F(StoreOpening, WithoutTimeTriesOnce) {
  store_.opens = {kDown};
  EXPECT_EQ(open(0).exit_code, kExitStorageUnavailable);
  EXPECT_EQ(store_.opened, 1);
}

TEST_F(StoreOpening, WaitsForAStoreThatKnowsNoFaultsWhenItSaysSo) {
  store_.opens = {{{Code::unavailable, kRetryable, 0, 111}, "connection refused"}, {}};
  EXPECT_EQ(open().exit_code, kExitOk);
  EXPECT_EQ(store_.opened, 2);
}

TEST_F(StoreOpening, ALostStorageBetweenOpeningAndTheLaneIsNotOpenedTwice) {
  store_.lanes = {kDown, {}};
  EXPECT_EQ(open().exit_code, kExitOk);
  EXPECT_EQ(store_.opened, 1);
}

TEST_F(StoreOpening, WhatWaitingDoesNotMendEndsAtOnceWithACodeOfItsOwn) {
  const std::vector<std::pair<Status, int>> cases = {
      {unavailable(OpenFault::unreachable, false), kExitStorageUnavailable},
      {unavailable(OpenFault::credentials, false), kExitStorageCredentials},
      {unavailable(OpenFault::rights), kExitStorageRights},
      {unavailable(OpenFault::tls, false), kExitStorageTls},
      {unavailable(OpenFault::read_only), kExitStorageReadOnly},
      {unavailable(OpenFault::full), kExitStorageFull},
      {unavailable(OpenFault::damaged, false), kExitStorageDamaged},
      {unavailable(OpenFault::file_system, false), kExitStorageFileSystem},
      {unavailable(OpenFault::in_use, false), kExitStorageInUse},
      {unavailable(OpenFault::newer, false), kExitStorageNewer},
      {unavailable(OpenFault::missing, false), kExitStorageMissing},
      {unavailable(OpenFault::foreign, false), kExitStorageForeign},
      {{Code::internal, 0, 0, 0}, kExitFailed},
      {{Code::conflict, 0, 0, 5}, kExitFailed},
  };
  for (const auto& [status, exit_code] : cases) {
    store_.opens = {{status, "a reason"}};
    const StartFailure failure = open();
    EXPECT_EQ(failure.exit_code, exit_code) << status.vendor_code;
    EXPECT_THAT(failure.text, HasSubstr("a reason"));
  }
  EXPECT_TRUE(pauses_.empty());
}

}  // namespace
}  // namespace quarry::app
