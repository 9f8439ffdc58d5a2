// SPDX-License-Identifier: MIT
#include "queue/duty.hpp"

#include <utility>

namespace quarry::queue {
namespace {
/// Less than its lease by so much is a host's own belief in it, for answers that were long on their way.
constexpr std::int64_t kMarginMs = 5'000;
}  // namespace

DutyKeeper::DutyKeeper(EnginePorts ports, EngineSettings settings, std::string name)
    : ports_(std::move(ports)), settings_(std::move(settings)), name_(std::move(name)) {}

bool DutyKeeper::lasts(std::int64_t now_ms) const noexcept {
  return held_ && now_ms - asked_ms_ < settings_.duty_lease_ms - kMarginMs;
}

DutyKeeper::Hold DutyKeeper::keep() {
  const std::int64_t now_ms = ports_.clock->steady_ms();
  if (held_ && now_ms - asked_ms_ < settings_.duty_lease_ms / 3) { return Hold::kept; }
  const auto duty = ports_.store->take_duty(name_, ports_.owner, settings_.duty_lease_ms);
  if (!duty) {
    if (failure_log_.tell()) {
      ports_.log(sdk::LogLevel::warning, "cannot take the duty \"" + name_ + "\": " + duty.error().text);
    }
    held_ = lasts(ports_.clock->steady_ms());
    return held_ ? Hold::kept : Hold::none;
  }
  failure_log_.reset();
  const bool before = std::exchange(held_, duty->held != 0);
  if (!held_) {
    if (before) { ports_.log(sdk::LogLevel::info, "another host has taken over the duty \"" + name_ + "\""); }
    return Hold::none;
  }
  // After the lease ran out somebody else might have had it; that nobody did makes no old listing young.
  const bool same = before && duty->epoch == epoch_ && now_ms - asked_ms_ < settings_.duty_lease_ms;
  if (!same) { ports_.log(sdk::LogLevel::info, "this host carries out the duty \"" + name_ + "\""); }
  epoch_ = duty->epoch;
  asked_ms_ = now_ms;
  granted_wall_ms_ = duty->lease_until_ms - settings_.duty_lease_ms;
  return same ? Hold::kept : Hold::fresh;
}

void DutyKeeper::give_up() {
  if (!std::exchange(held_, false)) { return; }
  // A failure costs the next holder the rest of the lease, and nothing else.
  static_cast<void>(ports_.store->give_up_duty(name_, ports_.owner));
}

void DutyKeeper::fence(sdk::Transition& change) const {
  change.duty = name_;
  change.duty_epoch = epoch_;
}

std::int64_t DutyKeeper::store_wall_ms() const { return granted_wall_ms_ + (ports_.clock->steady_ms() - asked_ms_); }

}  // namespace quarry::queue
