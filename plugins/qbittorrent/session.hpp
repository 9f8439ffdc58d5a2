// SPDX-License-Identifier: MIT
// One login to one qBittorrent, shared by all threads that call the instance.
#pragma once

#include "plugins/qbittorrent/login_gate.hpp"
#include "plugins/qbittorrent/settings.hpp"

#include <quarry/sdk/helpers/http_client.hpp>

#include <compare>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace quarry::qbittorrent {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// One call of the Web API.
struct ApiCall {
  std::string action;  ///< below /api/v2/, such as "torrents/info"
  std::string method = "GET";
  Fields query;  ///< of the URL
  std::string body;
  std::string content_type;             ///< of the body
  std::int64_t max_response_bytes = 0;  ///< 0: the host's own limit
};

/// Version of the Web API: app/webapiVersion.
struct ApiVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;
  auto operator<=>(const ApiVersion&) const = default;  // NOLINT(modernize-use-nullptr)
};
/// Nothing when the text is no version.
[[nodiscard]] std::optional<ApiVersion> parse_api_version(std::string_view text);

/// The API speaks JSON and plain text only, so markup comes from a proxy or from another program.
[[nodiscard]] bool is_html(std::string_view body) noexcept;

/// Logs in when needed, sends calls, and logs in again at most once per call when the server no longer
/// knows the session. A refused login is remembered (LoginGate): until its time is over, calls that
/// need a login fail with `unauthenticated` without asking the server, which bans after five of them.
/// All methods may be called by several threads at once.
class Session {
 public:
  Session(sdk::HostServices& services, Settings settings);

  /// The answer, of any status that is the caller's to judge: 2xx, 400, 404, 409, 415 … Throws Error
  /// for the rest: `unauthenticated` (401, 403, a refused login), `rate_limited` (429), `unavailable`
  /// (5xx, a redirect, HTML), and what the http service says.
  [[nodiscard]] sdk::HttpReply call(sdk::CallContext& ctx, const ApiCall& call);
  [[nodiscard]] sdk::HttpReply get(sdk::CallContext& ctx, std::string action, Fields query = {});
  [[nodiscard]] sdk::HttpReply post(sdk::CallContext& ctx, std::string action, const Fields& form);

  /// Asked once per login. Nothing when the server does not tell.
  [[nodiscard]] std::optional<ApiVersion> version(sdk::CallContext& ctx);

  /// How sentences name the server: "qBittorrent at http://127.0.0.1:8080".
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// An Error about an answer nobody expected here, with its status and what to look at.
  [[nodiscard]] sdk::Error unexpected(const std::string& action, const sdk::HttpReply& reply) const;

 private:
  struct Ticket {
    std::string cookie;
    std::uint64_t generation = 0;
  };
  struct LoginOutcome {
    bool refused = false;
    std::string reason;  ///< when refused
    std::string cookie;
  };

  [[nodiscard]] sdk::HttpReply send(sdk::CallContext& ctx, const ApiCall& call, const Ticket& ticket) const;
  void check(const ApiCall& call, const sdk::HttpReply& reply) const;

  [[nodiscard]] Ticket enter(sdk::CallContext& ctx);
  [[nodiscard]] Ticket renew(sdk::CallContext& ctx, const Ticket& old);
  [[nodiscard]] Ticket log_in_locked(sdk::CallContext& ctx, std::unique_lock<std::mutex>& lock);
  [[nodiscard]] Ticket settle_locked(LoginOutcome outcome);
  [[nodiscard]] LoginOutcome log_in(sdk::CallContext& ctx) const;
  [[nodiscard]] LoginOutcome judge_login(const sdk::HttpReply& reply) const;
  void confirm(const Ticket& ticket);
  [[noreturn]] void give_up(const Ticket& ticket, const sdk::HttpReply& reply);
  [[noreturn]] void fail_key(const sdk::HttpReply& reply) const;
  [[nodiscard]] sdk::Error blocked_locked(std::int32_t http_status) const;

  const Settings settings_;
  const std::string name_;
  sdk::HttpClient http_;
  sdk::Clock& clock_;
  sdk::Log* log_;  ///< may be null

  std::mutex mutex_;
  std::condition_variable login_done_;
  bool logging_in_ = false;
  bool has_session_ = false;
  std::string cookie_;            ///< as the server gave it; empty when it gave none
  std::uint64_t generation_ = 0;  ///< rises with each login
  std::int64_t logged_in_at_ms_ = 0;
  LoginGate gate_;
  std::uint64_t refused_generation_ = 0;  ///< generation_ when the gate was last closed
  std::optional<ApiVersion> version_;
  std::optional<std::uint64_t> version_generation_;
};

}  // namespace quarry::qbittorrent
