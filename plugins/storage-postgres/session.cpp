// SPDX-License-Identifier: MIT
#include "session.hpp"

#include "raw_rows.hpp"
#include "statements.hpp"

#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/helpers/barrier.hpp>

#include <soci/postgresql/soci-postgresql.h>

#include <algorithm>
#include <array>

namespace quarry::storage_postgres {
namespace {

/// Setting a time-out costs a round trip, so it is rounded to one of these and seldom changes.
constexpr std::array<std::int64_t, 8> kTimeoutsMs = {100, 250, 500, 1'000, 2'500, 5'000, 10'000, 30'000};

constexpr char kAdminSession[] =
    "SET client_min_messages = warning; SET statement_timeout = 0; SET lock_timeout = '10s'; "
    "SET jit = off; SET enable_bitmapscan = off";

/// "QRRA", held by sessions until they end, however that comes about. Every host holds it shared.
constexpr char kShareStorage[] = "SELECT pg_try_advisory_lock_shared(1364349505)";
constexpr char kOwnStorage[] = "SELECT pg_try_advisory_lock(1364349505)";

bool try_lock(soci::session& session, const char* sql) { return RawRows(session).ask(sql).integer() != 0; }

std::int64_t rounded_up(std::int64_t ms) {
  const auto* const it = std::lower_bound(kTimeoutsMs.begin(), kTimeoutsMs.end(), ms);
  return it == kTimeoutsMs.end() ? kTimeoutsMs.back() : *it;
}

}  // namespace

Session::Session(const std::string& words, Access access) try : session_(soci::postgresql, words), raw_(session_) {
  if (access == Access::admin) {
    raw_.exec(kAdminSession);
    return;
  }
  raw_.exec(sql::kSession);
  raw_.exec(access == Access::writer ? sql::kWriterSession : sql::kReaderSession);
  if (access == Access::writer && !try_lock(session_, kShareStorage)) {
    throw sdk::Error(
        {sdk::Code::unavailable, sdk::kRetryable, 0, static_cast<std::int32_t>(sdk::OpenFault::unreachable)},
        "the storage is being migrated or copied by `quarry storage`; wait until that is done");
  }
} catch (const soci::soci_error& error) {
  // Only what a server says has two blanks behind its first word; libpq has no state for its own sentences.
  const std::string text = error.get_error_message();
  throw PostgresFailure(text.find(":  ") == text.npos ? std::string() : refusal_state(words), text);
}

bool Session::keep_hosts_out() { return try_lock(session_, kOwnStorage); }

void Session::keep_to(const sdk::CallContext& ctx) {
  sdk::check_cancelled(ctx);
  const std::int64_t wanted = rounded_up(ctx.remaining_ms());
  if (wanted == timeout_ms_) { return; }
  const std::string ms = std::to_string(wanted);
  raw_.exec(("SET statement_timeout = " + ms + "; SET lock_timeout = " + ms).c_str());
  timeout_ms_ = wanted;
}

}  // namespace quarry::storage_postgres
