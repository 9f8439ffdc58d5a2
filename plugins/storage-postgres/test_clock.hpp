// SPDX-License-Identifier: MIT
// Real time, for tests of calls that wait on a real server.
#pragma once

#include <quarry/sdk/abi/services.hpp>

#include <chrono>

namespace quarry::storage_postgres::testing {

class RealClock final : public sdk::Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const noexcept override { return steady_ms(); }
  [[nodiscard]] std::int64_t steady_ms() const noexcept override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace quarry::storage_postgres::testing
