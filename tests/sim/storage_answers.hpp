// SPDX-License-Identifier: MIT
// What the storage answers a host when something goes wrong on the way.
#pragma once

#include "world.hpp"

namespace quarry::sim {

/// Nothing was changed.
inline sdk::Status storage_is_down(sdk::CallContext& ctx) {
  return ctx.fail({sdk::Code::unavailable, sdk::kRetryable, 0, 0}, "the storage does not answer");
}

inline Odds storage_odds(const World& world) {
  const Weather& w = world.plan.weather;
  return {world.store_is_down() ? 1.0 : w.store_fails, w.store_loses_answer, w.store_twice};
}

}  // namespace quarry::sim
