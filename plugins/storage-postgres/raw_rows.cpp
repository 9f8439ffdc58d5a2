// SPDX-License-Identifier: MIT
#include "raw_rows.hpp"

#include "libpq.hpp"

#include <quarry/sdk/helpers/result.hpp>
#include <storage-sql/moving_tables.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <vector>

namespace quarry::storage_postgres {
namespace {

using Kind = sdk::Value::Kind;

// Of columns alone.
constexpr Oid kInt2Oid = 21;
constexpr Oid kInt4Oid = 23;
constexpr Oid kFloat4Oid = 700;
constexpr Oid kVarcharOid = 1043;
constexpr Oid kNameOid = 19;

template <class T>
T from_wire(const char* data) noexcept {
  T value;
  std::memcpy(&value, data, sizeof value);
  if constexpr (std::endian::native == std::endian::big) { return value; }
  if constexpr (sizeof(T) == 2) { return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value))); }
  if constexpr (sizeof(T) == 4) { return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value))); }
  return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
}

/// A parameter as the wire has it.
struct Parameter {
  explicit Parameter(const sdk::Value& value) {
    if (value.kind == Kind::integer) {
      type = kInt8Oid;
      word = from_wire<std::int64_t>(reinterpret_cast<const char*>(&value.integer));
      length = sizeof word;
    } else {
      type = kTextOid;
      text = value.text.data() == nullptr ? "" : value.text.data();
      length = static_cast<int>(value.text.size());
    }
  }
  [[nodiscard]] const char* data() const noexcept {
    return type == kInt8Oid ? reinterpret_cast<const char*>(&word) : text;
  }
  Oid type = kTextOid;
  std::int64_t word = 0;
  const char* text = "";
  int length = 0;
};

template <class T>
void append_number(std::string& text, T value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text.append(digits.data(), end);
}

void append_escaped(std::string& text, std::string_view value) {
  constexpr std::string_view kSpecial("\\\t\n\r", 4);
  while (true) {
    const auto plain = value.find_first_of(kSpecial);
    text += value.substr(0, plain);
    if (plain == std::string_view::npos) { return; }
    const char c = value[plain];
    text += '\\';
    text += c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : '\\';
    value.remove_prefix(plain + 1);
  }
}

void append_hex(std::string& text, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  text += "\\\\x";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
}

}  // namespace

void RawResult::Clear::operator()(void* result) const noexcept { PQclear(static_cast<PGresult*>(result)); }

int RawResult::rows() const noexcept { return PQntuples(static_cast<PGresult*>(result_.get())); }
int RawResult::columns() const noexcept { return PQnfields(static_cast<PGresult*>(result_.get())); }

sdk::Value RawResult::value(int row, int column) const {
  const auto* result = static_cast<PGresult*>(result_.get());
  if (PQgetisnull(result, row, column) != 0) { return {}; }
  const char* data = PQgetvalue(result, row, column);
  const std::string_view bytes(data, static_cast<std::size_t>(PQgetlength(result, row, column)));
  switch (PQftype(result, column)) {
    case kInt2Oid:
      return storage_sql::integer_value(from_wire<std::int16_t>(data));
    case kInt4Oid:
      return storage_sql::integer_value(from_wire<std::int32_t>(data));
    case kInt8Oid:
      return storage_sql::integer_value(from_wire<std::int64_t>(data));
    case kBoolOid: {
      sdk::Value value = storage_sql::integer_value(*data != 0 ? 1 : 0);
      value.kind = Kind::boolean;
      return value;
    }
    case kFloat4Oid:
      return storage_sql::real_value(std::bit_cast<float>(from_wire<std::uint32_t>(data)));
    case kFloat8Oid:
      return storage_sql::real_value(std::bit_cast<double>(from_wire<std::uint64_t>(data)));
    case kByteaOid:
      return storage_sql::text_value(bytes, Kind::bytes);
    case kTextOid:
    case kVarcharOid:
    case kNameOid:
      return storage_sql::text_value(bytes);
    default:
      throw sdk::Error(sdk::Code::internal, "the column " + std::string(PQfname(result, column)) +
                                                " has a type that the store does not use: another program changed the "
                                                "tables");
  }
}

std::int64_t RawResult::integer(int column) const { return rows() == 0 ? 0 : value(0, column).integer; }
std::string RawResult::text(int row, int column) const {
  return rows() <= row ? std::string() : std::string(value(row, column).text);
}

RawRows::RawRows(soci::session& session)
    : handle_(static_cast<soci::postgresql_session_backend*>(session.get_backend())->conn_) {}

RawResult RawRows::ask(const std::string& sql, std::span<const sdk::Value> parameters) {
  const std::vector<Parameter> wire(parameters.begin(), parameters.end());
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const Parameter& parameter : wire) {
    types.push_back(parameter.type);
    values.push_back(parameter.data());
    lengths.push_back(parameter.length);
  }
  const std::vector<int> formats(wire.size(), kBinaryFormat);
  PGresult* result = PQexecParams(libpq(handle_), sql.c_str(), static_cast<int>(wire.size()), types.data(),
                                  values.data(), lengths.data(), formats.data(), kBinaryFormat);
  RawResult owned(result);
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) { throw failure_of(libpq(handle_), result); }
  return owned;
}

void RawRows::copy_in(const std::string& sql, std::string_view text) {
  PGconn* const to = libpq(handle_);
  {
    PGresult* result = PQexec(to, sql.c_str());
    const RawResult owned(result);
    if (PQresultStatus(result) != PGRES_COPY_IN) { throw failure_of(to, result); }
  }
  constexpr std::size_t kPiece = 1U << 20U;
  for (std::string_view left = text; !left.empty(); left.remove_prefix(std::min(kPiece, left.size()))) {
    const std::string_view piece = left.substr(0, kPiece);
    if (PQputCopyData(to, piece.data(), static_cast<int>(piece.size())) != 1) { throw failure_of(to, nullptr); }
  }
  if (PQputCopyEnd(to, nullptr) != 1) { throw failure_of(to, nullptr); }
  while (PGresult* result = PQgetResult(to)) {
    const RawResult owned(result);
    if (PQresultStatus(result) == PGRES_COMMAND_OK) { continue; }
    const PostgresFailure failure = failure_of(to, result);
    while (PGresult* rest = PQgetResult(to)) { PQclear(rest); }
    throw failure;
  }
}

void append_copy_value(std::string& text, const sdk::Value& value) {
  switch (value.kind) {
    case Kind::null:
      text += "\\N";
      break;
    case Kind::integer:
      append_number(text, value.integer);
      break;
    case Kind::boolean:
      text += value.integer != 0 ? 't' : 'f';
      break;
    case Kind::real:
      append_number(text, value.real);
      break;
    case Kind::text:
      append_escaped(text, value.text);
      break;
    case Kind::bytes:
      append_hex(text, value.text);
      break;
  }
}

}  // namespace quarry::storage_postgres
