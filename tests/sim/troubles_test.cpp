// SPDX-License-Identifier: MIT
// A run in which nothing goes wrong proves nothing: each kind of trouble must really come.
#include "simulation.hpp"

#include <gtest/gtest.h>

#include <set>

namespace quarry::sim {
namespace {

constexpr std::uint64_t kSeeds = 20;

TEST(Troubles, EachKindIsDealt) {
  TroublesDealt dealt;
  int crashes = 0;
  int sleeps = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Report report = run_simulation({seed});
    dealt.add(report.dealt);
    crashes += report.crashes;
    sleeps += report.sleeps;
  }
  for (std::size_t i = 0; i < kTroubleNames.size(); ++i) {
    EXPECT_GT(dealt.of(static_cast<Trouble>(i)), 0) << kTroubleNames.at(i);
  }
  EXPECT_GT(crashes, 0);
  EXPECT_GT(sleeps, 0);
}

TEST(Troubles, HaveDifferentNames) {
  const std::set<std::string_view> names(kTroubleNames.begin(), kTroubleNames.end());
  EXPECT_EQ(names.size(), kTroubleNames.size());
  EXPECT_FALSE(names.contains(""));
}

TEST(Troubles, AreToldInFewWords) {
  TroublesDealt dealt;
  dealt.add(Trouble::queue_twice);
  TroublesDealt sum;
  sum.add(dealt);
  sum.add(dealt);
  EXPECT_EQ(sum.of(Trouble::queue_twice), 2);
  EXPECT_NE(sum.text().find("queue twice 2, records fail 0"), std::string::npos) << sum.text();
}

}  // namespace
}  // namespace quarry::sim
