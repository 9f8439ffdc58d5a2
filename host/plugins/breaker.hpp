// SPDX-License-Identifier: MIT
// Stops asking a plugin that keeps failing, and tries again now and then.
#pragma once

#include <quarry/sdk/abi/status.hpp>

#include <bitset>
#include <cstdint>
#include <functional>

namespace quarry::plugins {

enum class BreakerState : std::int32_t { closed = 0, open = 1, half_open = 2 };
[[nodiscard]] const char* to_string(BreakerState state) noexcept;

struct BreakerSettings {
  int failures_in_row = 5;                 ///< this many one after another open it
  int window = 20;                         ///< so do half of the last `window` calls; at most 64
  std::int64_t first_wait_ms = 15'000;     ///< doubled after each probe that fails …
  std::int64_t max_wait_ms = 30 * 60'000;  ///< … up to this
  std::int64_t min_wait_ms = 1'000;        ///< the drawn wait is never shorter
};

/// Pure: time and chance come from the caller. Not thread-safe; its owner holds a lock.
class Breaker {
 public:
  /// `random` answers values in [0, 1): each wait is drawn evenly between 0 and its length, so that
  /// many hosts do not come back at once.
  Breaker(BreakerSettings settings, std::function<double()> random);

  struct Answer {
    bool allowed = true;
    bool probe = false;               ///< the one call that decides: report its end, come what may
    std::int64_t retry_after_ms = 0;  ///< when refused
  };
  /// Asks to make a call. When open and the wait is over, one caller gets the probe.
  [[nodiscard]] Answer ask(std::int64_t now_ms);
  /// How an allowed call ended. A `retry_after_ms` in a failure lengthens the wait, up to max_wait_ms.
  /// `cancelled` and `rate_limited` decide nothing: who keeps a site's pace works, and may serve other calls.
  void record(const sdk::Status& status, bool probe, std::int64_t now_ms);
  /// An allowed call that was never made.
  void forget(bool probe) noexcept;

  [[nodiscard]] BreakerState state(std::int64_t now_ms) const noexcept;
  [[nodiscard]] std::int64_t retry_after_ms(std::int64_t now_ms) const noexcept;

 private:
  void open(std::int64_t now_ms, std::int64_t at_least_ms);
  void close() noexcept;

  BreakerSettings settings_;
  std::function<double()> random_;
  bool open_ = false;
  bool probing_ = false;
  std::int64_t until_ms_ = 0;
  std::int64_t wait_ms_ = 0;
  int in_row_ = 0;
  int seen_ = 0;
  std::bitset<64> failed_;  ///< bit 0: the latest call
};

/// Whether the breaker counts it: `invalid`, `not_found`, `conflict`, `unsupported`, `rate_limited` and
/// `cancelled` are honest answers of a plugin that works.
[[nodiscard]] bool is_breaker_failure(sdk::Code code) noexcept;

}  // namespace quarry::plugins
