// SPDX-License-Identifier: MIT
// How a Session gets, keeps and gives up its login.
#include "plugins/qbittorrent/session.hpp"

#include <quarry/sdk/helpers/barrier.hpp>

#include <chrono>

namespace quarry::qbittorrent {
namespace {

/// How often a thread that waits for another one's login looks whether its own caller has given up.
constexpr std::chrono::milliseconds kLook{20};
/// A renewal that failed is tried again so much later.
constexpr std::int64_t kRenewAgainMs = 60'000;

bool same_without_case(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (a.size() != b.size()) { return false; }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) { return false; }
  }
  return true;
}

/// All cookies of the answer, verbatim: the session's name differs between versions (SID,
/// QBT_SID_<port>) and can be configured, its value holds '+' and '/', and a proxy may add its own.
std::string cookies_of(const sdk::HttpReply& reply) {
  std::string all;
  for (const auto& [name, value] : reply.headers) {
    if (!same_without_case(name, "Set-Cookie")) { continue; }
    const std::string pair = value.substr(0, value.find(';'));
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size()) { continue; }
    if (!all.empty()) { all += "; "; }
    all += pair;
  }
  return all;
}

}  // namespace

Session::Ticket Session::enter(sdk::CallContext& ctx) {
  if (!settings_.api_key.empty()) { return {}; }
  std::unique_lock lock(mutex_);
  while (true) {
    const std::int64_t now = clock_.steady_ms();
    const bool old = now - logged_in_at_ms_ >= settings_.session_lifetime_ms;
    // An old session goes on being used while another thread renews it, or while no login may be tried.
    if (has_session_ && (!old || logging_in_ || gate_.wait_ms(now) > 0)) { return {cookie_, generation_}; }
    if (gate_.wait_ms(now) > 0) { throw blocked_locked(0); }
    if (!logging_in_) { return log_in_locked(ctx, lock); }
    sdk::check_cancelled(ctx);
    login_done_.wait_for(lock, kLook);
  }
}

Session::Ticket Session::renew(sdk::CallContext& ctx, const Ticket& old) {
  {
    const std::lock_guard lock(mutex_);
    if (generation_ == old.generation) { has_session_ = false; }
  }
  return enter(ctx);
}

Session::Ticket Session::log_in_locked(sdk::CallContext& ctx, std::unique_lock<std::mutex>& lock) {
  logging_in_ = true;
  lock.unlock();
  try {
    LoginOutcome outcome = log_in(ctx);
    lock.lock();
    logging_in_ = false;
    login_done_.notify_all();
    return settle_locked(std::move(outcome));
  } catch (...) {
    if (!lock.owns_lock()) { lock.lock(); }
    logging_in_ = false;
    login_done_.notify_all();
    if (!has_session_) { throw; }
    // Only a renewal failed: the old session goes on being used, until it is refused or for another while.
    logged_in_at_ms_ = clock_.steady_ms() - settings_.session_lifetime_ms + kRenewAgainMs;
    return {cookie_, generation_};
  }
}

Session::Ticket Session::settle_locked(LoginOutcome outcome) {
  const std::int64_t now = clock_.steady_ms();
  if (!outcome.refused) {
    cookie_ = std::move(outcome.cookie);
    has_session_ = true;
    logged_in_at_ms_ = now;
    return {cookie_, ++generation_};
  }
  gate_.refuse(now, std::move(outcome.reason));
  refused_generation_ = generation_;
  // The renewal was refused, yet the old session may well be good: a ban does not touch it.
  if (!has_session_) { throw blocked_locked(0); }
  if (log_ != nullptr) { log_->write(sdk::LogLevel::warning, blocked_locked(0).what()); }
  return {cookie_, generation_};
}

Session::LoginOutcome Session::log_in(sdk::CallContext& ctx) const {
  // Without the old cookie: with a valid one the server answers "Ok." to any password.
  ApiCall login;
  login.action = "auth/login";
  login.method = "POST";
  login.body = sdk::form_encode({{"username", settings_.username}, {"password", settings_.password}});
  login.content_type = "application/x-www-form-urlencoded";
  return judge_login(send(ctx, login, Ticket{}));
}

Session::LoginOutcome Session::judge_login(const sdk::HttpReply& reply) const {
  const auto no = [](std::string reason) { return LoginOutcome{true, std::move(reason), {}}; };
  if (reply.status == 403 && !is_html(reply.body)) {
    return no(
        "it has banned this host after too many failed logins; the ban ends by itself (after an hour, unless "
        "configured otherwise) or when qBittorrent is restarted");
  }
  if (reply.status == 401 || reply.status == 403) {
    return no("it refused the user name or password (HTTP " + std::to_string(reply.status) +
              "); the same answer comes when a proxy is in the way or when qBittorrent's host header check does not "
              "know the name in url");
  }
  if (reply.success() && reply.body.starts_with("Fails")) { return no("it refused the user name or password"); }
  ApiCall login;
  login.action = "auth/login";
  check(login, reply);
  if (!reply.success()) { throw unexpected(login.action, reply); }
  return {false, {}, cookies_of(reply)};
}

void Session::confirm(const Ticket& ticket) {
  const std::lock_guard lock(mutex_);
  // An old session that still works says nothing about the password, which was refused since.
  if (!gate_.reason().empty() && ticket.generation > refused_generation_) { gate_.reset(); }
}

void Session::give_up(const Ticket& ticket, const sdk::HttpReply& reply) {
  const std::lock_guard lock(mutex_);
  if (generation_ != ticket.generation) {
    throw sdk::Error(
        sdk::Status{sdk::Code::unavailable, sdk::kRetryable, 0, reply.status},
        name_ + " ended two sessions in a row (HTTP " + std::to_string(reply.status) + "): is it restarting?");
  }
  // Of several threads that share this login, the first one closes the gate.
  if (has_session_) {
    has_session_ = false;
    refused_generation_ = generation_;
    gate_.refuse(clock_.steady_ms(),
                 "it accepted the login and yet refused the call after it (HTTP " + std::to_string(reply.status) +
                     "); a proxy that drops the Cookie header, or qBittorrent's host header check, does that");
  }
  throw blocked_locked(reply.status);
}

void Session::fail_key(const sdk::HttpReply& reply) const {
  throw sdk::Error(
      sdk::Status{sdk::Code::unauthenticated, 0, 0, reply.status},
      name_ + " refused the api_key (HTTP " + std::to_string(reply.status) +
          "): make a new one in its Web UI options (qBittorrent 5.2 or later), or use username and password");
}

sdk::Error Session::blocked_locked(std::int32_t http_status) const {
  const std::int64_t wait = gate_.wait_ms(clock_.steady_ms());
  return {sdk::Status{sdk::Code::unauthenticated, 0, static_cast<std::uint32_t>(wait), http_status},
          name_ + ": " + gate_.reason() + ". So that it does not ban this host, no login is tried for " +
              duration_text(wait) + ", or until the plugin is started anew with the right configuration"};
}

}  // namespace quarry::qbittorrent
