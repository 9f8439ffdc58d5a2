// SPDX-License-Identifier: MIT
// The threads that run handlers, and the line in front of them, which has an end.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace quarry::http {

/// Quick jobs go before slow ones, each sort in the order it came. Slow ones (which wait for others for
/// seconds) never take more than half of the threads: the rest stays free for what answers at once. A
/// pool of one thread cannot keep any free. All methods [thread-safe], stop() not from a job.
class WorkerPool {
 public:
  /// At least one thread. `queue_limit`: jobs that may wait, of each of the two sorts.
  WorkerPool(std::size_t threads, std::size_t queue_limit);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False when the line is full or the pool is stopping: the job was not taken. `job` must not throw.
  [[nodiscard]] bool try_post(std::function<void()> job, bool slow);

  /// Drops the jobs that wait, and returns when those that run have ended. Idempotent.
  void stop();

 private:
  void work();
  /// The next job that may start, or an empty one; `slow` tells its sort. Called with the lock held.
  [[nodiscard]] std::function<void()> take(bool& slow);

  const std::size_t queue_limit_;
  const std::size_t slow_limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> quick_;
  std::deque<std::function<void()>> slow_;
  std::size_t slow_running_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace quarry::http
