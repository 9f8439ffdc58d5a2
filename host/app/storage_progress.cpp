// SPDX-License-Identifier: MIT
#include "app/storage_progress.hpp"

#include <algorithm>
#include <ostream>

namespace quarry::app {
namespace {

constexpr std::int64_t kQuietMs = 2'000;
constexpr std::int64_t kTerminalMs = 100;
constexpr std::int64_t kFirstLineMs = 100;
constexpr std::int64_t kMostLineMs = 3'000;

}  // namespace

StorageProgress::StorageProgress(std::ostream& err, bool terminal, const sdk::Clock& clock,
                                 std::function<bool()> cancelled)
    : err_(err),
      terminal_(terminal),
      clock_(clock),
      cancelled_(std::move(cancelled)),
      quiet_until_ms_(clock.steady_ms() + kQuietMs) {}

StorageProgress::~StorageProgress() { end(); }

void StorageProgress::begin(std::string what, std::string units) {
  end();
  what_ = std::move(what);
  units_ = std::move(units);
  pause_ms_ = terminal_ ? kTerminalMs : kFirstLineMs;
  next_ms_ = quiet_until_ms_;
}

bool StorageProgress::step(std::int64_t done, std::int64_t total) noexcept {
  const std::int64_t now = clock_.steady_ms();
  if (now >= next_ms_) {
    next_ms_ = now + pause_ms_;
    if (!terminal_) { pause_ms_ = std::min(pause_ms_ * 2, kMostLineMs); }
    const std::int64_t percent = total > 0 ? done * 100 / total : 100;
    err_ << (terminal_ ? "\r\x1b[K" : "") << what_ << ": " << done << " of " << total << ' ' << units_ << ", "
         << percent << " %" << (terminal_ ? "" : "\n") << std::flush;
    line_open_ = terminal_;
  }
  return !cancelled_ || !cancelled_();
}

void StorageProgress::end() {
  if (line_open_) { err_ << "\r\x1b[K" << std::flush; }
  line_open_ = false;
}

}  // namespace quarry::app
