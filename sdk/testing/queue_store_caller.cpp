// SPDX-License-Identifier: MIT
#include <quarry/sdk/testing/queue_store_caller.hpp>

#include <quarry/sdk/helpers/sinks.hpp>

#include <gtest/gtest.h>

namespace quarry::sdk::testing {
namespace {

void expect_ok(const Status& status, const BasicContext& ctx) {
  EXPECT_TRUE(status.ok()) << "code " << static_cast<int>(status.code) << ": " << ctx.text();
}

}  // namespace

std::vector<Outcome> StoreCaller::enqueue(const std::vector<NewDownload>& items) {
  BasicContext ctx = context();
  Outcomes outcomes;
  expect_ok(store_->enqueue(ctx, items, outcomes), ctx);
  EXPECT_EQ(outcomes.all.size(), items.size());
  return outcomes.all;
}
Outcome StoreCaller::enqueue(const NewDownload& item) { return enqueue(std::vector{item}).at(0); }

std::vector<QueueRow> StoreCaller::claim(const ClaimRequest& request) {
  BasicContext ctx = context();
  std::vector<QueueRow> rows;
  auto sink = download_sink([&](const DownloadView& row) { rows.emplace_back(row); });
  expect_ok(store_->claim(ctx, request, sink), ctx);
  return rows;
}
std::vector<Outcome> StoreCaller::heartbeat(std::string_view owner, std::int64_t lease_ms,
                                            const std::vector<LeaseRef>& leases) {
  BasicContext ctx = context();
  Outcomes outcomes;
  expect_ok(store_->heartbeat(ctx, owner, lease_ms, leases, outcomes), ctx);
  EXPECT_EQ(outcomes.all.size(), leases.size());
  return outcomes.all;
}
Outcome StoreCaller::record_intent(const Intent& intent) {
  BasicContext ctx = context();
  Outcomes outcomes;
  expect_ok(store_->record_intent(ctx, intent, outcomes), ctx);
  return outcomes.all.at(0);
}
std::vector<Outcome> StoreCaller::transition(const std::vector<Transition>& changes) {
  BasicContext ctx = context();
  Outcomes outcomes;
  expect_ok(store_->transition(ctx, changes, outcomes), ctx);
  EXPECT_EQ(outcomes.all.size(), changes.size());
  return outcomes.all;
}
Outcome StoreCaller::transition(const Transition& change) { return transition(std::vector{change}).at(0); }
Outcome StoreCaller::edit(const Edit& edit) {
  BasicContext ctx = context();
  Outcomes outcomes;
  expect_ok(store_->edit(ctx, edit, outcomes), ctx);
  return outcomes.all.at(0);
}
std::vector<QueueRow> StoreCaller::rescue(std::string_view command_id, std::string_view owner, std::int32_t limit) {
  BasicContext ctx = context();
  std::vector<QueueRow> rows;
  auto sink = download_sink([&](const DownloadView& row) { rows.emplace_back(row); });
  expect_ok(store_->rescue(ctx, command_id, owner, limit, sink), ctx);
  return rows;
}
std::vector<Outcome> StoreCaller::progress(const std::vector<Progress>& items) {
  BasicContext ctx = context();
  Outcomes outcomes;
  expect_ok(store_->record_progress(ctx, items, outcomes), ctx);
  EXPECT_EQ(outcomes.all.size(), items.size());
  return outcomes.all;
}
Duty StoreCaller::take_duty(const DutyRequest& request) {
  BasicContext ctx = context();
  Duty duty;
  expect_ok(store_->take_duty(ctx, request, duty), ctx);
  return duty;
}
void StoreCaller::set_lane(std::int32_t max_active, std::int32_t hold, std::string_view lane) {
  BasicContext ctx = context();
  LaneSettings settings;
  settings.lane = lane;
  settings.max_active = max_active;
  settings.hold = hold;
  expect_ok(store_->set_lane(ctx, settings), ctx);
}
std::int64_t StoreCaller::prune(std::uint32_t states, std::int64_t before_ms, std::int32_t limit) {
  BasicContext ctx = context();
  std::int64_t removed = -1;
  expect_ok(store_->prune(ctx, states, before_ms, limit, removed), ctx);
  return removed;
}

QueueRow StoreCaller::row(std::int64_t id) {
  FindRequest request;
  request.id = id;
  BasicContext ctx = context();
  QueueRow found;
  auto sink = download_sink([&](const DownloadView& row) { found = QueueRow(row); });
  const Status status = store_->find(ctx, request, sink);
  EXPECT_TRUE(status.ok() || status.code == Code::not_found) << ctx.text();
  return found;
}
QueueRow StoreCaller::find(FindBy by, std::string_view text) {
  FindRequest request;
  request.by = by;
  request.text = text;
  BasicContext ctx = context();
  QueueRow found;
  auto sink = download_sink([&](const DownloadView& row) { found = QueueRow(row); });
  const Status status = store_->find(ctx, request, sink);
  EXPECT_TRUE(status.ok() || status.code == Code::not_found) << ctx.text();
  EXPECT_EQ(status.ok(), found.data.id != 0);
  return found;
}
std::vector<QueueRow> StoreCaller::list(const ListRequest& request, std::int64_t* total) {
  BasicContext ctx = context();
  std::vector<QueueRow> rows;
  std::int64_t matching = -1;
  auto sink = download_sink([&](const DownloadView& row) { rows.emplace_back(row); });
  expect_ok(store_->list(ctx, request, sink, matching), ctx);
  if (total != nullptr) { *total = matching; }
  return rows;
}
std::vector<QueueRow> StoreCaller::all() {
  ListRequest request;
  request.limit = 1000;
  std::vector<QueueRow> everything;
  while (true) {
    const std::vector<QueueRow> page = list(request);
    everything.insert(everything.end(), page.begin(), page.end());
    if (page.size() < 1000) { return everything; }
    request.filter.after_id = everything.back().data.id;
  }
}
Stats StoreCaller::stats(std::string_view lane) {
  BasicContext ctx = context();
  Stats stats;
  expect_ok(store_->stats(ctx, lane, stats), ctx);
  return stats;
}
std::vector<QueueEvent> StoreCaller::events(std::int64_t after) {
  std::vector<QueueEvent> events;
  while (true) {
    BasicContext ctx = context();
    const std::size_t before = events.size();
    auto sink = event_sink([&](const EventView& event) { events.emplace_back(event); });
    expect_ok(store_->events_since(ctx, events.empty() ? after : events.back().data.sequence, 1000, sink), ctx);
    if (events.size() < before + 1000) { return events; }
  }
}
std::string StoreCaller::metainfo(std::int64_t id) {
  BasicContext ctx = context();
  Bytes bytes(64U << 20U);
  expect_ok(store_->metainfo(ctx, id, bytes), ctx);
  return bytes.data;
}

}  // namespace quarry::sdk::testing
