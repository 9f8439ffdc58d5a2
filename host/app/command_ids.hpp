// SPDX-License-Identifier: MIT
// Ids for commands to a store: unlike any other host's, and rising, so an index on them grows at its end.
#pragma once

#include <atomic>
#include <cstdio>
#include <string>

namespace quarry::app {

/// [thread-safe]
class CommandIds {
 public:
  /// `boot` is random and new at each start; `started_ms` puts later starts behind earlier ones.
  CommandIds(std::int64_t started_ms, std::string boot) : boot_(std::move(boot)) {
    char time[24];
    std::snprintf(time, sizeof time, "%012llx", static_cast<unsigned long long>(started_ms));
    prefix_ = time;
  }
  [[nodiscard]] std::string next() {
    char number[24];
    std::snprintf(number, sizeof number, "%010llx", static_cast<unsigned long long>(++count_));
    return prefix_ + "-" + boot_ + "-" + number;
  }

 private:
  std::string prefix_, boot_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace quarry::app
