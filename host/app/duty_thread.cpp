// SPDX-License-Identifier: MIT
#include "app/duty_thread.hpp"

#include <algorithm>
#include <chrono>

namespace quarry::app {

DutyThread::DutyThread(const sdk::Clock& clock, std::function<std::int64_t(std::int64_t)> step)
    : clock_(clock), step_(std::move(step)) {}

DutyThread::~DutyThread() {
  request_stop();
  if (thread_.joinable()) { thread_.join(); }
}

void DutyThread::start() {
  ended_ = false;
  thread_ = std::thread([this] { run(); });
}

void DutyThread::nudge() {
  const std::lock_guard lock(mutex_);
  nudged_ = true;
  changed_.notify_all();
}

void DutyThread::request_stop() {
  const std::lock_guard lock(mutex_);
  stop_ = true;
  changed_.notify_all();
}

bool DutyThread::join_until(std::int64_t steady_ms) {
  std::unique_lock lock(mutex_);
  const auto wait = std::chrono::milliseconds(std::max<std::int64_t>(0, steady_ms - clock_.steady_ms()));
  return changed_.wait_for(lock, wait, [this] { return ended_; });
}

void DutyThread::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    nudged_ = false;
    lock.unlock();
    const std::int64_t next = step_(clock_.steady_ms());
    lock.lock();
    const auto wait = std::chrono::milliseconds(std::max<std::int64_t>(0, next - clock_.steady_ms()));
    changed_.wait_for(lock, wait, [this] { return nudged_ || stop_; });
  }
  ended_ = true;
  changed_.notify_all();
}

}  // namespace quarry::app
