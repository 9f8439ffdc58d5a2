// SPDX-License-Identifier: MIT
#include "listener.hpp"

#include "failures.hpp"
#include "statements.hpp"

#include <quarry/sdk/helpers/barrier.hpp>

#include <algorithm>

namespace quarry::storage_postgres {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kOverdue = std::chrono::seconds(5);
constexpr milliseconds kMostSilence = std::chrono::minutes(10);
/// What enqueue sends names a lane; no lane begins like this.
constexpr char kSelfCheck[] = "\x01self-check ";

/// From now until `span` after `from`.
std::int64_t left_of(std::chrono::steady_clock::time_point from, milliseconds span) {
  const auto left = from + span - std::chrono::steady_clock::now();
  return std::max<std::int64_t>(0, std::chrono::ceil<milliseconds>(left).count());
}

}  // namespace

Listener::Line::Line(const Server& server)
    : session(server, Access::reader), notices(session.soci(), sql::kReadyChannel) {}

Listener::Listener(const sdk::Config& config) : server_(Server::of(config)) {}

void Listener::send_to_itself() {
  // From another connection: what this one sends would come back to it even where a pooler hands on nothing.
  Session sender(server_, Access::reader);
  std::string channel = sql::kReadyChannel;
  std::string prefix = kSelfCheck;
  std::string token;
  Statement(sender.soci(),
            "WITH token AS (SELECT cast(:2 AS text) || cast(gen_random_uuid() AS text) AS word) "
            "SELECT word FROM token, pg_notify(:1, word)",
            in(channel, prefix), storage_sql::out(token))
      .one();
  line_->token = token;
  line_->sent = line_->heard = std::chrono::steady_clock::now();
}

void Listener::listen(const sdk::CallContext& ctx, sdk::Wakeup& out) {
  if (line_->token.empty() && left_of(line_->heard, kMostSilence) == 0) { send_to_itself(); }
  std::string payload;
  const std::int64_t wait_ms =
      line_->token.empty() ? left_of(line_->heard, kMostSilence) : left_of(line_->sent, kOverdue);
  bool come = line_->notices.next(ctx, wait_ms, payload);
  // One look serves for all that have come.
  for (; come; come = line_->notices.next(ctx, 0, payload)) {
    line_->heard = std::chrono::steady_clock::now();
    if (payload == line_->token) {
      out.hears = 1;
      line_->token.clear();
    } else if (!payload.starts_with(kSelfCheck)) {
      out.woken = 1;
    }
  }
  if (!line_->token.empty() && left_of(line_->sent, kOverdue) == 0) { out.hears = -1; }
}

sdk::Status Listener::wait(sdk::CallContext& ctx, sdk::Wakeup& out) noexcept {
  return sdk::guard(ctx, [&] {
    out.woken = 0;
    out.hears = 0;
    if (server_.pooler) {
      throw sdk::Error(sdk::Code::unsupported, "the storage is reached through a pooler, which hands on no notices");
    }
    try {
      if (line_ == nullptr) {
        line_ = std::make_unique<Line>(server_);
        send_to_itself();
        out.woken = 1;  // whatever was enqueued while nobody listened
        return;
      }
      listen(ctx, out);
      if (out.hears < 0) { line_.reset(); }
    } catch (const sdk::Error&) { throw; } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      line_.reset();
      throw sdk::Error(explain(error, server_.place));
    }
  });
}

}  // namespace quarry::storage_postgres
