// SPDX-License-Identifier: MIT
// Runs one duty of the engine on a thread of its own: step, sleep until it is due again or nudged.
#pragma once

#include <quarry/sdk/abi/services.hpp>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace quarry::app {

class DutyThread {
 public:
  /// `step` takes the time of `clock.steady_ms()` and answers when it wants to run again. What it throws is
  /// logged, and it runs again after a pause.
  DutyThread(const sdk::Clock& clock, std::function<std::int64_t(std::int64_t)> step);
  /// The thread must have ended: see request_stop() and join_until().
  ~DutyThread();
  DutyThread(const DutyThread&) = delete;
  DutyThread& operator=(const DutyThread&) = delete;

  void start();
  /// Runs the step again as soon as the current one is over. [thread-safe]
  void nudge();
  /// No further step begins. [thread-safe]
  void request_stop();
  /// True: the thread has ended. False: it is still in a step at this time of the clock.
  [[nodiscard]] bool join_until(std::int64_t steady_ms);

 private:
  void run();
  std::int64_t step_once();

  const sdk::Clock& clock_;
  std::function<std::int64_t(std::int64_t)> step_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool nudged_ = false;
  bool stop_ = false;
  bool ended_ = true;
  std::thread thread_;
};

}  // namespace quarry::app
