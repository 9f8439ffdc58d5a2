// SPDX-License-Identifier: MIT
// What an answer of the site means when it is not the one hoped for. Pure functions: an answer in, a
// sentence and a consequence out.
#pragma once

#include <quarry/sdk/helpers/http_client.hpp>
#include <quarry/sdk/helpers/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace quarry::hdbits {

inline constexpr std::int64_t kMinuteMs = 60'000;
inline constexpr std::int64_t kHourMs = 60 * kMinuteMs;
inline constexpr std::int64_t kDayMs = 24 * kHourMs;

/// What follows for the requests to come.
enum class Effect {
  none,     ///< this request failed, the next may go
  trouble,  ///< the site is not well: wait 1, 5, 15 … minutes
  limit,    ///< the site said "too often": no request at all for a long time
  refuse,   ///< credentials refused: no request until the configuration changes
};

struct Problem {
  sdk::Status status;
  std::string text;  ///< may quote the site's own message: to be cleaned of the passkey before use
  Effect effect = Effect::none;
  std::int64_t wait_ms = 0;  ///< how long the site asked to wait; 0: it did not say
};

/// The HTTP part of an answer of the API: nothing for 200.
[[nodiscard]] std::optional<Problem> api_problem(const sdk::HttpReply& reply, std::int64_t now_wall_ms);

/// The API's own status 1–9 (or one nobody knows) and its message.
[[nodiscard]] Problem status_problem(std::int64_t status, std::string_view message);

/// A 200 answer of the API that is not what the API answers. `why`: what the JSON parser said, or empty.
[[nodiscard]] Problem nonsense_problem(std::string_view body, std::string_view why);

/// An answer of download.php: nothing when it is a .torrent by its first byte.
[[nodiscard]] std::optional<Problem> download_problem(const sdk::HttpReply& reply, std::int64_t now_wall_ms);

/// "retry in 15 minutes" in a text as milliseconds; 0 when it names no time, at most 24 hours.
[[nodiscard]] std::int64_t named_wait_ms(std::string_view text) noexcept;

/// "90 s", "15 min", "2 h": rounded up, for sentences.
[[nodiscard]] std::string duration_text(std::int64_t ms);

}  // namespace quarry::hdbits
