// SPDX-License-Identifier: MIT
#include "app/readiness.hpp"

#include <utility>

namespace quarry::app {
namespace {
constexpr std::int64_t kFreshMs = 1'000;
}  // namespace

Readiness::Readiness(const sdk::Clock& clock, std::function<sdk::Done()> probe)
    : clock_(clock), probe_(std::move(probe)), starting_("the storage is being opened") {}

void Readiness::waits(const std::string& why) {
  const std::lock_guard lock(mutex_);
  starting_ = "waiting for the storage: " + why;
}

void Readiness::started() {
  const std::lock_guard lock(mutex_);
  starting_.reset();
}

std::optional<std::string> Readiness::starting() const {
  const std::lock_guard lock(mutex_);
  return starting_;
}

std::optional<std::string> Readiness::not_ready() {
  if (auto why = starting()) { return why; }
  const std::lock_guard lock(probing_);
  if (probed_ms_ && clock_.steady_ms() - *probed_ms_ < kFreshMs) { return down_; }
  const sdk::Done done = probe_();
  down_ = done ? std::nullopt : std::optional("waiting for the storage: " + done.error().text);
  probed_ms_ = clock_.steady_ms();
  return down_;
}

}  // namespace quarry::app
