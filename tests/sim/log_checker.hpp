// SPDX-License-Identifier: MIT
// The promises that the event log alone proves, checked after the fact: nothing but events goes in.
#pragma once

#include <quarry/sdk/testing/queue_store_row.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::sim {

struct LogFacts {
  std::vector<sdk::testing::QueueEvent> events;
  std::vector<std::int64_t> accepted;               ///< a user was told that these are in the queue
  std::set<std::string, std::less<>> acknowledged;  ///< a host was told that these commands were applied
  std::int64_t calm_from_ms = 0;                    ///< by the clock of the events; nothing goes wrong from here on
  std::int64_t end_ms = 0;                          ///< the same clock, when the log was read
  std::int64_t most_uncertain_ms = 0;               ///< how long a row may stay leased or verifying in the calm
};

/// One sentence for each promise that was broken:
///   - what was accepted has its events, each following from the one before, and one end at most is final;
///   - every change of state is in the table, and its epoch rises exactly where the table says so;
///   - a worker changes a row only as the one that claimed it last (the head of a command id, up to '-', is its
///     host);
///   - no acknowledged command is missing;
///   - in the calm no row stays leased or verifying for long.
[[nodiscard]] std::vector<std::string> check_log(const LogFacts& facts);

/// Equal for equal logs.
[[nodiscard]] std::uint64_t hash_of(const std::vector<sdk::testing::QueueEvent>& events);

}  // namespace quarry::sim
