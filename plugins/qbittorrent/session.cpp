// SPDX-License-Identifier: MIT
#include "plugins/qbittorrent/session.hpp"

#include <quarry/sdk/helpers/barrier.hpp>

#include <charconv>

namespace quarry::qbittorrent {
namespace {

constexpr char kForm[] = "application/x-www-form-urlencoded";

bool refused(const sdk::HttpReply& reply) noexcept { return reply.status == 401 || reply.status == 403; }

/// The address alone: a query may hold what nobody should read in a log.
std::string without_query(std::string_view location) {
  constexpr std::size_t kMost = 200;
  return std::string(location.substr(0, location.find_first_of("?#")).substr(0, kMost));
}

sdk::Clock& clock_of(sdk::HostServices& services) {
  auto* const clock = sdk::get<sdk::Clock>(services);
  if (clock == nullptr) { throw sdk::Error(sdk::Code::unsupported, "this host offers no quarry.clock/1"); }
  return *clock;
}

}  // namespace

bool is_html(std::string_view body) noexcept {
  const std::size_t start = body.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return start != std::string_view::npos && body[start] == '<';
}

std::optional<ApiVersion> parse_api_version(std::string_view text) {
  ApiVersion v;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int* part : {&v.major, &v.minor, &v.patch}) {
    const auto parsed = std::from_chars(at, end, *part);
    if (parsed.ec != std::errc() || *part < 0) { return std::nullopt; }
    at = parsed.ptr;
    if (at == end || *at != '.') { break; }
    ++at;
  }
  return v;
}

Session::Session(sdk::HostServices& services, Settings settings)
    : settings_(std::move(settings)),
      name_("qBittorrent at " + settings_.url),
      http_(services),
      clock_(clock_of(services)),
      log_(sdk::get<sdk::Log>(services)) {}

sdk::HttpReply Session::call(sdk::CallContext& ctx, const ApiCall& call) {
  Ticket ticket = enter(ctx);
  sdk::HttpReply reply = send(ctx, call, ticket);
  if (refused(reply)) {
    if (!settings_.api_key.empty()) { fail_key(reply); }
    // The session ran out or the server was restarted: one new login, and no second one.
    ticket = renew(ctx, ticket);
    reply = send(ctx, call, ticket);
    if (refused(reply)) { give_up(ticket, reply); }
  }
  if (reply.status < 500) { confirm(ticket); }
  check(call, reply);
  return reply;
}

sdk::HttpReply Session::get(sdk::CallContext& ctx, std::string action, Fields query) {
  ApiCall c;
  c.action = std::move(action);
  c.query = std::move(query);
  return call(ctx, c);
}

sdk::HttpReply Session::post(sdk::CallContext& ctx, std::string action, const Fields& form) {
  ApiCall c;
  c.action = std::move(action);
  c.method = "POST";
  c.body = sdk::form_encode(form);
  c.content_type = kForm;
  return call(ctx, c);
}

std::optional<ApiVersion> Session::version(sdk::CallContext& ctx) {
  {
    const std::lock_guard lock(mutex_);
    if (version_generation_ == generation_) { return version_; }
  }
  const sdk::HttpReply reply = get(ctx, "app/webapiVersion");
  const auto found = reply.success() ? parse_api_version(reply.body) : std::nullopt;
  const std::lock_guard lock(mutex_);
  version_ = found;
  version_generation_ = generation_;
  return found;
}

sdk::HttpReply Session::send(sdk::CallContext& ctx, const ApiCall& call, const Ticket& ticket) const {
  sdk::check_cancelled(ctx);
  sdk::HttpCall http;
  http.method = call.method;
  http.url = settings_.url + "/api/v2/" + call.action;
  if (!call.query.empty()) { http.url += "?" + sdk::form_encode(call.query); }
  if (!settings_.api_key.empty()) {
    http.headers.emplace_back("Authorization", "Bearer " + settings_.api_key);
  } else if (!ticket.cookie.empty()) {
    http.headers.emplace_back("Cookie", ticket.cookie);
  }
  if (!call.content_type.empty()) { http.headers.emplace_back("Content-Type", call.content_type); }
  http.body = call.body;
  http.timeout_ms = settings_.request_timeout_ms;
  http.max_response_bytes = call.max_response_bytes;
  try {
    return http_.send(ctx, http);
  } catch (const sdk::Error& e) {
    // The transport's "invalid" (an address that may not be reached, an answer too large) is no verdict
    // on what was asked, which `invalid` from this plugin would be.
    if (e.status().code != sdk::Code::invalid) { throw; }
    sdk::Status status = e.status();
    status.code = sdk::Code::unavailable;
    throw sdk::Error(status, name_ + " cannot be reached as configured: " + e.what());
  }
}

void Session::check(const ApiCall& call, const sdk::HttpReply& reply) const {
  const auto fail = [&](sdk::Code code, const std::string& what) {
    throw sdk::Error(
        sdk::Status{code, sdk::Error::default_flags(code), reply.retry_after_ms(clock_.wall_ms()), reply.status},
        name_ + " " + what);
  };
  const std::string status = "HTTP " + std::to_string(reply.status);
  if (reply.status == 429) { fail(sdk::Code::rate_limited, "asks for fewer requests (" + status + ")"); }
  if (reply.status >= 500) {
    fail(sdk::Code::unavailable,
         "answered " + call.action + " with " + status + ": see its log, or that of the proxy before it");
  }
  if (reply.status >= 300 && reply.status < 400) {
    fail(sdk::Code::unavailable, "redirects to \"" + without_query(reply.header("Location")) + "\" (" + status +
                                     "): url must be the final address of the Web UI");
  }
  if (is_html(reply.body)) {
    fail(sdk::Code::unavailable, "answered " + call.action + " with HTML (" + status + "): is the url right?");
  }
}

sdk::Error Session::unexpected(const std::string& action, const sdk::HttpReply& reply) const {
  std::string text = name_ + " answered " + action + " with HTTP " + std::to_string(reply.status);
  if (reply.status == 404) { text += ": is the url right, and is it qBittorrent 4.1 or later?"; }
  const sdk::Code code = reply.status == 400 ? sdk::Code::invalid : sdk::Code::unavailable;
  return {sdk::Status{code, sdk::Error::default_flags(code), 0, reply.status}, text};
}

}  // namespace quarry::qbittorrent
