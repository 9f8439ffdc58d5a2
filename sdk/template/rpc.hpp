// SPDX-License-Identifier: MIT
// The wire: Transmission's RPC (3.00 and later), one POST per call. Knows nothing of downloads.
#pragma once

#include <quarry/sdk/helpers/config.hpp>
#include <quarry/sdk/helpers/http_client.hpp>
#include <quarry/sdk/helpers/json.hpp>

#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace transmission {

/// One Transmission, as the configuration names it. Several threads may call at once.
class Rpc {
 public:
  Rpc(quarry::sdk::HostServices& host, const quarry::sdk::Config& config);

  /// Calls `method` with `arguments`, a JSON object; the member "arguments" of the answer has the result.
  /// Throws Error: `unauthenticated` for 401, 403 and 421, `unavailable` when what answers is not a
  /// working Transmission, `invalid` when Transmission refuses the request, and what the host's HTTP says.
  quarry::sdk::JsonDocument call(quarry::sdk::CallContext& ctx, std::string_view method, std::string_view arguments);

  /// How sentences name it: "Transmission at http://127.0.0.1:9091/transmission/rpc".
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  quarry::sdk::HttpReply post(quarry::sdk::CallContext& ctx, const std::string& body);
  void check(std::string_view method, const quarry::sdk::HttpReply& reply) const;

  const quarry::sdk::HttpClient http_;
  const std::string url_;
  const std::string name_;
  const std::string authorization_;  ///< empty: no login is asked for
  std::mutex mutex_;
  std::string session_id_;  ///< guarded by mutex_
};

/// ["a","b"]
[[nodiscard]] std::string json_list(const std::vector<std::string>& texts);
[[nodiscard]] std::string base64(std::span<const std::byte> bytes);

}  // namespace transmission
