// SPDX-License-Identifier: MIT
// The queue's tables as storage_admin/1 shows them: the same names and columns in every store (docs/storage.md). What
// a store keeps otherwise it says here, in `column` and `made`, and nowhere else.
#pragma once

#include <quarry/sdk/abi/record_store.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::storage_sql {

struct MovingColumn {
  std::string name;  ///< in the moving format
  sdk::Value::Kind kind = sdk::Value::Kind::text;
  std::string column;  ///< in the database, as SQL writes it
};

/// A column that follows from the others.
struct MadeColumn {
  std::string name;
  /// From the values of a row, in the order of the table's columns, at this time.
  std::function<sdk::Value(std::span<const sdk::Value> row, std::int64_t now_ms)> value;
};

struct MovingTable {
  std::string name;                   ///< in the moving format
  std::string table;                  ///< in the database, as SQL writes it
  std::vector<MovingColumn> columns;  ///< the key first
  std::vector<MadeColumn> made;
  bool large_rows = false;  ///< a row may take megabytes
  bool settings = false;    ///< a host makes such rows by itself: they are no reason not to copy over them
  bool numbered = false;    ///< the store gives the keys, and rows may go: the last number given is worth keeping

  /// The place of a column; -1: there is none.
  [[nodiscard]] int place_of(std::string_view column) const noexcept;
  [[nodiscard]] std::vector<std::string_view> column_names() const;
};

/// lane, duty, download, metainfo, event: in the order in which they can be written.
[[nodiscard]] std::vector<MovingTable> queue_tables();
/// The table of this name. Throws sdk::Error(not_found).
[[nodiscard]] const MovingTable& table_of(std::span<const MovingTable> tables, std::string_view name);

/// For each column of `table` its place in `columns`. Throws sdk::Error(invalid) when they are not the same columns.
[[nodiscard]] std::vector<std::size_t> places_in(const MovingTable& table, std::span<const std::string_view> columns);

/// Throws sdk::Error(invalid) unless `value` may stand in the column.
void check_value(const MovingTable& table, const MovingColumn& column, const sdk::Value& value);

/// What `ready` of a download follows from (see the schemas): 0 not claimable, 1 due, 2 once due_at_ms has come.
[[nodiscard]] std::int64_t ready_of(std::int64_t state, std::int64_t flags, std::int64_t due_at_ms,
                                    std::int64_t now_ms) noexcept;
/// "ready" and its value, for queue_tables()' download.
[[nodiscard]] MadeColumn made_ready(const MovingTable& download);
/// `status`, what the API shows.
[[nodiscard]] MadeColumn made_status(const MovingTable& download);

[[nodiscard]] sdk::Value integer_value(std::int64_t value) noexcept;
[[nodiscard]] sdk::Value real_value(double value) noexcept;
[[nodiscard]] sdk::Value text_value(std::string_view value, sdk::Value::Kind kind = sdk::Value::Kind::text) noexcept;

}  // namespace quarry::storage_sql
