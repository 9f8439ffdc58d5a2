// SPDX-License-Identifier: MIT
// The contract of claim(), heartbeat(), record_intent() and rescue(): who may work on a row.
#include <quarry/sdk/testing/queue_store_contract.hpp>

#include <quarry/sdk/helpers/queue_store_rules.hpp>
#include <quarry/sdk/helpers/sinks.hpp>

namespace quarry::sdk::testing {

int link_contract_of_leases() { return 0; }

TEST_P(QueueStoreContract, ClaimTakesTheSmallestRankThenTheSmallestId) {
  std::vector<std::int64_t> expected(4);
  const auto add = [&](std::int64_t bonus) {
    NewDownload item = download();
    item.rank_bonus_ms = bonus;
    return call().enqueue(item).id;
  };
  expected.at(2) = add(0);
  expected.at(3) = add(0);
  expected.at(1) = add(1000);
  clock().advance(500);
  expected.at(0) = add(5000);
  std::vector<std::int64_t> taken;
  for (const QueueRow& row : call().claim(claim_request(3))) { taken.push_back(row.data.id); }
  for (const QueueRow& row : call().claim(claim_request(3))) { taken.push_back(row.data.id); }
  EXPECT_EQ(taken, expected);
}

TEST_P(QueueStoreContract, ClaimGivesALease) {
  const std::int64_t id = enqueued();
  clock().advance(10);
  const ClaimRequest request = claim_request(1, "owner-9");
  const std::vector<QueueRow> rows = call().claim(request);
  ASSERT_EQ(rows.size(), 1U);
  const QueueRow& row = rows.front();
  EXPECT_EQ(row.data.id, id);
  EXPECT_EQ(row.data.state, DownloadState::dispatching);
  EXPECT_EQ(row.data.epoch, 1);
  EXPECT_EQ(row.data.version, 1);
  EXPECT_EQ(row.data.attempts, 1);
  EXPECT_EQ(row.lease_owner, "owner-9");
  EXPECT_EQ(row.data.lease_until_ms, clock().wall_ms() + kLease);
  EXPECT_EQ(row.data.updated_at_ms, clock().wall_ms());
  EXPECT_EQ(difference(call().row(id), row), "");
  const QueueEvent event = call().events().back();
  EXPECT_EQ(event.command_id, request.command_id);
  EXPECT_EQ(event.data.actor, Actor::claim);
  EXPECT_EQ(event.data.from, static_cast<std::int32_t>(DownloadState::queued));
  EXPECT_EQ(event.data.to, static_cast<std::int32_t>(DownloadState::dispatching));
  EXPECT_EQ(event.data.epoch, 1);
  expect_consistent();
}

TEST_P(QueueStoreContract, ARowIsNotClaimedBeforeItIsDue) {
  NewDownload later = download();
  later.due_at_ms = clock().wall_ms() + 1000;
  later.rank_bonus_ms = 1'000'000;  // it would come first
  const std::int64_t first = call().enqueue(later).id;
  const std::int64_t second = enqueued();
  EXPECT_EQ(call().stats().next_due_ms, clock().wall_ms());
  const std::vector<QueueRow> now = call().claim(claim_request(10));
  ASSERT_EQ(now.size(), 1U);
  EXPECT_EQ(now.front().data.id, second);
  EXPECT_EQ(call().stats().next_due_ms, later.due_at_ms);
  clock().advance(999);
  EXPECT_TRUE(call().claim(claim_request(10)).empty());
  clock().advance(1);
  const std::vector<QueueRow> then = call().claim(claim_request(10));
  ASSERT_EQ(then.size(), 1U);
  EXPECT_EQ(then.front().data.id, first);
  EXPECT_EQ(call().stats().next_due_ms, 0);
}

TEST_P(QueueStoreContract, AWallClockThatGoesBackClaimsNothingEarly) {
  NewDownload later = download();
  later.due_at_ms = clock().wall_ms() + 1000;
  const std::int64_t id = call().enqueue(later).id;
  call().set_lane(1, 0);
  clock().advance(1000);
  const QueueRow other = claimed();  // the claim looked at what was due, too
  clock().jump(-5000);
  ASSERT_EQ(call().transition(change(other, DownloadState::failed, Actor::worker)).result, CommandResult::applied);
  EXPECT_TRUE(call().claim(claim_request()).empty());
  clock().jump(5000);
  ASSERT_EQ(call().claim(claim_request()).size(), 1U);
  EXPECT_EQ(call().row(id).data.state, DownloadState::dispatching);
}

TEST_P(QueueStoreContract, AHeldRowIsNotClaimed) {
  NewDownload held = download();
  held.flags = kHold;
  const std::int64_t id = call().enqueue(held).id;
  EXPECT_TRUE(call().claim(claim_request()).empty());
  EXPECT_EQ(call().stats().next_due_ms, 0);
  Edit edit;
  edit.command_id = command();
  edit.fields = kEditHold;
  edit.id = id;
  edit.hold = 0;
  ASSERT_EQ(call().edit(edit).result, CommandResult::applied);
  EXPECT_EQ(call().claim(claim_request()).size(), 1U);
}

TEST_P(QueueStoreContract, AClaimSentAgainAnswersTheSameRows) {
  for (int i = 0; i < 5; ++i) { static_cast<void>(enqueued()); }
  const ClaimRequest request = claim_request(2);
  const std::vector<QueueRow> first = call().claim(request);
  ASSERT_EQ(first.size(), 2U);
  ASSERT_EQ(call().claim(claim_request()).size(), 1U) << "another claim of the same owner";
  const std::size_t events = call().events().size();
  EXPECT_EQ(call().claim(request), first);
  EXPECT_EQ(call().events().size(), events);
  // Another command may change the row meanwhile: it is still so leased.
  ASSERT_EQ(call().record_intent(intent(first.at(0), "aaaa")).result, CommandResult::applied);
  EXPECT_EQ(call().claim(request).size(), 2U);
  ASSERT_EQ(call().transition(change(first.at(0), DownloadState::downloading, Actor::worker)).result,
            CommandResult::applied);
  const std::vector<QueueRow> rest = call().claim(request);
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest.front().data.id, first.at(1).data.id);
}

TEST_P(QueueStoreContract, HeartbeatExtendsTheOwnersLeasesOnly) {
  const QueueRow row = claimed();
  clock().advance(20'000);
  const LeaseRef mine{row.data.id, row.data.epoch};
  EXPECT_EQ(call().heartbeat("owner-1", kLease, {mine}).at(0).result, CommandResult::applied);
  EXPECT_EQ(call().row(row.data.id).data.lease_until_ms, clock().wall_ms() + kLease);
  EXPECT_EQ(call().row(row.data.id).data.epoch, row.data.epoch);
  const std::vector<Outcome> outcomes = call().heartbeat(
      "owner-2", kLease, {mine, LeaseRef{row.data.id, row.data.epoch - 1}, LeaseRef{row.data.id + 100, 1}});
  EXPECT_EQ(outcomes.at(0).result, CommandResult::stale_epoch) << "another owner";
  EXPECT_EQ(outcomes.at(1).result, CommandResult::stale_epoch);
  EXPECT_EQ(outcomes.at(2).result, CommandResult::not_found);
  ASSERT_EQ(call().transition(change(row, DownloadState::downloading, Actor::worker)).result, CommandResult::applied);
  EXPECT_EQ(call().heartbeat("owner-1", kLease, {mine}).at(0).result, CommandResult::stale_epoch)
      << "no lease any more";
}

TEST_P(QueueStoreContract, IntentIsRecordedWithItsTorrent) {
  const QueueRow row = claimed();
  clock().advance(5);
  const std::string torrent("d8:announce\0\xff e", 14);
  Intent wanted = intent(row, "aaaa");
  wanted.infohash_v2 = "bbbb";
  wanted.magnet = "magnet:?xt=urn:btih:aaaa";
  wanted.metainfo = as_bytes(torrent);
  wanted.size_bytes = 4711;
  const Outcome outcome = call().record_intent(wanted);
  ASSERT_EQ(outcome.result, CommandResult::applied);
  QueueRow expected = row;
  expected.data.version = row.data.version + 1;
  expected.data.updated_at_ms = clock().wall_ms();
  expected.data.size_bytes = 4711;
  expected.client = "client-1";
  expected.infohash_v1 = "aaaa";
  expected.infohash_v2 = "bbbb";
  expected.magnet = wanted.magnet;
  EXPECT_EQ(difference(call().row(row.data.id), expected), "");
  EXPECT_EQ(outcome.version, expected.data.version);
  EXPECT_EQ(call().metainfo(row.data.id), torrent);
  EXPECT_EQ(call().record_intent(wanted).result, CommandResult::already_applied);
  EXPECT_EQ(call().row(row.data.id).data.version, expected.data.version);
}

TEST_P(QueueStoreContract, AKeptTorrentStaysUntilItIsReplaced) {
  const QueueRow row = claimed();
  Intent wanted = intent(row, "aaaa");
  const std::string large(200'000, '\x7f');
  wanted.metainfo = as_bytes(large);
  ASSERT_EQ(call().record_intent(wanted).result, CommandResult::applied);
  ASSERT_EQ(call().record_intent(intent(row, "aaaa")).result, CommandResult::applied);
  EXPECT_EQ(call().metainfo(row.data.id), large);
  Intent other = intent(row, "aaaa");
  other.metainfo = as_bytes("second");
  ASSERT_EQ(call().record_intent(other).result, CommandResult::applied);
  Transition back = change(call().row(row.data.id), DownloadState::queued, Actor::worker);
  back.patch.fields = kPatchNoIntent;
  ASSERT_EQ(call().transition(back).result, CommandResult::applied);
  EXPECT_EQ(call().row(row.data.id).client, "");
  EXPECT_EQ(call().metainfo(row.data.id), "second");
}

TEST_P(QueueStoreContract, MetainfoOfARowWithoutOneIsEmpty) {
  EXPECT_EQ(call().metainfo(enqueued()), "");
  BasicContext ctx = call().context();
  Bytes bytes(10);
  EXPECT_EQ(store().metainfo(ctx, 4711, bytes).code, Code::not_found);
}

TEST_P(QueueStoreContract, IntentForAHashThatIsAliveIsAConflict) {
  NewDownload holder = download();
  holder.infohash_v1 = "aaaa";
  holder.infohash_v2 = "bbbb";
  holder.rank_bonus_ms = -1'000'000;
  const std::int64_t other = call().enqueue(holder).id;
  const QueueRow row = claimed();
  const Outcome by_v1 = call().record_intent(intent(row, "aaaa"));
  EXPECT_EQ(by_v1.result, CommandResult::conflict);
  EXPECT_EQ(by_v1.existing_id, other);
  Intent v2 = intent(row, "");
  v2.infohash_v2 = "bbbb";
  EXPECT_EQ(call().record_intent(v2).existing_id, other);
  EXPECT_EQ(difference(call().row(row.data.id), row), "") << "a conflict changes nothing";
  ASSERT_EQ(call().transition(change(call().row(other), DownloadState::cancelled, Actor::user)).result,
            CommandResult::applied);
  EXPECT_EQ(call().record_intent(intent(row, "aaaa")).result, CommandResult::applied);
}

TEST_P(QueueStoreContract, IntentNeedsAValidLease) {
  const QueueRow row = claimed();
  // Whatever is refused leaves client, hashes, magnet and version as they were.
  const auto expect_refused = [&](const Intent& wanted, CommandResult why) {
    const QueueRow before = call().row(wanted.id);
    EXPECT_EQ(call().record_intent(wanted).result, why);
    EXPECT_EQ(difference(call().row(wanted.id), before), "");
    EXPECT_EQ(call().metainfo(wanted.id), "");
  };
  Intent wanted = intent(row, "aaaa");
  wanted.magnet = "magnet:?xt=urn:btih:aaaa";
  wanted.metainfo = as_bytes("d4:infode");
  Intent stale = wanted;
  for (const std::int64_t epoch : {row.data.epoch - 1, row.data.epoch + 1}) {
    stale.epoch = epoch;
    expect_refused(stale, CommandResult::stale_epoch);
  }
  Intent nobody = intent(row, "aaaa");
  nobody.id += 100;
  EXPECT_EQ(call().record_intent(nobody).result, CommandResult::not_found);
  const QueueRow queued = call().row(enqueued());
  expect_refused(intent(queued, "aaaa"), CommandResult::wrong_state);
  clock().advance(kLease);
  expect_refused(wanted, CommandResult::stale_epoch);
}

TEST_P(QueueStoreContract, RescueWithoutIntentGoesBackToTheQueue) {
  const QueueRow row = claimed();
  clock().advance(kLease - 1);
  EXPECT_TRUE(call().rescue(command(), "owner-1").empty());
  clock().advance(1);
  const std::vector<QueueRow> rescued = call().rescue(command(), "owner-1");
  ASSERT_EQ(rescued.size(), 1U);
  EXPECT_EQ(rescued.front().data.state, DownloadState::queued);
  EXPECT_EQ(rescued.front().data.attempts, 0) << "the attempt is not counted";
  EXPECT_EQ(rescued.front().data.epoch, row.data.epoch + 1);
  EXPECT_EQ(rescued.front().lease_owner, "");
  EXPECT_EQ(difference(call().row(row.data.id), rescued.front()), "");
  const QueueEvent event = call().events().back();
  EXPECT_EQ(event.data.actor, Actor::rescue);
  EXPECT_FALSE(event.reason.empty());
  EXPECT_TRUE(call().rescue(command(), "owner-1").empty());
  EXPECT_EQ(rescued.front().due_reason, queue_rules::kRescueWaitReason);
  clock().advance(queue_rules::kRescueWaitMs - 1);
  EXPECT_TRUE(call().claim(claim_request()).empty()) << "what may have ended its host is not the first again";
  clock().advance(1);
  EXPECT_EQ(call().claim(claim_request()).size(), 1U);
  expect_consistent();
}

TEST_P(QueueStoreContract, RescueWithIntentMustBeReadBack) {
  const QueueRow row = claimed();
  ASSERT_EQ(call().record_intent(intent(row, "aaaa")).result, CommandResult::applied);
  clock().advance(kLease);
  const std::vector<QueueRow> rescued = call().rescue(command(), "owner-1");
  ASSERT_EQ(rescued.size(), 1U);
  EXPECT_EQ(rescued.front().data.state, DownloadState::verifying);
  EXPECT_EQ(rescued.front().client, "client-1");
  EXPECT_EQ(rescued.front().data.attempts, 1);
  EXPECT_EQ(rescued.front().data.epoch, row.data.epoch + 1);
  expect_consistent();
}

TEST_P(QueueStoreContract, RescueKnowsWhoMayBeAlive) {
  const QueueRow row = claimed();
  const bool gone = GetParam().ownership == Ownership::one_process;
  EXPECT_EQ(call().rescue(command(), "owner-2").size(), gone ? 1U : 0U);
  EXPECT_EQ(call().row(row.data.id).data.state, gone ? DownloadState::queued : DownloadState::dispatching);
}

TEST_P(QueueStoreContract, RescueTakesNoMoreThanItsLimit) {
  for (int i = 0; i < 5; ++i) { static_cast<void>(claimed()); }
  clock().advance(kLease);
  EXPECT_EQ(call().rescue(command(), "owner-1", 2).size(), 2U);
  EXPECT_EQ(call().rescue(command(), "owner-1", 10).size(), 3U);
}

TEST_P(QueueStoreContract, AStaleWorkerChangesNothing) {
  const QueueRow row = claimed();
  clock().advance(kLease);
  ASSERT_EQ(call().rescue(command(), "owner-1").size(), 1U);
  clock().advance(queue_rules::kRescueWaitMs);
  const std::vector<QueueRow> taken = call().claim(claim_request(1, "owner-3"));
  ASSERT_EQ(taken.size(), 1U);
  const QueueRow before = call().row(row.data.id);
  const std::size_t events = call().events().size();
  // State and id are right again; only the epoch gives the old worker away.
  EXPECT_EQ(call().record_intent(intent(row, "aaaa")).result, CommandResult::stale_epoch);
  for (const DownloadState to : {DownloadState::downloading, DownloadState::failed, DownloadState::queued}) {
    EXPECT_EQ(call().transition(change(row, to, Actor::worker)).result, CommandResult::stale_epoch);
  }
  EXPECT_EQ(call().heartbeat("owner-1", kLease, {{row.data.id, row.data.epoch}}).at(0).result,
            CommandResult::stale_epoch);
  EXPECT_EQ(difference(call().row(row.data.id), before), "");
  EXPECT_EQ(call().events().size(), events);
}

TEST_P(QueueStoreContract, ClaimRefusesWhatIsNotWellFormed) {
  const auto refused = [&](const ClaimRequest& request) {
    BasicContext ctx = call().context();
    auto sink = download_sink([](const DownloadView&) {});
    EXPECT_EQ(store().claim(ctx, request, sink).code, Code::invalid);
  };
  ClaimRequest request = claim_request(0);
  refused(request);
  request.limit = 501;
  refused(request);
  request = claim_request();
  request.owner = "";
  refused(request);
  request = claim_request();
  request.lease_ms = 0;
  refused(request);
}

}  // namespace quarry::sdk::testing
