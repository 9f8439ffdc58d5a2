// SPDX-License-Identifier: MIT
// Which host to ask, and with which key: from flags, the environment and defaults.
#pragma once

#include "cli/api_client.hpp"
#include "cli/terminal.hpp"

#include <quarry/sdk/helpers/result.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace quarry::cli {

inline constexpr const char* kDefaultUrl = "http://127.0.0.1:7878";

/// What the manifest says about the host that is started with it.
struct LikelyHost {
  std::filesystem::path data_dir;
  struct Listen {
    std::string address;  ///< numeric IPv4 or IPv6 without brackets, or "localhost"; empty: it is not known
    std::uint16_t port = 0;
  } listen;
};

/// What every command that asks a running host takes. There is no flag for the key itself: every user
/// of the machine can read the arguments of a process.
struct ClientOptions {
  std::optional<std::string> url;
  std::optional<std::string> api_key_file;
  std::optional<std::string> data_dir;
  bool json = false;
  /// Asked when neither a flag nor the environment says where the host is or where it keeps its data.
  std::function<sdk::Result<LikelyHost>()> likely_host;
};

/// URL: --url, QUARRY_URL, where the likely host listens, kDefaultUrl. Key: --api-key-file, `api_key` in --data-dir,
/// QUARRY_API_KEY, `api_key` in QUARRY_DATA_DIR, `api_key` in the likely host's data directory. What comes first
/// decides; when it cannot be used that is said and no later place is tried, so that nobody asks another host than they
/// mean to. Failures are `invalid` and tell what to write instead, never the key.
[[nodiscard]] sdk::Result<Connection> find_connection(const ClientOptions& options, const Environment& environment);

}  // namespace quarry::cli
