// SPDX-License-Identifier: MIT
#include <quarry/sdk/testing/queue_store_contract.hpp>

#include <stdexcept>

namespace quarry::sdk::testing {
namespace {

/// Keeps the rules that tie a row's members to its state.
void expect_sound(const QueueRow& row) {
  const DownloadView& d = row.data;
  EXPECT_EQ(is_leased(d.state), !row.lease_owner.empty()) << row;
  EXPECT_EQ(is_leased(d.state), d.lease_until_ms > 0) << row;
  EXPECT_EQ(is_ended(d.state), d.ended_at_ms != 0) << row;
  EXPECT_GT(d.id, 0) << row;
}

}  // namespace

// A test program may link this library for something else, and a unity build then brings the suite along.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(QueueStoreContract);

int link_contract_of_adding();
int link_contract_of_lanes();
int link_contract_of_leases();
int link_contract_of_changes();
int link_contract_of_duties();
int link_contract_of_fences();
int link_contract_of_reading();
int link_contract_of_sequences();
int link_queue_store_contract() {
  return link_contract_of_adding() + link_contract_of_lanes() + link_contract_of_leases() + link_contract_of_changes() +
         link_contract_of_duties() + link_contract_of_fences() + link_contract_of_reading() +
         link_contract_of_sequences();
}

void QueueStoreContract::SetUp() {
  if (const std::string why = GetParam().missing(); !why.empty()) { GTEST_SKIP() << why; }
  renew();
  call().set_lane(1000, 0);
}
void QueueStoreContract::renew() {
  caller_.reset();
  under_test_.reset();  // first, because both may live in the same place
  under_test_ = GetParam().make();
  if (under_test_ == nullptr) { throw std::runtime_error("the factory made no store"); }
  caller_ = std::make_unique<StoreCaller>(store(), call_clock());
}
ManualClock& QueueStoreContract::clock() {
  if (under_test_->clock_moves()) { return under_test_->clock(); }
  constexpr char kWhy[] = "the store's clock cannot be moved";
  [&] { GTEST_SKIP() << kWhy; }();
  // GoogleTest takes it as the end of a test whose outcome is told already.
  throw ::testing::AssertionException({::testing::TestPartResult::kSkip, __FILE__, __LINE__, kWhy});
}
bool QueueStoreContract::reopen() {
  caller_.reset();
  const bool persistent = under_test_->reopen();
  caller_ = std::make_unique<StoreCaller>(store(), call_clock());
  return persistent;
}
std::string_view QueueStoreContract::keep(std::string text) {
  kept_.push_back(std::make_unique<std::string>(std::move(text)));
  return *kept_.back();
}
std::string_view QueueStoreContract::command() { return keep("command-" + std::to_string(++next_)); }
NewDownload QueueStoreContract::download() {
  NewDownload item;
  item.command_id = command();
  item.lane = "downloads";
  item.release_key = keep("release-" + std::to_string(next_));
  item.title = keep("Some.Film." + std::to_string(next_) + ".1080p");
  item.download_url = "http://127.0.0.1/t.torrent";
  return item;
}
std::int64_t QueueStoreContract::enqueued() {
  const Outcome outcome = call().enqueue(download());
  EXPECT_EQ(outcome.result, CommandResult::applied);
  return outcome.id;
}
ClaimRequest QueueStoreContract::claim_request(std::int32_t limit, std::string_view owner) {
  ClaimRequest request;
  request.limit = limit;
  request.command_id = command();
  request.lane = "downloads";
  request.owner = owner;
  request.lease_ms = kLease;
  return request;
}
QueueRow QueueStoreContract::claimed() {
  const std::int64_t id = enqueued();
  // Whatever else waits must not come first.
  Edit top;
  top.command_id = command();
  top.fields = kEditTop;
  top.id = id;
  EXPECT_EQ(call().edit(top).result, CommandResult::applied);
  const std::vector<QueueRow> rows = call().claim(claim_request());
  EXPECT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.at(0).data.id, id);
  return rows.at(0);
}
Transition QueueStoreContract::change(const QueueRow& row, DownloadState to, Actor actor) {
  Transition change;
  change.actor = actor;
  change.command_id = command();
  change.id = row.data.id;
  change.epoch = row.data.epoch;
  change.from = row.data.state;
  change.to = to;
  return change;
}
Intent QueueStoreContract::intent(const QueueRow& row, std::string_view v1) {
  Intent intent;
  intent.command_id = command();
  intent.id = row.data.id;
  intent.epoch = row.data.epoch;
  intent.client = "client-1";
  intent.infohash_v1 = v1;
  return intent;
}
QueueRow QueueStoreContract::row_in(DownloadState state) {
  using S = DownloadState;
  const auto moved = [&](const QueueRow& row, S to, Actor actor) {
    EXPECT_EQ(call().transition(change(row, to, actor)).result, CommandResult::applied);
    return call().row(row.data.id);
  };
  switch (state) {
    case S::queued:
      return call().row(enqueued());
    case S::dispatching:
      return claimed();
    case S::verifying:
      return moved(claimed(), state, Actor::worker);
    case S::downloading:
      return moved(claimed(), state, Actor::worker);
    case S::blocked:
      return moved(claimed(), state, Actor::worker);
    case S::failed:
      return moved(claimed(), state, Actor::worker);
    case S::missing:
      return moved(row_in(S::downloading), state, Actor::reconciler);
    case S::completed:
      return moved(row_in(S::downloading), state, Actor::reconciler);
    case S::cancelled:
      return moved(row_in(S::queued), state, Actor::user);
  }
  ADD_FAILURE() << "no way into state " << static_cast<int>(state);
  return {};
}

void QueueStoreContract::expect_consistent() {
  const std::vector<QueueRow> rows = call().all();
  Stats counted;
  for (const QueueRow& row : rows) {
    expect_sound(row);
    ++counted.by_status[static_cast<std::size_t>(public_status(row.data.state, row.data.flags))];
    if (row.lane != "downloads") { continue; }
    counted.active += takes_slot(row.data.state, row.data.flags) ? 1 : 0;
    const bool claimable = row.data.state == DownloadState::queued && (row.data.flags & kHold) == 0;
    const bool earlier = counted.next_due_ms == 0 || row.data.due_at_ms < counted.next_due_ms;
    if (claimable && earlier) { counted.next_due_ms = row.data.due_at_ms; }
  }
  const Stats kept = call().stats();
  for (std::size_t i = 0; i < kPublicStatuses; ++i) { EXPECT_EQ(kept.by_status[i], counted.by_status[i]) << i; }
  EXPECT_EQ(kept.active, counted.active);
  EXPECT_EQ(kept.next_due_ms, counted.next_due_ms);
  std::int64_t last = 0;
  for (const QueueEvent& event : call().events()) {
    EXPECT_GT(event.data.sequence, last) << event;
    last = event.data.sequence;
  }
  EXPECT_EQ(kept.last_event, last);
}

}  // namespace quarry::sdk::testing
