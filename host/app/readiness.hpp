// SPDX-License-Identifier: MIT
// Whether the host can do its work at this moment, for /readyz and the API.
#pragma once

#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace quarry::app {

/// [thread-safe]
class Readiness {
 public:
  /// `probe` asks the storage something small, and takes little time even when nothing answers. Called by one thread at
  /// a time, not before started(), and seldom: an answer holds for a second, however many ask.
  Readiness(const sdk::Clock& clock, std::function<sdk::Done()> probe);

  /// The start waits for the storage; `why` it is not there.
  void waits(const std::string& why);
  /// The storage has been opened.
  void started();

  /// Before started(): what is waited for. Costs nothing.
  [[nodiscard]] std::optional<std::string> starting() const;
  /// What is waited for, also later; nothing when the storage answers.
  [[nodiscard]] std::optional<std::string> not_ready();

 private:
  const sdk::Clock& clock_;
  const std::function<sdk::Done()> probe_;
  mutable std::mutex mutex_;
  std::optional<std::string> starting_;
  std::mutex probing_;  ///< guards what follows; held while the probe runs
  std::optional<std::int64_t> probed_ms_;
  std::optional<std::string> down_;
};

}  // namespace quarry::app
