// SPDX-License-Identifier: MIT
// quarry.http/1 by libcurl: TLS always verified, http and https only, no cookies, no proxy, no
// decompression; time, size, rate and addresses limited.
#pragma once

#include "plugins/http_policy.hpp"

#include <quarry/sdk/abi/services.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace quarry::plugins {

class CurlSession;

struct HttpOptions {
  const sdk::Clock* clock = nullptr;
  std::shared_ptr<const AllowList> allow;  ///< never null
  std::vector<Origin> own_origins;         ///< reached whatever their address
  std::string user_agent = "Quarry";
  /// kFollowRedirects also follows to other hosts (credentials dropped, https never left for http).
  bool follow_anywhere = false;
};

/// One per instance, since connections, pace and permissions are the instance's own. [thread-safe]
class HttpService final : public sdk::Http {
 public:
  explicit HttpService(HttpOptions options);
  ~HttpService();

  /// See services.hpp. A redirect that may not be followed is handed over as the answer it is.
  sdk::Status send(sdk::CallContext& ctx, const sdk::HttpRequest& request, sdk::HttpSink& sink) noexcept override;

  /// From now on requests, those under way too, end as `cancelled`, with a retry_after_ms.
  void close() noexcept { closed_ = true; }

 private:
  struct Plan;
  sdk::Status send_checked(sdk::CallContext& ctx, const sdk::HttpRequest& request, sdk::HttpSink& sink);
  sdk::Status wait_for_turn(sdk::CallContext& ctx, const Plan& plan);
  [[nodiscard]] bool may_redirect(const Target& from, const Target& to) const;
  [[nodiscard]] std::unique_ptr<CurlSession> take_session();
  void give_back(std::unique_ptr<CurlSession> session);

  HttpOptions options_;
  std::atomic<bool> closed_{false};
  std::mutex mutex_;
  std::vector<std::unique_ptr<CurlSession>> idle_;
  std::map<std::string, std::int64_t, std::less<>> next_turn_ms_;  ///< by host
};

}  // namespace quarry::plugins
