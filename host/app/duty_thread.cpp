// SPDX-License-Identifier: MIT
#include "app/duty_thread.hpp"

#include "ops/logging.hpp"

#include <algorithm>
#include <chrono>

namespace quarry::app {
namespace {
constexpr std::int64_t kPauseMs = 5'000;  ///< after a step that threw
}  // namespace

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

std::int64_t DutyThread::step_once() {
  std::string what;
  try {
    return step_(clock_.steady_ms());
  } catch (const std::exception& e) { what = e.what(); } catch (...) {
    what = "something that is no std::exception";
  }
  ops::log(sdk::LogLevel::error, "queue",
           "a step of the queue engine failed, this is a bug; it goes on in 5 s: " + what);
  return clock_.steady_ms() + kPauseMs;
}

void DutyThread::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    nudged_ = false;
    lock.unlock();
    const std::int64_t next = step_once();
    lock.lock();
    const auto wait = std::chrono::milliseconds(std::max<std::int64_t>(0, next - clock_.steady_ms()));
    changed_.wait_for(lock, wait, [this] { return nudged_ || stop_; });
  }
  ended_ = true;
  changed_.notify_all();
}

}  // namespace quarry::app
