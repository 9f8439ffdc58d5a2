// SPDX-License-Identifier: MIT
#include "sim_client.hpp"

#include <algorithm>
#include <set>

namespace quarry::sim {

void SimClient::look(std::int64_t now_ms) {
  std::set<std::string> ids;
  for (const auto& item : fake_.items()) {
    ids.insert(item.id);
    if (there_.emplace(item.id, Presence{item.infohash_v1, now_ms}).second) {
      journal_.push_back({now_ms, true, item.infohash_v1});
    }
  }
  std::erase_if(there_, [&](const auto& entry) {
    if (ids.contains(entry.first)) { return false; }
    journal_.push_back({now_ms, false, entry.second.hash});
    return true;
  });
}

std::int64_t SimClient::has_since(const std::string& hash) const {
  const auto is_it = [&](const auto& entry) { return entry.second.hash == hash; };
  const auto it = std::find_if(there_.begin(), there_.end(), is_it);
  return it == there_.end() ? -1 : it->second.since_ms;
}

}  // namespace quarry::sim
