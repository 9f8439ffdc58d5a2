// SPDX-License-Identifier: MIT
#include "queue/queue_service.hpp"

#include "queue/engine.hpp"
#include "queue/grab_plan.hpp"
#include "queue/store_client.hpp"

#include <array>
#include <utility>
#include <variant>

namespace quarry::queue {
namespace {

constexpr std::array<std::string_view, 4> kPriorityNames = {"low", "normal", "high", "very_high"};
constexpr int kEditTries = 5;

sdk::Failure invalid(std::string text) { return sdk::failure(sdk::Code::invalid, std::move(text)); }
sdk::Failure no_such(std::int64_t id) {
  return sdk::failure(sdk::Code::not_found, "there is no download with id " + std::to_string(id));
}

sdk::Failure not_taken() {
  return sdk::failure(sdk::Code::unavailable, "the storage did not carry it out: nothing was changed, try again");
}
/// What is paused waits for them, and for nothing else.
sdk::DownloadView as_people_see(sdk::DownloadView row) {
  if (row.state == sdk::DownloadState::queued && (row.flags & sdk::kHold) != 0) {
    row.due_reason = {};
    row.error = {};
    row.error_code = sdk::Code::ok;
  }
  return row;
}

}  // namespace

std::string_view to_string(sdk::Priority priority) noexcept {
  const auto i = static_cast<std::size_t>(priority);
  return i < kPriorityNames.size() ? kPriorityNames[i] : "normal";
}

sdk::Result<sdk::Priority> parse_priority(std::string_view text) {
  for (std::size_t i = 0; i < kPriorityNames.size(); ++i) {
    if (text == kPriorityNames[i]) { return static_cast<sdk::Priority>(i); }
  }
  return invalid("unknown priority: use low, normal, high or very_high");
}

bool can_retry(sdk::DownloadState state) noexcept {
  return sdk::find_change(state, sdk::DownloadState::queued, sdk::Actor::user) != nullptr;
}

QueueService::QueueService(sdk::QueueStore& store, const sdk::Clock& clock, QueueSettings settings,
                           std::function<std::string()> next_command_id, std::function<void()> changed,
                           std::shared_ptr<SetAside> set_aside)
    : store_(std::make_unique<StoreClient>(store, clock, std::move(next_command_id), std::move(set_aside))),
      clock_(clock),
      settings_(std::move(settings)),
      changed_(std::move(changed)) {}

QueueService::~QueueService() = default;

std::int64_t QueueService::rank_bonus_ms(sdk::Priority priority) const noexcept {
  return settings_.priority_queue ? static_cast<std::int64_t>(priority) * settings_.priority_step_ms : 0;
}

std::variant<Grabbed, GrabFailure> QueueService::grab(const GrabRequest& request) {
  const auto plan = plan_of(request);
  if (!plan) { return GrabFailure{plan.error(), 0}; }
  sdk::NewDownload row;
  row.lane = settings_.lane;
  row.release_key = plan->key;
  row.title = plan->title;
  row.indexer = request.indexer;
  row.guid = request.guid;
  row.download_url = plan->url;
  row.magnet = plan->magnet;
  row.category = request.category.empty() ? settings_.default_category : request.category;
  row.infohash_v1 = plan->infohash_v1;
  row.infohash_v2 = plan->infohash_v2;
  row.movie_id = request.movie_id;
  row.size_bytes = request.size_bytes;
  row.rank_bonus_ms = rank_bonus_ms(request.priority);
  row.priority = request.priority;
  row.max_retries = settings_.default_max_retries;
  const auto outcome = store_->enqueue(row);
  if (!outcome) { return GrabFailure{outcome.error(), 0}; }
  if (outcome->result == sdk::CommandResult::conflict) {
    return GrabFailure{sdk::failure(sdk::Code::conflict, "this release is in the queue already, as download " +
                                                             std::to_string(outcome->existing_id)),
                       outcome->existing_id};
  }
  if (!is_done(outcome->result)) { return GrabFailure{not_taken(), 0}; }
  changed_();
  return Grabbed{outcome->id};
}

sdk::Result<Download> QueueService::find(std::int64_t id) {
  Download found;
  const sdk::Done done = find(id, [&](const sdk::DownloadView& row) { found = copy_of(row); });
  if (!done) { return done.error(); }
  return found;
}

sdk::Done QueueService::find(std::int64_t id, const RowVisit& visit) {
  sdk::FindRequest request;
  request.id = id;
  sdk::Done done = store_->find(request, [&](const sdk::DownloadView& row) { visit(as_people_see(row)); });
  if (!done && done.error().status.code == sdk::Code::not_found) { return no_such(id); }
  return done;
}

sdk::Result<std::int64_t> QueueService::list(const sdk::ListRequest& request, const RowVisit& visit) {
  return store_->list(request, [&](const sdk::DownloadView& row) { visit(as_people_see(row)); });
}

sdk::Result<sdk::Stats> QueueService::stats() { return store_->stats(settings_.lane); }

/// Reads the row and changes it as it was read; a row that moved meanwhile is read again.
sdk::Done QueueService::user_transition(std::int64_t id, sdk::DownloadState to, std::string_view reason,
                                        const std::function<sdk::Patch(const Download&)>& patch_for) {
  for (int tries = 0; tries < kEditTries; ++tries) {
    const auto row = find(id);
    if (!row) { return row.error(); }
    sdk::Transition change;
    change.actor = sdk::Actor::user;
    change.id = id;
    change.epoch = row->epoch;
    change.expected_version = row->version;  // the patch may depend on all that was read
    change.from = row->state;
    change.to = to;
    change.reason = reason;
    change.patch = patch_for(*row);
    if (sdk::find_change(row->state, to, sdk::Actor::user) == nullptr) {
      return sdk::failure(sdk::Code::conflict, "a download that is " + std::string(sdk::to_string(row->state)) +
                                                   " cannot become " + std::string(sdk::to_string(to)));
    }
    const auto outcome = store_->transition(change);
    if (!outcome) { return outcome.error(); }
    switch (outcome->result) {
      case sdk::CommandResult::applied:
      case sdk::CommandResult::already_applied:
        changed_();
        return sdk::Unit{};
      case sdk::CommandResult::not_found:
        return no_such(id);
      case sdk::CommandResult::conflict:
        return sdk::failure(sdk::Code::conflict, "the same release is in the queue again, as download " +
                                                     std::to_string(outcome->existing_id));
      default:
        break;  // somebody was quicker: read again
    }
  }
  return sdk::failure(sdk::Code::unavailable, "the download is being changed by others all the time: try again");
}

sdk::Done QueueService::cancel(std::int64_t id, bool delete_files) {
  const auto row = find(id);
  if (!row) { return row.error(); }
  if (row->state == sdk::DownloadState::cancelled) { return delete_files ? delete_data_too(id) : sdk::Unit{}; }
  return user_transition(id, sdk::DownloadState::cancelled, delete_files ? "removed with its files" : "removed",
                         [&](const Download& d) {
                           sdk::Patch patch;
                           // Without an intent no client has ever heard of it.
                           if (!d.client.empty()) {
                             patch.fields = sdk::kPatchCleanup;
                             patch.cleanup = delete_files ? kCleanupWithData : 1;
                           }
                           return patch;
                         });
}

/// Cancelled before, but still in its client: its data can go with it.
sdk::Done QueueService::delete_data_too(std::int64_t id) {
  for (int tries = 0; tries < kEditTries; ++tries) {
    const auto row = find(id);
    if (!row) { return row.error(); }
    if (row->cleanup == 0 || row->cleanup == kCleanupWithData) { return sdk::Unit{}; }
    sdk::Edit change;
    change.id = id;
    change.expected_version = row->version;
    change.fields = sdk::kEditCleanup;
    change.cleanup = kCleanupWithData;
    const auto outcome = store_->edit(change);
    if (!outcome) { return outcome.error(); }
    if (!is_done(outcome->result)) { continue; }  // cleaned up or pruned this moment
    changed_();
    return sdk::Unit{};
  }
  return not_taken();
}

sdk::Patch QueueService::retry_patch() {
  sdk::Patch patch;
  // The intent stays: its client may hold the item, and must be told when the download is removed after all.
  patch.fields = sdk::kPatchAttempts | sdk::kPatchDue | sdk::kPatchError;
  return patch;
}

sdk::Done QueueService::retry(std::int64_t id) {
  return user_transition(id, sdk::DownloadState::queued, "retried by a person",
                         [](const Download&) { return retry_patch(); });
}

sdk::Done QueueService::edit(sdk::Edit edit) {
  const auto outcome = store_->edit(edit);
  if (!outcome) { return outcome.error(); }
  switch (outcome->result) {
    case sdk::CommandResult::applied:
    case sdk::CommandResult::already_applied:
      changed_();
      return sdk::Unit{};
    case sdk::CommandResult::not_found:
      return no_such(edit.id);
    case sdk::CommandResult::conflict:
    case sdk::CommandResult::wrong_state:
      return sdk::failure(sdk::Code::conflict, "the download is not in a state in which that can be changed");
    default:
      return not_taken();
  }
}

sdk::Done QueueService::set_hold(std::int64_t id, bool hold) {
  const auto row = find(id);
  if (!row) { return row.error(); }
  if (sdk::is_ended(row->state) || row->state == sdk::DownloadState::blocked) {
    return sdk::failure(sdk::Code::conflict, "a download that is " + std::string(sdk::to_string(row->state)) +
                                                 " cannot be " + (hold ? "paused" : "resumed"));
  }
  sdk::Edit change;
  change.id = id;
  change.fields = sdk::kEditHold;
  change.hold = hold ? 1 : 0;
  return edit(change);
}

sdk::Done QueueService::set_queue_hold(bool hold) {
  sdk::LaneSettings lane;
  lane.lane = settings_.lane;
  lane.max_active = sdk::kKeepLimit;  // that of the host that started last, which need not be this one
  lane.hold = hold ? 1 : 0;
  auto done = store_->set_lane(lane);
  if (done) { changed_(); }
  return done;
}

sdk::Done QueueService::set_priority(std::int64_t id, sdk::Priority priority) {
  sdk::Edit change;
  change.id = id;
  change.fields = sdk::kEditPriority;
  change.priority = priority;
  change.rank_bonus_ms = rank_bonus_ms(priority);
  return edit(change);
}

sdk::Done QueueService::move_to_top(std::int64_t id) {
  sdk::Edit change;
  change.id = id;
  change.fields = sdk::kEditTop;
  return edit(change);
}

sdk::Result<std::int64_t> QueueService::process() {
  const auto now = stats();
  if (!now) { return now.error(); }
  changed_();
  return now->by_status[static_cast<std::size_t>(sdk::PublicStatus::queued)];
}

}  // namespace quarry::queue
