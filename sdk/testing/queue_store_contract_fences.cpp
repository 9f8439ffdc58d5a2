// SPDX-License-Identifier: MIT
// The contract of what keeps a row from whoever must not have it: leases and claims of others, hold, the state itself.
#include <quarry/sdk/testing/queue_store_contract.hpp>

#include <quarry/sdk/helpers/queue_store_rules.hpp>

namespace quarry::sdk::testing {

int link_contract_of_fences() { return 0; }

TEST_P(QueueStoreContract, AHeartbeatOfAnEarlierClaimExtendsNothing) {
  const QueueRow row = claimed();
  clock().advance(kLease);
  ASSERT_EQ(call().rescue(command(), "owner-1").size(), 1U);
  clock().advance(queue_rules::kRescueWaitMs);
  const std::vector<QueueRow> again = call().claim(claim_request());
  ASSERT_EQ(again.size(), 1U);
  clock().advance(1);
  // The same owner has it once more; only the epoch tells one claim from the other.
  EXPECT_EQ(call().heartbeat("owner-1", kLease, {{row.data.id, row.data.epoch}}).at(0).result,
            CommandResult::stale_epoch);
  EXPECT_EQ(difference(call().row(row.data.id), again.front()), "");
}

TEST_P(QueueStoreContract, AClaimOfAnotherOwnerIsNotTheSameClaim) {
  for (int i = 0; i < 4; ++i) { static_cast<void>(enqueued()); }
  ClaimRequest request = claim_request(2, "owner-1");
  const std::vector<QueueRow> first = call().claim(request);
  ASSERT_EQ(first.size(), 2U);
  request.owner = "owner-2";
  const std::vector<QueueRow> second = call().claim(request);
  ASSERT_EQ(second.size(), 2U);
  for (const QueueRow& row : first) { EXPECT_EQ(difference(call().row(row.data.id), row), ""); }
  for (const QueueRow& row : second) { EXPECT_EQ(row.lease_owner, "owner-2"); }
}

TEST_P(QueueStoreContract, AHeldRowTakesNoSlotOfItsLane) {
  const QueueRow row = row_in(DownloadState::downloading);
  static_cast<void>(enqueued());
  call().set_lane(1);
  EXPECT_TRUE(call().claim(claim_request()).empty());
  Edit edit;
  edit.command_id = command();
  edit.fields = kEditHold;
  edit.id = row.data.id;
  edit.hold = 1;
  ASSERT_EQ(call().edit(edit).result, CommandResult::applied);
  EXPECT_EQ(call().stats().active, 0);
  EXPECT_EQ(call().claim(claim_request()).size(), 1U);
}

TEST_P(QueueStoreContract, OnlyAQueuedRowWithoutHoldIsClaimable) {
  for (int s = 0; s < kDownloadStates; ++s) {
    const auto state = static_cast<DownloadState>(s);
    SCOPED_TRACE(to_string(state));
    const QueueRow row = row_in(state);
    if (state != DownloadState::queued) { EXPECT_TRUE(call().claim(claim_request(10, "owner-2")).empty()); }
    Edit edit;
    edit.command_id = command();
    edit.fields = kEditPriority | kEditHold;
    edit.id = row.data.id;
    edit.hold = state == DownloadState::queued ? 1 : 0;
    ASSERT_EQ(call().edit(edit).result, CommandResult::applied);
    EXPECT_TRUE(call().claim(claim_request(10, "owner-2")).empty()) << "an edit makes no row claimable";
    EXPECT_EQ(call().row(row.data.id).data.state, state);
  }
}

TEST_P(QueueStoreContract, AHeldRowThatComesBackIsNotClaimed) {
  const QueueRow given_back = claimed();
  const QueueRow rescued = claimed();
  for (const QueueRow& row : {given_back, rescued}) {
    Edit edit;
    edit.command_id = command();
    edit.fields = kEditHold;
    edit.id = row.data.id;
    edit.hold = 1;
    ASSERT_EQ(call().edit(edit).result, CommandResult::applied);
  }
  ASSERT_EQ(call().transition(change(given_back, DownloadState::queued, Actor::worker)).result, CommandResult::applied);
  clock().advance(kLease);
  ASSERT_EQ(call().rescue(command(), "owner-1").size(), 1U);
  clock().advance(queue_rules::kRescueWaitMs);
  EXPECT_TRUE(call().claim(claim_request(10)).empty());
  EXPECT_EQ(call().stats().next_due_ms, 0);
}

}  // namespace quarry::sdk::testing
