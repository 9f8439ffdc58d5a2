// SPDX-License-Identifier: MIT
#include "simulation.hpp"

#include <gtest/gtest.h>

namespace quarry::sim {
namespace {

TEST(Simulation, TheSameSeedGivesTheSameRun) {
  const Report a = run_simulation(7);
  const Report b = run_simulation(7);
  EXPECT_EQ(a.event_hash, b.event_hash);
  EXPECT_EQ(a.grabs, b.grabs);
  EXPECT_NE(a.event_hash, run_simulation(8).event_hash);
}

TEST(Simulation, GetsWorkDoneAndCrashesOnTheWay) {
  long completed = 0;
  long crashes = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const Report r = run_simulation(seed);
    completed += r.completed;
    crashes += r.crashes;
  }
  EXPECT_GT(completed, 25);
  EXPECT_GT(crashes, 2);
}

}  // namespace
}  // namespace quarry::sim
