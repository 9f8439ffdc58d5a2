// SPDX-License-Identifier: MIT
// Jobs that wait for other machines, side by side.
#pragma once

#include <functional>
#include <system_error>
#include <thread>
#include <vector>

namespace quarry::app {

/// Runs each job on a thread of its own, the first one here, and returns when the last has ended. Where the
/// system has no thread to give, the job runs here, too: later, but surely. No job may throw.
inline void run_on_threads(std::vector<std::function<void()>>& jobs) {
  std::vector<std::jthread> threads;  // joined when they go, also when something throws
  threads.reserve(jobs.size());
  for (std::size_t i = 1; i < jobs.size(); ++i) {
    try {
      threads.emplace_back([&job = jobs[i]] { job(); });
    } catch (const std::system_error&) { jobs[i](); }
  }
  if (!jobs.empty()) { jobs.front()(); }
}

}  // namespace quarry::app
