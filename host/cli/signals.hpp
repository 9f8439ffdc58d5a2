// SPDX-License-Identifier: MIT
// Ctrl-C as something a loop can ask for.
#pragma once

#include <csignal>
#include <cstdint>

namespace quarry::cli {

/// While it lives SIGINT and SIGTERM do not end the process by themselves; they are taken here. To be
/// made while the process has one thread, since every later one inherits the mask.
class EndSignals {
 public:
  EndSignals();
  ~EndSignals();
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;

  /// Whether one has come and was not taken yet.
  [[nodiscard]] bool pending() const;
  /// Waits that long for one and takes it: its number, or 0 when none came.
  [[nodiscard]] int wait(std::int64_t ms) const;

 private:
  sigset_t set_{};
  sigset_t before_{};
};

}  // namespace quarry::cli
