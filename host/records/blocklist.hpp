// SPDX-License-Identifier: MIT
// Releases that are not taken by themselves any more: a person said so, or they cannot be downloaded.
#pragma once

#include "records/record_client.hpp"

#include <map>
#include <string>
#include <string_view>

namespace quarry::records {

/// Empty and 0: not known.
struct BlocklistEntry {
  std::int64_t id = 0;
  std::int64_t movie_id = 0;
  std::string release_key;  ///< as in the queue; never empty
  std::string infohash;     ///< v1, lower case
  std::string title, indexer, reason;
  std::int64_t at_ms = 0;
};

/// The assignments that make a record of an entry; views into it.
[[nodiscard]] std::vector<sdk::Assignment> assignments_of(const BlocklistEntry& entry);
/// Blocks the release, or changes what is said of it. `values` as above.
[[nodiscard]] sdk::RecordWrite upsert_of(std::span<const sdk::Assignment> values);

/// Reasons of what is blocked, among what was asked for.
struct Blocked {
  std::map<std::string, std::string, std::less<>> by_key;
  std::map<std::string, std::string, std::less<>> by_infohash;
};

/// [thread-safe]
class Blocklist {
 public:
  explicit Blocklist(const RecordClient& client) : client_(client) {}

  /// A film that is gone meanwhile is left out.
  [[nodiscard]] sdk::Done add(BlocklistEntry entry) const;
  /// `not_found` when there is none.
  [[nodiscard]] sdk::Done remove(std::int64_t id) const;
  /// By time, ties by id.
  [[nodiscard]] sdk::Done list(bool descending, Slice slice,
                               const std::function<void(const BlocklistEntry&)>& visit) const;
  [[nodiscard]] sdk::Result<std::int64_t> count() const;
  /// Which of these releases are blocked: a few questions for any number of them.
  [[nodiscard]] sdk::Result<Blocked> lookup(std::span<const std::string> keys,
                                            std::span<const std::string> infohashes) const;

 private:
  const RecordClient& client_;
};

}  // namespace quarry::records
