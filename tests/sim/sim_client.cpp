// SPDX-License-Identifier: MIT
#include "sim_client.hpp"

#include <set>

namespace quarry::sim {

void SimClient::look(std::int64_t now_ms) {
  std::set<std::string> there;
  for (const auto& item : fake_.items()) {
    there.insert(item.infohash_v1);
    if (since_.emplace(item.infohash_v1, now_ms).second) { journal_.push_back({now_ms, true, item.infohash_v1}); }
  }
  std::erase_if(since_, [&](const auto& entry) {
    if (there.contains(entry.first)) { return false; }
    journal_.push_back({now_ms, false, entry.first});
    return true;
  });
}

std::int64_t SimClient::has_since(const std::string& hash) const {
  const auto it = since_.find(hash);
  return it == since_.end() ? -1 : it->second;
}

}  // namespace quarry::sim
