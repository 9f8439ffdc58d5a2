// SPDX-License-Identifier: MIT
#include "session.hpp"

#include "statements.hpp"

#include <quarry/sdk/helpers/barrier.hpp>

#include <soci/postgresql/soci-postgresql.h>

#include <algorithm>
#include <array>

namespace quarry::storage_postgres {
namespace {

/// Setting a time-out costs a round trip, so it is rounded to one of these and seldom changes.
constexpr std::array<std::int64_t, 8> kTimeoutsMs = {100, 250, 500, 1'000, 2'500, 5'000, 10'000, 30'000};

std::int64_t rounded_up(std::int64_t ms) {
  const auto* const it = std::lower_bound(kTimeoutsMs.begin(), kTimeoutsMs.end(), ms);
  return it == kTimeoutsMs.end() ? kTimeoutsMs.back() : *it;
}

}  // namespace

Session::Session(const std::string& words, Access access) try : session_(soci::postgresql, words), raw_(session_) {
  raw_.exec(sql::kSession);
  raw_.exec(access == Access::writer ? sql::kWriterSession : sql::kReaderSession);
} catch (const soci::soci_error& error) {
  // Only what a server says has two blanks behind its first word; libpq has no state for its own sentences.
  const std::string text = error.get_error_message();
  throw PostgresFailure(text.find(":  ") == text.npos ? std::string() : refusal_state(words), text);
}

void Session::keep_to(const sdk::CallContext& ctx) {
  sdk::check_cancelled(ctx);
  const std::int64_t wanted = rounded_up(ctx.remaining_ms());
  if (wanted == timeout_ms_) { return; }
  const std::string ms = std::to_string(wanted);
  raw_.exec(("SET statement_timeout = " + ms + "; SET lock_timeout = " + ms).c_str());
  timeout_ms_ = wanted;
}

}  // namespace quarry::storage_postgres
