// SPDX-License-Identifier: MIT
#include "app/work_listener.hpp"

#include <quarry/sdk/helpers/context.hpp>

namespace quarry::app {
namespace {

constexpr std::int64_t kListenMs = 1'000;  ///< a stop waits no longer for it
constexpr std::int64_t kLostPauseMs = 5'000;
constexpr std::int64_t kDeafPauseMs = 600'000;

}  // namespace

WorkListener::WorkListener(sdk::QueueWakeup& wakeup, const sdk::Clock& clock, std::function<void()> nudge, Log log)
    : wakeup_(wakeup), clock_(clock), nudge_(std::move(nudge)), log_(std::move(log)) {}

void WorkListener::tell(bool hears, const std::string& why, sdk::LogLevel level) {
  if (hears == hears_) { return; }
  hears_ = hears;
  if (hears) {
    log_(sdk::LogLevel::info, "work that other hosts enqueue is noticed at once again");
  } else {
    log_(level, "work that other hosts enqueue is noticed by looking every second, not at once: " + why);
  }
}

std::int64_t WorkListener::step(std::int64_t now_ms) {
  sdk::BasicContext ctx(clock_, kListenMs, "wakeup");
  sdk::Wakeup wakeup;
  const sdk::Status status = wakeup_.wait(ctx, wakeup);
  if (!status.ok()) {
    // Configured so: nothing is wrong.
    const bool never = status.code == sdk::Code::unsupported;
    tell(false, ctx.failure(status, "the storage gave no reason").text,
         never ? sdk::LogLevel::info : sdk::LogLevel::warning);
    return now_ms + (never ? kDeafPauseMs : kLostPauseMs);
  }
  if (wakeup.woken != 0) { nudge_(); }
  if (wakeup.hears < 0) {
    tell(false, "a notice sent to the database did not come back (does a connection pooler stand in between?)",
         sdk::LogLevel::warning);
    return now_ms + kDeafPauseMs;
  }
  if (wakeup.hears > 0) { tell(true, {}, sdk::LogLevel::info); }
  return now_ms;
}

}  // namespace quarry::app
