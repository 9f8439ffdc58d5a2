// SPDX-License-Identifier: MIT
// Rows in and out of the database, for storage_admin/1.
#pragma once

#include "raw_rows.hpp"
#include "session.hpp"

#include <quarry/sdk/abi/storage_admin.hpp>
#include <storage-sql/moving_tables.hpp>
#include <storage-sql/record_tables.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::storage_postgres {

/// Works on a session that keeps hosts out, and throws sdk::Error or PostgresFailure.
class RowMover {
 public:
  explicit RowMover(Session& session);

  void tables(sdk::TableSink& sink);
  void read(std::string_view table, const sdk::Value& after, std::int32_t limit, sdk::RowSink& rows);

  void collections(sdk::CollectionSink& sink);
  void begin(std::string_view source, std::int64_t record_version, std::span<const sdk::CollectionSpec> collections);
  void write(std::string_view table, std::span<const std::string_view> columns, std::span<const sdk::Value> rows);
  void last_key(std::string_view table, sdk::RowSink& key);
  void finish(std::span<const sdk::UsedNumbers> used);

 private:
  void read_catalog();
  void make_ready_for_rows(std::string_view source, std::int64_t record_version,
                           std::span<const sdk::CollectionSpec> collections);
  void put_off_what_follows(const std::string& table, const char* question);
  void follow_rows(const storage_sql::MovingTable& table, std::int64_t used);
  /// All tables that rows are moved from or to, as the database names them.
  [[nodiscard]] std::vector<std::string> names_here() const;
  [[nodiscard]] bool holds_rows();
  [[nodiscard]] std::string sequence_of(const storage_sql::MovingTable& table);
  [[nodiscard]] std::int64_t last_number(const storage_sql::MovingTable& table);

  Session& session_;
  RawPostgres& raw_;
  RawRows rows_;
  storage_sql::Catalog catalog_;
  std::vector<storage_sql::MovingTable> tables_;
  std::vector<std::string> texts_;  ///< of a block of rows, one for each part of its table, kept for their memory
};

/// A copy into the database was begun and not finished.
[[nodiscard]] bool copy_unfinished(RawRows& rows);
/// Throws sdk::Error(conflict) when it is so: no host may use it.
void refuse_unfinished_copy(Session& session, const std::string& place);

}  // namespace quarry::storage_postgres
