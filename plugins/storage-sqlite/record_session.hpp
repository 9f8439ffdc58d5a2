// SPDX-License-Identifier: MIT
// What the records need of a connection to SQLite.
#pragma once

#include "raw_sqlite.hpp"

#include <quarry/sdk/abi/services.hpp>
#include <storage-sql/record_session.hpp>

#include <memory>
#include <string>
#include <unordered_map>

namespace quarry::storage_sqlite {

/// Texts and bytes must stay as they are until the statement is reset.
void bind_value(RawStatement& statement, int parameter, const sdk::Value& value);

/// For one call. A statement that comes again is prepared once.
class SqliteRecordSession final : public storage_sql::RecordSession {
 public:
  SqliteRecordSession(RawDatabase& raw, const sdk::Clock& clock) : raw_(raw), clock_(clock) {}

  using RecordSession::run;
  void run(const std::string& sql, std::span<const sdk::Value> parameters, std::span<const sdk::FieldType> columns,
           const OnRow& on_row) override;
  void exec(const std::string& sql) override { raw_.exec(sql.c_str()); }
  [[nodiscard]] std::int64_t now_ms() override { return clock_.wall_ms(); }

 private:
  [[nodiscard]] RawStatement& prepared(const std::string& sql);

  RawDatabase& raw_;
  const sdk::Clock& clock_;
  std::unordered_map<std::string, std::unique_ptr<RawStatement>> prepared_;
};

}  // namespace quarry::storage_sqlite
