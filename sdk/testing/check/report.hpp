// SPDX-License-Identifier: MIT
// What quarry-plugin-check prints.
#pragma once

#include "run.hpp"

#include <ostream>
#include <string>
#include <vector>

namespace quarry::sdk::check {

/// One line of a test that did not pass; nothing of another.
void print_test(const Suite& suite, const TestOutcome& test, std::ostream& out);
/// How many passed, what was left out and why, which seeds were used.
void print_suite(const SuiteOutcome& suite, std::ostream& out);
[[nodiscard]] std::string as_json(const std::vector<SuiteOutcome>& suites, bool ok);

}  // namespace quarry::sdk::check
