// SPDX-License-Identifier: MIT
#include "plan.hpp"

#include <array>

namespace quarry::sim {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;

double level(Dice& dice, double rare, double frequent) {
  const std::array<double, 4> levels = {0, 0, rare, frequent};
  return levels.at(static_cast<std::size_t>(dice.below(4)));
}

Weather draw_weather(Dice& dice) {
  Weather w;
  for (double* per_call :
       {&w.store_fails, &w.store_loses_answer, &w.store_twice, &w.client_refused, &w.client_error, &w.client_limited,
        &w.client_conflict, &w.client_loses_answer, &w.client_late, &w.client_twice, &w.client_half, &w.client_empty}) {
    *per_call = level(dice, 0.01, 0.08);
  }
  w.store_restarts = level(dice, 0.002, 0.01);
  w.host_dies = level(dice, 0.001, 0.01);
  w.host_sleeps = level(dice, 0.001, 0.004);
  w.host_stops = level(dice, 0.002, 0.02);
  w.slow = level(dice, 0.05, 0.4);
  w.clock_jumps = level(dice, 0.005, 0.05);
  w.client_restarts = level(dice, 0.003, 0.02);
  w.indexer_fails = level(dice, 0.03, 0.24);
  w.item_vanishes = level(dice, 0.0005, 0.004);
  w.item_breaks = level(dice, 0.0005, 0.004);
  return w;
}

}  // namespace

Plan draw_plan(Dice& dice, int hosts) {
  Plan plan;
  plan.hosts = 1 + dice.below(8);
  if (hosts > 0) { plan.hosts = hosts; }
  const bool alone = plan.hosts == 1 && dice.happens(0.7);
  plan.ownership = alone ? sdk::testing::Ownership::one_process : sdk::testing::Ownership::many_hosts;
  plan.store_clock_slack_ms = alone ? 10 * kMinuteMs : 0;
  plan.dispatchers = 1 + dice.below(plan.hosts > 4 ? 2 : 3);
  plan.clients = 1 + dice.below(2);
  plan.max_active = 1 + dice.below(6);
  plan.releases = 5 + dice.below(56);
  plan.grabs = 0.1 + 0.4 * dice.uniform();
  plan.chaos_ms = 5 * kMinuteMs + dice.below(10) * kMinuteMs;
  plan.weather = draw_weather(dice);
  return plan;
}

std::string Plan::text() const {
  return std::to_string(hosts) +
         (ownership == sdk::testing::Ownership::one_process ? " host that owns its store, "
                                                            : " hosts on one server, ") +
         std::to_string(dispatchers) + " dispatchers each, " + std::to_string(clients) + " clients, at most " +
         std::to_string(max_active) + " active, " + std::to_string(releases) + " releases, " +
         std::to_string(chaos_ms / 1000) + " s of trouble";
}

}  // namespace quarry::sim
