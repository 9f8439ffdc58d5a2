// SPDX-License-Identifier: MIT
#include "notices.hpp"

#include "libpq.hpp"

#include <poll.h>
#include <algorithm>
#include <chrono>
#include <memory>

namespace quarry::storage_postgres {
namespace {

/// How soon a cancelled call ends.
constexpr std::int64_t kLookMs = 250;

struct FreeNotice {
  void operator()(PGnotify* notice) const noexcept { PQfreemem(notice); }
};

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Notices::Notices(soci::session& session, const char* channel) : handle_(libpq(session)) {
  RawPostgres(session).exec((std::string("LISTEN ") + channel).c_str());
}

bool Notices::take(std::string& payload) {
  const std::unique_ptr<PGnotify, FreeNotice> notice(PQnotifies(libpq(handle_)));
  if (notice == nullptr) { return false; }
  payload = notice->extra;
  return true;
}

bool Notices::next(const sdk::CallContext& ctx, std::int64_t wait_ms, std::string& payload) {
  const std::int64_t until = steady_ms() + wait_ms;
  while (!take(payload)) {
    const std::int64_t left = std::min({until - steady_ms(), ctx.remaining_ms(), kLookMs});
    if (left <= 0 || ctx.cancelled()) { return false; }
    pollfd socket{PQsocket(libpq(handle_)), POLLIN, 0};
    if (poll(&socket, 1, static_cast<int>(left)) > 0 && PQconsumeInput(libpq(handle_)) == 0) {
      throw PostgresFailure("", "the connection that listens for work was lost");
    }
  }
  return true;
}

}  // namespace quarry::storage_postgres
