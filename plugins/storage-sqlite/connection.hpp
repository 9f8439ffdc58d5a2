// SPDX-License-Identifier: MIT
// One connection to the database, and statements prepared once for its whole life.
#pragma once

#include "raw_sqlite.hpp"

#include <soci/soci.h>
#include <storage-sql/statement.hpp>

#include <string>

namespace quarry::storage_sqlite {

using storage_sql::in;
using storage_sql::Integer;
using storage_sql::out;

enum class Synchronous { full, normal };
enum class Access { writer, reader };

/// A SOCI session, set up and checked: write-ahead log, foreign keys, no trust in the schema.
/// Used by one thread at a time.
class Connection {
 public:
  /// Throws sdk::Error or SqliteFailure when the file cannot be opened or a setting did not take.
  Connection(const std::string& path, Access access, Synchronous synchronous);

  [[nodiscard]] soci::session& session() noexcept { return session_; }
  [[nodiscard]] RawDatabase& raw() noexcept { return raw_; }

 private:
  soci::session session_;
  RawDatabase raw_;
};

/// A SOCI statement of a connection. Its parameters are numbered ?1, ?2 … and bound by their place.
class Statement : public storage_sql::BoundStatement<false> {
 public:
  template <class... Tuples>
  explicit Statement(Connection& connection, const char* sql, Tuples... tuples)
      : BoundStatement(connection.session(), sql, tuples...) {}
};

/// Brings the schema up to sql::kSchemaVersion. Throws sdk::Error(conflict) when the database is
/// newer than this plugin, or belongs to another program.
void migrate(Connection& connection, const std::string& path);

}  // namespace quarry::storage_sqlite
