// SPDX-License-Identifier: MIT
// The contract of transition(), edit() and record_progress().
#include <quarry/sdk/testing/queue_store_contract.hpp>

#include <quarry/sdk/helpers/sinks.hpp>

namespace quarry::sdk::testing {

int link_contract_of_changes() { return 0; }

/// Every pair of states and every actor: accepted exactly as kStateChanges lists it. Into a leased
/// state only claim() leads, so that a lease always has an owner.
TEST_P(QueueStoreContract, TheStoreRefusesWhatTheTableDoesNotList) {
  for (int f = 0; f < kDownloadStates; ++f) {
    const auto from = static_cast<DownloadState>(f);
    QueueRow row = row_in(from);
    for (int t = 0; t < kDownloadStates; ++t) {
      for (int a = 0; a < kActors; ++a) {
        const auto to = static_cast<DownloadState>(t);
        const auto actor = static_cast<Actor>(a);
        const StateChange* listed = is_leased(to) ? nullptr : find_change(from, to, actor);
        const Outcome outcome = call().transition(change(row, to, actor));
        const QueueRow after = call().row(row.data.id);
        SCOPED_TRACE(std::string(to_string(from)) + " -> " + std::string(to_string(to)) + " by " + std::to_string(a));
        if (listed == nullptr) {
          EXPECT_EQ(outcome.result, CommandResult::wrong_state);
          EXPECT_EQ(difference(after, row), "");
          continue;
        }
        EXPECT_EQ(outcome.result, CommandResult::applied);
        EXPECT_EQ(after.data.state, to);
        EXPECT_EQ(after.data.epoch, row.data.epoch + (listed->raises_epoch ? 1 : 0));
        EXPECT_EQ(after.data.version, row.data.version + 1);
        EXPECT_EQ(outcome.epoch, after.data.epoch);
        EXPECT_EQ(outcome.version, after.data.version);
        row = row_in(from);
      }
    }
  }
  expect_consistent();
}

TEST_P(QueueStoreContract, TransitionIsFenced) {
  const QueueRow row = claimed();
  Transition wrong = change(row, DownloadState::downloading, Actor::worker);
  wrong.epoch = row.data.epoch - 1;
  EXPECT_EQ(call().transition(wrong).result, CommandResult::stale_epoch);
  wrong = change(row, DownloadState::completed, Actor::reconciler);
  wrong.from = DownloadState::downloading;
  EXPECT_EQ(call().transition(wrong).result, CommandResult::wrong_state);
  wrong = change(row, DownloadState::downloading, Actor::worker);
  wrong.expected_version = row.data.version - 1;
  EXPECT_EQ(call().transition(wrong).result, CommandResult::stale_version);
  wrong = change(row, DownloadState::downloading, Actor::worker);
  wrong.id += 100;
  EXPECT_EQ(call().transition(wrong).result, CommandResult::not_found);
  EXPECT_EQ(difference(call().row(row.data.id), row), "");
  Transition right = change(row, DownloadState::downloading, Actor::worker);
  right.expected_version = row.data.version;
  EXPECT_EQ(call().transition(right).result, CommandResult::applied);
}

TEST_P(QueueStoreContract, TransitionIsAppliedOnce) {
  const Transition done = change(claimed(), DownloadState::downloading, Actor::worker);
  const Outcome first = call().transition(done);
  const std::size_t events = call().events().size();
  const Outcome again = call().transition(done);
  EXPECT_EQ(again.result, CommandResult::already_applied);
  EXPECT_EQ(again.epoch, first.epoch);
  EXPECT_EQ(again.version, first.version);
  EXPECT_EQ(call().events().size(), events);
  // One id stands for one command, even where another change would be allowed by now.
  const QueueRow row = call().row(done.id);
  Transition other = change(row, DownloadState::missing, Actor::reconciler);
  other.command_id = done.command_id;
  EXPECT_EQ(call().transition(other).result, CommandResult::already_applied);
  EXPECT_EQ(difference(call().row(done.id), row), "");
}

TEST_P(QueueStoreContract, ABatchOfTransitionsAnswersInItsOrder) {
  const QueueRow a = claimed();
  const QueueRow b = claimed();
  Transition stale = change(b, DownloadState::downloading, Actor::worker);
  stale.epoch += 1;
  const std::vector<Outcome> outcomes = call().transition(
      {change(a, DownloadState::downloading, Actor::worker), stale, change(b, DownloadState::failed, Actor::worker)});
  EXPECT_EQ(outcomes.at(0).result, CommandResult::applied);
  EXPECT_EQ(outcomes.at(1).result, CommandResult::stale_epoch);
  EXPECT_EQ(outcomes.at(2).result, CommandResult::applied);
  EXPECT_EQ(outcomes.at(0).id, a.data.id);
  EXPECT_EQ(outcomes.at(2).id, b.data.id);
}

TEST_P(QueueStoreContract, ABatchOfMoreThan500IsRefused) {
  const QueueRow row = claimed();
  const std::vector<Transition> many(501, change(row, DownloadState::downloading, Actor::worker));
  BasicContext ctx = call().context();
  Outcomes outcomes;
  EXPECT_EQ(store().transition(ctx, many, outcomes).code, Code::invalid);
  EXPECT_EQ(difference(call().row(row.data.id), row), "");
}

TEST_P(QueueStoreContract, TransitionWritesThePatchAndTheEvent) {
  const QueueRow row = claimed();
  ASSERT_EQ(call().record_intent(intent(row, "aaaa")).result, CommandResult::applied);
  clock().advance(7);
  const QueueRow before = call().row(row.data.id);
  Transition back = change(before, DownloadState::queued, Actor::worker);
  back.reason = "the client is down – später";
  back.patch.fields = kPatchDue | kPatchError | kPatchClientItem | kPatchOutput | kPatchSize | kPatchCleanup |
                      kPatchFlags | kPatchAttempts | kPatchHashes | kPatchDone;
  back.patch.due_at_ms = clock().wall_ms() + 60'000;
  back.patch.due_reason = "back-off";
  back.patch.error = "connection refused";
  back.patch.error_code = Code::unavailable;
  back.patch.client_item_id = "item-1";
  back.patch.output_path = "/downloads/Ä";
  back.patch.infohash_v1 = "cccc";
  back.patch.infohash_v2 = "dddd";
  back.patch.size_bytes = 99;
  back.patch.done_bytes = 33;
  back.patch.progress = 1.0 / 3;
  back.patch.cleanup = 2;
  back.patch.attempts = 5;
  back.patch.set_flags = kClientPaused | kStalled;
  ASSERT_EQ(call().transition(back).result, CommandResult::applied);

  QueueRow expected = before;
  expected.data.state = DownloadState::queued;
  expected.data.epoch += 1;
  expected.data.version += 1;
  expected.data.updated_at_ms = clock().wall_ms();
  expected.data.lease_until_ms = 0;
  expected.lease_owner = "";
  expected.data.due_at_ms = back.patch.due_at_ms;
  expected.due_reason = "back-off";
  expected.data.error_code = Code::unavailable;
  expected.error = "connection refused";
  expected.client_item_id = "item-1";
  expected.output_path = "/downloads/Ä";
  expected.infohash_v1 = "cccc";
  expected.infohash_v2 = "dddd";
  expected.data.size_bytes = 99;
  expected.data.done_bytes = 33;
  expected.data.progress = 1.0 / 3;
  expected.data.cleanup = 2;
  expected.data.attempts = 5;
  expected.data.flags = kClientPaused | kStalled;
  EXPECT_EQ(difference(call().row(row.data.id), expected), "");

  QueueEvent event;
  event.data.actor = Actor::worker;
  event.data.sequence = call().stats().last_event;
  event.data.download_id = row.data.id;
  event.data.at_ms = clock().wall_ms();
  event.data.epoch = expected.data.epoch;
  event.data.from = static_cast<std::int32_t>(DownloadState::dispatching);
  event.data.to = static_cast<std::int32_t>(DownloadState::queued);
  event.command_id = back.command_id;
  event.reason = back.reason;
  EXPECT_EQ(call().events().back(), event);
  EXPECT_TRUE(call().claim(claim_request()).empty()) << "it waits for its due time";
  expect_consistent();
}

TEST_P(QueueStoreContract, APatchWithoutFieldsLeavesTheRowAsItIs) {
  const QueueRow row = claimed();
  Transition done = change(row, DownloadState::downloading, Actor::worker);
  done.patch.error = "not to be written";
  done.patch.output_path = "nor this";
  ASSERT_EQ(call().transition(done).result, CommandResult::applied);
  const QueueRow after = call().row(row.data.id);
  EXPECT_EQ(after.error, "");
  EXPECT_EQ(after.output_path, "");
  EXPECT_EQ(after.data.attempts, 1);
}

TEST_P(QueueStoreContract, EndedAtStandsExactlyOnEndedRows) {
  const QueueRow failed = row_in(DownloadState::failed);
  EXPECT_EQ(failed.data.ended_at_ms, clock().wall_ms());
  ASSERT_EQ(call().transition(change(failed, DownloadState::queued, Actor::user)).result, CommandResult::applied);
  EXPECT_EQ(call().row(failed.data.id).data.ended_at_ms, 0);
  EXPECT_EQ(row_in(DownloadState::blocked).data.ended_at_ms, 0);
  EXPECT_EQ(row_in(DownloadState::completed).data.ended_at_ms, clock().wall_ms());
}

TEST_P(QueueStoreContract, ARetryBesideALiveTwinIsAConflict) {
  const QueueRow failed = row_in(DownloadState::failed);
  NewDownload twin = download();
  twin.release_key = failed.release_key;
  const std::int64_t other = call().enqueue(twin).id;
  const Outcome refused = call().transition(change(failed, DownloadState::queued, Actor::user));
  EXPECT_EQ(refused.result, CommandResult::conflict);
  EXPECT_EQ(refused.id, failed.data.id);
  EXPECT_EQ(refused.existing_id, other);
  EXPECT_EQ(difference(call().row(failed.data.id), failed), "");
  ASSERT_EQ(call().transition(change(call().row(other), DownloadState::cancelled, Actor::user)).result,
            CommandResult::applied);
  EXPECT_EQ(call().transition(change(failed, DownloadState::queued, Actor::user)).result, CommandResult::applied);
  expect_consistent();
}

TEST_P(QueueStoreContract, NewHashesThatAreAliveElsewhereAreAConflict) {
  NewDownload other = download();
  other.infohash_v1 = "aaaa";
  other.rank_bonus_ms = -1'000'000;
  const std::int64_t id = call().enqueue(other).id;
  const QueueRow row = claimed();
  Transition done = change(row, DownloadState::downloading, Actor::worker);
  done.patch.fields = kPatchHashes;
  done.patch.infohash_v1 = "aaaa";
  const Outcome outcome = call().transition(done);
  EXPECT_EQ(outcome.result, CommandResult::conflict);
  EXPECT_EQ(outcome.existing_id, id);
  EXPECT_EQ(difference(call().row(row.data.id), row), "");
}

TEST_P(QueueStoreContract, EditChangesWhatItNames) {
  const QueueRow row = call().row(enqueued());
  clock().advance(3);
  Edit edit;
  edit.command_id = command();
  edit.fields = kEditHold | kEditPriority | kEditCategory | kEditFlags | kEditCleanup;
  edit.id = row.data.id;
  edit.expected_version = row.data.version;
  edit.category = "other";
  edit.rank_bonus_ms = 777;
  edit.priority = Priority::low;
  edit.hold = 1;
  edit.set_flags = kHoldApplied;
  edit.cleanup = 1;
  const std::size_t events = call().events().size();
  const Outcome outcome = call().edit(edit);
  ASSERT_EQ(outcome.result, CommandResult::applied);
  QueueRow expected = row;
  expected.data.version += 1;
  expected.data.updated_at_ms = clock().wall_ms();
  expected.data.priority = Priority::low;
  expected.data.rank = row.data.enqueued_at_ms - 777;
  expected.data.flags = kHold | kHoldApplied;
  expected.data.cleanup = 1;
  expected.category = "other";
  EXPECT_EQ(difference(call().row(row.data.id), expected), "");
  EXPECT_EQ(outcome.version, expected.data.version);
  EXPECT_EQ(outcome.epoch, row.data.epoch) << "an edit takes the row from nobody";
  EXPECT_EQ(call().events().size(), events) << "an edit is no change of state";
  EXPECT_EQ(call().edit(edit).result, CommandResult::already_applied);
  expect_consistent();
}

TEST_P(QueueStoreContract, EditIsRefusedWhenTheRowChanged) {
  const QueueRow row = call().row(enqueued());
  Edit edit;
  edit.command_id = command();
  edit.fields = kEditHold;
  edit.id = row.data.id;
  edit.hold = 1;
  edit.expected_version = row.data.version + 1;
  EXPECT_EQ(call().edit(edit).result, CommandResult::stale_version);
  edit.id += 100;
  EXPECT_EQ(call().edit(edit).result, CommandResult::not_found);
  EXPECT_EQ(difference(call().row(row.data.id), row), "");
  edit.fields = kEditFlags;
  edit.set_flags = kHold;
  BasicContext ctx = call().context();
  Outcomes outcomes;
  EXPECT_EQ(store().edit(ctx, edit, outcomes).code, Code::invalid);
}

TEST_P(QueueStoreContract, EditToTheTopIsClaimedFirst) {
  NewDownload urgent = download();
  urgent.rank_bonus_ms = 1'000'000;
  const std::int64_t first = call().enqueue(urgent).id;
  const std::int64_t last = enqueued();
  Edit edit;
  edit.command_id = command();
  edit.fields = kEditTop;
  edit.id = last;
  ASSERT_EQ(call().edit(edit).result, CommandResult::applied);
  const QueueRow row = call().row(last);
  EXPECT_EQ(row.data.rank, call().row(first).data.rank - 1);
  EXPECT_EQ(call().edit(edit).result, CommandResult::already_applied);
  EXPECT_EQ(difference(call().row(last), row), "") << "sent again, it changes nothing more";
  EXPECT_EQ(call().claim(claim_request()).at(0).data.id, last);
}

TEST_P(QueueStoreContract, ProgressChangesNeitherVersionNorStateAndMakesNoEvent) {
  const QueueRow row = row_in(DownloadState::downloading);
  const std::size_t events = call().events().size();
  clock().advance(11);
  Progress said;
  said.id = row.data.id;
  said.epoch = row.data.epoch;
  said.set_flags = kStalled;
  said.seeders = 3;
  said.leechers = 4;
  said.size_bytes = (std::int64_t{1} << 53) + 1;
  said.done_bytes = 5;
  said.down_bps = 6;
  said.up_bps = 7;
  said.eta_s = 8;
  said.progress = 0.25;
  said.ratio = 1.5;
  said.client_state = "stalledDL";
  said.output_path = "/downloads/x";
  ASSERT_EQ(call().progress({said}).at(0).result, CommandResult::applied);
  QueueRow expected = row;
  expected.data.flags = kStalled;
  expected.data.seeders = 3;
  expected.data.leechers = 4;
  expected.data.size_bytes = said.size_bytes;
  expected.data.done_bytes = 5;
  expected.data.down_bps = 6;
  expected.data.up_bps = 7;
  expected.data.eta_s = 8;
  expected.data.progress = 0.25;
  expected.data.ratio = 1.5;
  expected.data.progress_at_ms = clock().wall_ms();
  expected.client_state = "stalledDL";
  expected.output_path = "/downloads/x";
  EXPECT_EQ(difference(call().row(row.data.id), expected), "");
  EXPECT_EQ(call().stats().by_status[static_cast<int>(PublicStatus::stalled)], 1);
  said.size_bytes = -1;
  said.output_path = "";
  said.set_flags = 0;
  said.clear_flags = kStalled;
  ASSERT_EQ(call().progress({said}).at(0).result, CommandResult::applied);
  expected.data.flags = 0;
  EXPECT_EQ(difference(call().row(row.data.id), expected), "") << "-1 and empty leave size and path as they are";
  EXPECT_EQ(call().events().size(), events);
  expect_consistent();
}

TEST_P(QueueStoreContract, ProgressIsForOpenRowsOfTheRightEpochOnly) {
  for (int s = 0; s < kDownloadStates; ++s) {
    const auto state = static_cast<DownloadState>(s);
    const QueueRow row = row_in(state);
    Progress said;
    said.id = row.data.id;
    said.epoch = row.data.epoch;
    const bool open =
        state == DownloadState::downloading || state == DownloadState::missing || state == DownloadState::completed;
    EXPECT_EQ(call().progress({said}).at(0).result, open ? CommandResult::applied : CommandResult::wrong_state)
        << to_string(state);
    if (!open) { EXPECT_EQ(difference(call().row(row.data.id), row), ""); }
    const QueueRow before = call().row(row.data.id);
    said.done_bytes = 77;
    for (const std::int64_t epoch : {row.data.epoch - 1, row.data.epoch + 1}) {
      said.epoch = epoch;
      EXPECT_EQ(call().progress({said}).at(0).result, CommandResult::stale_epoch);
      EXPECT_EQ(difference(call().row(row.data.id), before), "") << "what was refused must not be written";
    }
    said.id += 100'000;
    EXPECT_EQ(call().progress({said}).at(0).result, CommandResult::not_found);
  }
  Progress hold;
  hold.set_flags = kHold;
  BasicContext ctx = call().context();
  Outcomes outcomes;
  EXPECT_EQ(store().record_progress(ctx, std::span(&hold, 1), outcomes).code, Code::invalid);
}

}  // namespace quarry::sdk::testing
