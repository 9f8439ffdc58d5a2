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

/// Making all plans of a session anew takes some milliseconds.
constexpr std::int64_t kMostUsesOfPlans = 4096;

/// "QRRA", held by sessions until they end, however that comes about. Every host holds it shared; behind a pooler only
/// while it writes.
constexpr char kShareStorage[] = "SELECT pg_try_advisory_lock_shared(1364349505)";
constexpr char kShareStorageNow[] = "SELECT pg_try_advisory_xact_lock_shared(1364349505)";
constexpr char kOwnStorage[] = "SELECT pg_try_advisory_lock(1364349505)";

bool try_lock(soci::session& session, const char* sql) { return RawRows(session).ask(sql).integer() != 0; }

constexpr int kOldestServer = 130000;

/// Before anything is set: an older one does not know all of it, and would refuse that instead.
void refuse_old(const RawPostgres& raw, const std::string& place) {
  if (raw.server_version() >= kOldestServer) { return; }
  throw sdk::Error(
      {sdk::Code::unavailable, 0, 0, static_cast<std::int32_t>(sdk::OpenFault::foreign)},
      "PostgreSQL (" + place + ") has version " + raw.parameter("server_version") + "; the storage needs 13 or newer");
}

sdk::Error kept_out() {
  return sdk::Error(
      {sdk::Code::unavailable, sdk::kRetryable, 0, static_cast<std::int32_t>(sdk::OpenFault::unreachable)},
      "the storage is being migrated or copied by `quarry storage`; wait until that is done");
}

std::string session_settings(Access access) {
  const std::string of_all = std::string(sql::kSession) + "; ";
  switch (access) {
    case Access::writer:
      return of_all + sql::kWriterSession;
    case Access::reader:
      return of_all + sql::kReaderSession;
    case Access::admin:
      return sql::kAdminSession;
    case Access::look:
      break;
  }
  return "";
}
/// The same for a transaction.
const char* local_settings(Access access) {
  switch (access) {
    case Access::writer:
      return sql::kLocalWriter;
    case Access::reader:
      return sql::kLocalReader;
    case Access::admin:
      return sql::kLocalAdmin;
    case Access::look:
      break;
  }
  return "";
}

std::string time_outs(const std::string& set, std::int64_t ms) {
  const std::string value = std::to_string(ms);
  return set + "statement_timeout = " + value + "; " + set + "lock_timeout = " + value;
}

std::int64_t rounded_up(std::int64_t ms) {
  const auto* const it = std::lower_bound(kTimeoutsMs.begin(), kTimeoutsMs.end(), ms);
  return it == kTimeoutsMs.end() ? kTimeoutsMs.back() : *it;
}

}  // namespace

Server Server::of(const sdk::Config& config) {
  const std::string url(config.text("url"));
  return {connection_words(url), place_of(url), config.flag("pooler", false)};
}

Connection::Connection(const Server& server)
    : session(soci::postgresql, server.words),
      statements_(server.pooler ? soci::details::st_one_time_query : soci::details::st_repeatable_query) {}

Session::Session(const Server& server, Access access) try
    : access_(access), pooler_(server.pooler), session_(server), raw_(session_) {
  refuse_old(raw_, server.place);
  if (pooler_) { return; }
  cancel_.emplace(session_);
  raw_.exec(session_settings(access).c_str());
  if (access == Access::writer && !try_lock(session_, kShareStorage)) { throw kept_out(); }
} catch (const soci::soci_error& error) {
  // Only what a server says has two blanks behind its first word; libpq has no state for its own sentences.
  const std::string text = error.get_error_message();
  throw PostgresFailure(text.find(":  ") == text.npos ? std::string() : refusal_state(server.words), text);
}

bool Session::keep_hosts_out() { return try_lock(session_, kOwnStorage); }

void Session::keep_to(const sdk::CallContext& ctx) {
  sdk::check_cancelled(ctx);
  const std::int64_t wanted = rounded_up(ctx.remaining_ms());
  if (wanted == timeout_ms_) { return; }
  if (!pooler_) { raw_.exec(time_outs("SET ", wanted).c_str()); }
  timeout_ms_ = wanted;
}

void Session::renew_plans() {
  if (++commands_ < renew_at_) { return; }
  raw_.exec(sql::kForgetPlans);
  renew_at_ = commands_ + std::min(commands_, kMostUsesOfPlans);
}

std::string Session::begin_pooled(const std::string& how, const char* more) {
  std::string text = how + "; " + local_settings(access_) + "; ";
  if (timeout_ms_ != 0) { text += time_outs("SET LOCAL ", timeout_ms_) + "; "; }
  return raw_.ask_within((text + more).c_str(), timeout_ms_ != 0 ? timeout_ms_ : kTimeoutsMs.back());
}

void Session::begin() {
  if (!pooler_) {
    raw_.exec(sql::kBegin);
  } else if (begin_pooled(sql::kBegin, kShareStorageNow) != "t") {
    throw kept_out();
  }
}

void Session::end(const char* how) noexcept {
  try {
    if (raw_.alive() && raw_.in_transaction()) { raw_.exec(how); }
  } catch (const std::exception&) {
    // Whoever uses the session next finds it lost.
  }
}

void Session::roll_back() noexcept { end(sql::kRollback); }

void Session::read(Sees sees, const std::function<void()>& look) {
  const bool one_moment = sees == Sees::one_moment;
  if (!one_moment && !pooler_) {
    look();
    return;
  }
  const char* const how = one_moment ? sql::kBeginRead : sql::kBeginReads;
  try {
    if (pooler_) {
      begin_pooled(how, "");
    } else {
      raw_.exec(how);
    }
    look();
  } catch (...) {
    roll_back();
    throw;
  }
  end(sql::kCommit);
}

}  // namespace quarry::storage_postgres
