// SPDX-License-Identifier: MIT
#include "app/engine_runner.hpp"

#include <algorithm>

namespace quarry::app {
namespace {
/// Only the first dispatcher looks every second; the others wake by a nudge or rarely, so an idle
/// host does next to nothing.
constexpr std::int64_t kHelperIdleMs = 5'000;
}  // namespace

EngineRunner::EngineRunner(const queue::EnginePorts& ports, const queue::EngineSettings& settings, int dispatchers,
                           const std::vector<std::string>& clients)
    : clock_(*ports.clock), housekeeper_(ports, settings, leases_), inspector_(ports) {
  const auto add_thread = [&](std::function<std::int64_t(std::int64_t)> step) {
    threads_.push_back(std::make_unique<DutyThread>(clock_, std::move(step)));
  };
  // First of all, so that what a crash left behind is rescued before new work is taken.
  add_thread([this](std::int64_t now) { return housekeeper_.step(now); });
  for (int i = 0; i < dispatchers; ++i) {
    queue::EngineSettings own = settings;
    if (i > 0) { own.idle_ms = std::max(own.idle_ms, kHelperIdleMs); }
    dispatchers_.push_back(std::make_unique<queue::Dispatcher>(ports, own, leases_));
    add_thread([d = dispatchers_.back().get()](std::int64_t now) { return d->step(now); });
  }
  for (const std::string& id : clients) {
    reconcilers_.push_back(std::make_unique<queue::Reconciler>(ports, settings, id));
    add_thread([r = reconcilers_.back().get()](std::int64_t now) { return r->step(now); });
  }
  add_thread([this](std::int64_t now) { return inspector_.step(now); });
}

void EngineRunner::listen(sdk::QueueWakeup& wakeup, const WorkListener::Log& log) {
  listener_ = std::make_unique<WorkListener>(
      wakeup, clock_, [this] { nudge(); }, log);
  listening_ = std::make_unique<DutyThread>(clock_, [this](std::int64_t now) { return listener_->step(now); });
}

void EngineRunner::start() {
  for (auto& thread : threads_) { thread->start(); }
  if (listening_) { listening_->start(); }
}

void EngineRunner::nudge() {
  for (auto& thread : threads_) { thread->nudge(); }
}

void EngineRunner::request_stop() {
  for (auto& thread : threads_) { thread->request_stop(); }
  if (listening_) { listening_->request_stop(); }
}

bool EngineRunner::stop(std::int64_t deadline_ms) {
  request_stop();
  const std::int64_t until = clock_.steady_ms() + deadline_ms;
  if (!std::all_of(threads_.begin(), threads_.end(), [&](auto& thread) { return thread->join_until(until); })) {
    return false;
  }
  if (listening_ && !listening_->join_until(until)) { return false; }
  // Another host need not wait until the leases run out; without the time for it, it does.
  for (auto& reconciler : reconcilers_) {
    if (clock_.steady_ms() < until) { reconciler->give_up_duty(); }
  }
  return true;
}

}  // namespace quarry::app
