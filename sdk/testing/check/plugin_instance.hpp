// SPDX-License-Identifier: MIT
// An instance of the library under test, as a host would make it. Only for processes that may crash.
#pragma once

#include "settings.hpp"

#include <quarry/sdk/abi/plugin.hpp>
#include <quarry/sdk/testing/fake_host.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace quarry::sdk::check {

/// Loads the library at the first call. Throws std::runtime_error with a sentence when it is none of ours.
[[nodiscard]] const PluginEntry& loaded_entry();

/// A place for one test: an empty folder, or what the author's command prepared.
class Place {
 public:
  /// Throws std::runtime_error when the command fails or prints something else than JSON.
  Place();
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  [[nodiscard]] const std::string& config() const noexcept { return config_; }

 private:
  std::filesystem::path folder_;
  std::string config_;
};

/// One instance; destroyed with the object.
class PluginInstance {
 public:
  /// The configuration is checked against the schema first. Throws std::runtime_error with the sentence of a failure.
  PluginInstance(HostServices& services, const std::string& config);
  ~PluginInstance() { instance_->destroy(); }
  PluginInstance(const PluginInstance&) = delete;
  PluginInstance& operator=(const PluginInstance&) = delete;

  /// The interface T; throws std::runtime_error when the instance does not have what its entry promises.
  template <class T>
  [[nodiscard]] T& as() {
    T* found = get<T>(*instance_);
    if (found == nullptr) { throw std::runtime_error("promises " + std::string(T::kId) + " and does not have it"); }
    return *found;
  }

 private:
  Instance* instance_;
};

/// The first secret of the configuration, which no sentence may hold; empty when it has none.
[[nodiscard]] std::string secret_of_config();

/// Runs a command of the author by the shell and answers what it printed. Throws std::runtime_error when it fails;
/// the sentence names the option it came by, not the command, which may hold a password.
std::string run_command(std::string_view option, const std::string& command);
/// With --clock: from now on the store's clock is set to what `clock` shows, whenever that moves.
void follow_clock(testing::ManualClock& clock);

}  // namespace quarry::sdk::check
