// SPDX-License-Identifier: MIT
// Answers to recent searches, so that asking twice costs the site one request.
#pragma once

#include "release.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::hdbits {

/// Bounded in searches and in releases; the oldest answer makes room. One thread at a time. Times are
/// milliseconds of a clock that never goes back.
class SearchCache {
 public:
  /// Found answers live `ttl_ms`, empty ones twice as long; 0 keeps nothing.
  explicit SearchCache(std::int64_t ttl_ms, std::size_t max_searches = 200, std::size_t max_releases = 5000);

  /// The answer kept under this key, or null when there is none or it is too old. Valid until the
  /// next call of a method.
  [[nodiscard]] const std::vector<Release>* find(std::string_view key, std::int64_t now_ms);
  void put(std::string key, std::vector<Release> releases, std::int64_t now_ms);

  [[nodiscard]] std::size_t searches() const noexcept { return entries_.size(); }
  [[nodiscard]] std::size_t releases() const noexcept { return releases_; }

 private:
  struct Entry {
    std::vector<Release> releases;
    std::int64_t at_ms;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  void erase(Entries::iterator it);

  std::int64_t ttl_ms_;
  std::size_t max_searches_;
  std::size_t max_releases_;
  std::size_t releases_ = 0;
  Entries entries_;
};

}  // namespace quarry::hdbits
