// SPDX-License-Identifier: MIT
#include "search/recent.hpp"

namespace quarry::search {

void RecentReleases::keep(const Release& release, std::int64_t now_steady_ms) {
  const std::int64_t until = now_steady_ms + kKeptMs;
  const std::int64_t number = next_number_++;
  kept_.insert_or_assign(release.id, Kept{release, number, until});
  order_.push_back({release.id, number, until});
  const auto outdated = [&] { return !order_.empty() && order_.front().until_steady_ms <= now_steady_ms; };
  // The second bound is for one release searched over and over: its outdated entries must not pile up.
  while (kept_.size() > kMost || order_.size() > 2 * kMost || outdated()) { forget_oldest(); }
}

void RecentReleases::forget_oldest() {
  const Entry& oldest = order_.front();
  const auto it = kept_.find(oldest.id);
  if (it != kept_.end() && it->second.number == oldest.number) { kept_.erase(it); }
  order_.pop_front();
}

std::optional<Release> RecentReleases::find(const std::string& id, std::int64_t now_steady_ms) const {
  const auto it = kept_.find(id);
  if (it == kept_.end() || it->second.until_steady_ms <= now_steady_ms) { return std::nullopt; }
  return it->second.release;
}

}  // namespace quarry::search
