// SPDX-License-Identifier: MIT
// The configuration of one qBittorrent.
#pragma once

#include <quarry/sdk/helpers/config.hpp>

#include <cstdint>
#include <string>

namespace quarry::qbittorrent {

/// JSON Schema (draft 4) of the configuration; README.md has the same as a table.
extern const char kConfigSchema[];

struct Settings {
  std::string url;       ///< of the Web UI, with its path if any, without a '/' at the end; holds no secret
  std::string username;  ///< empty: the server asks this address for no login
  std::string password;  ///< secret
  std::string api_key;   ///< secret; when set, it is sent with each request and nobody logs in
  std::int64_t request_timeout_ms = 10'000;
  std::int64_t session_lifetime_ms = 1'800'000;  ///< a login older than this is renewed
};

/// Throws Error(invalid) for a URL that cannot work; the sentence says what to write instead.
[[nodiscard]] Settings read_settings(const sdk::Config& config);

}  // namespace quarry::qbittorrent
