// SPDX-License-Identifier: MIT
#include "referee.hpp"

#include "users.hpp"
#include "world.hpp"

#include <algorithm>
#include <utility>

namespace quarry::sim {
namespace {

using sdk::DownloadState;
using sdk::testing::QueueRow;

/// What the rule is, whatever the settings of the engine say.
constexpr int kAbsentListings = 3;
/// A listing counts while the lease of the duty lasts under which it was read.
constexpr std::int64_t kListingValidMs = 31'000;

std::string name(std::int64_t id) { return "download " + std::to_string(id); }

}  // namespace

QueueRow Referee::found(const sdk::FindRequest& request) {
  QueueRow found;
  sdk::BasicContext ctx(world_.truth, 1000, "check");
  auto sink = sdk::download_sink([&](const sdk::DownloadView& view) { found = QueueRow(view); });
  static_cast<void>(world_.store.find(ctx, request, sink));
  return found;
}
QueueRow Referee::row(std::int64_t id) {
  sdk::FindRequest request;
  request.id = id;
  return found(request);
}
QueueRow Referee::live_row(const std::string& hash) {
  sdk::FindRequest request;
  request.by = sdk::FindBy::infohash;
  request.text = hash;
  return found(request);
}

void Referee::acknowledged(std::string_view command) {
  if (!command.empty()) { acknowledged_.emplace(command); }
}

void Referee::claimed() {
  sdk::BasicContext ctx(world_.truth, 1000, "check");
  sdk::Stats stats;
  static_cast<void>(world_.store.stats(ctx, "downloads", stats));
  if (stats.active > world_.plan.max_active) {
    world_.violation("a claim made more downloads active than allowed: " + std::to_string(stats.active));
  }
}

void Referee::intended(const std::string& owner, const sdk::Intent& intent, const QueueRow& before,
                       const sdk::Outcome& outcome) {
  if (outcome.result == sdk::CommandResult::applied) {
    const bool mine = before.lease_owner == owner && before.data.epoch == intent.epoch;
    if (!mine || before.data.lease_until_ms <= world_.store_clock.wall_ms()) {
      world_.violation(owner + " recorded an intent for " + name(intent.id) + " without a valid lease");
    }
    ++sendings_[{owner, intent.id}].intents;
  }
}

void Referee::changed(const std::string& owner, const sdk::Transition& change, const QueueRow& before,
                      const sdk::Outcome& outcome) {
  if (outcome.result != sdk::CommandResult::applied) { return; }
  std::int64_t& version = versions_[change.id];
  if (outcome.version <= version) { world_.violation("the version of " + name(change.id) + " did not rise"); }
  version = outcome.version;
  if (change.actor == sdk::Actor::worker) { check_worker(owner, change, before); }
  if (change.actor == sdk::Actor::reconciler) { check_reconciler(owner, change, before); }
}

void Referee::check_worker(const std::string& owner, const sdk::Transition& change, const QueueRow& before) {
  if (before.lease_owner == owner && before.data.epoch == change.epoch) { return; }
  world_.violation(owner + " changed " + name(change.id) + " by epoch " + std::to_string(change.epoch) +
                   ", but it belonged to " + before.lease_owner + " by epoch " + std::to_string(before.data.epoch));
}

void Referee::check_reconciler(const std::string& owner, const sdk::Transition& change, const QueueRow& before) {
  const Holder& holder = duties_["client:" + before.client];
  const Knowledge& known = knowledge_[{owner, before.client}];
  const bool on_duty = holder.owner == owner && holder.until_ms > world_.store_clock.wall_ms();
  if (!on_duty || known.epoch != holder.epoch) {
    world_.violation(owner + " judged " + name(change.id) +
                     (on_duty ? " by a listing of an earlier grant of " : " without ") + "the duty for " +
                     before.client);
  }
  check_absence(known, change, before);
}

void Referee::check_absence(const Knowledge& known, const sdk::Transition& change, const QueueRow& before) {
  const bool called_absent = change.to == DownloadState::missing || change.to == DownloadState::queued ||
                             (change.to == DownloadState::failed && change.patch.error_code == sdk::Code::not_found);
  if (!called_absent) { return; }
  const auto it = known.absent_listings.find(before.infohash_v1);
  const int listings = it == known.absent_listings.end() ? 0 : it->second;
  if (listings < kAbsentListings) {
    world_.violation(name(change.id) + " was called absent after " + std::to_string(listings) + " complete listings");
  }
  for (const auto& client : world_.clients) {
    const std::int64_t since = client->has_since(before.infohash_v1);
    if (client->id() == before.client && since >= 0 && world_.now() - since > kListingValidMs) {
      world_.violation(name(change.id) + " was called absent, and " + client->id() + " has had it for " +
                       std::to_string((world_.now() - since) / 1000) + " s");
    }
  }
}

void Referee::duty_taken(const sdk::DutyRequest& request, const sdk::Duty& duty) {
  Holder& holder = duties_[std::string(request.name)];
  if (duty.held == 0) {
    if (request.give_up != 0 && holder.owner == request.owner) { holder.until_ms = 0; }
    return;
  }
  const bool changes_hands = holder.owner != request.owner;
  const bool lasts = holder.until_ms > world_.store_clock.wall_ms();
  if (changes_hands && lasts && world_.plan.ownership == sdk::testing::Ownership::many_hosts) {
    world_.violation(std::string(request.owner) + " was granted " + std::string(request.name) + ", which " +
                     holder.owner + " holds");
  }
  if (changes_hands != (duty.epoch > holder.epoch)) {
    world_.violation("the epoch of " + std::string(request.name) + " rises with each new holder, and only then");
  }
  if (changes_hands) {
    if (!holder.owner.empty()) { ++world_.report.takeovers; }
    world_.say(std::string(request.owner),
               [&] { return "takes the duty " + std::string(request.name) + ", epoch " + std::to_string(duty.epoch); });
  }
  holder = {std::string(request.owner), duty.epoch, duty.lease_until_ms};
}

std::int64_t Referee::epoch_of(const std::string& owner, const std::string& client) const {
  const auto it = duties_.find("client:" + client);
  return it != duties_.end() && it->second.owner == owner ? it->second.epoch : -1;
}

void Referee::listed(const Listing& listing) {
  if (!listing.complete) { return; }
  if (listing.id != 0) {
    sendings_[{listing.owner, listing.id}].looked += listing.shown.empty() ? 1 : 0;
    return;
  }
  Knowledge& known = knowledge_[{listing.owner, listing.client}];
  if (std::exchange(known.epoch, listing.epoch) != listing.epoch) { known.absent_listings.clear(); }
  for (const std::string& hash : listing.shown) { known.absent_listings[hash] = 0; }
  if (!listing.all) { return; }
  for (int i = 0; i < world_.plan.releases; ++i) {
    const std::string hash = release_hash(i);
    if (!listing.shown.contains(hash)) { ++known.absent_listings[hash]; }
  }
}

void Referee::adding(const std::string& owner, std::int64_t id) {
  Sendings& sendings = sendings_[{owner, id}];
  if (sendings.intents <= 0) { world_.violation(owner + " sends " + name(id) + " to a client without an intent"); }
  if (sendings.looked <= 0) { world_.violation(owner + " sends " + name(id) + " without having looked for it"); }
  --sendings.intents;
  --sendings.looked;
}

void Referee::removing(std::int64_t id, bool with_data) {
  const auto wish = data_to_go_.find(id);
  if (wish == data_to_go_.end() || with_data) { return; }
  // Who has the same torrent in another client meanwhile needs the data.
  if (live_row(wish->second).data.id == 0) {
    world_.violation(name(id) + " was to go with its data, which was left behind");
  }
}

void Referee::data_may_stay(const std::string& hash) {
  std::erase_if(data_to_go_, [&](const auto& entry) { return entry.second == hash; });
}

void Referee::check_rows() {
  sdk::BasicContext ctx(world_.truth, 1000, "check");
  sdk::Stats stats;
  static_cast<void>(world_.store.stats(ctx, "downloads", stats));
  if (std::exchange(last_event_, stats.last_event) == stats.last_event) { return; }
  std::map<std::string, std::int64_t> live;
  sdk::ListRequest request;
  request.limit = 1000;
  std::int64_t total = 0;
  auto sink = sdk::download_sink([&](const sdk::DownloadView& d) {
    if (d.attempts > d.max_retries + 1) { world_.violation(name(d.id) + " was tried too often"); }
    if (!sdk::is_live(d.state)) { return; }
    for (const std::string_view key : {d.release_key, d.infohash_v1}) {
      if (key.empty()) { continue; }
      const auto [it, fresh] = live.emplace(key, d.id);
      if (!fresh && it->second != d.id) {
        world_.violation("two live downloads of " + std::string(key) + ": " + std::to_string(d.id) + " and " +
                         std::to_string(it->second));
      }
    }
  });
  static_cast<void>(world_.store.list(ctx, request, sink, total));
}

}  // namespace quarry::sim
