// SPDX-License-Identifier: MIT
// Rows in and out of the database, for storage_admin/1.
#pragma once

#include "connection.hpp"

#include <quarry/sdk/abi/services.hpp>
#include <quarry/sdk/abi/storage_admin.hpp>
#include <storage-sql/moving_tables.hpp>
#include <storage-sql/record_tables.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::storage_sqlite {

/// Works on a connection that nobody else uses, and throws sdk::Error or SqliteFailure.
class RowMover {
 public:
  RowMover(Connection& connection, const sdk::Clock& clock);
  ~RowMover();
  RowMover(const RowMover&) = delete;
  RowMover& operator=(const RowMover&) = delete;

  void tables(sdk::TableSink& sink);
  void read(std::string_view table, const sdk::Value& after, std::int32_t limit, sdk::RowSink& rows);

  void collections(sdk::CollectionSink& sink);
  void begin(std::string_view source, std::int64_t record_version, std::span<const sdk::CollectionSpec> collections);
  void write(std::string_view table, std::span<const std::string_view> columns, std::span<const sdk::Value> rows);
  void last_key(std::string_view table, sdk::RowSink& key);
  void finish(std::span<const sdk::UsedNumbers> used);

 private:
  class Transaction;
  struct Insert;
  void make_ready_for_rows(std::string_view source, std::int64_t record_version,
                           std::span<const sdk::CollectionSpec> collections);
  void read_catalog();
  void put_off_what_follows();
  void check_references();
  [[nodiscard]] bool holds_rows();
  [[nodiscard]] std::int64_t last_number(const storage_sql::MovingTable& table);
  void set_last_number(const storage_sql::MovingTable& table, std::int64_t last);
  [[nodiscard]] Insert& insert_for(const storage_sql::MovingTable& table);

  RawDatabase& raw_;
  const sdk::Clock& clock_;
  storage_sql::Catalog catalog_;
  std::vector<storage_sql::MovingTable> tables_;
  std::unique_ptr<Insert> insert_;  ///< of the table written last
};

}  // namespace quarry::storage_sqlite
