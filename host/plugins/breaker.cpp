// SPDX-License-Identifier: MIT
#include "plugins/breaker.hpp"

#include <algorithm>

namespace quarry::plugins {

const char* to_string(BreakerState state) noexcept {
  switch (state) {
    case BreakerState::closed:
      return "closed";
    case BreakerState::open:
      return "open";
    case BreakerState::half_open:
      return "half-open";
  }
  return "closed";
}

bool is_breaker_failure(sdk::Code code) noexcept {
  switch (code) {
    case sdk::Code::ok:
    case sdk::Code::cancelled:
    case sdk::Code::invalid:
    case sdk::Code::not_found:
    case sdk::Code::conflict:
    case sdk::Code::unsupported:
    case sdk::Code::rate_limited:
      return false;
    default:
      return true;
  }
}

Breaker::Breaker(BreakerSettings settings, std::function<double()> random)
    : settings_(settings), random_(std::move(random)) {
  settings_.window = std::clamp(settings_.window, 1, 64);
}

Breaker::Answer Breaker::ask(std::int64_t now_ms) {
  if (!open_) { return {}; }
  if (now_ms >= until_ms_ && !probing_) {
    probing_ = true;
    return {true, true, 0};
  }
  return {false, false, std::max<std::int64_t>(until_ms_ - now_ms, settings_.min_wait_ms)};
}

void Breaker::record(const sdk::Status& status, bool probe, std::int64_t now_ms) {
  const bool says_nothing = status.code == sdk::Code::cancelled || status.code == sdk::Code::rate_limited;
  if (says_nothing) { return forget(probe); }
  const bool failed = is_breaker_failure(status.code);
  if (probe) {
    probing_ = false;
    return failed ? open(now_ms, status.retry_after_ms) : close();
  }
  // A call that began before the breaker opened says nothing about now.
  if (open_) { return; }
  failed_ <<= 1;
  failed_.set(0, failed);
  seen_ = std::min(seen_ + 1, settings_.window);
  in_row_ = failed ? in_row_ + 1 : 0;
  std::bitset<64> window = failed_ << static_cast<std::size_t>(64 - settings_.window);
  const bool half = seen_ == settings_.window && static_cast<int>(window.count()) * 2 >= settings_.window;
  if (failed && (in_row_ >= settings_.failures_in_row || half)) { open(now_ms, status.retry_after_ms); }
}

void Breaker::forget(bool probe) noexcept {
  if (probe) { probing_ = false; }
}

void Breaker::open(std::int64_t now_ms, std::int64_t at_least_ms) {
  wait_ms_ = wait_ms_ == 0 ? settings_.first_wait_ms : std::min(wait_ms_ * 2, settings_.max_wait_ms);
  const auto drawn = static_cast<std::int64_t>(random_() * static_cast<double>(wait_ms_));
  until_ms_ = now_ms + std::max({drawn, settings_.min_wait_ms, std::min(at_least_ms, settings_.max_wait_ms)});
  open_ = true;
}

void Breaker::close() noexcept {
  open_ = false;
  wait_ms_ = 0;
  in_row_ = 0;
  seen_ = 0;
  failed_.reset();
}

BreakerState Breaker::state(std::int64_t now_ms) const noexcept {
  if (!open_) { return BreakerState::closed; }
  return now_ms >= until_ms_ ? BreakerState::half_open : BreakerState::open;
}

std::int64_t Breaker::retry_after_ms(std::int64_t now_ms) const noexcept {
  return open_ ? std::max<std::int64_t>(until_ms_ - now_ms, 0) : 0;
}

}  // namespace quarry::plugins
