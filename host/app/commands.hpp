// SPDX-License-Identifier: MIT
// The commands that need no running host. Each returns the exit code of the process.
#pragma once

#include "manifest/manifest.hpp"

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace quarry::app {

struct HostArguments {
  std::filesystem::path manifest;
  manifest::Overrides overrides;
  bool json = false;
};

/// Runs the host until SIGTERM or SIGINT; a second signal ends it at once.
[[nodiscard]] int serve(const HostArguments& arguments);

/// Reads the manifest and the plugins it names; calls no plugin and starts nothing.
[[nodiscard]] int check(const HostArguments& arguments, std::ostream& out, std::ostream& err);

/// The libraries in the plugin directory.
[[nodiscard]] int plugin_list(const std::filesystem::path& plugin_dir, bool json, std::ostream& out, std::ostream& err);

struct PluginCheckArguments {
  std::filesystem::path file;
  std::filesystem::path config;        ///< JSON file; empty: none
  std::vector<std::string> settings;   ///< "key=value", over those of the file
  bool contract = false;               ///< the contract suites too, by quarry-plugin-check
  std::vector<std::string> passed_on;  ///< arguments for that program
  bool json = false;
};

/// Whether one library behaves as the SDK asks. To be called while the process has one thread.
[[nodiscard]] int plugin_check(const PluginCheckArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace quarry::app
