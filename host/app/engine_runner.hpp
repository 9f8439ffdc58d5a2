// SPDX-License-Identifier: MIT
// The queue engine on threads: dispatchers, one reconciler for each client, the housekeeper, the inspector.
#pragma once

#include "app/duty_thread.hpp"
#include "app/work_listener.hpp"
#include "queue/dispatcher.hpp"
#include "queue/inspector.hpp"
#include "queue/reconciler.hpp"

#include <memory>
#include <string>
#include <vector>

namespace quarry::app {

class EngineRunner {
 public:
  /// `dispatchers` 1–10: downloads that are handed over at the same time.
  EngineRunner(const queue::EnginePorts& ports, const queue::EngineSettings& settings, int dispatchers,
               const std::vector<std::string>& clients);

  /// Before start(): hints of the storage wake the dispatchers.
  void listen(sdk::QueueWakeup& wakeup, const WorkListener::Log& log);
  void start();
  /// Something changed: look now. [thread-safe]
  void nudge();
  /// No new work begins; what is under way goes on. [thread-safe]
  void request_stop();
  /// Starts no new work and waits for what is under way. False: something still runs at the deadline;
  /// its lease will be rescued, and the process should leave by _exit.
  [[nodiscard]] bool stop(std::int64_t deadline_ms);

 private:
  const sdk::Clock& clock_;
  queue::LeaseKeeper leases_;
  std::vector<std::unique_ptr<queue::Dispatcher>> dispatchers_;
  std::vector<std::unique_ptr<queue::Reconciler>> reconcilers_;
  queue::Housekeeper housekeeper_;
  std::unique_ptr<WorkListener> listener_;  ///< null: the storage gives no hints
  std::unique_ptr<DutyThread> listening_;   ///< apart from the others, which it nudges
  queue::Inspector inspector_;
  std::vector<std::unique_ptr<DutyThread>> threads_;  ///< last: ended before what they run
};

}  // namespace quarry::app
