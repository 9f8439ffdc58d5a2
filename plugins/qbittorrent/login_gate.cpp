// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/login_gate.hpp"

#include <algorithm>
#include <utility>

namespace quarry::qbittorrent {

std::int64_t LoginGate::refuse(std::int64_t now_ms, std::string reason) {
  const std::int64_t wait = next_wait_ms_;
  reason_ = std::move(reason);
  open_at_ms_ = now_ms + wait;
  next_wait_ms_ = std::min(wait * 2, kLongestWaitMs);
  return wait;
}

std::int64_t LoginGate::wait_ms(std::int64_t now_ms) const noexcept {
  return reason_.empty() ? 0 : std::max<std::int64_t>(0, open_at_ms_ - now_ms);
}

void LoginGate::reset() noexcept {
  open_at_ms_ = 0;
  next_wait_ms_ = kFirstWaitMs;
  reason_.clear();
}

std::string duration_text(std::int64_t ms) {
  const auto say = [](std::int64_t count, const char* unit) {
    return std::to_string(count) + " " + unit + (count == 1 ? "" : "s");
  };
  const auto up = [ms](std::int64_t unit_ms) { return (ms + unit_ms - 1) / unit_ms; };
  if (ms <= 60'000) { return say(up(1000), "second"); }
  if (ms < 7'200'000 && ms != 3'600'000) { return say(up(60'000), "minute"); }
  return say(up(3'600'000), "hour");
}

}  // namespace quarry::qbittorrent
