// SPDX-License-Identifier: MIT
#include "search_cache.hpp"

#include <algorithm>

namespace quarry::hdbits {

SearchCache::SearchCache(std::int64_t ttl_ms, std::size_t max_searches, std::size_t max_releases)
    : ttl_ms_(ttl_ms), max_searches_(max_searches), max_releases_(max_releases) {}

const std::vector<Release>* SearchCache::find(std::string_view key, std::int64_t now_ms) {
  const auto it = entries_.find(key);
  if (it == entries_.end()) { return nullptr; }
  const std::int64_t ttl = it->second.releases.empty() ? 2 * ttl_ms_ : ttl_ms_;
  if (now_ms - it->second.at_ms < ttl) { return &it->second.releases; }
  erase(it);
  return nullptr;
}

void SearchCache::put(std::string key, std::vector<Release> releases, std::int64_t now_ms) {
  if (ttl_ms_ <= 0) { return; }
  if (const auto it = entries_.find(key); it != entries_.end()) { erase(it); }
  releases_ += releases.size();
  const auto added = entries_.emplace(std::move(key), Entry{std::move(releases), now_ms}).first;
  // A look at 200 entries is nothing beside the request that came before it.
  while (entries_.size() > 1 && (entries_.size() > max_searches_ || releases_ > max_releases_)) {
    auto oldest = entries_.end();
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (it != added && (oldest == entries_.end() || it->second.at_ms < oldest->second.at_ms)) { oldest = it; }
    }
    erase(oldest);
  }
}

void SearchCache::erase(Entries::iterator it) {
  releases_ -= it->second.releases.size();
  entries_.erase(it);
}

}  // namespace quarry::hdbits
