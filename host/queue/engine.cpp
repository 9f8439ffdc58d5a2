// SPDX-License-Identifier: MIT
#include "queue/engine.hpp"

#include <algorithm>
#include <charconv>

namespace quarry::queue {
namespace {
constexpr std::string_view kTagHead = "quarry.";
constexpr int kRescueBatch = 200;
/// With a lease of 30 s, what a host leaves behind when it dies goes on elsewhere within 35 s.
constexpr std::int64_t kLookForLostWorkMs = 2'000;
}  // namespace

void LeaseKeeper::hold(std::int64_t id, std::int64_t epoch) {
  const std::lock_guard lock(mutex_);
  epochs_[id] = epoch;
}
void LeaseKeeper::drop(std::int64_t id) {
  const std::lock_guard lock(mutex_);
  epochs_.erase(id);
}
std::vector<sdk::LeaseRef> LeaseKeeper::held() const {
  const std::lock_guard lock(mutex_);
  std::vector<sdk::LeaseRef> all;
  for (const auto& [id, epoch] : epochs_) { all.push_back({id, epoch}); }
  return all;
}

Housekeeper::Housekeeper(EnginePorts ports, EngineSettings settings, LeaseKeeper& leases)
    : ports_(std::move(ports)), settings_(std::move(settings)), leases_(leases) {}

std::int64_t Housekeeper::step(std::int64_t now_ms) {
  const auto rescued = ports_.store->rescue(ports_.owner, kRescueBatch);
  if (!rescued) {
    if (store_log_.tell()) { ports_.log(sdk::LogLevel::warning, "cannot look for lost work: " + rescued.error().text); }
  } else {
    store_log_.reset();
    for (const Download& d : *rescued) {
      ports_.log(sdk::LogLevel::info, "download " + std::to_string(d.id) +
                                          " was left behind by a worker that is gone; it is now " +
                                          std::string(sdk::to_string(d.state)));
    }
  }
  if (now_ms >= extend_ms_ && extend_leases()) { extend_ms_ = now_ms + settings_.lease_ms / 3; }
  return now_ms + std::min(settings_.lease_ms / 3, kLookForLostWorkMs);
}

bool Housekeeper::extend_leases() {
  const std::vector<sdk::LeaseRef> held = leases_.held();
  if (held.empty()) { return false; }
  const auto beat = ports_.store->heartbeat(ports_.owner, settings_.lease_ms, held);
  if (!beat) { ports_.log(sdk::LogLevel::warning, "cannot extend leases: " + beat.error().text); }
  return beat.ok();
}

std::string name_of(const Download& d) { return "download " + std::to_string(d.id); }

std::string tag_of(std::int64_t id) { return std::string(kTagHead) + std::to_string(id); }

std::int64_t id_in_tags(std::string_view tags) {
  while (!tags.empty()) {
    const auto comma = tags.find(',');
    const std::string_view tag = tags.substr(0, comma);
    tags = comma == std::string_view::npos ? std::string_view() : tags.substr(comma + 1);
    if (tag.substr(0, kTagHead.size()) != kTagHead) { continue; }
    std::int64_t id = 0;
    const char* end = tag.data() + tag.size();
    const auto parsed = std::from_chars(tag.data() + kTagHead.size(), end, id);
    if (parsed.ec == std::errc() && parsed.ptr == end && id > 0) { return id; }
  }
  return 0;
}

sdk::ItemKey key_of(const Download& d) {
  sdk::ItemKey key;
  key.id = d.client_item_id;
  key.infohash_v1 = d.infohash_v1;
  key.infohash_v2 = d.infohash_v2;
  return key;
}

bool is_item_of(const Download& d, const sdk::ItemView& item) {
  const auto equal = [](std::string_view a, std::string_view b) { return !a.empty() && a == b; };
  return equal(d.infohash_v1, item.infohash_v1) || equal(d.infohash_v2, item.infohash_v2) ||
         equal(d.client_item_id, item.id);
}

}  // namespace quarry::queue
