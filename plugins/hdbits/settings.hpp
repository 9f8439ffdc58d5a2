// SPDX-License-Identifier: MIT
// The configuration of an instance: its schema, and the checked values.
#pragma once

#include <quarry/sdk/helpers/config.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace quarry::hdbits {

/// JSON Schema (draft 4) of the configuration, with the documented defaults.
extern const char kConfigSchema[];

/// Checked values. Read-only after settings_from.
struct Settings {
  std::string url;   ///< scheme, host and path, without a slash at the end
  std::string site;  ///< host and port: how sentences for people name the other side
  std::string username;
  std::string passkey;                   ///< secret: goes into a request and nowhere else
  std::vector<std::int64_t> categories;  ///< site ids; empty: no filter. So too the next three.
  std::vector<std::int64_t> codecs;
  std::vector<std::int64_t> mediums;
  std::vector<std::int64_t> origins;
  std::int64_t min_interval_ms = 5000;  ///< least time between two requests
  std::int64_t jitter_percent = 30;     ///< up to this much is added to it at random
  std::int64_t daily_api_calls = 200;
  std::int64_t daily_downloads = 50;
  std::int64_t search_cache_minutes = 30;  ///< 0: no cache
};

/// Reads what has passed the schema, and checks what a schema cannot say: plain http and a pace
/// under 2 s are for a server on this machine only; the url holds no credentials and no query.
/// Throws Error(invalid) with a sentence that names the field, never the value of a secret.
[[nodiscard]] Settings settings_from(const sdk::Config& config);

/// A number that changes with the account (url, user name, length of the passkey). No passkey can be
/// guessed or checked with it, so it may be stored.
[[nodiscard]] std::uint64_t account_mark(const Settings& settings) noexcept;

}  // namespace quarry::hdbits
