// SPDX-License-Identifier: MIT
// Asks all indexers, scores what they answer, decides with reasons.
#pragma once

#include "release/release_name.hpp"
#include "search/recent.hpp"
#include "search/release.hpp"

#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/abi/scorer.hpp>
#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::search {

/// Free words, or a film; empty and 0 mean not stated.
struct Query {
  std::string term;
  std::string title;
  int year = 0;
  std::string imdb_id;
  int tmdb_id = 0;
  int runtime_minutes = 0;
  int limit = 100;  ///< most releases in the answer, 1–1,000; the best ones stay
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
  sdk::Indexer* indexer = nullptr;  ///< null: it is configured and does not run
};

/// What the search needs from outside.
struct Ports {
  std::function<std::vector<NamedIndexer>()> indexers;
  std::function<sdk::Scorer*()> scorer;  ///< null: every release scores 0 with threshold 0
  /// For each release why it may not be taken by itself; empty: it may. A failure is the search's. Null: there is no
  /// blocklist. Does not throw.
  std::function<sdk::Result<std::vector<std::string>>(const std::vector<Release>&)> blocked;
  const sdk::Clock* clock = nullptr;
  /// Runs all jobs, in any order and on any threads, and returns when the last has ended. No job throws.
  std::function<void(std::vector<std::function<void()>>&)> run_all;
};

/// Holds no state but the releases of recent answers. [thread-safe]
class Search {
 public:
  /// `ports.clock`, `indexers`, `scorer` and `run_all` must be set; they must be safe to use from any thread.
  explicit Search(Ports ports);

  /// Asks every indexer at once, waits until the last has answered or had four fifths of `timeout_ms` (at least
  /// all but 5 s), and scores in what is left: it is over after `timeout_ms`, however slow the scorer, apart from what
  /// `blocked` takes.
  /// Never fails as a whole because one indexer does; when all did, `unavailable`, or `unauthenticated` when all
  /// were refused their credentials; `invalid` when
  /// there is nothing to search for or no indexer is configured. `request_id` names the search in logs.
  ///
  /// What is wanted, for the scorer, is the film of the query; of free words the title and year that
  /// they say, read as a release name: "The Matrix 1999 2160p" wants The Matrix of 1999.
  /// A release that cannot be scored, or not in time, is rejected with the reason; it is never left out.
  [[nodiscard]] sdk::Result<Answer> search(const Query& query, std::int64_t timeout_ms,
                                           std::string_view request_id = "search");
  /// A release of an answer of the last 30 minutes, as it was then. Of more than 5,000 the oldest are forgotten.
  [[nodiscard]] std::optional<Release> recall(const std::string& release_id);

 private:
  Ports ports_;
  std::mutex mutex_;
  RecentReleases recent_;  // guarded by mutex_
};

}  // namespace quarry::search
