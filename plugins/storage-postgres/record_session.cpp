// SPDX-License-Identifier: MIT
#include "record_session.hpp"

#include "libpq.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <vector>

namespace quarry::storage_postgres {
namespace {

using sdk::Value;

constexpr Oid kOfItsPlace = 0;

/// Parameters as libpq wants them. The values must outlive it.
class Parameters {
 public:
  explicit Parameters(std::span<const Value> values) : numbers_(values.size()), formats_(values.size(), kBinaryFormat) {
    for (std::size_t i = 0; i < values.size(); ++i) { add(values[i], numbers_[i]); }
  }
  [[nodiscard]] int size() const { return static_cast<int>(types_.size()); }
  [[nodiscard]] const Oid* types() const { return types_.data(); }
  [[nodiscard]] const char* const* data() const { return data_.data(); }
  [[nodiscard]] const int* lengths() const { return lengths_.data(); }
  [[nodiscard]] const int* formats() const { return formats_.data(); }

 private:
  using Number = std::array<char, sizeof(std::uint64_t)>;

  void add(const Value& value, Number& number) {
    switch (value.kind) {
      case Value::Kind::null:
        return add(kOfItsPlace, nullptr, 0);
      case Value::Kind::integer:
        return add(kInt8Oid, write(number, static_cast<std::uint64_t>(value.integer)), number.size());
      case Value::Kind::real:
        return add(kFloat8Oid, write(number, std::bit_cast<std::uint64_t>(value.real)), number.size());
      case Value::Kind::boolean:
        number[0] = value.integer != 0 ? 1 : 0;
        return add(kBoolOid, number.data(), 1);
      case Value::Kind::text:
      case Value::Kind::bytes:
        // A null pointer would be NULL in place of an empty text.
        return add(value.kind == Value::Kind::text ? kTextOid : kByteaOid,
                   value.text.data() == nullptr ? "" : value.text.data(), value.text.size());
    }
  }
  static const char* write(Number& number, std::uint64_t bits) {
    bits = big_endian(bits);
    std::memcpy(number.data(), &bits, sizeof bits);
    return number.data();
  }
  void add(Oid type, const char* data, std::size_t length) {
    types_.push_back(type);
    data_.push_back(data);
    lengths_.push_back(static_cast<int>(length));
  }

  std::vector<Number> numbers_;
  std::vector<Oid> types_;
  std::vector<const char*> data_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

Value read(const PGresult* result, int row, int column, sdk::FieldType type) {
  Value value;
  if (PQgetisnull(result, row, column) != 0) { return value; }
  const char* data = PQgetvalue(result, row, column);
  const auto number = [&] {
    std::uint64_t bits = 0;
    std::memcpy(&bits, data, sizeof bits);
    return big_endian(bits);
  };
  switch (type) {
    case sdk::FieldType::integer:
      value.kind = Value::Kind::integer;
      value.integer = static_cast<std::int64_t>(number());
      break;
    case sdk::FieldType::real:
      value.kind = Value::Kind::real;
      value.real = std::bit_cast<double>(number());
      break;
    case sdk::FieldType::text:
      value.kind = Value::Kind::text;
      value.text = {data, static_cast<std::size_t>(PQgetlength(result, row, column))};
      break;
    case sdk::FieldType::boolean:
      value.kind = Value::Kind::boolean;
      value.integer = *data != 0 ? 1 : 0;
      break;
  }
  return value;
}

}  // namespace

void PostgresRecordSession::run(const std::string& sql, std::span<const Value> parameters,
                                std::span<const sdk::FieldType> columns, const OnRow& on_row) {
  PGconn* connection = libpq(session_.soci());
  const Parameters bound(parameters);
  const PgResult result(PQexecParams(connection, sql.c_str(), bound.size(), bound.types(), bound.data(),
                                     bound.lengths(), bound.formats(), kBinaryFormat));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) { throw failure_of(connection, result.get()); }
  std::vector<Value> row(columns.size());
  for (int i = 0; i < PQntuples(result.get()); ++i) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      row[c] = read(result.get(), i, static_cast<int>(c), columns[c]);
    }
    if (!on_row(row)) { return; }
  }
}

}  // namespace quarry::storage_postgres
