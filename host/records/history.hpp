// SPDX-License-Identifier: MIT
// What became of downloads. history_writer.hpp writes it; people and programs read it.
#pragma once

#include "records/record_client.hpp"

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace quarry::records {

enum class HistoryEvent : std::int32_t {
  grabbed = 0,
  completed = 1,  ///< every byte is there
  failed = 2,
  cancelled = 3,
  blocked = 4,  ///< a person must decide
  retried = 5,  ///< by a person
};
inline constexpr int kHistoryEvents = 6;
/// As they are kept and shown, by their numbers.
inline constexpr std::array<std::string_view, kHistoryEvents> kHistoryWords = {"grabbed",   "completed", "failed",
                                                                               "cancelled", "blocked",   "retried"};
/// "grabbed"
[[nodiscard]] std::string_view to_string(HistoryEvent event) noexcept;

/// Empty and 0: not known.
struct HistoryEntry {
  std::int64_t id = 0;
  std::int64_t event_sequence = 0;
  std::int64_t download_id = 0;
  std::int64_t movie_id = 0;
  std::string title, release_key, infohash, indexer, client, reason;
  std::int64_t size_bytes = 0;
  HistoryEvent event = HistoryEvent::grabbed;
  std::int64_t at_ms = 0;
};

struct HistoryFilter {
  std::int64_t movie_id = 0;  ///< 0: any
  std::optional<HistoryEvent> event;
};

/// The assignments that make a record of an entry; views into it.
[[nodiscard]] std::vector<sdk::Assignment> assignments_of(const HistoryEntry& entry);

/// [thread-safe]
class History {
 public:
  explicit History(const RecordClient& client) : client_(client) {}

  /// By time, ties by id.
  [[nodiscard]] sdk::Done list(const HistoryFilter& filter, bool descending, Slice slice,
                               const std::function<void(const HistoryEntry&)>& visit) const;
  [[nodiscard]] sdk::Result<std::int64_t> count(const HistoryFilter& filter) const;
  /// The greatest event_sequence below `below`, also of an entry that is set aside; 0 without any.
  [[nodiscard]] sdk::Result<std::int64_t> last_sequence(
      std::int64_t below = std::numeric_limits<std::int64_t>::max()) const;

 private:
  const RecordClient& client_;
};

}  // namespace quarry::records
