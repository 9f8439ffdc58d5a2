// SPDX-License-Identifier: MIT
// What quarry-plugin-check was asked to do, and what the library said of itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace quarry::sdk::check {

/// A PluginEntry, copied: the process that reports never loads the library itself.
struct EntryFacts {
  std::string id;
  std::string version;
  std::string schema;
  std::vector<std::string> provides;
  unsigned calls_at_once = 1;
};

struct Settings {
  std::filesystem::path library;
  std::string config = "{}";  ///< JSON; "{fresh}" in it is an empty folder, another for each test
  std::string prepare;        ///< a command that makes an empty place and prints the configuration; empty: none
  std::string clock;          ///< a command that sets the store's clock to QUARRY_CLOCK_MS; empty: none
  bool own_clock = false;     ///< the store's clock cannot be moved
  bool many_hosts = false;    ///< other processes may own rows of the store at the same time
  std::string only;           ///< a regular expression; empty: all tests
  std::optional<std::uint64_t> seed;
  std::int64_t timeout_ms = 120'000;  ///< of one test, and of each random sequence
  bool json = false;

  std::filesystem::path folder;  ///< where the places of tests are; gone at the end
  EntryFacts entry;
};

/// Those of this process. Written before the tests are registered, read by the tests.
[[nodiscard]] Settings& settings();

}  // namespace quarry::sdk::check
