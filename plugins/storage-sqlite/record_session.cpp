// SPDX-License-Identifier: MIT
#include "record_session.hpp"

#include <vector>

namespace quarry::storage_sqlite {

using sdk::Value;

void bind_value(RawStatement& statement, int parameter, const Value& value) {
  switch (value.kind) {
    case Value::Kind::integer:
    case Value::Kind::boolean:
      return statement.bind(parameter, value.integer);
    case Value::Kind::real:
      return statement.bind(parameter, value.real);
    case Value::Kind::text:
      return statement.bind(parameter, value.text);
    case Value::Kind::bytes:
      return statement.bind(parameter, std::as_bytes(std::span(value.text.data(), value.text.size())));
    case Value::Kind::null:
      return statement.bind_null(parameter);
  }
}

namespace {

Value read(const RawStatement& statement, int column, sdk::FieldType type) {
  Value value;
  if (statement.is_null(column)) { return value; }
  switch (type) {
    case sdk::FieldType::integer:
      value.kind = Value::Kind::integer;
      value.integer = statement.integer(column);
      break;
    case sdk::FieldType::boolean:
      value.kind = Value::Kind::boolean;
      value.integer = statement.integer(column);
      break;
    case sdk::FieldType::real:
      value.kind = Value::Kind::real;
      value.real = statement.real(column);
      break;
    case sdk::FieldType::text:
      value.kind = Value::Kind::text;
      value.text = statement.text(column);
      break;
  }
  return value;
}

}  // namespace

RawStatement& SqliteRecordSession::prepared(const std::string& sql) {
  std::unique_ptr<RawStatement>& statement = prepared_[sql];
  if (statement == nullptr) { statement = std::make_unique<RawStatement>(raw_, sql); }
  return *statement;
}

void SqliteRecordSession::run(const std::string& sql, std::span<const Value> parameters,
                              std::span<const sdk::FieldType> columns, const OnRow& on_row) {
  RawStatement& statement = prepared(sql);
  const Running running(statement);
  for (std::size_t i = 0; i < parameters.size(); ++i) { bind_value(statement, static_cast<int>(i) + 1, parameters[i]); }
  std::vector<Value> row(columns.size());
  while (statement.step()) {
    for (std::size_t i = 0; i < columns.size(); ++i) { row[i] = read(statement, static_cast<int>(i), columns[i]); }
    if (!on_row(row)) { return; }
  }
}

}  // namespace quarry::storage_sqlite
