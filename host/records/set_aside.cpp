// SPDX-License-Identifier: MIT
#include "records/set_aside.hpp"

#include "records/collections.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace quarry::records {
namespace {

struct MostOf {
  std::string_view field;
  std::int64_t most;
};
constexpr std::int64_t kEndOfTime = 253'402'300'799'999;  ///< of the year 9999
constexpr std::array kMostOf = {
    MostOf{"year", 9999},
    MostOf{"runtime", std::numeric_limits<std::int32_t>::max()},
    MostOf{"at_ms", kEndOfTime},
    MostOf{"added_at_ms", kEndOfTime},
};

bool fits(sdk::FieldType type, sdk::Value::Kind kind) {
  return type == sdk::FieldType::integer ? kind == sdk::Value::Kind::integer
         : type == sdk::FieldType::text  ? kind == sdk::Value::Kind::text
                                         : kind != sdk::Value::Kind::bytes;
}

std::string fault_of_number(std::string_view field, std::int64_t value) {
  const auto* const limit =
      std::find_if(kMostOf.begin(), kMostOf.end(), [&](const MostOf& one) { return one.field == field; });
  const bool too_large = limit != kMostOf.end() && value > limit->most;
  if (value >= 0 && !too_large) { return {}; }
  return "is " + std::to_string(value) + ", and it cannot be that " + (too_large ? "large" : "small");
}

/// Its words are not repeated: they may hold a secret.
std::string fault_of_text(const sdk::FieldSpec& field, std::string_view text) {
  if (!sdk::is_valid_utf8(text) || text.find('\0') != text.npos) { return "is no UTF-8 text"; }
  if (text.empty() && (field.flags & sdk::kRequired) != 0) { return "is empty"; }
  if (field.allowed.empty()) { return {}; }
  const bool known = std::find(field.allowed.begin(), field.allowed.end(), text) != field.allowed.end();
  return known ? "" : "is none of the words that it may be";
}

std::string fault_of_value(const sdk::FieldSpec& field, const sdk::Value& value) {
  if (value.kind == sdk::Value::Kind::null) { return (field.flags & sdk::kRequired) != 0 ? "is missing" : ""; }
  if (!fits(field.type, value.kind)) { return "is of another type"; }
  if (field.type == sdk::FieldType::integer) { return fault_of_number(field.name, value.integer); }
  return field.type == sdk::FieldType::text ? fault_of_text(field, value.text) : "";
}

}  // namespace

std::string fault_of(std::string_view collection, const sdk::RecordView& record) {
  const std::array own = {MostOf{"id", record.id - 1}, MostOf{"version", record.version - 1},
                          MostOf{"created_at_ms", record.created_at_ms}, MostOf{"updated_at_ms", record.updated_at_ms}};
  for (const MostOf& number : own) {
    if (number.most < 0) { return "its " + std::string(number.field) + " cannot be that small"; }
  }
  const auto all = collections();
  const auto spec = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == collection; });
  if (spec == all.end()) { return {}; }
  for (std::size_t i = 0; i < spec->fields.size() && i < record.values.size(); ++i) {
    const std::string fault = fault_of_value(spec->fields[i], record.values[i]);
    if (!fault.empty()) { return "its " + std::string(spec->fields[i].name) + " " + fault; }
  }
  return {};
}

std::string RecordsSetAside::sentence(const Key& place, const std::string& fault) {
  const auto& [collection, id] = place;
  const std::string number = std::to_string(id);
  return "record " + number + " of " + collection + " is set aside, and the others go on: " + fault +
         ". Look at the row with id = " + number + " of the table rec_" + collection +
         " in the storage, and mend it, restore a backup, or delete it";
}

}  // namespace quarry::records
