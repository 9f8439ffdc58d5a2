// SPDX-License-Identifier: MIT
#include "records/settings.hpp"

#include "records/collections.hpp"
#include "records/values.hpp"

#include <quarry/sdk/helpers/json.hpp>

#include <charconv>
#include <optional>

namespace quarry::records {
namespace {

constexpr std::size_t kMostShown = 40;

std::string shown_value(std::string_view value) {
  std::string out = sdk::repaired_text(value.substr(0, kMostShown));
  for (char& c : out) { c = static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c; }
  return '"' + out + (value.size() > kMostShown ? "…" : "") + '"';
}

}  // namespace

sdk::Result<Setting> read_setting(const RecordClient& client, std::string_view name) {
  const sdk::Value wanted = text(name);
  const std::array where = {condition(settings::kKey, sdk::Match::equal, {&wanted, 1})};
  sdk::FindRecords request;
  request.collection = settings::kName;
  request.where = where;
  request.limit = 1;
  Setting out;
  std::string digits = "0";
  const auto done = client.find(request, [&](const sdk::RecordView& record) {
    out.version = record.version;
    digits = text_at(record, settings::kValue);
  });
  if (!done) { return done.error(); }
  const char* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, out.value);
  if (read.ec != std::errc() || read.ptr != end || out.value < 0) {
    out.value = 0;
    out.unreadable = shown_value(digits);
  }
  return out;
}

SettingWrite::SettingWrite(std::string_view name, const Setting& read, std::int64_t value)
    : digits_(std::to_string(value)),
      values_{assign(settings::kKey, text(name)), assign(settings::kValue, text(digits_))} {
  write_.kind = sdk::WriteKind::upsert;
  write_.collection = settings::kName;
  write_.key = settings::kKey;
  write_.expected_version = read.version;
  write_.values = values_;
}

}  // namespace quarry::records
