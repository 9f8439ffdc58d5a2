// SPDX-License-Identifier: MIT
// The contract of take_duty(), and of transitions that name a duty: one holder, fenced by its epoch.
#include <quarry/sdk/helpers/queue_store_rules.hpp>
#include <quarry/sdk/helpers/sinks.hpp>
#include <quarry/sdk/testing/queue_store_contract.hpp>

namespace quarry::sdk::testing {

int link_contract_of_duties() { return 0; }

namespace {

constexpr std::int64_t kDutyMs = 30'000;

DutyRequest wish(std::string_view owner, std::string_view name = "client:one") {
  DutyRequest request;
  request.name = name;
  request.owner = owner;
  request.lease_ms = kDutyMs;
  return request;
}
DutyRequest farewell(std::string_view owner, std::string_view name = "client:one") {
  DutyRequest request = wish(owner, name);
  request.give_up = 1;
  return request;
}

}  // namespace

TEST_P(QueueStoreContract, ADutyNobodyHasIsGranted) {
  const Duty duty = call().take_duty(wish("owner-1"));
  EXPECT_EQ(duty.held, 1);
  EXPECT_EQ(duty.epoch, 1);
  EXPECT_EQ(duty.lease_until_ms, clock().wall_ms() + kDutyMs);
  EXPECT_EQ(call().take_duty(wish("owner-2", "client:two")).epoch, 1) << "another duty knows nothing of it";
}

TEST_P(QueueStoreContract, AHeldDutyIsGrantedToAnotherOnlyWhereItsHolderMustBeGone) {
  const Duty first = call().take_duty(wish("owner-1"));
  clock().advance(kDutyMs - 1);
  const Duty second = call().take_duty(wish("owner-2"));
  if (GetParam().ownership == Ownership::one_process) {
    EXPECT_EQ(second.held, 1) << "only one process can own the storage, so owner-1 has ended";
    EXPECT_EQ(second.epoch, first.epoch + 1);
    return;
  }
  EXPECT_EQ(second.held, 0);
  EXPECT_EQ(second.epoch, first.epoch);
  EXPECT_EQ(second.lease_until_ms, first.lease_until_ms) << "who is refused learns how long";
}

TEST_P(QueueStoreContract, ItsHolderExtendsADutyWithoutANewEpoch) {
  const Duty first = call().take_duty(wish("owner-1"));
  clock().advance(10'000);
  const Duty again = call().take_duty(wish("owner-1"));
  EXPECT_EQ(again.held, 1);
  EXPECT_EQ(again.epoch, first.epoch);
  EXPECT_EQ(again.lease_until_ms, clock().wall_ms() + kDutyMs);
  clock().advance(kDutyMs);
  EXPECT_EQ(call().take_duty(wish("owner-1")).epoch, first.epoch) << "nobody else had it in between";
}

TEST_P(QueueStoreContract, ALapsedDutyGoesToTheNextWithANewEpoch) {
  const Duty first = call().take_duty(wish("owner-1"));
  clock().advance(kDutyMs);
  const Duty second = call().take_duty(wish("owner-2"));
  EXPECT_EQ(second.held, 1);
  EXPECT_EQ(second.epoch, first.epoch + 1);
  clock().advance(kDutyMs);
  EXPECT_EQ(call().take_duty(wish("owner-1")).epoch, first.epoch + 2);
}

TEST_P(QueueStoreContract, ADutyGivenUpIsFreeAtOnce) {
  const Duty first = call().take_duty(wish("owner-1"));
  const Duty let_go = call().take_duty(farewell("owner-1"));
  EXPECT_EQ(let_go.held, 0);
  EXPECT_EQ(let_go.epoch, first.epoch);
  EXPECT_EQ(let_go.lease_until_ms, 0);
  const Duty second = call().take_duty(wish("owner-2"));
  EXPECT_EQ(second.held, 1);
  EXPECT_EQ(second.epoch, first.epoch + 1);
}

TEST_P(QueueStoreContract, WhoGivesUpADutyKeepsTheOthers) {
  static_cast<void>(call().take_duty(wish("owner-1")));
  const Duty other = call().take_duty(wish("owner-1", "client:two"));
  static_cast<void>(call().take_duty(farewell("owner-1")));
  const Duty kept = call().take_duty(farewell("owner-2", "client:two"));  // refused, and told how it stands
  EXPECT_EQ(kept.epoch, other.epoch);
  EXPECT_EQ(kept.lease_until_ms, other.lease_until_ms);
}

TEST_P(QueueStoreContract, NobodyGivesUpTheDutyOfAnother) {
  const Duty first = call().take_duty(wish("owner-1"));
  const Duty refused = call().take_duty(farewell("owner-2"));
  EXPECT_EQ(refused.held, 0);
  EXPECT_EQ(refused.epoch, first.epoch);
  EXPECT_EQ(refused.lease_until_ms, first.lease_until_ms);
  EXPECT_EQ(call().take_duty(wish("owner-1")).epoch, first.epoch);
  DutyRequest unknown = farewell("owner-1");
  unknown.name = "client:nobody";
  EXPECT_EQ(call().take_duty(unknown).epoch, 0) << "a duty that nobody ever held";
}

TEST_P(QueueStoreContract, AChangeOnDutyIsAppliedForItsHolder) {
  const Duty duty = call().take_duty(wish("owner-1"));
  const QueueRow row = row_in(DownloadState::downloading);
  Transition lost = change(row, DownloadState::missing, Actor::reconciler);
  lost.duty = "client:one";
  lost.duty_epoch = duty.epoch;
  clock().advance(kDutyMs - 1);
  EXPECT_EQ(call().transition(lost).result, CommandResult::applied);
  EXPECT_EQ(call().row(row.data.id).data.state, DownloadState::missing);
  clock().advance(kDutyMs);
  EXPECT_EQ(call().transition(lost).result, CommandResult::already_applied) << "sent again, it was applied in time";
}

TEST_P(QueueStoreContract, AChangeByWhoLostTheDutyChangesNothing) {
  const Duty duty = call().take_duty(wish("owner-1"));
  const QueueRow row = row_in(DownloadState::downloading);
  const std::size_t events = call().events().size();
  const auto expect_refused = [&](std::string_view name, std::int64_t epoch, const char* why) {
    Transition stale = change(row, DownloadState::missing, Actor::reconciler);
    stale.duty = name;
    stale.duty_epoch = epoch;
    EXPECT_EQ(call().transition(stale).result, CommandResult::stale_epoch) << why;
    EXPECT_EQ(difference(call().row(row.data.id), row), "") << why;
    EXPECT_EQ(call().events().size(), events) << why;
  };
  expect_refused("client:nobody", 0, "nobody ever held this duty");
  expect_refused("client:one", duty.epoch + 1, "an epoch that has not come");
  clock().advance(kDutyMs);
  expect_refused("client:one", duty.epoch, "the lease ran out, though nobody has taken the duty");
  ASSERT_EQ(call().take_duty(wish("owner-2")).held, 1);
  expect_refused("client:one", duty.epoch, "another holds it");
  ASSERT_EQ(call().take_duty(farewell("owner-2")).held, 0);
  expect_refused("client:one", duty.epoch + 1, "it was given up");
}

TEST_P(QueueStoreContract, EachChangeOfACallIsJudgedByItsOwnDuty) {
  const Duty one = call().take_duty(wish("owner-1"));
  const QueueRow a = row_in(DownloadState::downloading);
  const QueueRow b = row_in(DownloadState::downloading);
  const QueueRow c = row_in(DownloadState::downloading);
  std::vector<Transition> changes = {change(a, DownloadState::missing, Actor::reconciler),
                                     change(b, DownloadState::missing, Actor::reconciler),
                                     change(c, DownloadState::missing, Actor::reconciler)};
  changes[0].duty = "client:two";
  changes[0].duty_epoch = 1;
  changes[1].duty = "client:one";
  changes[1].duty_epoch = one.epoch;
  const std::vector<Outcome> outcomes = call().transition(changes);
  EXPECT_EQ(outcomes.at(0).result, CommandResult::stale_epoch);
  EXPECT_EQ(outcomes.at(1).result, CommandResult::applied);
  EXPECT_EQ(outcomes.at(2).result, CommandResult::applied) << "it names no duty";
}

TEST_P(QueueStoreContract, DutiesAreKeptWithTheRows) {
  const Duty first = call().take_duty(wish("owner-1"));
  if (!reopen()) { GTEST_SKIP() << "this store keeps nothing"; }
  const Duty second = call().take_duty(wish("owner-1"));
  EXPECT_EQ(second.epoch, first.epoch);
  EXPECT_EQ(call().take_duty(farewell("owner-1")).held, 0);
  EXPECT_EQ(call().take_duty(wish("owner-2")).epoch, first.epoch + 1);
}

TEST_P(QueueStoreContract, ARequestForADutyIsWellFormed) {
  const auto refused = [&](const DutyRequest& request) {
    BasicContext ctx = call().context();
    Duty duty;
    EXPECT_EQ(store().take_duty(ctx, request, duty).code, Code::invalid);
  };
  refused(wish("owner-1", ""));
  refused(wish("owner-1", "line\nbreak"));
  refused(wish("owner-1", std::string(queue_rules::kMaxDutyName + 1, 'x')));
  refused(wish(""));
  DutyRequest request = wish("owner-1");
  request.lease_ms = 0;
  refused(request);
  request = wish("owner-1");
  request.give_up = 2;
  refused(request);
  Transition odd = change(row_in(DownloadState::downloading), DownloadState::missing, Actor::reconciler);
  odd.duty = "\x01";
  BasicContext ctx = call().context();
  Outcomes outcomes;
  EXPECT_EQ(store().transition(ctx, std::span(&odd, 1), outcomes).code, Code::invalid);
}

}  // namespace quarry::sdk::testing
