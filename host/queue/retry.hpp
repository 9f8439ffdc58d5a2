// SPDX-License-Identifier: MIT
// When to try again, and when to give up.
#pragma once

#include <quarry/sdk/abi/queue_states.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <cstdint>

namespace quarry::queue {

/// delay(n) = min(cap, base * 2^(n-1)), plus up to `jitter` of itself.
struct RetryPolicy {
  std::int64_t base_ms = 1000;
  std::int64_t cap_ms = 6LL * 3600 * 1000;
  double jitter = 0.25;

  /// `attempt` counts from 1; `random` in [0, 1). Never negative, never above cap * (1 + jitter).
  [[nodiscard]] std::int64_t delay_ms(int attempt, double random) const noexcept;
};

/// What becomes of a download whose dispatch did not succeed.
struct Verdict {
  sdk::DownloadState to = sdk::DownloadState::queued;  ///< queued or failed
  std::int64_t delay_ms = 0;                           ///< with queued: how long to wait
  bool counts = true;                                  ///< whether the attempt is used up
};

/// Who failed: nobody's attempt is used up because a client is down or refuses the password.
enum class Party { source, client };

/// `attempts` includes the one that failed just now. A hopeless failure (not found, invalid) ends it
/// at once; a wait that was asked for (Retry-After, an open breaker) costs no attempt and wins over
/// the back-off; otherwise max_retries further attempts are made. Who says "too many requests" without
/// saying when is asked again after a minute at the earliest, and that costs an attempt.
[[nodiscard]] Verdict judge(const sdk::Status& status, Party party, int attempts, int max_retries,
                            const RetryPolicy& policy, double random) noexcept;

}  // namespace quarry::queue
