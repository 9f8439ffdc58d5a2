// SPDX-License-Identifier: MIT
#include "record_checks.hpp"

#include "record_catalog.hpp"

#include <algorithm>

namespace quarry::storage_sql {
namespace {

using sdk::FieldType;

/// Where hosts keep numbers, as text.
constexpr std::string_view kSettings = "settings";
constexpr char kNumbers[] =
    "SELECT \"name\", \"value\" FROM \"rec_settings\" WHERE \"name\" IN ('data_version', 'history_cursor')";
constexpr std::size_t kMostDigits = 18;

bool is_number(const sdk::Value& value) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return value.kind == sdk::Value::Kind::text && !value.text.empty() && value.text.size() <= kMostDigits &&
         std::all_of(value.text.begin(), value.text.end(), is_digit);
}

}  // namespace

std::vector<RecordFinding> check_records(RecordSession& session) {
  std::vector<RecordFinding> findings;
  const Catalog catalog = load_catalog(session);
  for (const std::string& name : catalog.unreadable) {
    findings.push_back({"record_collection " + name,
                        "the declaration cannot be read; the next start of the Quarry that last worked with this "
                        "storage writes it anew where it can, otherwise restore a backup"});
  }
  const auto settings = catalog.held.find(kSettings);
  if (settings == catalog.held.end() || settings->second.field("name") == nullptr ||
      settings->second.field("value") == nullptr) {
    return findings;
  }
  constexpr FieldType kColumns[] = {FieldType::text, FieldType::text};
  session.run(kNumbers, {}, kColumns, [&](RecordSession::Row row) {
    if (is_number(row[1])) { return true; }
    findings.push_back({"rec_settings " + std::string(row[0].text),
                        "its value is no number; the next start says what to do, or mends it"});
    return true;
  });
  return findings;
}

}  // namespace quarry::storage_sql
