// SPDX-License-Identifier: MIT
// The releases people have seen lately, so that one can be grabbed by its id.
#pragma once

#include "search/release.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

namespace quarry::search {

/// Bounded in time and number. One thread at a time.
class RecentReleases {
 public:
  static constexpr std::int64_t kKeptMs = 30LL * 60 * 1000;
  static constexpr std::size_t kMost = 5000;

  /// Keeps a copy from now on; one seen before is kept as it is now. The oldest leave when there are too many.
  void keep(const Release& release, std::int64_t now_steady_ms);
  [[nodiscard]] std::optional<Release> find(const std::string& id, std::int64_t now_steady_ms) const;
  [[nodiscard]] std::size_t size() const noexcept { return kept_.size(); }

 private:
  void forget_oldest();

  struct Kept {
    Release release;
    std::int64_t number = 0;  ///< of the entry in order_ that speaks for this release
    std::int64_t until_steady_ms = 0;
  };
  struct Entry {
    std::string id;
    std::int64_t number = 0;
    std::int64_t until_steady_ms = 0;
  };
  std::unordered_map<std::string, Kept> kept_;
  std::deque<Entry> order_;  // oldest first; may hold outdated entries of releases kept again
  std::int64_t next_number_ = 1;
};

}  // namespace quarry::search
