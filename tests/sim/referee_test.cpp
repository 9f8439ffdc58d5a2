// SPDX-License-Identifier: MIT
// What the referee must notice: each test breaks one promise of the storage, of a client or of the engine.
#include "referee.hpp"

#include "faulty_queues.hpp"
#include "planted.hpp"
#include "world.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace quarry::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Has everything, and shows nothing.
class HidesItems final : public ForwardingClient {
 public:
  using ForwardingClient::ForwardingClient;
  sdk::Status list(Context&, const sdk::ListQuery&, sdk::ItemSink& sink) noexcept override {
    sink.finish(true, {});
    return {};
  }
};

/// Shows something else to whoever asks for one item.
class ShowsAnother final : public ForwardingClient {
 public:
  using ForwardingClient::ForwardingClient;
  sdk::Status list(Context& ctx, const sdk::ListQuery& query, sdk::ItemSink& sink) noexcept override {
    static constexpr std::string_view kHash = "ffffffffffffffffffffffffffffffffffffffff";
    sdk::ItemView another;
    another.id = kHash;
    another.infohash_v1 = kHash;
    if (query.scope == sdk::ListScope::keys) { sink.add(another); }
    return inner_.list(ctx, query, sink);
  }
};

template <class Fault>
Seams queue_with() {
  Seams seams;
  seams.queue = plant<Fault>();
  return seams;
}
/// Hosts that often sleep over their leases and duties, while others act.
template <class Fault>
Seams sleepy_queue_with() {
  Seams seams = queue_with<Fault>();
  seams.plan = [](Plan& plan) {
    plan.hosts = std::max(plan.hosts, 3);
    plan.ownership = sdk::testing::Ownership::many_hosts;
    plan.store_clock_slack_ms = 0;
    plan.max_active = 6;
    plan.grabs = 0.5;
    plan.weather.host_sleeps = 0.03;
    plan.weather.slow = 0.8;
  };
  return seams;
}
template <class Fault>
Seams client_with() {
  Seams seams;
  seams.client = plant<Fault>();
  return seams;
}

TEST(Planted, NothingIsReportedWhereNothingIsPlanted) {
  Seams seams;
  seams.queue = plant<ForwardingQueue>();
  seams.records = plant<ForwardingRecords>();
  seams.client = plant<ForwardingClient>();
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Report report = run_simulation({seed, 0, nullptr, &seams});
    EXPECT_THAT(report.violations, IsEmpty());
    EXPECT_EQ(report.event_hash, run_simulation({seed}).event_hash);
  }
}

TEST(Referee, NoticesAClaimBeyondTheLimit) {
  expect_reported(queue_with<IgnoresLimit>(), "a claim made more downloads active than allowed");
}
TEST(Referee, NoticesAnIntentAfterTheLease) {
  expect_reported(sleepy_queue_with<IgnoresEndOfLease>(), "without a valid lease");
}
TEST(Referee, NoticesAnIntentForTheRowOfAnother) {
  expect_reported(sleepy_queue_with<IgnoresEpochOfIntent>(), "without a valid lease");
}
TEST(Referee, NoticesAChangeOfTheRowOfAnother) {
  expect_reported(sleepy_queue_with<IgnoresEpoch>(), ", but it belonged to ");
}
TEST(Referee, NoticesAVersionThatDoesNotRise) { expect_reported(queue_with<KeepsVersion>(), "did not rise"); }
TEST(Referee, NoticesAJudgementWithoutTheDuty) {
  expect_reported(sleepy_queue_with<IgnoresDuty>(), " without the duty for client-");
}
TEST(Referee, NoticesTwoHoldersOfADuty) {
  expect_reported(queue_with<GrantsDutyTwice>(), " was granted client:client-");
}
TEST(Referee, NoticesADutyWhoseEpochDoesNotRise) {
  expect_reported(queue_with<KeepsEpochOfDuty>(), "rises with each new holder, and only then");
}
TEST(Referee, NoticesAnAddWithoutIntent) { expect_reported(queue_with<ForgetsIntent>(), "without an intent"); }
TEST(Referee, NoticesAnAddWithoutALook) {
  expect_reported(client_with<ShowsAnother>(), "without having looked for it");
}
TEST(Referee, NoticesDataLeftBehind) { expect_reported(queue_with<ForgetsData>(), "which was left behind"); }
TEST(Referee, NoticesTooManyTries) {
  Seams seams = queue_with<UnderstatesAttempts>();
  seams.plan = [](Plan& plan) { plan.weather.indexer_fails = 1; };
  expect_reported(seams, "was tried too often");
}
TEST(Referee, NoticesTwoLiveDownloadsOfARelease) {
  expect_reported(queue_with<TakesReleaseTwice>(), "two live downloads of ");
}
TEST(Referee, NoticesAHastyVerdict) {
  Seams seams;
  seams.engine.absent_listings = 1;
  seams.engine.absent_ms = 0;
  expect_reported(seams, "was called absent after 1 complete listings");
}
TEST(Referee, NoticesAWrongVerdict) { expect_reported(client_with<HidesItems>(), "was called absent, and client-"); }

/// No store can bring it about: the engine begins anew whenever its duty changed hands.
TEST(Referee, NoticesAListingOfAnEarlierGrant) {
  World world({1});
  sdk::DutyRequest request;
  request.name = "client:client-1";
  sdk::Duty duty;
  duty.held = 1;
  const auto grant = [&](std::string_view owner) {
    request.owner = owner;
    duty.lease_until_ms = world.store_clock.wall_ms() + 30'000;
    ++duty.epoch;
    world.referee.duty_taken(request, duty);
    world.truth.advance(30'000);
  };
  sdk::testing::QueueRow before;
  before.client = "client-1";
  sdk::Transition change;
  change.actor = sdk::Actor::reconciler;
  change.to = sdk::DownloadState::completed;
  sdk::Outcome outcome;
  outcome.result = sdk::CommandResult::applied;
  const auto judge = [&] {
    duty.lease_until_ms = world.store_clock.wall_ms() + 30'000;
    world.referee.duty_taken(request, duty);
    ++outcome.version;
    world.referee.changed("h1.1", change, before, outcome);
  };

  grant("h1.1");
  world.referee.listed({"h1.1", "client-1", 0, true, true, duty.epoch});
  judge();
  EXPECT_THAT(world.report.violations, IsEmpty());
  world.truth.advance(30'000);
  grant("h2.1");
  grant("h1.1");
  judge();
  EXPECT_THAT(world.report.violations, ElementsAre(HasSubstr("by a listing of an earlier grant of the duty")));
}

}  // namespace
}  // namespace quarry::sim
