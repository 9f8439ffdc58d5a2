// SPDX-License-Identifier: MIT
// Several hosts on one queue: one of them reconciles a client, and the storage's clock is the one that counts.
#include "queue/duty.hpp"

#include "queue/engine_test_world.hpp"

namespace quarry::queue {
namespace {

using sdk::DownloadState;
using testing::kHash;

/// A host's clock that is wrong by a day.
class WrongClock final : public sdk::Clock {
 public:
  explicit WrongClock(const sdk::Clock& right) : right_(right) {}
  [[nodiscard]] std::int64_t wall_ms() const noexcept override { return right_.wall_ms() + 24LL * 3600 * 1000; }
  [[nodiscard]] std::int64_t steady_ms() const noexcept override { return right_.steady_ms(); }

 private:
  const sdk::Clock& right_;
};

class DutyTest : public testing::EngineTest {
 protected:
  DutyTest() : EngineTest(sdk::testing::Ownership::many_hosts) {}

  EnginePorts ports_of(const std::string& owner) {
    EnginePorts p = ports();
    p.owner = owner;
    return p;
  }
  std::int64_t step_other() { return other_.step(clock.steady_ms()); }
  std::int64_t running() {
    const auto id = grab_magnet();
    static_cast<void>(dispatch());
    EXPECT_EQ(row(id).state, DownloadState::downloading);
    return id;
  }
  void add_something_of_somebody_else() {
    sdk::testing::FakeDownloadClient::Item other;
    other.infohash_v1 = "1111111111111111111111111111111111111111";
    client.put(other);
  }

  Reconciler other_{ports_of("owner-2"), settings, "client"};
};

TEST_F(DutyTest, OneHostReadsTheClientAndTheOthersLookAgainLater) {
  static_cast<void>(running());
  reconcile_for(0);
  const int calls = client.calls("list");
  const std::int64_t now = clock.steady_ms();
  EXPECT_EQ(step_other(), now + settings.duty_look_ms);
  EXPECT_EQ(client.calls("list"), calls);
  EXPECT_EQ(lines_with("this host carries out the duty"), 1);
}

TEST_F(DutyTest, AnotherHostTakesOverWhenTheHolderIsGone) {
  const auto id = running();
  reconcile_for(0);
  client.download(1000);
  for (int s = 0; s < 35; ++s) {
    clock.advance(1000);
    static_cast<void>(step_other());
  }
  EXPECT_EQ(row(id).state, DownloadState::completed);
}

TEST_F(DutyTest, AnOrderlyEndLetsTheNextGoOnAtOnce) {
  const auto id = running();
  reconcile_for(0);
  reconciler.give_up_duty();
  client.download(1000);
  static_cast<void>(step_other());
  EXPECT_EQ(row(id).state, DownloadState::completed);
}

TEST_F(DutyTest, AHostThatCannotReachTheClientLetsAnotherTry) {
  const auto id = running();
  reconcile_for(0);
  client.download(1000);
  bool cut_off = false;
  client.on_call([&](std::string_view) { return cut_off ? sdk::testing::Fault::refused : sdk::testing::Fault::none; });
  for (int s = 0; s < 60; ++s) {
    clock.advance(1000);
    cut_off = true;
    static_cast<void>(reconciler.step(clock.steady_ms()));
    cut_off = false;
    static_cast<void>(step_other());
  }
  EXPECT_EQ(row(id).state, DownloadState::completed);
}

TEST_F(DutyTest, AHostThatSleptOverItsLeaseJudgesNothingByAnOldListing) {
  add_something_of_somebody_else();
  const auto id = running();
  reconcile_for(0);
  client.lose(kHash);
  // Absent for long enough; then the host sleeps after its listing, and the item comes back to the client.
  reconcile_for(9'000);
  ASSERT_EQ(row(id).state, DownloadState::downloading);
  int listings = 0;
  DutyKeeper thief(ports_of("owner-2"), settings, "client:client");
  client.on_call([&](std::string_view method) {
    if (method == "list_all" && ++listings == 1) {
      clock.advance(31'000);
      EXPECT_EQ(thief.keep(), DutyKeeper::Hold::fresh);
    }
    return sdk::testing::Fault::none;
  });
  reconcile_for(5'000);
  EXPECT_GE(listings, 1);
  EXPECT_EQ(row(id).state, DownloadState::downloading);
}

TEST_F(DutyTest, WhatWasSeenBeforeTheDutyWasLostProvesNothing) {
  add_something_of_somebody_else();
  const auto id = running();
  reconcile_for(0);
  client.lose(kHash);
  reconcile_for(9'000);  // one listing short of a verdict
  DutyKeeper thief(ports_of("owner-2"), settings, "client:client");
  clock.advance(30'000);
  ASSERT_EQ(thief.keep(), DutyKeeper::Hold::fresh);
  thief.give_up();
  reconcile_for(8'000);
  EXPECT_EQ(row(id).state, DownloadState::downloading) << "the three listings begin anew";
  reconcile_for(5'000);
  EXPECT_NE(row(id).state, DownloadState::downloading);
}

TEST_F(DutyTest, AChangeCarriesTheFenceOfTheDuty) {
  DutyKeeper mine(ports_of("owner-1"), settings, "client:client");
  ASSERT_EQ(mine.keep(), DutyKeeper::Hold::fresh);
  EXPECT_EQ(mine.keep(), DutyKeeper::Hold::kept);
  sdk::Transition change;
  mine.fence(change);
  EXPECT_EQ(change.duty, "client:client");
  EXPECT_EQ(change.duty_epoch, 1);
  clock.advance(settings.duty_lease_ms);
  DutyKeeper thief(ports_of("owner-2"), settings, "client:client");
  ASSERT_EQ(thief.keep(), DutyKeeper::Hold::fresh);
  EXPECT_EQ(mine.keep(), DutyKeeper::Hold::none);
}

TEST_F(DutyTest, AHostWhoseClockIsWrongByADayStillWaitsAsLongAsItMeant) {
  const WrongClock wrong(clock);
  EnginePorts p = ports();
  p.clock = &wrong;
  Dispatcher off(p, settings, leases);
  indexer.failure = {sdk::Code::unavailable, sdk::kRetryable, 0, 0};
  const auto id = grab_release();
  static_cast<void>(off.step(clock.steady_ms()));
  ASSERT_EQ(row(id).state, DownloadState::queued);
  EXPECT_EQ(row(id).due_at_ms, clock.wall_ms() + settings.retry.delay_ms(1, 0));
}

TEST_F(DutyTest, AReconcilerWhoseClockIsWrongByADayStillWaitsAsLongAsItMeant) {
  add_something_of_somebody_else();
  const auto id = running();
  const WrongClock wrong(clock);
  EnginePorts p = ports();
  p.clock = &wrong;
  Reconciler off(p, settings, "client");
  client.lose(kHash);
  for (int s = 0; s < 40 && row(id).state != DownloadState::queued; ++s) {
    clock.advance(1000);
    static_cast<void>(off.step(clock.steady_ms()));
  }
  ASSERT_EQ(row(id).state, DownloadState::queued);
  EXPECT_EQ(row(id).due_at_ms, clock.wall_ms() + settings.retry.delay_ms(1, 0));
}

}  // namespace
}  // namespace quarry::queue
