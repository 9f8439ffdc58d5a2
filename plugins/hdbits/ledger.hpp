// SPDX-License-Identifier: MIT
// What one account may still ask of the site, and when: daily budget, spacing, back-off, refusal.
// It decides by the time it is given and does no I/O, apart from turning itself into text and back, so
// that a restart forgets nothing. All times are milliseconds of the wall clock since 1970.
#pragma once

#include "problem.hpp"
#include "settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace quarry::hdbits {

enum class Call {
  api,       ///< search or poll
  test,      ///< counts as api; a person waits for it, so it may go while the site has trouble
  download,  ///< a .torrent
};

class Ledger {
 public:
  explicit Ledger(const Settings& settings);

  /// Takes over what an earlier run of the same account left. Text of another account or text that
  /// cannot be read counts as empty.
  void load(std::string_view text);
  /// The state as JSON; holds nothing of the passkey but what account_mark() says of it.
  [[nodiscard]] std::string save() const;

  /// Why this call must not go out now, or nothing. Status says when it may.
  [[nodiscard]] std::optional<Problem> obstacle(Call call, std::int64_t now_ms);
  /// How long the spacing asks to wait; `interval_ms` is this time's distance, jitter included.
  [[nodiscard]] std::int64_t spacing_ms(std::int64_t interval_ms, std::int64_t now_ms) const noexcept;
  /// Counts a call that goes out at `at_ms`. Call it before sending: a crash must not lose it.
  void count(Call call, std::int64_t at_ms, std::int64_t now_ms);

  /// The site answered as it should. True when that ended a pause or a refusal, so save() says
  /// something new.
  bool good() noexcept;
  /// Draws the consequence of a problem and answers how long nothing goes out (0: no pause).
  std::int64_t bad(const Problem& problem, std::int64_t now_ms);

  [[nodiscard]] std::int64_t api_calls(std::int64_t now_ms) noexcept { return roll(now_ms), api_calls_; }
  [[nodiscard]] std::int64_t downloads(std::int64_t now_ms) noexcept { return roll(now_ms), downloads_; }

  /// Highest release id a poll has handed on completely; 0 none.
  [[nodiscard]] std::int64_t newest_id() const noexcept { return newest_id_; }
  void set_newest_id(std::int64_t id) noexcept { newest_id_ = id; }

 private:
  void roll(std::int64_t now_ms) noexcept;
  [[nodiscard]] std::optional<Problem> refusal(std::int64_t now_ms) const;
  [[nodiscard]] std::optional<Problem> pause(Call call, std::int64_t now_ms);
  [[nodiscard]] std::optional<Problem> budget(Call call, std::int64_t now_ms) const;

  std::string account_;
  std::int64_t daily_api_calls_;
  std::int64_t daily_downloads_;

  std::int64_t last_call_ms_ = 0;  // 0: never
  std::int64_t window_ms_ = 0;     // the day the counters belong to began here
  std::int64_t api_calls_ = 0;
  std::int64_t downloads_ = 0;
  Effect pause_kind_ = Effect::none;  // trouble or limit while a pause is known
  std::int64_t pause_from_ms_ = 0;
  std::int64_t pause_until_ms_ = 0;
  std::int64_t pause_steps_ = 0;   // problems of that kind in a row
  std::int32_t pause_vendor_ = 0;  // HTTP or API status that began it
  std::int64_t refusals_ = 0;      // in a row, over restarts
  std::int64_t refused_at_ms_ = 0;
  std::int32_t refused_vendor_ = 0;
  bool refused_now_ = false;  // by this instance: no second try
  std::int64_t newest_id_ = 0;
};

}  // namespace quarry::hdbits
