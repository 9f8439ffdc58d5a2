// SPDX-License-Identifier: MIT
// Runs the contract suites, each test in a process of its own.
#pragma once

#include "settings.hpp"
#include "suites.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace quarry::sdk::check {

enum class TestEnd { passed, failed, crashed, timed_out, left_out };
[[nodiscard]] std::string_view to_string(TestEnd end);

struct TestOutcome {
  std::string name;  ///< "AStaleEpochIsRefused"
  TestEnd end = TestEnd::passed;
  std::string text;         ///< what went wrong, or why it was left out
  std::string seeds;        ///< of its random sequences: "1-200"; empty: it has none
  std::string failed_seed;  ///< the one that went wrong

  [[nodiscard]] bool bad() const { return end != TestEnd::passed && end != TestEnd::left_out; }
};

struct SuiteOutcome {
  const Suite* suite = nullptr;
  std::string problem;  ///< why no test was run; empty: they were
  std::vector<TestOutcome> tests;

  [[nodiscard]] std::size_t count(TestEnd end) const;
  [[nodiscard]] bool ok() const;
};

/// What the library says of itself; throws std::runtime_error with a sentence when it cannot be asked.
[[nodiscard]] EntryFacts ask_entry();

/// In a test: the random sequence that begins now.
void tell_seed(std::uint64_t seed);

/// Fills GoogleTest with the suites. After settings() are complete, before run_suite().
void register_tests();

/// Runs those tests of a suite that settings().only names. `told` hears of each as it ends. Throws Interrupted when
/// somebody ends the program.
struct Interrupted {};
[[nodiscard]] SuiteOutcome run_suite(const Suite& suite, const std::function<void(const TestOutcome&)>& told);

}  // namespace quarry::sdk::check
