// SPDX-License-Identifier: MIT
// The real clocks, for everything that takes a Clock.
#pragma once

#include <quarry/sdk/abi/services.hpp>

#include <chrono>

namespace quarry::app {

class SystemClock final : public sdk::Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const noexcept override { return since_epoch<std::chrono::system_clock>(); }
  [[nodiscard]] std::int64_t steady_ms() const noexcept override { return since_epoch<std::chrono::steady_clock>(); }

 private:
  template <class C>
  static std::int64_t since_epoch() noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(C::now().time_since_epoch()).count();
  }
};

}  // namespace quarry::app
