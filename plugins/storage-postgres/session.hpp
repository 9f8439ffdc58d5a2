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

enum class Access { writer, reader };

using storage_sql::in;
using storage_sql::Integer;
using storage_sql::out;
using Statement = storage_sql::BoundStatement<true>;

class Session {
 public:
  /// `words`: see connection_words(). Throws soci::soci_error or PostgresFailure.
  Session(const std::string& words, Access access);

  [[nodiscard]] soci::session& soci() noexcept { return session_; }
  [[nodiscard]] RawPostgres& raw() noexcept { return raw_; }

  /// Statements of the session end, by themselves, about when `ctx` is out of time, and wait no longer for a lock.
  void keep_to(const sdk::CallContext& ctx);

 private:
  soci::session session_;
  RawPostgres raw_;
  std::int64_t timeout_ms_ = 0;
};

}  // namespace quarry::storage_postgres
