// SPDX-License-Identifier: MIT
#include "postgres_records.hpp"

#include "failures.hpp"
#include "record_session.hpp"
#include "statements.hpp"

namespace quarry::storage_postgres {
namespace {

constexpr std::size_t kWriters = 2;
/// Two writers can meet more than once.
constexpr int kTries = 5;
constexpr std::string_view kUnknownColumn = "42703";
constexpr std::string_view kUnknownTable = "42P01";

/// The next look finds what was in the way: a unique value, or that a record has gone.
bool is_worth_another_look(const std::exception& error) {
  return is_worth_repeating(error) || sqlstate(error) == kForeignKeyViolation;
}

/// False: the session is of no more use.
bool roll_back(RawPostgres& raw) noexcept {
  try {
    if (raw.in_transaction()) { raw.exec(sql::kRollback); }
    return true;
  } catch (const std::exception&) { return false; }
}

}  // namespace

PostgresRecords::PostgresRecords(PostgresQueueStore& queue, sdk::Log* log)
    : queue_(queue),
      log_(log),
      writers_(kWriters, [&queue] { return std::make_unique<Session>(queue.server(), Access::writer); }) {}

void PostgresRecords::write(sdk::CallContext& ctx, std::size_t, const Work& work) {
  for (int tries = 1; !try_write(ctx, work, tries == kTries); ++tries) {}
}

bool PostgresRecords::try_write(sdk::CallContext& ctx, const Work& work, bool last_try) {
  storage_sql::Pool<Session>::Lease session(writers_, ctx);
  RawPostgres& raw = session->raw();
  bool committing = false;
  try {
    session->keep_to(ctx);
    session->begin();
    PostgresRecordSession records(*session);
    const bool wanted = work(records);
    committing = wanted;
    raw.exec(wanted ? sql::kCommit : sql::kRollback);
    return true;
  } catch (const std::exception& error) {
    const bool lost = is_connection_loss(error) || !raw.alive();
    if (lost || !roll_back(raw)) { session.drop(); }
    if (committing && lost) {
      throw sdk::Error({sdk::Code::unavailable, sdk::kRetryable | sdk::kMaybeApplied, 0, 0},
                       "the connection to PostgreSQL (" + queue_.server().place +
                           ") broke while records were committed; read them to see whether they were");
    }
    const bool again = lost || is_worth_another_look(error);
    if (!again || last_try || ctx.cancelled() || ctx.remaining_ms() <= 0) { throw; }
    return false;
  }
}

void PostgresRecords::read(sdk::CallContext& ctx, bool one_moment, const Look& look) {
  queue_.read_with(ctx, one_moment ? Sees::one_moment : Sees::each_its_own_moment, [&](Session& session) {
    PostgresRecordSession records(session);
    look(records);
  });
}

sdk::Failure PostgresRecords::explain(const std::exception& error) const {
  sdk::Failure failure = storage_postgres::explain(error, queue_.server().place);
  // Other hosts were faster each time: nothing that is wrong with the request.
  if (is_worth_another_look(error)) { failure.status = {sdk::Code::unavailable, sdk::kRetryable, 0, 0}; }
  return failure;
}
bool PostgresRecords::is_unknown_name(const std::exception& error) const noexcept {
  try {
    const std::string state = sqlstate(error);
    return state == kUnknownColumn || state == kUnknownTable;
  } catch (const std::exception&) {
    return false;  // out of memory
  }
}

}  // namespace quarry::storage_postgres
