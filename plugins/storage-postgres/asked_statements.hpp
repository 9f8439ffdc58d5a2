// SPDX-License-Identifier: MIT
// For tests: every statement that runs while hosts work, and how the server has to carry it out. A statement that is
// not among these, nor among those that read no table, fails a test (plan_test.cpp).
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace quarry::storage_postgres::testing {

struct AskedStatement {
  std::string name;
  std::string text;
  std::string values;           ///< of its parameters, for the rows of rows_for_plans()
  std::set<std::string> reads;  ///< see Plan::reads(); all of them, with a million rows
  std::int64_t most_buffers;    ///< a row is found in three or four pages, and its change writes an entry in each index
  std::int64_t most_sorted = 0;  ///< rows of tables that it may sort; 0: it has no step that could
};

/// Of the sessions that write, by the names of statements.hpp.
[[nodiscard]] const std::vector<AskedStatement>& asked_of_writers();
/// Of the sessions that read, the same.
[[nodiscard]] const std::vector<AskedStatement>& asked_of_readers();
/// Of the sessions that read: pages of list_query(), and what counts their rows.
[[nodiscard]] const std::vector<AskedStatement>& asked_of_pages();
/// The names of statements.hpp whose texts read no table.
[[nodiscard]] const std::set<std::string>& without_tables();

/// Statements that make `count` rows, 20,000 or more, in tables without: a fifth has ended, 300 are at work, the others
/// are queued, of which some wait and some are paused. The server has not looked at them.
[[nodiscard]] std::string rows_for_plans(int count);

}  // namespace quarry::storage_postgres::testing
