// SPDX-License-Identifier: MIT
// What a seed decides before a run begins: how many hosts and clients, how much work, which troubles.
#pragma once

#include "dice.hpp"

#include <quarry/sdk/testing/memory_queue_store.hpp>

#include <cstdint>
#include <string>

namespace quarry::sim {

/// How often each kind of trouble comes, per call or (where it says so) per tick of the world. Each is off,
/// rare or frequent, by the seed.
struct Weather {
  double store_fails = 0, store_loses_answer = 0, store_twice = 0;
  double store_restarts = 0;  ///< per tick
  double host_dies = 0, host_sleeps = 0, slow = 0;
  double host_stops = 0;   ///< per tick: in good order
  double clock_jumps = 0;  ///< per tick
  double client_refused = 0, client_error = 0, client_limited = 0, client_conflict = 0;
  double client_loses_answer = 0, client_late = 0, client_twice = 0, client_half = 0, client_empty = 0;
  double client_restarts = 0;  ///< per tick: for a while it lists nothing
  double indexer_fails = 0;
  double item_vanishes = 0, item_breaks = 0;  ///< per tick and item
};

struct Plan {
  sdk::testing::Ownership ownership = sdk::testing::Ownership::many_hosts;
  int hosts = 1;
  int dispatchers = 1;  ///< of each host
  int clients = 1;
  int max_active = 4;
  int releases = 40;   ///< that users choose from
  double grabs = 0.3;  ///< per tick
  std::int64_t chaos_ms = 0;
  /// How far the storage's clock may be off: only where it is the clock of the one host.
  std::int64_t store_clock_slack_ms = 0;
  Weather weather;

  [[nodiscard]] std::string text() const;
};

/// `hosts` 1–8, or 0: as the seed says.
[[nodiscard]] Plan draw_plan(Dice& dice, int hosts);

}  // namespace quarry::sim
