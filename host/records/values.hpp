// SPDX-License-Identifier: MIT
// Values of records, to and fro. What is not known (an empty text, 0 where it means nothing) is null in the storage.
#pragma once

#include <quarry/sdk/abi/record_store.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace quarry::records {

[[nodiscard]] inline sdk::Value integer(std::int64_t value) noexcept {
  sdk::Value out;
  out.kind = sdk::Value::Kind::integer;
  out.integer = value;
  return out;
}
/// A view of `value`, which must outlive the call it is handed to.
[[nodiscard]] inline sdk::Value text(std::string_view value) noexcept {
  sdk::Value out;
  out.kind = sdk::Value::Kind::text;
  out.text = value;
  return out;
}
[[nodiscard]] inline sdk::Value known(std::int64_t value) noexcept {
  return value == 0 ? sdk::Value{} : integer(value);
}
[[nodiscard]] inline sdk::Value known(std::string_view value) noexcept {
  return value.empty() ? sdk::Value{} : text(value);
}

[[nodiscard]] inline sdk::Assignment assign(std::int32_t field, sdk::Value value) noexcept {
  sdk::Assignment out;
  out.field = field;
  out.value = value;
  return out;
}
[[nodiscard]] inline sdk::Condition condition(std::int32_t field, sdk::Match match,
                                              std::span<const sdk::Value> values) noexcept {
  sdk::Condition out;
  out.field = field;
  out.match = match;
  out.values = values;
  return out;
}

/// `fallback` for a value that is null or of another kind.
[[nodiscard]] inline std::int64_t integer_at(const sdk::RecordView& record, std::int32_t field,
                                             std::int64_t fallback = 0) noexcept {
  const auto place = static_cast<std::size_t>(field);
  const bool there = place < record.values.size() && record.values[place].kind == sdk::Value::Kind::integer;
  return there ? record.values[place].integer : fallback;
}
[[nodiscard]] inline std::string text_at(const sdk::RecordView& record, std::int32_t field) {
  const auto place = static_cast<std::size_t>(field);
  const bool there = place < record.values.size() && record.values[place].kind == sdk::Value::Kind::text;
  return there ? std::string(record.values[place].text) : std::string();
}

}  // namespace quarry::records
