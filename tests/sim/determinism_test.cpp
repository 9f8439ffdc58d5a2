// SPDX-License-Identifier: MIT
#include "simulation.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace quarry::sim {
namespace {

TEST(Simulation, TheSameSeedGivesTheSameRun) {
  for (const std::uint64_t seed : {7U, 21U, 44U}) {
    const Report a = run_simulation({seed});
    std::ostringstream trace;
    const Report b = run_simulation({seed, 0, &trace});
    EXPECT_EQ(a.event_hash, b.event_hash) << "also when it is traced";
    EXPECT_EQ(a.grabs, b.grabs);
    EXPECT_EQ(a.virtual_ms, b.virtual_ms);
    EXPECT_NE(a.event_hash, run_simulation({seed + 1}).event_hash);
  }
}

TEST(Simulation, SeveralHostsShareTheWorkAndComeToGrief) {
  Report sum;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Report r = run_simulation({seed, 4});
    EXPECT_EQ(r.hosts, 4);
    sum.completed += r.completed;
    sum.crashes += r.crashes;
    sum.sleeps += r.sleeps;
    sum.takeovers += r.takeovers;
    sum.told += r.told;
  }
  EXPECT_GT(sum.completed, 50);
  EXPECT_GT(sum.crashes, 10);
  EXPECT_GT(sum.sleeps, 5);
  EXPECT_GT(sum.takeovers, 5);
  EXPECT_GT(sum.told, 2 * sum.completed);
}

TEST(Simulation, TellsWhatHappens) {
  std::ostringstream trace;
  static_cast<void>(run_simulation({3, 2, &trace}));
  for (const char* text : {"2 hosts on one server", "h1.1", "claims 1", "intent for 1: applied", "client.add client-1",
                           "opens the records", "records of history", "names film", "nothing goes wrong any more"}) {
    EXPECT_NE(trace.str().find(text), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace quarry::sim
