// SPDX-License-Identifier: MIT
#include "queue/reconciler.hpp"

#include <quarry/sdk/helpers/context.hpp>

#include <algorithm>
#include <set>

namespace quarry::queue {
namespace {

constexpr std::int64_t kClientDownMaxMs = 30'000;
/// So often in a row the client does not answer this host; then another may try, whose way to it may be open.
constexpr int kFailuresBeforeHandOver = 5;

bool is_whole(sdk::ItemState state) { return state == sdk::ItemState::seeding || state == sdk::ItemState::finished; }

}  // namespace

Reconciler::Reconciler(EnginePorts ports, EngineSettings settings, std::string client_id)
    : ports_(std::move(ports)),
      settings_(std::move(settings)),
      client_id_(std::move(client_id)),
      duty_(ports_, settings_, "client:" + client_id_),
      listing_(ports_, settings_, client_id_),
      clean_up_(ports_, settings_, client_id_, [this] { return still_on_duty(); }),
      magnets_(ports_, settings_),
      hold_(ports_, settings_),
      progress_(ports_, settings_) {}

std::int64_t Reconciler::step(std::int64_t now_ms) {
  sdk::DownloadClient* client = ports_.client(client_id_);
  if (client == nullptr) { return now_ms + settings_.full_listing_ms; }
  // A burst of requests nudges the duties; the client must not feel it.
  const std::int64_t least_pause = settings_.poll_ms / 4;
  if (last_step_ms_ >= 0 && now_ms - last_step_ms_ < least_pause) { return last_step_ms_ + least_pause; }
  if (now_ms < look_again_ms_) { return look_again_ms_; }
  last_step_ms_ = now_ms;
  auto rows = open_downloads(now_ms);
  if (!rows) {
    if (store_log_.tell()) { ports_.log(sdk::LogLevel::warning, "cannot read the queue: " + rows.error().text); }
    return now_ms + settings_.poll_ms * 2;
  }
  store_log_.reset();
  const bool full_due = listing_.is_due(now_ms);
  if (rows->empty() && !full_due) { return now_ms + settings_.poll_ms; }
  switch (duty_.keep()) {
    case DutyKeeper::Hold::none:
      start_over();
      look_again_ms_ = now_ms + settings_.duty_look_ms;
      return look_again_ms_;
    case DutyKeeper::Hold::fresh:
      // Another host may have changed them a moment ago.
      start_over();
      rows = open_downloads(now_ms);
      break;
    case DutyKeeper::Hold::kept:
      break;
  }
  if (!rows) { return now_ms + settings_.poll_ms; }
  on_duty_ = true;
  return compare_all(*client, std::move(*rows), now_ms);
}

std::int64_t Reconciler::compare_all(sdk::DownloadClient& client, std::vector<Download> rows, std::int64_t now_ms) {
  forget_closed(rows);
  for (Download& d : rows) {
    if (const auto it = new_ids_.find(d.id); it != new_ids_.end()) { d.client_item_id = it->second; }
  }
  auto ours = listing_.of(client, rows);
  if (!ours) {
    client_failed(ours.error());
    if (failures_ >= kFailuresBeforeHandOver) { duty_.give_up(); }
    const std::int64_t back_off = std::min(kClientDownMaxMs, settings_.poll_ms << std::min(failures_, 5));
    return now_ms + std::max<std::int64_t>(back_off, ours.error().status.retry_after_ms);
  }
  failures_ = 0;
  failure_log_.reset();
  listing_counts_ = false;
  const bool somebody_absent =
      std::any_of(rows.begin(), rows.end(), [&](const Download& d) { return ours->find(d) == nullptr; });
  if (listing_.is_due(now_ms) || (somebody_absent && listing_.is_due_for_absent(now_ms))) {
    read_everything(client, rows, *ours, now_ms);
  }
  for (const Download& d : rows) {
    if (!still_on_duty()) { break; }
    compare(client, d, ours->find(d), now_ms);
  }
  progress_.flush();
  return now_ms + settings_.poll_ms;
}

bool Reconciler::still_on_duty() {
  // Lost and taken again is lost, too: the next step begins anew.
  if (on_duty_ && duty_.keep() != DutyKeeper::Hold::kept) {
    on_duty_ = false;
    start_over();
  }
  return on_duty_;
}

/// Others may have judged in between: what was seen before proves nothing any more.
void Reconciler::start_over() {
  absences_.clear();
  progress_.start_over();
  last_seeding_ms_ = -1;
  listing_.start_over();
  clean_up_.start_over();
}

void Reconciler::give_up_duty() { duty_.give_up(); }

sdk::Result<std::vector<Download>> Reconciler::open_downloads(std::int64_t now_ms) {
  sdk::ListFilter active;
  active.client = client_id_;
  active.states =
      bit(sdk::DownloadState::verifying) | bit(sdk::DownloadState::downloading) | bit(sdk::DownloadState::missing);
  auto rows = ports_.store->list_all(active);
  if (!rows) { return rows; }
  const auto also = [&](const sdk::ListFilter& filter) -> sdk::Done {
    auto more = ports_.store->list_all(filter);
    if (!more) { return more.error(); }
    std::move(more->begin(), more->end(), std::back_inserter(*rows));
    return sdk::Unit{};
  };
  sdk::ListFilter leaving;
  leaving.client = client_id_;
  leaving.cleanup = 1;
  if (const auto done = also(leaving); !done) { return done.error(); }
  if (last_seeding_ms_ < 0 || now_ms - last_seeding_ms_ >= settings_.seeding_poll_ms) {
    last_seeding_ms_ = now_ms;
    sdk::ListFilter seeding;
    seeding.client = client_id_;
    seeding.statuses = bit(sdk::PublicStatus::seeding);
    if (const auto done = also(seeding); !done) { return done.error(); }
  }
  return rows;
}

void Reconciler::read_everything(sdk::DownloadClient& client, const std::vector<Download>& rows, ClientItems& ours,
                                 std::int64_t now_ms) {
  const auto everything = listing_.everything(client, now_ms);
  if (!everything || !still_on_duty()) { return; }
  listing_counts_ = everything->believed;
  // An item whose name changed (a hybrid's id when its metadata came) is found here, not by key. From the next
  // step on it is asked for, paused and removed by its new id.
  for (const Download& d : rows) {
    if (ours.find(d) != nullptr) { continue; }
    if (const ClientItem* item = everything->items.find(d); item != nullptr) {
      ours.add(*item);
      new_ids_[d.id] = item->id;
    }
  }
  clean_up_.mark_orphans(everything->items, rows);
}

void Reconciler::compare(sdk::DownloadClient& client, const Download& d, const ClientItem* item, std::int64_t now_ms) {
  if (d.cleanup != 0) { return clean_up_.step(client, d, item, listing_counts_, now_ms); }
  if (item != nullptr) {
    absences_.erase(d.id);
    return present(client, d, *item, now_ms);
  }
  absent(d, now_ms);
}

void Reconciler::absent(const Download& d, std::int64_t now_ms) {
  if (d.state == sdk::DownloadState::completed) {
    // Removed from the client after it was done: nothing is lost, it just seeds no more.
    if (listing_counts_) { progress_.note_gone(d); }
    return;
  }
  if (!listing_counts_) { return; }
  Absence& absence = absences_[d.id];
  if (absence.listings == 0) { absence.since_ms = now_ms; }
  ++absence.listings;
  if (absence.listings < settings_.absent_listings || now_ms - absence.since_ms < settings_.absent_ms) { return; }
  absences_.erase(d.id);

  sdk::Patch patch;
  patch.fields = sdk::kPatchError;
  patch.error_code = sdk::Code::not_found;
  if (d.state == sdk::DownloadState::downloading) {
    const std::string why = "it vanished from " + client_id_;
    patch.error = why;
    return change(d, sdk::DownloadState::missing, patch, why);
  }
  const bool lost = d.state == sdk::DownloadState::missing;
  const std::string why =
      lost ? "it vanished from " + client_id_ + "; adding it again" : client_id_ + " never got it; sending it again";
  patch.error = why;
  if (d.attempts > d.max_retries) {
    const std::string last =
        lost ? "it vanished from " + client_id_ + " again and again" : client_id_ + " never showed it";
    patch.error = last;
    return change(d, sdk::DownloadState::failed, patch, last);
  }
  patch.fields |= sdk::kPatchDue;
  patch.due_at_ms = duty_.store_wall_ms() + settings_.retry.delay_ms(std::max(1, d.attempts), ports_.random());
  patch.due_reason = why;
  change(d, sdk::DownloadState::queued, patch, why);
}

void Reconciler::present(sdk::DownloadClient& client, const Download& d, const ClientItem& item, std::int64_t now_ms) {
  sdk::Patch patch;
  patch.fields = sdk::kPatchClientItem | sdk::kPatchOutput | sdk::kPatchError;
  patch.client_item_id = item.id;
  patch.output_path = item.content_path;
  if (!item.infohash_v1.empty() || !item.infohash_v2.empty()) {
    patch.fields |= sdk::kPatchHashes;
    patch.infohash_v1 = item.infohash_v1.empty() ? std::string_view(d.infohash_v1) : std::string_view(item.infohash_v1);
    patch.infohash_v2 = item.infohash_v2.empty() ? std::string_view(d.infohash_v2) : std::string_view(item.infohash_v2);
  }
  if (d.state == sdk::DownloadState::verifying || d.state == sdk::DownloadState::missing) {
    const std::int64_t tagged = id_in_tags(item.tags);
    if (d.state == sdk::DownloadState::verifying && tagged != 0 && tagged != d.id) {
      // An earlier download of ours may have left it paused.
      patch.fields |= sdk::kPatchFlags;
      patch.set_flags = sdk::kHoldApplied;
    }
    return change(d, sdk::DownloadState::downloading, patch, "found in " + client_id_);
  }
  if (d.state == sdk::DownloadState::completed) { return progress_.note(d, item, now_ms); }
  if (item.state == sdk::ItemState::error || item.state == sdk::ItemState::missing_files) {
    // A person has seen to it and asked for another try: the client goes on only when it is told to.
    if (!d.has(sdk::kHold) && d.has(sdk::kHoldApplied)) { return hold_.apply(client, d, item); }
    return now_blocked(d, item, patch);
  }
  if (const std::string danger = magnets_.danger(client, d, item, now_ms); !danger.empty()) {
    return stop_dangerous(client, d, item, patch, danger);
  }
  if (is_whole(item.state) && item.progress >= 1 && item.size_bytes > 0 && item.done_bytes >= item.size_bytes) {
    patch.fields |= sdk::kPatchDone | sdk::kPatchSize | sdk::kPatchFlags;
    patch.done_bytes = item.done_bytes;
    patch.size_bytes = item.size_bytes;
    patch.progress = 1;
    patch.set_flags = item.state == sdk::ItemState::seeding ? sdk::kSeeding : 0U;
    patch.clear_flags =
        sdk::kStalled | sdk::kClientPaused | (item.state == sdk::ItemState::seeding ? 0U : sdk::kSeeding);
    return change(d, sdk::DownloadState::completed, patch, "all data is there");
  }
  hold_.apply(client, d, item);
  progress_.note(d, item, now_ms);
}

void Reconciler::stop_dangerous(sdk::DownloadClient& client, const Download& d, const ClientItem& item,
                                sdk::Patch& patch, const std::string& why) {
  const sdk::ItemKey key = key_of(item);
  sdk::BasicContext ctx(*ports_.clock, settings_.call_timeout_ms, tag_of(d.id));
  const sdk::Status paused = client.pause(ctx, {&key, 1});
  if (!paused.ok()) { ports_.log(sdk::LogLevel::warning, name_of(d) + " is dangerous and cannot be paused"); }
  patch.error_code = sdk::Code::invalid;
  patch.error = why;
  change(d, sdk::DownloadState::blocked, patch, why);
}

void Reconciler::now_blocked(const Download& d, const ClientItem& item, sdk::Patch& patch) {
  std::string why = client_id_ + " stopped it: " + (item.error.empty() ? item.state_text : item.error);
  if (item.state == sdk::ItemState::missing_files) {
    why += "; put its files back and let " + client_id_ + " check them, then retry";
  }
  patch.error_code = sdk::Code::unavailable;
  patch.error = why;
  change(d, sdk::DownloadState::blocked, patch, why);
}

void Reconciler::change(const Download& d, sdk::DownloadState to, const sdk::Patch& patch, std::string_view reason) {
  sdk::Transition t;
  t.actor = sdk::Actor::reconciler;
  t.id = d.id;
  t.epoch = d.epoch;
  t.from = d.state;
  t.to = to;
  t.reason = reason;
  t.patch = patch;
  duty_.fence(t);
  const auto outcome = ports_.store->transition(t);
  if (!outcome) { return ports_.log(sdk::LogLevel::warning, name_of(d) + ": " + outcome.error().text); }
  if (outcome->result == sdk::CommandResult::applied) {
    ports_.log(sdk::LogLevel::info, name_of(d) + " is " + std::string(sdk::to_string(to)) + ": " + std::string(reason));
  }
}

void Reconciler::client_failed(const sdk::Failure& failure) {
  ++failures_;
  if (failure_log_.tell()) { ports_.log(sdk::LogLevel::warning, client_id_ + " cannot be read: " + failure.text); }
}

void Reconciler::forget_closed(const std::vector<Download>& rows) {
  std::set<std::int64_t> open;
  for (const Download& d : rows) { open.insert(d.id); }
  const auto closed = [&](const auto& entry) { return open.count(entry.first) == 0; };
  std::erase_if(absences_, closed);
  std::erase_if(new_ids_, closed);
  clean_up_.keep_only(open);
  hold_.keep_only(open);
  progress_.keep_only(open);
  magnets_.keep_only(open);
}

}  // namespace quarry::queue
