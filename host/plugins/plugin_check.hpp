// SPDX-License-Identifier: MIT
// `quarry plugin check FILE`: does a library behave as the SDK asks?
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace quarry::plugins {

struct CheckResult {
  std::string name;  ///< short and lasting: "entry", "exports", "schema" …
  bool ok = false;
  std::string sentence;  ///< what was found
};

struct CheckOptions {
  std::int64_t timeout_ms = 10'000;  ///< for each check; a check that takes longer has failed
  /// JSON to make instances with; "{fresh}" in it is an empty folder. Empty: what the schema seems to accept.
  std::string config = {};
};

/// All checks, in order; those that make no sense after a failure are left out. Each that runs code
/// of the plugin runs in a child process of its own, so a crash is a failed check. Call it while the
/// process has one thread: it forks.
[[nodiscard]] std::vector<CheckResult> check_plugin(const std::filesystem::path& file,
                                                    const CheckOptions& options = {});

}  // namespace quarry::plugins
