// SPDX-License-Identifier: MIT
// The questions `check` asks a queue, in SQL that SQLite and PostgreSQL both understand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quarry::storage_sql {

/// Each row that `sql` gives is something wrong: its one column is a text, the key or what differs.
struct QueueCheck {
  bool harmful = true;
  std::string where;  ///< the table
  std::string text;   ///< what is wrong, and what to do
  std::string sql;
};

/// What two stores say differently.
struct CheckWords {
  std::string_view live;           ///< a condition: the row's column says that it is live
  std::string_view last_download;  ///< an expression: the highest id ever given
};

[[nodiscard]] std::vector<QueueCheck> queue_checks(const CheckWords& words);

/// No more rows of one check than these are told one by one.
inline constexpr int kFindingsOfOneCheck = 20;

}  // namespace quarry::storage_sql
