// SPDX-License-Identifier: MIT
// A release that an indexer knows, as the host sees it.
#pragma once

#include "release/release_name.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace quarry::search {

struct Reason {
  std::string rule;  ///< "resolution"
  double points = 0;
  std::string detail;  ///< "2160p"
};

/// One release, scored.
struct Release {
  std::string id;  ///< "hdbits-0123456789abcdef": safe in a URL, the same in every search
  std::string guid;
  std::string indexer;  ///< instance id
  std::string title;
  std::string infohash_v1;
  std::string info_url;
  std::string category;
  std::string imdb_id;
  std::int64_t size_bytes = -1;
  std::int64_t published_at_ms = 0;
  std::int64_t age_minutes = -1;
  int seeders = -1;
  int leechers = -1;
  std::uint32_t flags = 0;  ///< sdk::ReleaseFlag bits
  release::ReleaseName name;
  double score = 0;
  double threshold = 0;
  std::vector<Reason> reasons;
  std::vector<Reason> rejections;  ///< points unused

  /// May be grabbed without a person: no rejection and the threshold reached.
  [[nodiscard]] bool acceptable() const noexcept { return rejections.empty() && score >= threshold; }
};

}  // namespace quarry::search
