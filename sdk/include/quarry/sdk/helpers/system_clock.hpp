// SPDX-License-Identifier: MIT
// The clocks of this machine, for whoever has to hand a Clock to something: a host, a tool, a test of what waits on a
// real server. A plugin asks its HostServices for a clock instead, so that a test can move it.
#pragma once

#include <quarry/sdk/abi/services.hpp>

#include <chrono>

namespace quarry::sdk {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const noexcept override { return since_epoch<std::chrono::system_clock>(); }
  [[nodiscard]] std::int64_t steady_ms() const noexcept override { return since_epoch<std::chrono::steady_clock>(); }

 private:
  template <class C>
  static std::int64_t since_epoch() noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(C::now().time_since_epoch()).count();
  }
};

}  // namespace quarry::sdk
