// SPDX-License-Identifier: MIT
// What the records need of a database connection: statements with bound parameters, and rows as values of the SDK.
#pragma once

#include <quarry/sdk/abi/record_store.hpp>

#include <functional>
#include <span>
#include <string>

namespace quarry::storage_sql {

/// A connection while it works for one call. Used by one thread at a time. A failure of the database is thrown as its
/// own exception, which the backend explains.
class RecordSession {
 public:
  using Row = std::span<const sdk::Value>;
  /// False: enough. The row's texts live until it returns.
  using OnRow = std::function<bool(Row)>;

  /// Runs one statement whose parameters are numbered from 1. `columns`: the types of what it answers.
  virtual void run(const std::string& sql, std::span<const sdk::Value> parameters,
                   std::span<const sdk::FieldType> columns, const OnRow& on_row) = 0;
  /// Runs one statement that has no answer and is not worth preparing.
  virtual void exec(const std::string& sql) = 0;
  /// The store's clock.
  [[nodiscard]] virtual std::int64_t now_ms() = 0;

  void run(const std::string& sql, std::span<const sdk::Value> parameters) {
    run(sql, parameters, {}, [](Row) { return true; });
  }
  /// The integer of the first row; `otherwise` when there is none.
  [[nodiscard]] std::int64_t number(const std::string& sql, std::span<const sdk::Value> parameters,
                                    std::int64_t otherwise = 0) {
    constexpr sdk::FieldType kColumns[] = {sdk::FieldType::integer};
    std::int64_t answer = otherwise;
    run(sql, parameters, kColumns, [&](Row row) {
      answer = row.front().integer;
      return false;
    });
    return answer;
  }

 protected:
  ~RecordSession() = default;
};

[[nodiscard]] inline sdk::Value value_of(std::int64_t integer) {
  sdk::Value value;
  value.kind = sdk::Value::Kind::integer;
  value.integer = integer;
  return value;
}
[[nodiscard]] inline sdk::Value value_of(std::string_view text) {
  sdk::Value value;
  value.kind = sdk::Value::Kind::text;
  value.text = text;
  return value;
}

}  // namespace quarry::storage_sql
