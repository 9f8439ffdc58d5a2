// SPDX-License-Identifier: MIT
#include "plugins/http_service.hpp"

#include "plugins/curl_session.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <new>
#include <thread>
#include <utility>

namespace quarry::plugins {
namespace {

using sdk::Code;
using sdk::Status;

constexpr std::int64_t kDefaultMaxResponse = 16LL * 1024 * 1024;
constexpr int kMaxRedirects = 5;
constexpr std::size_t kMaxIdleSessions = 4;
constexpr std::size_t kMaxUrl = 8192;
constexpr std::chrono::milliseconds kTurnPoll{10};
constexpr std::uint32_t kComeBackMs = 1'000;

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_credential(std::string_view lower_name) {
  return lower_name == "authorization" || lower_name == "cookie" || lower_name.find("key") != std::string_view::npos ||
         lower_name.find("token") != std::string_view::npos;
}

/// Empty when the header may be sent.
std::string header_problem(const sdk::HttpHeader& header) {
  constexpr std::array<std::string_view, 5> kOurs{"host", "content-length", "connection", "transfer-encoding",
                                                  "expect"};
  const std::string name = lower_case(header.name);
  if (!is_token(header.name)) { return "a header has a name that is not allowed"; }
  if (std::find(kOurs.begin(), kOurs.end(), name) != kOurs.end()) {
    return "the header " + name + " is set by the host";
  }
  const bool hostile =
      std::any_of(header.value.begin(), header.value.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  return hostile ? "the header " + name + " holds a line end" : std::string();
}

bool changes_method(std::int32_t status, const std::string& method) {
  return (status == 303 && method != "HEAD") || ((status == 301 || status == 302) && method == "POST");
}

std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/// The caller's context, which counts as cancelled once the service is closed.
class UntilClosed final : public sdk::CallContext {
 public:
  UntilClosed(sdk::CallContext& caller, const std::atomic<bool>& closed) : caller_(caller), closed_(closed) {}
  [[nodiscard]] std::int64_t remaining_ms() const noexcept override { return caller_.remaining_ms(); }
  [[nodiscard]] bool cancelled() const noexcept override { return closed_ || caller_.cancelled(); }
  [[nodiscard]] std::string_view request_id() const noexcept override { return caller_.request_id(); }
  Status fail(Status status, std::string_view text) noexcept override {
    if (closed_) { status.retry_after_ms = std::max(status.retry_after_ms, kComeBackMs); }
    return caller_.fail(status, text);
  }

 private:
  sdk::CallContext& caller_;
  const std::atomic<bool>& closed_;
};

}  // namespace

/// A request as it goes out; changes with each redirect.
struct HttpService::Plan {
  TransferRequest transfer;
  Target target;
  std::string user_agent;
  std::vector<std::pair<std::string, std::string>> headers;
  std::int64_t min_interval_ms = 0;

  [[nodiscard]] std::string call() const { return transfer.method + " " + target.shown; }

  void set_header_lines() {
    transfer.headers = {"Expect:"};
    bool has_type = false;
    for (const auto& [name, value] : headers) {
      has_type = has_type || lower_case(name) == "content-type";
      transfer.headers.push_back(value.empty() ? name + ";" : name + ": " + value);
    }
    if (!has_type) { transfer.headers.emplace_back("Content-Type:"); }
  }

  void go_to(std::string url, Target next, std::int32_t status) {
    if (changes_method(status, transfer.method)) {
      transfer.method = "GET";
      transfer.body = {};
      std::erase_if(headers, [](const auto& h) { return lower_case(h.first).starts_with("content-"); });
    }
    if (next.origin != target.origin) {
      std::erase_if(headers, [](const auto& h) { return is_credential(lower_case(h.first)); });
    }
    transfer.url = std::move(url);
    target = std::move(next);
  }
};

HttpService::HttpService(HttpOptions options) : options_(std::move(options)) {}
HttpService::~HttpService() = default;

Status HttpService::send(sdk::CallContext& ctx, const sdk::HttpRequest& request, sdk::HttpSink& sink) noexcept {
  try {
    UntilClosed inner(ctx, closed_);
    return send_checked(inner, request, sink);
  } catch (const std::bad_alloc&) {
    return ctx.fail({Code::internal, sdk::kRetryable, 0, 0}, "out of memory");
  } catch (const std::exception& e) { return ctx.fail({Code::internal, 0, 0, 0}, e.what()); }
}

bool HttpService::may_redirect(const Target& from, const Target& to) const {
  if (to.origin == from.origin) { return true; }
  return options_.follow_anywhere && !(from.origin.scheme == "https" && to.origin.scheme == "http");
}

Status HttpService::wait_for_turn(sdk::CallContext& ctx, const Plan& plan) {
  if (plan.min_interval_ms <= 0) { return {}; }
  std::int64_t turn = 0;
  {
    const std::lock_guard lock(mutex_);
    const std::int64_t now = options_.clock->steady_ms();
    auto& next = next_turn_ms_[plan.target.origin.host];
    turn = std::max(now, next);
    if (turn > plan.transfer.deadline_steady_ms) {
      const auto wait = static_cast<std::uint32_t>(std::min<std::int64_t>(turn - now, UINT32_MAX));
      return ctx.fail({Code::deadline, sdk::kRetryable | sdk::kNotStarted, wait, 0},
                      plan.call() + ": the pace agreed with this host leaves no turn before the call ends");
    }
    next = saturating_add(turn, plan.min_interval_ms);
  }
  while (options_.clock->steady_ms() < turn) {
    if (ctx.cancelled()) { return ctx.fail({Code::cancelled, sdk::kNotStarted, 0, 0}, plan.call() + ": cancelled"); }
    std::this_thread::sleep_for(kTurnPoll);
  }
  return {};
}

Status HttpService::send_checked(sdk::CallContext& ctx, const sdk::HttpRequest& request, sdk::HttpSink& sink) {
  const auto invalid = [&](const std::string& text) { return ctx.fail({Code::invalid, sdk::kNotStarted, 0, 0}, text); };
  Plan plan;
  plan.transfer.url = request.url;
  auto target = request.url.size() <= kMaxUrl ? parse_target(plan.transfer.url) : std::nullopt;
  if (!target) { return invalid("the address is not a usable http or https URL"); }
  plan.target = std::move(*target);
  plan.transfer.method = request.method;
  if (!is_token(request.method)) { return invalid("the HTTP method is not allowed"); }
  plan.transfer.user_agent = options_.user_agent;
  for (const auto& header : request.headers) {
    if (const auto problem = header_problem(header); !problem.empty()) { return invalid(plan.call() + ": " + problem); }
    plan.headers.emplace_back(header.name, header.value);
  }
  plan.transfer.body = request.body;
  plan.min_interval_ms = request.min_interval_ms;
  plan.transfer.max_response_bytes = request.max_response_bytes > 0 ? request.max_response_bytes : kDefaultMaxResponse;
  const std::int64_t remaining = ctx.remaining_ms();
  const std::int64_t timeout = request.timeout_ms > 0 ? std::min(request.timeout_ms, remaining) : remaining;
  if (timeout <= 0) {
    return ctx.fail({Code::deadline, sdk::kRetryable | sdk::kNotStarted, 0, 0},
                    plan.call() + ": no time was left for it");
  }
  plan.transfer.deadline_steady_ms = saturating_add(options_.clock->steady_ms(), timeout);

  int hops = 0;
  const bool follows = (request.flags & sdk::kFollowRedirects) != 0;
  plan.transfer.is_redirect = [&](std::int32_t status, const std::string& location) {
    const bool moved = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    if (!moved || !follows) { return false; }
    const auto url = resolve_location(plan.transfer.url, location);
    const auto next = url ? parse_target(*url) : std::nullopt;
    return next && may_redirect(plan.target, *next);
  };
  plan.transfer.may_connect = [&](const sockaddr& address) {
    const auto& own = options_.own_origins;
    return std::find(own.begin(), own.end(), plan.target.origin) != own.end() ||
           options_.allow->allows(plan.target.origin) || is_public_address(address) || options_.allow->allows(address);
  };

  auto session = take_session();
  while (true) {
    if (const Status turn = wait_for_turn(ctx, plan); !turn.ok()) { return turn; }
    plan.set_header_lines();
    TransferResult result = session->run(ctx, *options_.clock, plan.transfer, sink);
    const std::uint32_t begun = result.request_sent || hops > 0 ? 0U : sdk::kNotStarted;
    const auto fail = [&](Code code, std::uint32_t flags, const std::string& reason) {
      return ctx.fail({code, flags | begun, 0, 0}, plan.call() + ": " + reason);
    };
    switch (result.end) {
      case TransferEnd::complete:
        give_back(std::move(session));
        return {};
      case TransferEnd::sink_stopped:
        return fail(Code::cancelled, 0, "the receiver of the answer wanted no more");
      case TransferEnd::cancelled:
        return fail(Code::cancelled, 0, "cancelled");
      case TransferEnd::deadline:
        return fail(Code::deadline, sdk::kRetryable, "no complete answer within the time");
      case TransferEnd::too_large:
        return fail(Code::invalid, 0,
                    "the answer is larger than " + std::to_string(plan.transfer.max_response_bytes) + " bytes");
      case TransferEnd::address_refused:
        return fail(Code::invalid, 0,
                    "the host has a private address: add \"" + plan.target.origin.host + ":" +
                        std::to_string(plan.target.origin.port) + "\" to [http] allow to permit it");
      case TransferEnd::failed:
        if (result.bad_url) { return fail(Code::invalid, 0, result.text); }
        return fail(Code::unavailable, sdk::kRetryable, result.text);
      case TransferEnd::redirect:
        break;
    }
    if (++hops > kMaxRedirects) { return fail(Code::unavailable, sdk::kRetryable, "redirected more than 5 times"); }
    std::string url = *resolve_location(plan.transfer.url, result.location);
    Target next = *parse_target(url);
    plan.go_to(std::move(url), std::move(next), result.status);
  }
}

std::unique_ptr<CurlSession> HttpService::take_session() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto session = std::move(idle_.back());
      idle_.pop_back();
      return session;
    }
  }
  return std::make_unique<CurlSession>();
}

void HttpService::give_back(std::unique_ptr<CurlSession> session) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdleSessions) { idle_.push_back(std::move(session)); }
}

}  // namespace quarry::plugins
