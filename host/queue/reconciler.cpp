// SPDX-License-Identifier: MIT
#include "queue/reconciler.hpp"

#include <quarry/sdk/helpers/context.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace quarry::queue {
namespace {

constexpr std::size_t kKeysPerCall = 200;
constexpr std::size_t kProgressPerCall = 500;
constexpr std::int64_t kClientDownMaxMs = 30'000;

bool is_whole(sdk::ItemState state) { return state == sdk::ItemState::seeding || state == sdk::ItemState::finished; }

}  // namespace

void Reconciler::Listing::add(Item item) {
  for (const std::string* name : {&item.id, &item.infohash_v1, &item.infohash_v2}) {
    if (!name->empty()) { by_name.emplace(*name, items.size()); }
  }
  items.push_back(std::move(item));
}

const Reconciler::Item* Reconciler::Listing::find(const Download& d) const {
  for (const std::string* name : {&d.infohash_v1, &d.infohash_v2, &d.client_item_id}) {
    if (name->empty()) { continue; }
    const auto it = by_name.find(*name);
    if (it != by_name.end()) { return &items[it->second]; }
  }
  return nullptr;
}

Reconciler::Reconciler(EnginePorts ports, EngineSettings settings, std::string client_id)
    : ports_(std::move(ports)), settings_(std::move(settings)), client_id_(std::move(client_id)) {}

std::int64_t Reconciler::step(std::int64_t now_ms) {
  sdk::DownloadClient* client = ports_.client(client_id_);
  if (client == nullptr) { return now_ms + settings_.full_listing_ms; }
  // A burst of requests nudges the duties; the client must not feel it.
  const std::int64_t least_pause = settings_.poll_ms / 4;
  if (last_step_ms_ >= 0 && now_ms - last_step_ms_ < least_pause) { return last_step_ms_ + least_pause; }
  last_step_ms_ = now_ms;
  const auto rows = open_downloads(now_ms);
  if (!rows) {
    ports_.log(sdk::LogLevel::warning, "cannot read the queue: " + rows.error().text);
    return now_ms + settings_.poll_ms * 2;
  }
  forget_closed(*rows);
  const bool full_due = last_full_ms_ < 0 || now_ms - last_full_ms_ >= settings_.full_listing_ms;
  if (rows->empty() && !full_due) { return now_ms + settings_.poll_ms; }

  auto ours = list(*client, *rows);
  if (!ours) {
    client_failed(ours.error());
    const std::int64_t back_off = std::min(kClientDownMaxMs, settings_.poll_ms << std::min(failures_, 5));
    return now_ms + std::max<std::int64_t>(back_off, ours.error().status.retry_after_ms);
  }
  failures_ = 0;
  listing_counts_ = false;
  const bool somebody_absent =
      std::any_of(rows->begin(), rows->end(), [&](const Download& d) { return ours->find(d) == nullptr; });
  const std::int64_t between =
      std::max(settings_.poll_ms, settings_.absent_ms / std::max(1, settings_.absent_listings));
  if (full_due || (somebody_absent && now_ms - last_full_ms_ >= between)) {
    read_everything(*client, *rows, *ours, now_ms);
  }
  for (const Download& d : *rows) { compare(*client, d, ours->find(d), now_ms); }
  flush_progress();
  return now_ms + settings_.poll_ms;
}

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

namespace {
/// Turns a listing into owned items.
template <class Item, class Listing>
class ListingSink final : public sdk::ItemSink {
 public:
  bool add(const sdk::ItemView& v) noexcept override {
    Item item;
    item.state = v.state;
    item.id = v.id;
    item.infohash_v1 = v.infohash_v1;
    item.infohash_v2 = v.infohash_v2;
    item.tags = v.tags;
    item.content_path = v.content_path;
    item.state_text = v.state_text;
    item.error = v.error;
    item.size_bytes = v.size_bytes;
    item.done_bytes = v.done_bytes;
    item.down_bps = v.down_bps;
    item.up_bps = v.up_bps;
    item.eta_s = v.eta_s;
    item.seeders = v.seeders;
    item.leechers = v.leechers;
    item.progress = v.progress;
    item.ratio = v.ratio;
    listing.add(std::move(item));
    return true;
  }
  void finish(bool whole, std::string_view) noexcept override { complete = whole; }
  Listing listing;
  bool complete = false;
};
}  // namespace

sdk::Result<Reconciler::Listing> Reconciler::list(sdk::DownloadClient& client, const std::vector<Download>& wanted) {
  ListingSink<Item, Listing> sink;
  for (std::size_t at = 0; at < wanted.size(); at += kKeysPerCall) {
    std::vector<sdk::ItemKey> keys;
    for (std::size_t i = at; i < std::min(wanted.size(), at + kKeysPerCall); ++i) { keys.push_back(key_of(wanted[i])); }
    sdk::ListQuery query;
    query.keys = keys;
    sink.complete = false;
    sdk::BasicContext ctx(*ports_.clock, settings_.call_timeout_ms, "reconcile-" + client_id_);
    const sdk::Status status = client.list(ctx, query, sink);
    if (!status.ok()) { return ctx.failure(status, "the client could not list its items"); }
    if (!sink.complete) { return sdk::failure(sdk::Code::unavailable, "the client gave half an answer"); }
  }
  return std::move(sink.listing);
}

sdk::Result<Reconciler::Listing> Reconciler::list_everything(sdk::DownloadClient& client) {
  ListingSink<Item, Listing> sink;
  sdk::ListQuery query;
  query.scope = sdk::ListScope::all;
  sdk::BasicContext ctx(*ports_.clock, settings_.call_timeout_ms * 2, "reconcile-" + client_id_);
  const sdk::Status status = client.list(ctx, query, sink);
  if (!status.ok()) { return ctx.failure(status, "the client could not list its items"); }
  if (!sink.complete) { return sdk::failure(sdk::Code::unavailable, "the client gave half an answer"); }
  return std::move(sink.listing);
}

/// A client that just started, or lost its disk, lists nothing or little for a while.
bool Reconciler::is_believable(const Listing& everything, std::int64_t now_ms) {
  const std::size_t total = everything.items.size();
  if (total > 0 && total * 2 >= last_total_) {
    suspect_since_ms_ = -1;
    last_total_ = total;
    return true;
  }
  if (suspect_since_ms_ < 0) { suspect_since_ms_ = now_ms; }
  if (now_ms - suspect_since_ms_ < settings_.suspect_ms) { return false; }
  last_total_ = total;
  return true;
}

void Reconciler::read_everything(sdk::DownloadClient& client, const std::vector<Download>& rows, Listing& ours,
                                 std::int64_t now_ms) {
  auto everything = list_everything(client);
  if (!everything) { return client_failed(everything.error()); }
  last_full_ms_ = now_ms;
  listing_counts_ = is_believable(*everything, now_ms);
  // An item whose name changed (a hybrid's id when its metadata came) is found here, not by key.
  for (const Download& d : rows) {
    if (ours.find(d) != nullptr) { continue; }
    if (const Item* item = everything->find(d); item != nullptr) { ours.add(*item); }
  }
  remove_orphans(client, *everything);
}

/// Items that carry our tag although their download was cancelled: a worker added them too late.
void Reconciler::remove_orphans(sdk::DownloadClient& client, const Listing& everything) {
  for (const Item& item : everything.items) {
    const std::int64_t id = id_in_tags(item.tags);
    if (id == 0) { continue; }
    sdk::FindRequest request;
    request.id = id;
    const auto row = ports_.store->find(request);
    if (!row || row->state != sdk::DownloadState::cancelled || row->cleanup != 0) { continue; }
    // The tag alone proves nothing: another queue may have used the same number.
    const bool same = (!row->infohash_v1.empty() && row->infohash_v1 == item.infohash_v1) ||
                      (!row->infohash_v2.empty() && row->infohash_v2 == item.infohash_v2);
    if (!same) { continue; }
    if (is_wanted_again(*row)) { continue; }
    const sdk::ItemKey key = key_of(*row);
    sdk::BasicContext ctx(*ports_.clock, settings_.call_timeout_ms, tag_of(id));
    const sdk::Status status = client.remove(ctx, {&key, 1}, 0);
    if (status.ok()) {
      ports_.log(sdk::LogLevel::info, name_of(*row) + " was cancelled; removed what was left in " + client_id_);
    }
  }
}

/// The item was added for this download, or for an earlier one of the same torrent.
bool Reconciler::is_ours(const Item& item, const Download& d) {
  const std::int64_t tagged = id_in_tags(item.tags);
  if (tagged == 0 || tagged == d.id) { return tagged == d.id; }
  sdk::FindRequest request;
  request.id = tagged;
  const auto earlier = ports_.store->find(request);
  return earlier && ((!earlier->infohash_v1.empty() && earlier->infohash_v1 == item.infohash_v1) ||
                     (!earlier->infohash_v2.empty() && earlier->infohash_v2 == item.infohash_v2));
}

/// Grabbed anew after it was cancelled: the item now belongs to that download, whatever its tag says.
bool Reconciler::is_wanted_again(const Download& d) {
  for (const std::string* hash : {&d.infohash_v1, &d.infohash_v2}) {
    if (hash->empty()) { continue; }
    sdk::FindRequest request;
    request.by = sdk::FindBy::infohash;
    request.text = *hash;
    const auto live = ports_.store->find(request);
    // When the storage does not answer, nothing is removed.
    if (live || live.error().status.code != sdk::Code::not_found) { return true; }
  }
  return false;
}

void Reconciler::compare(sdk::DownloadClient& client, const Download& d, const Item* item, std::int64_t now_ms) {
  if (d.cleanup != 0) { return clean_up(client, d, item); }
  if (item != nullptr) {
    absences_.erase(d.id);
    return present(client, d, *item, now_ms);
  }
  absent(d, now_ms);
}

void Reconciler::clean_up(sdk::DownloadClient& client, const Download& d, const Item* item) {
  const bool again = is_wanted_again(d);
  if (item != nullptr && !again && is_ours(*item, d)) {
    const sdk::ItemKey key = key_of(d);
    sdk::BasicContext ctx(*ports_.clock, settings_.call_timeout_ms, tag_of(d.id));
    const sdk::Status status = client.remove(ctx, {&key, 1}, d.cleanup == 2 ? 1 : 0);
    if (!status.ok()) {
      const std::string why = ctx.failure(status, "no reason given").text;
      ports_.log(sdk::LogLevel::warning, name_of(d) + " cannot be removed from " + client_id_ + ": " + why);
    }
    return;  // the next step sees whether it is gone
  }
  if (item != nullptr) {
    ports_.log(sdk::LogLevel::info,
               name_of(d) + (again ? " was grabbed again" : " was in the client before the queue asked for it") +
                   "; leaving it in " + client_id_);
  }
  sdk::Edit done;
  done.id = d.id;
  done.fields = sdk::kEditCleanup;
  done.cleanup = 0;
  const auto outcome = ports_.store->edit(done);
  if (!outcome) { ports_.log(sdk::LogLevel::warning, name_of(d) + ": " + outcome.error().text); }
}

void Reconciler::absent(const Download& d, std::int64_t now_ms) {
  if (d.state == sdk::DownloadState::completed) {
    // Removed from the client after it was done: nothing is lost, it just seeds no more.
    if (!listing_counts_) { return; }
    PendingProgress gone;
    gone.progress.id = d.id;
    gone.progress.epoch = d.epoch;
    gone.progress.clear_flags = sdk::kSeeding;
    gone.progress.done_bytes = d.done_bytes;
    gone.progress.progress = d.progress;
    gone.progress.ratio = d.ratio;
    gone.client_state = "gone";
    pending_.push_back(std::move(gone));
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
  patch.due_at_ms = ports_.clock->wall_ms() + settings_.retry.delay_ms(std::max(1, d.attempts), ports_.random());
  patch.due_reason = why;
  change(d, sdk::DownloadState::queued, patch, why);
}

void Reconciler::present(sdk::DownloadClient& client, const Download& d, const Item& item, std::int64_t now_ms) {
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
    return change(d, sdk::DownloadState::downloading, patch, "found in " + client_id_);
  }
  if (d.state == sdk::DownloadState::completed) { return note_progress(d, item, now_ms); }
  if (item.state == sdk::ItemState::error || item.state == sdk::ItemState::missing_files) {
    patch.error_code = sdk::Code::unavailable;
    const std::string why = client_id_ + " stopped it: " + (item.error.empty() ? item.state_text : item.error);
    patch.error = why;
    return change(d, sdk::DownloadState::blocked, patch, why);
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
  apply_hold(client, d, item);
  note_progress(d, item, now_ms);
}

void Reconciler::note_progress(const Download& d, const Item& item, std::int64_t now_ms) {
  Growth& growth = growth_[d.id];
  if (growth.done_bytes != item.done_bytes || growth.at_ms == 0) { growth = {item.done_bytes, now_ms}; }
  const bool quiet = item.state == sdk::ItemState::stalled || item.state == sdk::ItemState::metadata;
  const bool stalled = quiet && now_ms - growth.at_ms >= settings_.stalled_ms;
  const std::uint32_t mask = sdk::kStalled | sdk::kSeeding | sdk::kClientPaused;
  const std::uint32_t flags = (stalled ? sdk::kStalled : 0U) |
                              (item.state == sdk::ItemState::seeding ? sdk::kSeeding : 0U) |
                              (item.state == sdk::ItemState::paused ? sdk::kClientPaused : 0U);
  const bool same = (d.flags & mask) == flags && d.done_bytes == item.done_bytes && d.down_bps == item.down_bps &&
                    d.up_bps == item.up_bps && d.eta_s == item.eta_s && d.seeders == item.seeders &&
                    d.leechers == item.leechers && d.client_state == item.state_text &&
                    std::abs(d.progress - item.progress) < 1e-9 && std::abs(d.ratio - item.ratio) < 1e-3;
  if (same) { return; }
  PendingProgress pending;
  sdk::Progress& p = pending.progress;
  p.id = d.id;
  p.epoch = d.epoch;
  p.set_flags = flags;
  p.clear_flags = mask & ~flags;
  p.seeders = item.seeders;
  p.leechers = item.leechers;
  p.size_bytes = item.size_bytes;
  p.done_bytes = item.done_bytes;
  p.down_bps = item.down_bps;
  p.up_bps = item.up_bps;
  p.eta_s = item.eta_s;
  p.progress = item.progress;
  p.ratio = item.ratio;
  pending.client_state = item.state_text;
  pending.output_path = item.content_path;
  pending_.push_back(std::move(pending));
}

/// kHoldApplied means "we may have paused it", so it is set before pausing and cleared after resuming:
/// a crash in between only repeats what is harmless. Without it, whoever paused in the client itself
/// is left alone.
void Reconciler::apply_hold(sdk::DownloadClient& client, const Download& d, const Item& item) {
  const bool hold = d.has(sdk::kHold);
  const bool applied = d.has(sdk::kHoldApplied);
  const bool must_pause = hold && item.state != sdk::ItemState::paused;
  const bool must_resume = !hold && applied;
  if (!must_pause && !must_resume) { return; }
  if (must_pause && !applied && !note_hold(d, true)) { return; }
  const sdk::ItemKey key = key_of(d);
  sdk::BasicContext ctx(*ports_.clock, settings_.call_timeout_ms, tag_of(d.id));
  const sdk::Status status = hold ? client.pause(ctx, {&key, 1}) : client.resume(ctx, {&key, 1});
  if (!status.ok()) {
    const std::string why = ctx.failure(status, "no reason given").text;
    return ports_.log(sdk::LogLevel::warning, name_of(d) + " cannot be " + (hold ? "paused" : "resumed") + ": " + why);
  }
  if (must_resume) { static_cast<void>(note_hold(d, false)); }
}

bool Reconciler::note_hold(const Download& d, bool applied) {
  sdk::Edit edit;
  edit.id = d.id;
  edit.fields = sdk::kEditFlags;
  edit.set_flags = applied ? sdk::kHoldApplied : 0U;
  edit.clear_flags = applied ? 0U : sdk::kHoldApplied;
  const auto outcome = ports_.store->edit(edit);
  if (!outcome) { ports_.log(sdk::LogLevel::warning, name_of(d) + ": " + outcome.error().text); }
  return outcome.ok();
}

void Reconciler::flush_progress() {
  for (std::size_t at = 0; at < pending_.size(); at += kProgressPerCall) {
    std::vector<sdk::Progress> batch;
    for (std::size_t i = at; i < std::min(pending_.size(), at + kProgressPerCall); ++i) {
      pending_[i].progress.client_state = pending_[i].client_state;
      pending_[i].progress.output_path = pending_[i].output_path;
      batch.push_back(pending_[i].progress);
    }
    const auto written = ports_.store->record_progress(batch);
    if (!written) {
      ports_.log(sdk::LogLevel::warning, "progress cannot be recorded: " + written.error().text);
      break;
    }
  }
  pending_.clear();
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
  const auto outcome = ports_.store->transition(t);
  if (!outcome) { return ports_.log(sdk::LogLevel::warning, name_of(d) + ": " + outcome.error().text); }
  if (outcome->result == sdk::CommandResult::applied) {
    ports_.log(sdk::LogLevel::info, name_of(d) + " is " + std::string(sdk::to_string(to)) + ": " + std::string(reason));
  }
}

void Reconciler::client_failed(const sdk::Failure& failure) {
  ++failures_;
  // A client that is down for a night is one line, then silence, not thirty thousand lines.
  const bool tell = failures_ == 1 || (failures_ & (failures_ - 1)) == 0;
  if (tell) { ports_.log(sdk::LogLevel::warning, client_id_ + " cannot be read: " + failure.text); }
}

void Reconciler::forget_closed(const std::vector<Download>& rows) {
  std::set<std::int64_t> open;
  for (const Download& d : rows) { open.insert(d.id); }
  const auto closed = [&](const auto& entry) { return open.count(entry.first) == 0; };
  std::erase_if(absences_, closed);
  std::erase_if(growth_, closed);
}

}  // namespace quarry::queue
