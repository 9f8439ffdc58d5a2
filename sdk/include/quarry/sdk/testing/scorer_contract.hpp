// SPDX-License-Identifier: MIT
// The contract of quarry.scorer/1 as tests: the promises of scorer.hpp, for any scorer.
//
//   std::unique_ptr<ScorerUnderTest> make_my_scorer();
//   QUARRY_SCORER_CONTRACT(MyScorer, {"mine", make_my_scorer});
//
// in a test program that links quarry::sdk_testing. Besides ordinary releases the suite scores odd ones:
// nothing known, numbers at their limits, values that a later SDK may append to an enum.
#pragma once

#include <quarry/sdk/abi/scorer.hpp>
#include <quarry/sdk/testing/call_contract.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace quarry::sdk::testing {

/// One scorer, and whatever must live as long.
struct ScorerUnderTest {
  virtual ~ScorerUnderTest() = default;
  [[nodiscard]] virtual Scorer& scorer() = 0;
};

struct ScorerFactory {
  std::string name;
  /// Every one it makes has the same configuration.
  std::function<std::unique_ptr<ScorerUnderTest>()> make;
};
inline void PrintTo(const ScorerFactory& factory, std::ostream* out) { *out << factory.name; }

/// What a scorer said of one release.
struct Verdict {
  struct Reason {
    std::string rule, detail;
    double points = 0;
    bool rejects = false;
    bool operator==(const Reason&) const = default;
  };
  double total = 0;
  double threshold = 0;
  std::vector<Reason> reasons;
  bool operator==(const Verdict&) const = default;
};

/// A release to be scored.
struct ScoredRelease {
  ParsedName parsed;
  Candidate candidate;
  Preferences wanted;
};

/// What each test of the suite starts from: a scorer, and releases.
class ScorerContract : public ::testing::TestWithParam<ScorerFactory> {
 protected:
  void SetUp() override;

  [[nodiscard]] Scorer& scorer() { return under_test_->scorer(); }
  /// Ordinary ones and odd ones, always the same.
  [[nodiscard]] static const std::vector<ScoredRelease>& releases();
  /// Scores with plenty of time, and expects that to work.
  [[nodiscard]] static Verdict score(Scorer& scorer, const ScoredRelease& release);
  [[nodiscard]] Verdict score(const ScoredRelease& release) { return score(scorer(), release); }
  [[nodiscard]] std::vector<Verdict> score_all();

 private:
  std::unique_ptr<ScorerUnderTest> under_test_;
};

/// Makes the linker take the suite's files out of the library. Answers 0.
[[nodiscard]] int link_scorer_contract();

}  // namespace quarry::sdk::testing

/// Registers the suite for one scorer, under a name of its own. For use at namespace scope.
#define QUARRY_SCORER_CONTRACT(NAME, ...)                                                                              \
  using ::quarry::sdk::testing::ScorerContract;                                                                        \
  INSTANTIATE_TEST_SUITE_P(NAME, ScorerContract, ::testing::Values(::quarry::sdk::testing::ScorerFactory __VA_ARGS__), \
                           [](const auto& info) { return info.param.name; });                                          \
  [[maybe_unused]] static const int kScorerContractOf##NAME = ::quarry::sdk::testing::link_scorer_contract()
