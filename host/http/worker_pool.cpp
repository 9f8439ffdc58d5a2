// SPDX-License-Identifier: MIT
#include "http/worker_pool.hpp"

#include <algorithm>
#include <utility>

namespace quarry::http {

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue_limit)
    : queue_limit_(queue_limit), slow_limit_(std::max<std::size_t>(1, threads / 2)) {
  for (std::size_t i = 0; i < std::max<std::size_t>(1, threads); ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::try_post(std::function<void()> job, bool slow) {
  {
    const std::lock_guard lock(mutex_);
    auto& line = slow ? slow_ : quick_;
    if (stopping_ || line.size() >= queue_limit_) { return false; }
    line.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

std::function<void()> WorkerPool::take(bool& slow) {
  slow = quick_.empty();
  if (slow && (slow_.empty() || slow_running_ >= slow_limit_)) { return {}; }
  auto& line = slow ? slow_ : quick_;
  auto job = std::move(line.front());
  line.pop_front();
  return job;
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    bool slow = false;
    auto job = take(slow);
    if (!job) {
      wake_.wait(lock);
      continue;
    }
    slow_running_ += slow ? 1 : 0;
    lock.unlock();
    job();
    job = nullptr;  // what it holds may not die under the lock
    lock.lock();
    slow_running_ -= slow ? 1 : 0;
    // A slow job may have waited for this place, while this thread now takes a quick one.
    if (slow && !slow_.empty()) { wake_.notify_one(); }
  }
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) { thread.join(); }
  }
  const std::lock_guard lock(mutex_);
  quick_.clear();
  slow_.clear();
}

}  // namespace quarry::http
