// SPDX-License-Identifier: MIT
#include "records/settings.hpp"

#include "records/collections.hpp"
#include "records/values.hpp"

#include <charconv>
#include <optional>

namespace quarry::records {

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
  if (read.ec != std::errc() || read.ptr != end) {
    return sdk::failure(sdk::Code::internal, "the setting \"" + std::string(name) + "\" in the storage is no number");
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
