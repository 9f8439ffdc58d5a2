// SPDX-License-Identifier: MIT
// A host dies, and another goes on with its work within 35 s of the death, whenever that comes: with the settings
// that hosts have when nobody changes them.
#include "queue/engine_test_world.hpp"

#include <functional>

namespace quarry::queue {
namespace {

using sdk::DownloadState;
using testing::kHash;

constexpr std::int64_t kTakeoverMs = 35'000;
constexpr std::int64_t kTickMs = 100;

class TakeoverTest : public testing::EngineTest {
 protected:
  TakeoverTest() : EngineTest(sdk::testing::Ownership::many_hosts) {}

  /// The survivor's duties, each of which comes again when it said.
  class Survivor {
   public:
    explicit Survivor(const EnginePorts& ports)
        : housekeeper_(ports, {}, leases_), dispatcher_(ports, {}, leases_), reconciler_(ports, {}, "client") {}
    void run(std::int64_t now_ms) {
      if (now_ms >= housekeeper_due_) { housekeeper_due_ = housekeeper_.step(now_ms); }
      if (now_ms >= dispatcher_due_) { dispatcher_due_ = dispatcher_.step(now_ms); }
      if (now_ms >= reconciler_due_) { reconciler_due_ = reconciler_.step(now_ms); }
    }

   private:
    LeaseKeeper leases_;
    Housekeeper housekeeper_;
    Dispatcher dispatcher_;
    Reconciler reconciler_;
    std::int64_t housekeeper_due_ = 0;
    std::int64_t dispatcher_due_ = 0;
    std::int64_t reconciler_due_ = 0;
  };

  EnginePorts ports_of_survivor() {
    EnginePorts p = ports();
    p.owner = "owner-2";
    return p;
  }
  void run_for(std::int64_t ms) {
    for (const std::int64_t end = clock.steady_ms() + ms; clock.steady_ms() < end;) {
      clock.advance(kTickMs);
      survivor_.run(clock.steady_ms());
    }
  }
  /// The dead host's claim, the last thing it did.
  Download claim() {
    const auto claimed = face.claim("downloads", 1, "owner-1", EngineSettings{}.lease_ms);
    EXPECT_TRUE(claimed.ok() && claimed->size() == 1);
    return claimed->front();
  }
  /// So long until the download is in this state.
  std::int64_t until(std::int64_t id, DownloadState state) {
    const std::int64_t death = clock.steady_ms();
    while (row(id).state != state && clock.steady_ms() < death + 2 * kTakeoverMs) { run_for(kTickMs); }
    return clock.steady_ms() - death;
  }

  Survivor survivor_{ports_of_survivor()};
};

/// Each moment of a death, between two looks of the survivor, in steps of 700 ms.
class Takeover : public TakeoverTest, public ::testing::WithParamInterface<std::int64_t> {};

TEST_P(Takeover, WhatWasOnlyClaimedIsHandedOver) {
  run_for(GetParam());
  const auto id = grab_magnet();
  ASSERT_EQ(claim().id, id);
  EXPECT_LE(until(id, DownloadState::downloading), kTakeoverMs);
}

TEST_P(Takeover, WhatMayHaveArrivedIsFoundInTheClient) {
  run_for(GetParam());
  const auto id = grab_magnet();
  static_cast<void>(dispatch());
  static_cast<void>(reconcile());  // the dead host has the duty, for as long as can be
  EXPECT_EQ(row(id).state, DownloadState::downloading);
  client.download(1000);
  EXPECT_LE(until(id, DownloadState::completed), kTakeoverMs);
}

INSTANTIATE_TEST_SUITE_P(AtAnyMoment, Takeover, ::testing::Range<std::int64_t>(0, 10'500, 700));

}  // namespace
}  // namespace quarry::queue
