// SPDX-License-Identifier: MIT
#include "queue/queue_service.hpp"

#include "queue/engine.hpp"
#include "queue/metainfo.hpp"
#include "queue/store_client.hpp"

#include <algorithm>
#include <array>
#include <variant>

namespace quarry::queue {
namespace {

constexpr std::array<std::string_view, 4> kPriorityNames = {"low", "normal", "high", "very_high"};
constexpr int kEditTries = 5;
constexpr int kPruneBatch = 500;
constexpr std::size_t kMaxTitle = 1024;
constexpr std::size_t kMaxUrl = 8192;

sdk::Failure invalid(std::string text) { return sdk::failure(sdk::Code::invalid, std::move(text)); }
sdk::Failure no_such(std::int64_t id) {
  return sdk::failure(sdk::Code::not_found, "there is no download with id " + std::to_string(id));
}

bool starts_with(std::string_view text, std::string_view head) { return text.substr(0, head.size()) == head; }

/// The last part of a URL's path, without its query: a name for what has none.
std::string name_from_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto scheme = url.find("://");
  const auto slash = url.rfind('/');
  const bool has_path = slash != std::string_view::npos && (scheme == std::string_view::npos || slash > scheme + 2);
  const std::string_view last = has_path ? url.substr(slash + 1) : std::string_view();
  return last.empty() ? "download" : std::string(last);
}

/// FNV-1a, 64 bits: names a URL without keeping what it holds.
std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) { hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL; }
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) { out += kHex[(hash >> static_cast<unsigned>(shift)) & 15U]; }
  return out + "-" + std::to_string(text.size());
}

/// A request that has been understood: where it comes from and what names it.
struct Plan {
  sdk::NewDownload row;
  std::string title, magnet, url, key, v1, v2;
};

sdk::Result<Plan> plan_of(const GrabRequest& request) {
  Plan plan;
  plan.title = request.title;
  plan.magnet = request.magnet;
  plan.url = request.download_url;
  plan.v1 = request.infohash_v1;
  if (starts_with(plan.url, "magnet:")) { plan.magnet = std::exchange(plan.url, std::string()); }
  if (!plan.magnet.empty()) {
    const auto facts = inspect_magnet(plan.magnet);
    if (!facts) { return facts.error(); }
    plan.v1 = facts->infohash_v1;
    plan.v2 = facts->infohash_v2;
    if (plan.title.empty()) { plan.title = facts->name.empty() ? (plan.v1.empty() ? plan.v2 : plan.v1) : facts->name; }
  }
  const bool by_indexer = !request.indexer.empty() && !request.guid.empty();
  if (plan.magnet.empty() && plan.url.empty() && !by_indexer) {
    return invalid("nothing to download: give download_url, magnet_url or the id of a release from a search");
  }
  if (!plan.url.empty() && !starts_with(plan.url, "http://") && !starts_with(plan.url, "https://")) {
    return invalid("download_url must start with http://, https:// or magnet:");
  }
  if (plan.url.size() > kMaxUrl) { return invalid("download_url is longer than 8192 bytes"); }
  if (plan.url.find_first_of(std::string_view(" \t\r\n\0", 5)) != std::string::npos) {
    return invalid("download_url holds a blank or a control character: percent-encode it");
  }
  if (plan.title.empty()) { plan.title = name_from_url(plan.url); }
  if (plan.title.size() > kMaxTitle) { plan.title.resize(kMaxTitle); }
  if (!plan.v1.empty()) {
    plan.key = "btih:" + plan.v1;
  } else if (!plan.v2.empty()) {
    plan.key = "btmh:" + plan.v2;
  } else if (by_indexer) {
    plan.key = "guid:" + request.indexer + ":" + request.guid;
  } else {
    plan.key = "url:" + fingerprint(plan.url);
  }
  return plan;
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

bool can_retry(const Download& d) noexcept {
  return sdk::find_change(d.state, sdk::DownloadState::queued, sdk::Actor::user) != nullptr;
}

QueueService::QueueService(sdk::QueueStore& store, const sdk::Clock& clock, QueueSettings settings,
                           std::function<std::string()> next_command_id, std::function<void()> changed)
    : store_(std::make_unique<StoreClient>(store, clock, std::move(next_command_id))),
      clock_(clock),
      settings_(std::move(settings)),
      changed_(std::move(changed)) {}

QueueService::~QueueService() = default;

std::int64_t QueueService::rank_bonus_ms(sdk::Priority priority) const noexcept {
  return settings_.priority_queue ? static_cast<std::int64_t>(priority) * settings_.priority_step_ms : 0;
}

std::variant<Grabbed, GrabFailure> QueueService::grab(const GrabRequest& request) {
  auto plan = plan_of(request);
  if (!plan) { return GrabFailure{plan.error(), 0}; }
  sdk::NewDownload& row = plan->row;
  row.lane = settings_.lane;
  row.release_key = plan->key;
  row.title = plan->title;
  row.indexer = request.indexer;
  row.guid = request.guid;
  row.download_url = plan->url;
  row.magnet = plan->magnet;
  row.category = request.category.empty() ? settings_.default_category : request.category;
  row.infohash_v1 = plan->v1;
  row.infohash_v2 = plan->v2;
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
  changed_();
  return Grabbed{outcome->id};
}

sdk::Result<Download> QueueService::find(std::int64_t id) {
  sdk::FindRequest request;
  request.id = id;
  auto row = store_->find(request);
  if (!row && row.error().status.code == sdk::Code::not_found) { return no_such(id); }
  return row;
}

sdk::Result<Page> QueueService::list(const sdk::ListRequest& request) {
  auto rows = store_->list(request);
  if (!rows) { return rows.error(); }
  return Page{std::move(rows->rows), rows->total};
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
  if (row->state == sdk::DownloadState::cancelled) { return sdk::Unit{}; }
  return user_transition(id, sdk::DownloadState::cancelled, delete_files ? "removed with its files" : "removed",
                         [&](const Download& d) {
                           sdk::Patch patch;
                           // Without an intent no client has ever heard of it.
                           if (!d.client.empty()) {
                             patch.fields = sdk::kPatchCleanup;
                             patch.cleanup = delete_files ? 2 : 1;
                           }
                           return patch;
                         });
}

sdk::Done QueueService::retry(std::int64_t id) {
  return user_transition(id, sdk::DownloadState::queued, "retried by a person", [](const Download&) {
    sdk::Patch patch;
    patch.fields = sdk::kPatchAttempts | sdk::kPatchDue | sdk::kPatchError | sdk::kPatchNoIntent;
    return patch;
  });
}

sdk::Result<std::int64_t> QueueService::retry_all_failed() {
  sdk::ListFilter filter;
  filter.states = bit(sdk::DownloadState::failed);
  const auto rows = store_->list_all(filter);
  if (!rows) { return rows.error(); }
  std::int64_t count = 0;
  for (const Download& d : *rows) {
    const auto done = retry(d.id);
    if (done) {
      ++count;
    } else if (done.error().status.code == sdk::Code::unavailable) {
      return done.error();
    }
  }
  return count;
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
    default:
      return sdk::failure(sdk::Code::conflict, "the download is not in a state in which that can be changed");
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
  lane.max_active = settings_.max_concurrent_downloads;
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

sdk::Result<std::int64_t> QueueService::cleanup(int older_than_days) {
  if (older_than_days < 0 || older_than_days > 36'500) { return invalid("olderThanDays must lie between 0 and 36500"); }
  const std::int64_t before = clock_.wall_ms() - older_than_days * 86'400'000LL + (older_than_days == 0 ? 1 : 0);
  const std::uint32_t ended =
      bit(sdk::DownloadState::completed) | bit(sdk::DownloadState::failed) | bit(sdk::DownloadState::cancelled);
  std::int64_t removed = 0;
  while (true) {
    const auto batch = store_->prune(ended, before, kPruneBatch);
    if (!batch) { return batch.error(); }
    removed += *batch;
    if (*batch < kPruneBatch) { return removed; }
  }
}

}  // namespace quarry::queue
