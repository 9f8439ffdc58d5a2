// SPDX-License-Identifier: MIT
// The questions `check` asks of what is kept about the records.
#pragma once

#include "record_session.hpp"

#include <string>
#include <vector>

namespace quarry::storage_sql {

/// Something harmful.
struct RecordFinding {
  std::string where;  ///< the table, and which row
  std::string text;   ///< what is wrong, and what to do
};

/// Declarations that cannot be read, and settings without which hosts do not start or lose their place.
[[nodiscard]] std::vector<RecordFinding> check_records(RecordSession& session);

}  // namespace quarry::storage_sql
