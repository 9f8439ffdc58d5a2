// SPDX-License-Identifier: MIT
// Asks all indexers, scores what they answer, decides with reasons.
#pragma once

#include "release/release_name.hpp"

#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/abi/scorer.hpp>
#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace quarry::search {

struct Reason {
  std::string rule;    ///< "resolution"
  double points = 0;
  std::string detail;  ///< "2160p"
};

/// One release, scored.
struct Release {
  std::string id;       ///< made by the host; names the release for 30 minutes
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

/// Free words, or a film; empty and 0 mean not stated.
struct Query {
  std::string term;
  std::string title;
  int year = 0;
  std::string imdb_id;
  int tmdb_id = 0;
  int runtime_minutes = 0;
  int limit = 100;
};

struct IndexerProblem {
  std::string indexer;
  sdk::Failure failure;
};

/// Best first: releases without a rejection before those with one, then score, seeders, size, title.
struct Answer {
  std::vector<Release> releases;
  std::vector<IndexerProblem> problems;  ///< indexers that did not answer; the others' releases stand
};

struct NamedIndexer {
  std::string id;
  sdk::Indexer* indexer = nullptr;
};

/// What the search needs from outside.
struct Ports {
  std::function<std::vector<NamedIndexer>()> indexers;
  std::function<sdk::Scorer*()> scorer;  ///< null: every release scores 0 with threshold 0
  const sdk::Clock* clock = nullptr;
  /// Runs all jobs and returns when the last has ended; a test runs them in order.
  std::function<void(std::vector<std::function<void()>>&)> run_all;
};

/// [thread-safe]
class Search {
 public:
  explicit Search(Ports ports);

  /// Never fails as a whole because one indexer does; `unavailable` when all did, `invalid` when
  /// there is nothing to search for or no indexer is configured.
  [[nodiscard]] sdk::Result<Answer> search(const Query& query, std::int64_t timeout_ms);
  /// A release of an answer of the last 30 minutes.
  [[nodiscard]] std::optional<Release> recall(const std::string& release_id);

 private:
  void remember(const std::vector<Release>& releases);
  void score(Release& release, const Query& query);

  Ports ports_;
  std::mutex mutex_;
  struct Kept {
    Release release;
    std::int64_t until_steady_ms = 0;
  };
  std::unordered_map<std::string, Kept> recent_;
};

}  // namespace quarry::search
