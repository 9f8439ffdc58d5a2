// SPDX-License-Identifier: MIT
// Remembers refused logins, so that nobody logs in again and again until the server bans this host.
#pragma once

#include <cstdint>
#include <string>

namespace quarry::qbittorrent {

/// Not synchronised: whoever owns it does that. Times are steady milliseconds.
class LoginGate {
 public:
  static constexpr std::int64_t kFirstWaitMs = 30LL * 60 * 1000;
  static constexpr std::int64_t kLongestWaitMs = 24LL * 3600 * 1000;

  /// A login was refused, for this reason. Answers how long none may be tried: 30 minutes the first
  /// time, twice as long each further time, at most 24 hours.
  std::int64_t refuse(std::int64_t now_ms, std::string reason);
  /// How long to wait still, or 0 when a login may be tried.
  [[nodiscard]] std::int64_t wait_ms(std::int64_t now_ms) const noexcept;
  /// Why the last login was refused; empty when none was.
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
  /// A login has proved good.
  void reset() noexcept;

 private:
  std::int64_t open_at_ms_ = 0;
  std::int64_t next_wait_ms_ = kFirstWaitMs;
  std::string reason_;
};

/// "30 minutes", "1 hour", "12 seconds": rounded up, for a sentence.
[[nodiscard]] std::string duration_text(std::int64_t ms);

}  // namespace quarry::qbittorrent
