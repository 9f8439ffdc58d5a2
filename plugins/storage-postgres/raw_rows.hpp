// SPDX-License-Identifier: MIT
// Rows by the hundred thousand, past SOCI: COPY into a table, and results read in binary without a copy of each value.
// Works on the connection of a SOCI session and is used by one thread at a time.
#pragma once

#include <quarry/sdk/abi/record_store.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace soci {
class session;
}

namespace quarry::storage_postgres {

/// All rows that a statement gave.
class RawResult {
 public:
  struct Clear {
    void operator()(void* result) const noexcept;
  };
  explicit RawResult(void* result) noexcept : result_(result) {}

  [[nodiscard]] int rows() const noexcept;
  [[nodiscard]] int columns() const noexcept;
  /// By the column's type: smallint, integer and bigint are integers, real and double precision reals, boolean, bytea
  /// and everything else as text. The view lives as long as this. Throws sdk::Error(internal) for a column that is
  /// neither.
  [[nodiscard]] sdk::Value value(int row, int column) const;
  /// Of the first row; 0 or empty when there is none.
  [[nodiscard]] std::int64_t integer(int column = 0) const;
  [[nodiscard]] std::string text(int row = 0, int column = 0) const;

 private:
  std::unique_ptr<void, Clear> result_;
};

class RawRows {
 public:
  explicit RawRows(soci::session& session);

  /// One statement, with parameters $1, $2 … . Throws PostgresFailure.
  [[nodiscard]] RawResult ask(const std::string& sql, std::span<const sdk::Value> parameters = {});

  /// `text` is in COPY's text format (see append_copy_value()). `sql`: COPY … FROM STDIN. All or nothing.
  void copy_in(const std::string& sql, std::string_view text);

 private:
  void* handle_;
};

/// Adds a value in COPY's text format; the caller adds tabs and line ends.
void append_copy_value(std::string& text, const sdk::Value& value);

}  // namespace quarry::storage_postgres
