// SPDX-License-Identifier: MIT
// What the records need of a connection to PostgreSQL: parameters and rows in binary form, so that no value is ever
// written as text, and a text of a megabyte is not copied.
#pragma once

#include "session.hpp"

#include <storage-sql/record_session.hpp>

namespace quarry::storage_postgres {

/// For one call.
class PostgresRecordSession final : public storage_sql::RecordSession {
 public:
  explicit PostgresRecordSession(Session& session) : session_(session) {}

  using RecordSession::run;
  /// Throws PostgresFailure.
  void run(const std::string& sql, std::span<const sdk::Value> parameters, std::span<const sdk::FieldType> columns,
           const OnRow& on_row) override;
  void exec(const std::string& sql) override { session_.raw().exec(sql.c_str()); }
  /// The database's clock.
  [[nodiscard]] std::int64_t now_ms() override { return number("SELECT now_ms()", {}); }

 private:
  Session& session_;
};

}  // namespace quarry::storage_postgres
