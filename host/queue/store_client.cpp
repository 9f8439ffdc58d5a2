// SPDX-License-Identifier: MIT
#include "queue/store_client.hpp"

#include <algorithm>

namespace quarry::queue {
namespace {
constexpr std::int64_t kStoreTimeoutMs = 10'000;
constexpr int kUnknownCommitTries = 5;
constexpr std::size_t kMaxMetainfo = 32U << 20U;
constexpr int kPage = 500;
}  // namespace

StoreClient::StoreClient(sdk::QueueStore& store, const sdk::Clock& clock, std::function<std::string()> next_command_id,
                         std::shared_ptr<SetAside> set_aside)
    : store_(store), clock_(clock), next_command_id_(std::move(next_command_id)), set_aside_(std::move(set_aside)) {}

sdk::BasicContext StoreClient::context() const { return {clock_, kStoreTimeoutMs, "queue"}; }

sdk::Result<std::vector<sdk::Outcome>> StoreClient::until_known(const Send& send) {
  sdk::Outcomes outcomes;
  bool unknown = false;
  for (int tries = 0; tries < kUnknownCommitTries; ++tries) {
    outcomes.all.clear();
    auto ctx = context();
    const sdk::Status status = send(ctx, outcomes);
    // A storage that cannot be reached now has not said that it did not commit before.
    if (!status.ok() && unknown) { break; }
    if (!status.ok()) { return ctx.failure(status, "the storage failed without saying why"); }
    unknown = std::any_of(outcomes.all.begin(), outcomes.all.end(),
                          [](const sdk::Outcome& o) { return o.result == sdk::CommandResult::unknown_commit; });
    if (!unknown) { return std::move(outcomes.all); }
  }
  // Not `unavailable`: that would say that nothing was changed.
  return sdk::Failure{
      sdk::Status{sdk::Code::deadline, sdk::kRetryable, 0, 0},
      "the connection to the storage broke while the change was committed; it may have been made or not"};
}

sdk::Result<sdk::Outcome> StoreClient::one_until_known(const Send& send) {
  auto all = until_known(send);
  if (!all) { return all.error(); }
  if (all->size() != 1) { return sdk::failure(sdk::Code::internal, "the storage answered no outcome"); }
  return all->front();
}

sdk::Result<sdk::Outcome> StoreClient::enqueue(sdk::NewDownload item) {
  const std::string command = next_command_id_();
  item.command_id = command;
  return one_until_known([&](auto& ctx, auto& out) { return store_.enqueue(ctx, {&item, 1}, out); });
}

sdk::Result<std::vector<Download>> StoreClient::claim(std::string_view lane, int limit, std::string_view owner,
                                                      std::int64_t lease_ms) {
  const std::string command = next_command_id_();
  sdk::ClaimRequest request;
  request.limit = limit;
  request.command_id = command;
  request.lane = lane;
  request.owner = owner;
  request.lease_ms = lease_ms;
  std::vector<Download> rows;
  std::vector<Download> unsound;
  auto sink = sdk::download_sink(
      [&](const sdk::DownloadView& v) { (set_aside_->admits(v) ? rows : unsound).push_back(copy_of(v)); });
  auto ctx = context();
  const sdk::Status status = store_.claim(ctx, request, sink);
  if (!status.ok()) { return ctx.failure(status, "the storage could not claim"); }
  for (const Download& d : unsound) { block(d); }
  return rows;
}

void StoreClient::block(const Download& claimed) {
  sdk::Transition change;
  change.id = claimed.id;
  change.epoch = claimed.epoch;
  change.from = sdk::DownloadState::dispatching;
  change.to = sdk::DownloadState::blocked;
  change.reason = "its row is damaged";
  change.patch.fields = sdk::kPatchError;
  change.patch.error_code = sdk::Code::invalid;
  change.patch.error = change.reason;
  // Where the row is too bad even for that, its lease runs out and it is claimed again: no harm, and it is told of.
  static_cast<void>(transition(change));
}

sdk::Result<std::vector<sdk::Outcome>> StoreClient::heartbeat(std::string_view owner, std::int64_t lease_ms,
                                                              std::span<const sdk::LeaseRef> leases) {
  return until_known([&](auto& ctx, auto& out) { return store_.heartbeat(ctx, owner, lease_ms, leases, out); });
}

sdk::Result<sdk::Outcome> StoreClient::record_intent(sdk::Intent intent) {
  const std::string command = next_command_id_();
  intent.command_id = command;
  return one_until_known([&](auto& ctx, auto& out) { return store_.record_intent(ctx, intent, out); });
}

sdk::Result<std::string> StoreClient::metainfo(std::int64_t id) {
  sdk::Bytes bytes(kMaxMetainfo);
  auto ctx = context();
  const sdk::Status status = store_.metainfo(ctx, id, bytes);
  if (status.code == sdk::Code::not_found) { return std::string(); }
  if (!status.ok()) { return ctx.failure(status, "the storage could not read the kept torrent"); }
  return std::move(bytes.data);
}

sdk::Result<sdk::Outcome> StoreClient::transition(sdk::Transition change) {
  const std::string command = next_command_id_();
  change.command_id = command;
  return one_until_known([&](auto& ctx, auto& out) { return store_.transition(ctx, {&change, 1}, out); });
}

sdk::Result<std::vector<sdk::Outcome>> StoreClient::transitions(std::vector<sdk::Transition> changes) {
  std::vector<std::string> commands;
  commands.reserve(changes.size());  // the views below must stay
  for (sdk::Transition& change : changes) { change.command_id = commands.emplace_back(next_command_id_()); }
  return until_known([&](auto& ctx, auto& out) { return store_.transition(ctx, changes, out); });
}

sdk::Result<sdk::Outcome> StoreClient::edit(sdk::Edit edit) {
  const std::string command = next_command_id_();
  edit.command_id = command;
  return one_until_known([&](auto& ctx, auto& out) { return store_.edit(ctx, edit, out); });
}

sdk::Result<std::vector<Download>> StoreClient::rescue(std::string_view owner, int limit) {
  const std::string command = next_command_id_();
  std::vector<Download> rows;
  auto sink = sdk::download_sink([&](const sdk::DownloadView& v) {
    if (set_aside_->admits(v)) { rows.push_back(copy_of(v)); }
  });
  auto ctx = context();
  const sdk::Status status = store_.rescue(ctx, command, owner, limit, sink);
  if (!status.ok()) { return ctx.failure(status, "the storage could not rescue"); }
  return rows;
}

sdk::Result<sdk::Duty> StoreClient::take_duty(std::string_view name, std::string_view owner, std::int64_t lease_ms) {
  sdk::DutyRequest request;
  request.name = name;
  request.owner = owner;
  request.lease_ms = lease_ms;
  sdk::Duty duty;
  auto ctx = context();
  const sdk::Status status = store_.take_duty(ctx, request, duty);
  if (!status.ok()) { return ctx.failure(status, "the storage could not say who has it"); }
  return duty;
}

sdk::Done StoreClient::give_up_duty(std::string_view name, std::string_view owner) {
  sdk::DutyRequest request;
  request.give_up = 1;
  request.name = name;
  request.owner = owner;
  sdk::Duty duty;
  auto ctx = context();
  const sdk::Status status = store_.take_duty(ctx, request, duty);
  if (!status.ok()) { return ctx.failure(status, "the storage could not take the duty back"); }
  return sdk::Unit{};
}

sdk::Result<std::vector<sdk::Outcome>> StoreClient::record_progress(std::span<const sdk::Progress> items) {
  return until_known([&](auto& ctx, auto& out) { return store_.record_progress(ctx, items, out); });
}

sdk::Result<Download> StoreClient::find(const sdk::FindRequest& request) {
  Download found;
  const sdk::Done done = find(request, [&](const sdk::DownloadView& v) { found = copy_of(v); });
  if (!done) { return done.error(); }
  return found;
}

sdk::Done StoreClient::find(const sdk::FindRequest& request, const RowVisit& visit) {
  bool found = false;
  std::int64_t unsound = 0;
  auto sink = sdk::download_sink([&](const sdk::DownloadView& v) {
    found = set_aside_->admits(v);
    unsound = found ? 0 : v.id;
    if (found) { visit(v); }
    return false;  // one is all there is
  });
  auto ctx = context();
  const sdk::Status status = store_.find(ctx, request, sink);
  if (status.code == sdk::Code::not_found && request.by == sdk::FindBy::id) { set_aside_->forget(request.id); }
  if (unsound != 0) { return sdk::failure(sdk::Code::conflict, set_aside_->sentence(unsound)); }
  if (!status.ok()) { return ctx.failure(status, "there is no such download"); }
  if (!found) { return sdk::failure(sdk::Code::not_found, "there is no such download"); }
  return sdk::Unit{};
}

sdk::Result<std::vector<Download>> StoreClient::list(const sdk::ListRequest& request) {
  std::vector<Download> rows;
  rows.reserve(static_cast<std::size_t>(std::clamp(request.limit, 0, kPage)));
  const auto total = list(request, [&](const sdk::DownloadView& v) { rows.push_back(copy_of(v)); });
  if (!total) { return total.error(); }
  return rows;
}

sdk::Result<std::int64_t> StoreClient::list(const sdk::ListRequest& request, const RowVisit& visit) {
  const auto page = read_page(request, visit);
  if (!page) { return page.error(); }
  return page->total;
}

sdk::Result<PageRead> StoreClient::read_page(const sdk::ListRequest& request, const RowVisit& visit) {
  PageRead page;
  auto sink = sdk::download_sink([&](const sdk::DownloadView& v) {
    ++page.rows;
    page.last_id = v.id;
    if (set_aside_->admits(v)) { visit(v); }
  });
  auto ctx = context();
  const sdk::Status status = store_.list(ctx, request, sink, page.total);
  if (!status.ok()) { return ctx.failure(status, "the storage could not list"); }
  return page;
}

sdk::Result<std::vector<Download>> StoreClient::list_all(sdk::ListFilter filter) {
  std::vector<Download> all;
  while (true) {
    sdk::ListRequest request;
    request.filter = filter;
    request.limit = kPage;
    const auto page = read_page(request, [&](const sdk::DownloadView& v) { all.push_back(copy_of(v)); });
    if (!page) { return page.error(); }
    if (page->rows < kPage) { return all; }
    filter.after_id = page->last_id;
  }
}

sdk::Done StoreClient::set_lane(const sdk::LaneSettings& settings) {
  auto ctx = context();
  const sdk::Status status = store_.set_lane(ctx, settings);
  if (!status.ok()) { return ctx.failure(status, "the storage could not change the queue's settings"); }
  return sdk::Unit{};
}

sdk::Result<sdk::Stats> StoreClient::stats(std::string_view lane) {
  sdk::Stats stats;
  auto ctx = context();
  const sdk::Status status = store_.stats(ctx, lane, stats);
  if (!status.ok()) { return ctx.failure(status, "the storage could not count"); }
  return stats;
}

sdk::Result<std::int64_t> StoreClient::prune(std::uint32_t states, std::int64_t before_ms, int limit) {
  std::int64_t removed = 0;
  auto ctx = context();
  const sdk::Status status = store_.prune(ctx, states, before_ms, limit, removed);
  if (!status.ok()) { return ctx.failure(status, "the storage could not prune"); }
  return removed;
}

}  // namespace quarry::queue
