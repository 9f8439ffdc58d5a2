// SPDX-License-Identifier: MIT
#pragma once

#include "records/record_client.hpp"

#include <array>
#include <string>
#include <string_view>

namespace quarry::records {

/// A number that the host keeps, and the version of its record; 0 and 0: never set.
struct Setting {
  std::int64_t value = 0;
  std::int64_t version = 0;
  /// What is kept instead of a number from 0 on, cut and fit to be shown: "x", with the quotes. Then `value` is 0.
  /// Empty: it is a number.
  std::string unreadable;
};

[[nodiscard]] sdk::Result<Setting> read_setting(const RecordClient& client, std::string_view name);

/// Sets a setting as part of a batch; nothing of the batch is applied when somebody else set it since it was read.
/// Outlives the call of write().
class SettingWrite {
 public:
  SettingWrite(std::string_view name, const Setting& read, std::int64_t value);
  SettingWrite(const SettingWrite&) = delete;
  SettingWrite& operator=(const SettingWrite&) = delete;
  [[nodiscard]] const sdk::RecordWrite& write() const noexcept { return write_; }

 private:
  std::string digits_;
  std::array<sdk::Assignment, 2> values_;
  sdk::RecordWrite write_;
};

}  // namespace quarry::records
