// SPDX-License-Identifier: MIT
// One connection to the server, set up for what it is used for. Used by one thread at a time. When it is
// lost, so are its prepared statements: whoever holds a session makes a new one.
#pragma once

#include "raw_postgres.hpp"

#include <quarry/sdk/abi/plugin.hpp>
#include <storage-sql/statement.hpp>

#include <soci/soci.h>

#include <string>

namespace quarry::storage_postgres {

/// admin: for storage_admin/1, which takes its time and reads whole tables.
enum class Access { writer, reader, admin };

using storage_sql::in;
using storage_sql::Integer;
using storage_sql::out;
using Statement = storage_sql::BoundStatement<true>;

class Session {
 public:
  /// `words`: see connection_words(). A writer shares the storage with other writers, but not with keep_hosts_out().
  /// Throws soci::soci_error, PostgresFailure, or sdk::Error(unavailable) when hosts are kept out.
  Session(const std::string& words, Access access);

  [[nodiscard]] soci::session& soci() noexcept { return session_; }
  [[nodiscard]] RawPostgres& raw() noexcept { return raw_; }

  /// For as long as this session lives no writer's session can be made. False: there is one, so a host works on the
  /// storage.
  [[nodiscard]] bool keep_hosts_out();

  /// Statements of the session end, by themselves, about when `ctx` is out of time, and wait no longer for a lock.
  void keep_to(const sdk::CallContext& ctx);

 private:
  soci::session session_;
  RawPostgres raw_;
  std::int64_t timeout_ms_ = 0;
};

}  // namespace quarry::storage_postgres
