// SPDX-License-Identifier: MIT
// What is set for the statements of a session, or behind a pooler of a transaction.
#pragma once

namespace quarry::storage_postgres::sql {

/// A session's settings: plans that follow the indexes whatever the statistics say (a plan made while the table was
/// small would be kept when it is not), reports in English. A host that stands still inside a
/// transaction loses it soon: others wait for its rows. SET: "SET " for a session, "SET LOCAL " for a transaction.
#define QUARRY_SETTINGS(SET)                                                                              \
  SET "enable_seqscan = off; " SET "enable_bitmapscan = off; " SET "enable_hashjoin = off; " SET          \
      "enable_mergejoin = off; " SET "jit = off; " SET "idle_in_transaction_session_timeout = 3000; " SET \
      "client_min_messages = warning; "
/// For list(): with an unknown LIMIT and OFFSET the planner expects a tenth of the table.
#define QUARRY_READER_SETTINGS(SET) SET "plan_cache_mode = force_custom_plan"
#define QUARRY_WRITER_SETTINGS(SET) \
  SET "plan_cache_mode = force_generic_plan; " SET "max_parallel_workers_per_gather = 0"
#define QUARRY_ADMIN_SETTINGS(SET)                                                                     \
  SET "client_min_messages = warning; " SET "statement_timeout = 0; " SET "lock_timeout = '10s'; " SET \
      "jit = off; " SET "enable_bitmapscan = off"

/// A host's session: these, and those of what it is for.
inline constexpr char kSession[] = QUARRY_SETTINGS("SET ") "SET default_transaction_isolation = 'read committed'";
inline constexpr char kReaderSession[] = QUARRY_READER_SETTINGS("SET ") "; SET default_transaction_read_only = on";
inline constexpr char kWriterSession[] = QUARRY_WRITER_SETTINGS("SET ");
inline constexpr char kAdminSession[] = QUARRY_ADMIN_SETTINGS("SET ");
inline constexpr char kLocalReader[] = QUARRY_SETTINGS("SET LOCAL ") QUARRY_READER_SETTINGS("SET LOCAL ");
inline constexpr char kLocalWriter[] = QUARRY_SETTINGS("SET LOCAL ") QUARRY_WRITER_SETTINGS("SET LOCAL ");
inline constexpr char kLocalAdmin[] = QUARRY_ADMIN_SETTINGS("SET LOCAL ");
#undef QUARRY_SETTINGS
#undef QUARRY_READER_SETTINGS
#undef QUARRY_WRITER_SETTINGS
#undef QUARRY_ADMIN_SETTINGS

}  // namespace quarry::storage_postgres::sql
