// SPDX-License-Identifier: MIT
#include "listener.hpp"

#include "failures.hpp"
#include "statements.hpp"

#include <quarry/sdk/helpers/barrier.hpp>

#include <algorithm>

namespace quarry::storage_postgres {
namespace {

constexpr std::int64_t kSelfCheckMs = 5'000;
/// What enqueue sends names a lane; no lane begins like this.
constexpr char kSelfCheck[] = "\x01self-check ";
constexpr std::chrono::milliseconds kMostSilence = std::chrono::minutes(10);

/// Until a silence has lasted too long.
std::int64_t left_of(std::chrono::steady_clock::time_point heard) {
  const auto silent = std::chrono::steady_clock::now() - heard;
  return std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(kMostSilence - silent).count());
}

}  // namespace

Listener::Line::Line(const std::string& words)
    : session(words, Access::reader), notices(session.soci(), sql::kReadyChannel) {}

Listener::Listener(const sdk::Config& config)
    : words_(connection_words(std::string(config.text("url")))), place_(place_of(std::string(config.text("url")))) {}

bool Listener::hears_itself(sdk::CallContext& ctx, sdk::Wakeup& out) {
  // From another connection: what this one sends would come back to it even where a pooler hands on nothing.
  Session sender(words_, Access::reader);
  std::string token;
  std::string channel = sql::kReadyChannel;
  std::string prefix = kSelfCheck;
  Statement(sender.soci(),
            "WITH token AS (SELECT :2 || cast(gen_random_uuid() AS text) AS word) "
            "SELECT word FROM token, pg_notify(:1, word)",
            in(channel, prefix), storage_sql::out(token))
      .one();
  std::string payload;
  while (line_->notices.next(ctx, kSelfCheckMs, payload)) {
    if (payload == token) { return true; }
    if (!payload.starts_with(kSelfCheck)) { out.woken = 1; }
  }
  return false;
}

void Listener::listen(sdk::CallContext& ctx, sdk::Wakeup& out) {
  if (line_ == nullptr) {
    line_ = std::make_unique<Line>(words_);
    out.woken = 1;  // whatever was enqueued while nobody listened
  }
  std::string payload;
  while (out.woken == 0 && line_->notices.next(ctx, left_of(line_->heard), payload)) {
    if (!payload.starts_with(kSelfCheck)) { out.woken = 1; }
  }
  // One look serves for all of them.
  while (line_->notices.next(ctx, 0, payload)) {}
}

sdk::Status Listener::wait(sdk::CallContext& ctx, sdk::Wakeup& out) noexcept {
  return sdk::guard(ctx, [&] {
    out.woken = 0;
    out.hears = 0;
    try {
      const bool fresh = line_ == nullptr;
      listen(ctx, out);
      if (fresh || left_of(line_->heard) == 0) { out.hears = hears_itself(ctx, out) ? 1 : -1; }
      if (out.hears < 0) { line_.reset(); }
      if (line_ != nullptr && (out.hears > 0 || out.woken != 0)) { line_->heard = std::chrono::steady_clock::now(); }
    } catch (const sdk::Error&) { throw; } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      line_.reset();
      throw sdk::Error(explain(error, place_));
    }
  });
}

}  // namespace quarry::storage_postgres
