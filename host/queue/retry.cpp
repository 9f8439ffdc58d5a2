// SPDX-License-Identifier: MIT
#include "queue/retry.hpp"

#include <algorithm>

namespace quarry::queue {
namespace {
constexpr std::int64_t kClientDownMs = 5'000;
/// Whoever refused the credentials is not asked again by its plugin; looking whether somebody has
/// corrected them costs nothing, and nobody should wait for long after doing so.
constexpr std::int64_t kCredentialsMs = 30'000;
constexpr std::int64_t kLimitedMs = 60'000;

std::int64_t spread(std::int64_t ms, double jitter, double random) noexcept {
  return ms + static_cast<std::int64_t>(static_cast<double>(ms) * jitter * std::clamp(random, 0.0, 1.0));
}
}  // namespace

std::int64_t RetryPolicy::delay_ms(int attempt, double random) const noexcept {
  std::int64_t delay = base_ms;
  for (int i = 1; i < attempt && delay < cap_ms; ++i) { delay *= 2; }
  return spread(std::clamp<std::int64_t>(delay, 0, cap_ms), jitter, random);
}

Verdict judge(const sdk::Status& status, Party party, int attempts, int max_retries, const RetryPolicy& policy,
              double random) noexcept {
  using sdk::Code;
  using sdk::DownloadState;
  const std::int64_t asked_ms = status.retry_after_ms;
  switch (status.code) {
    case Code::invalid:
    case Code::not_found:
    case Code::unsupported:
    case Code::conflict:
      return {DownloadState::failed, 0, true};
    case Code::unauthenticated:
      return {DownloadState::queued, spread(kCredentialsMs, policy.jitter, random), false};
    case Code::rate_limited:
    case Code::unavailable:
    case Code::deadline:
    case Code::cancelled:
      if (asked_ms > 0) {
        return {DownloadState::queued, spread(std::max(asked_ms, policy.base_ms), policy.jitter, random), false};
      }
      if (status.code == Code::rate_limited) { break; }
      if (party == Party::client) {
        return {DownloadState::queued, spread(kClientDownMs, policy.jitter, random), false};
      }
      break;
    default:
      break;
  }
  if (attempts > max_retries) { return {DownloadState::failed, 0, true}; }
  const std::int64_t least = status.code == Code::rate_limited ? spread(kLimitedMs, policy.jitter, random) : asked_ms;
  return {DownloadState::queued, std::max(least, policy.delay_ms(attempts, random)), true};
}

}  // namespace quarry::queue
