// SPDX-License-Identifier: MIT
#include "raw_sqlite.hpp"

#include <soci/soci.h>
// SOCI declares SQLite's interface in a namespace of its own; including sqlite3.h beside it would clash.
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <memory>

namespace quarry::storage_sqlite {
namespace {

using namespace sqlite_api;

constexpr int kProgressSteps = 5000;
constexpr int kBackupPages = 1000;

sqlite3* database(void* handle) { return static_cast<sqlite3*>(handle); }
sqlite3_stmt* statement(void* handle) { return static_cast<sqlite3_stmt*>(handle); }

[[noreturn]] void fail(sqlite3* db) { throw SqliteFailure(sqlite3_extended_errcode(db), sqlite3_errmsg(db)); }

int stop_when_over(void* context) {
  const auto* ctx = static_cast<const sdk::CallContext*>(context);
  return ctx->cancelled() || ctx->remaining_ms() <= 0 ? 1 : 0;
}

}  // namespace

RawDatabase::RawDatabase(soci::session& session)
    : handle_(static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_) {
  sqlite3_extended_result_codes(database(handle_), 1);
}

void RawDatabase::exec(const char* sql) {
  if (sqlite3_exec(database(handle_), sql, nullptr, nullptr, nullptr) != SQLITE_OK) { fail(database(handle_)); }
}
std::int64_t RawDatabase::integer(const char* sql, std::int64_t fallback) {
  RawStatement query(*this, sql);
  return query.step() ? query.integer(0) : fallback;
}
std::string RawDatabase::text(const char* sql) {
  RawStatement query(*this, sql);
  return query.step() ? std::string(query.text(0)) : std::string();
}
bool RawDatabase::in_transaction() const noexcept { return sqlite3_get_autocommit(database(handle_)) == 0; }
void RawDatabase::set_busy_timeout(std::int64_t ms) noexcept {
  sqlite3_busy_timeout(database(handle_), static_cast<int>(std::clamp<std::int64_t>(ms, 1, 60'000)));
}
void RawDatabase::watch(const sdk::CallContext* ctx) noexcept {
  sqlite3_progress_handler(database(handle_), ctx == nullptr ? 0 : kProgressSteps,
                           ctx == nullptr ? nullptr : &stop_when_over, const_cast<sdk::CallContext*>(ctx));
}

bool RawDatabase::copy_to(RawDatabase& to, sdk::ProgressSink& progress) {
  const auto end = [](sqlite3_backup* one) { sqlite3_backup_finish(one); };
  std::unique_ptr<sqlite3_backup, decltype(end)> copy(
      sqlite3_backup_init(database(to.handle_), "main", database(handle_), "main"), end);
  if (copy == nullptr) { fail(database(to.handle_)); }
  int result = SQLITE_OK;
  while (result == SQLITE_OK) {
    result = sqlite3_backup_step(copy.get(), kBackupPages);
    const std::int64_t total = sqlite3_backup_pagecount(copy.get());
    if (!progress.step(total - sqlite3_backup_remaining(copy.get()), total)) { return false; }
  }
  copy.reset();
  if (result == SQLITE_DONE) { return true; }
  throw SqliteFailure(result, sqlite3_errstr(result));
}

RawDatabase::Hold::Hold(RawDatabase& database_of) noexcept : mutex_(sqlite3_db_mutex(database(database_of.handle_))) {
  sqlite3_mutex_enter(static_cast<sqlite3_mutex*>(mutex_));
}
RawDatabase::Hold::~Hold() { sqlite3_mutex_leave(static_cast<sqlite3_mutex*>(mutex_)); }

RawStatement::RawStatement(RawDatabase& database_of, std::string_view sql) : database_(database_of.handle_) {
  sqlite3_stmt* made = nullptr;
  const int result = sqlite3_prepare_v3(database(database_), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  statement_ = made;
  check(result);
}
RawStatement::~RawStatement() { sqlite3_finalize(statement(statement_)); }

void RawStatement::check(int result) const {
  if (result != SQLITE_OK) { fail(database(database_)); }
}
void RawStatement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(statement(statement_), parameter, value));
}
void RawStatement::bind(int parameter, double value) {
  check(sqlite3_bind_double(statement(statement_), parameter, value));
}
void RawStatement::bind_null(int parameter) { check(sqlite3_bind_null(statement(statement_), parameter)); }
void RawStatement::bind(int parameter, std::string_view value) {
  // A null pointer would bind NULL in place of an empty text.
  const char* data = value.data() == nullptr ? "" : value.data();
  check(sqlite3_bind_text(statement(statement_), parameter, data, static_cast<int>(value.size()), SQLITE_STATIC));
}
void RawStatement::bind(int parameter, std::span<const std::byte> value) {
  const void* data = value.data() == nullptr ? static_cast<const void*>("") : value.data();
  check(sqlite3_bind_blob64(statement(statement_), parameter, data, value.size(), SQLITE_STATIC));
}
bool RawStatement::step() {
  const int result = sqlite3_step(statement(statement_));
  if (result == SQLITE_ROW) { return true; }
  if (result != SQLITE_DONE) { fail(database(database_)); }
  return false;
}
void RawStatement::run() {
  const Running running(*this);
  step();
}
void RawStatement::reset() noexcept { sqlite3_reset(statement(statement_)); }

bool RawStatement::is_null(int column) const noexcept {
  return sqlite3_column_type(statement(statement_), column) == SQLITE_NULL;
}
std::int64_t RawStatement::integer(int column) const noexcept {
  return sqlite3_column_int64(statement(statement_), column);
}
double RawStatement::real(int column) const noexcept { return sqlite3_column_double(statement(statement_), column); }
std::string_view RawStatement::text(int column) const noexcept {
  // Most texts of a row are empty: asking for the length first saves the second call.
  const int size = sqlite3_column_bytes(statement(statement_), column);
  if (size == 0) { return {}; }
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement(statement_), column));
  if (data == nullptr) { return {}; }
  return {data, static_cast<std::size_t>(size)};
}
std::span<const std::byte> RawStatement::blob(int column) const noexcept {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement(statement_), column));
  if (data == nullptr) { return {}; }
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement(statement_), column))};
}

}  // namespace quarry::storage_sqlite
