// SPDX-License-Identifier: MIT
#include "queue/clean_up.hpp"

#include <quarry/sdk/helpers/context.hpp>

#include <algorithm>
#include <utility>

namespace quarry::queue {
namespace {

bool same_torrent(const Download& d, const ClientItem& item) {
  return (!d.infohash_v1.empty() && d.infohash_v1 == item.infohash_v1) ||
         (!d.infohash_v2.empty() && d.infohash_v2 == item.infohash_v2);
}

}  // namespace

CleanUp::CleanUp(EnginePorts ports, EngineSettings settings, std::string client_id, std::function<bool()> on_duty)
    : ports_(std::move(ports)),
      settings_(std::move(settings)),
      client_id_(std::move(client_id)),
      on_duty_(std::move(on_duty)) {}

void CleanUp::step(sdk::DownloadClient& client, const Download& d, const ClientItem* item, bool listing_counts,
                   std::int64_t now_ms) {
  if (item == nullptr) {
    if (!is_gone(d, listing_counts, now_ms)) { return; }
    if (finish(d) && d.cleanup == kCleanupWithData) { with_data_.insert(d.id); }
    return;
  }
  absent_since_.erase(d.id);
  const Wanted again = wanted_again(d);
  const auto ours = is_ours(*item, d);
  if (again == Wanted::unknown || !ours) { return; }
  // Two clients may share a folder, so the data stay for the one that has the download now.
  if (again == Wanted::elsewhere && *ours) { return remove(client, d, false); }
  if (again == Wanted::no && *ours) { return remove(client, d, d.cleanup == kCleanupWithData); }
  if (!finish(d)) { return; }
  const bool here = again == Wanted::here;
  ports_.log(sdk::LogLevel::info,
             name_of(d) + (here ? " was grabbed again" : " was in the client before the queue asked for it") +
                 "; leaving it in " + client_id_);
}

/// A worker that was about to add the item when it was cancelled first looks whether it is there: two
/// calls, each with its own time limit.
bool CleanUp::is_gone(const Download& d, bool listing_counts, std::int64_t now_ms) {
  if (removed_.contains(d.id)) { return true; }
  if (!listing_counts) { return false; }
  const std::int64_t since = absent_since_.emplace(d.id, now_ms).first->second;
  return now_ms - since >= 2 * settings_.call_timeout_ms + settings_.absent_ms;
}

/// No worker takes over the item of a row that is still to be cleaned up, and the call ends before the lease of
/// the duty does: so nothing is removed that somebody has begun to want meanwhile.
void CleanUp::remove(sdk::DownloadClient& client, const Download& d, bool with_data) {
  if (!on_duty_()) { return; }
  const sdk::ItemKey key = key_of(d);
  sdk::BasicContext ctx(*ports_.clock, settings_.call_timeout_ms, tag_of(d.id));
  const sdk::Status status = client.remove(ctx, {&key, 1}, with_data ? 1 : 0);
  if (status.ok()) {
    removed_.insert(d.id);
    refusals_.erase(d.id);
  } else if (refusals_[d.id].tell()) {
    const std::string why = ctx.failure(status, "no reason given").text;
    ports_.log(sdk::LogLevel::warning, name_of(d) + " cannot be removed from " + client_id_ + ": " + why);
  }
}

bool CleanUp::finish(const Download& d) {
  sdk::Edit done;
  done.id = d.id;
  done.expected_version = d.version;  // whoever now asks for the data, too, is heard
  done.fields = sdk::kEditCleanup;
  done.cleanup = 0;
  const auto outcome = ports_.store->edit(done);
  if (!outcome) { ports_.log(sdk::LogLevel::warning, name_of(d) + ": " + outcome.error().text); }
  return outcome && outcome->result == sdk::CommandResult::applied;
}

void CleanUp::mark_orphans(const ClientItems& everything, const std::vector<Download>& open) {
  for (const ClientItem& item : everything.items) {
    const std::int64_t id = id_in_tags(item.tags);
    if (id == 0) { continue; }
    sdk::FindRequest request;
    request.id = id;
    const auto row = ports_.store->find(request);
    if (!row || row->state != sdk::DownloadState::cancelled || row->cleanup != 0) { continue; }
    // The tag alone proves nothing: another queue may have used the same number.
    if (!same_torrent(*row, item)) { continue; }
    const Wanted again = wanted_again(*row);
    if (again != Wanted::no && again != Wanted::elsewhere) { continue; }
    // A later download of the same torrent may have taken the item over, and has a wish of its own.
    if (std::any_of(open.begin(), open.end(), [&](const Download& d) { return same_torrent(d, item); })) { continue; }
    sdk::Edit mark;
    mark.id = id;
    mark.expected_version = row->version;
    mark.fields = sdk::kEditCleanup;
    mark.cleanup = again == Wanted::no && with_data_.contains(id) ? kCleanupWithData : 1;
    const auto outcome = ports_.store->edit(mark);
    if (outcome && is_done(outcome->result)) {
      ports_.log(sdk::LogLevel::info, name_of(*row) + " was cancelled; removing what is left in " + client_id_);
    }
  }
}

/// The item was added for this download, or for an earlier one of the same torrent.
std::optional<bool> CleanUp::is_ours(const ClientItem& item, const Download& d) {
  const std::int64_t tagged = id_in_tags(item.tags);
  if (tagged == 0 || tagged == d.id) { return tagged == d.id; }
  sdk::FindRequest request;
  request.id = tagged;
  const auto earlier = ports_.store->find(request);
  if (earlier) { return same_torrent(*earlier, item); }
  if (earlier.error().status.code == sdk::Code::not_found) { return false; }
  return std::nullopt;
}

/// Grabbed anew after it was cancelled: the item now belongs to that download, whatever its tag says, if that
/// download goes to this client.
CleanUp::Wanted CleanUp::wanted_again(const Download& d) {
  for (const std::string* hash : {&d.infohash_v1, &d.infohash_v2}) {
    if (hash->empty()) { continue; }
    sdk::FindRequest request;
    request.by = sdk::FindBy::infohash;
    request.text = *hash;
    const auto live = ports_.store->find(request);
    if (live && live->client.empty()) { return Wanted::unknown; }
    if (live) { return live->client == client_id_ ? Wanted::here : Wanted::elsewhere; }
    if (live.error().status.code != sdk::Code::not_found) { return Wanted::unknown; }
  }
  return Wanted::no;
}

void CleanUp::start_over() {
  absent_since_.clear();
  removed_.clear();
}

void CleanUp::keep_only(const std::set<std::int64_t>& open) {
  const auto closed = [&](std::int64_t id) { return !open.contains(id); };
  std::erase_if(absent_since_, [&](const auto& entry) { return closed(entry.first); });
  std::erase_if(refusals_, [&](const auto& entry) { return closed(entry.first); });
  std::erase_if(removed_, closed);
}

}  // namespace quarry::queue
