// SPDX-License-Identifier: MIT
// The contract suites that quarry-plugin-check has. One more takes a file like scorer_suite.cpp and a row in
// suites.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quarry::sdk::check {

struct Suite {
  std::string_view interface_id;  ///< "quarry.scorer/1"
  std::string_view tests;         ///< GoogleTest's name of it: "Plugin/ScorerContract"
  /// The tests that need no server made for them; empty: all.
  std::vector<std::string_view> alone = {};
  /// Why the others are left out, and where they can be run.
  std::string_view needs = {};
  /// The clock of the store must follow the host's, or be set by --clock.
  bool needs_clock = false;
  /// Runs in a child before the tests. Answers what makes them pointless, or "".
  std::string (*first_look)() = nullptr;
};

[[nodiscard]] const std::vector<Suite>& suites();

/// In store_suite.cpp.
[[nodiscard]] std::string look_at_store();

}  // namespace quarry::sdk::check
