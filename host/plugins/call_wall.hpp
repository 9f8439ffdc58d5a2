// SPDX-License-Identifier: MIT
// Stands between the host and one plugin instance: every call runs on one of the instance's own worker
// slots, and the caller gets its answer in time whatever the plugin does.
#pragma once

#include "plugins/breaker.hpp"
#include "plugins/crash_sentinel.hpp"

#include <quarry/sdk/abi/plugin.hpp>
#include <quarry/sdk/abi/services.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace quarry::plugins {

/// What a wall needs from outside; everything outlives the wall and its stuck calls.
struct WallPorts {
  const sdk::Clock* clock = nullptr;
  CrashSentinel* sentinel = nullptr;                              ///< null: calls are not noted
  std::function<std::string(std::string_view)> redact;            ///< for the sentences of plugins
  std::function<void(sdk::LogLevel, std::string_view text)> log;  ///< stuck calls, breaker changes
  std::function<double()> random;
};

struct WallNumbers {
  int slots = 1;  ///< calls at once, 1–64
  BreakerSettings breaker;
  std::int64_t idle_thread_ms = 10'000;  ///< a worker thread without work ends after this
};

struct WallState {
  BreakerState breaker = BreakerState::closed;
  std::int64_t retry_after_ms = 0;
  int in_flight = 0;  ///< stuck ones included
  int stuck = 0;
  /// Why its credentials are refused, in the plugin's own words, redacted: from the call that ended so until one
  /// succeeds. Empty: they are not, as far as anybody knows.
  std::string refusal;
};

/// [thread-safe]
class CallWall {
 public:
  /// `instance` names it in logs and sentences. No thread is started before the first call.
  CallWall(std::string instance, WallPorts ports, WallNumbers numbers);
  /// Ends idle threads; stuck ones end by themselves when their call returns.
  ~CallWall();
  CallWall(const CallWall&) = delete;
  CallWall& operator=(const CallWall&) = delete;

  /// Runs `work` on a slot and waits for it, at most until `caller` has no time left or is cancelled.
  /// `work` may go on after that: it must own all it touches. It may throw: that is Code::internal.
  /// When `returned` is true, `work` is over and what it wrote may be read. The status is the plugin's
  /// own, its sentence (redacted) is left in `caller`; or one of the wall's:
  ///   deadline (kNotStarted when no slot came free), cancelled, unavailable + kNotStarted when the
  ///   breaker is open (retry_after_ms), all slots are stuck or the wall is closed. Of a plugin whose
  ///   credentials are refused an open breaker answers unauthenticated + kNotStarted, with the reason.
  struct Answer {
    sdk::Status status;
    bool returned = false;
  };
  [[nodiscard]] Answer run(sdk::CallContext& caller, std::string_view method,
                           std::function<sdk::Status(sdk::CallContext&)> work);

  [[nodiscard]] WallState state() const;

  /// Refuses new calls and cancels those in flight; does not wait. Callers of calls that go on all the same
  /// are answered `cancelled` 2 s later. Whatever fails from now on carries a retry_after_ms: it says nothing
  /// of the work that was asked for.
  void close();
  /// After close(): waits until no call runs, at most `timeout_ms` of real time. False: some still do.
  [[nodiscard]] bool drain(std::int64_t timeout_ms);

 private:
  struct Job;
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace quarry::plugins
