// SPDX-License-Identifier: MIT
// For tests: how the server carried a statement out, and the statements inside of its functions and triggers.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

namespace quarry::storage_postgres::testing {

/// For a session whose notices shall say how each of its statements was carried out.
inline constexpr char kTellAll[] =
    "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on; "
    "SET auto_explain.log_analyze = on; SET auto_explain.log_buffers = on; SET auto_explain.log_timing = off; "
    "SET client_min_messages = log";

/// A statement's plan, as auto_explain told it after the statement had run.
class Plan {
 public:
  explicit Plan(std::string text);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// How its tables are read, each way once: "INDEX COLUMN" for an index that is searched by its COLUMN, "INDEX in
  /// order" for one that is walked from an end, "TABLE whole". Without the server's own tables and sequences of one
  /// row.
  [[nodiscard]] const std::set<std::string>& reads() const noexcept { return reads_; }
  /// Rows that were read of a table to be sorted; what the statement was given, or has changed, is not of a table.
  [[nodiscard]] std::int64_t sorted_rows() const noexcept { return sorted_rows_; }
  /// Whether rows of a table are sorted, even if there were none.
  [[nodiscard]] bool sorts() const noexcept { return sorts_; }
  /// Pages of tables and indexes that were looked at; one that is looked at twice counts twice.
  [[nodiscard]] std::int64_t buffers() const noexcept { return buffers_; }

 private:
  /// `sorting`: depths of the steps that sort and are above this one.
  void read_step(std::string_view line, std::vector<std::size_t>& sorting);

  std::string text_;
  std::set<std::string> reads_;
  std::int64_t sorted_rows_ = 0;
  std::int64_t buffers_ = 0;
  bool sorts_ = false;
};

/// One of the store's statements as PREPARE takes it: its parameters, which SOCI writes as :1, are $1.
[[nodiscard]] std::string with_dollars(std::string statement);

/// A connection set up as one of the store's, whose work is never kept.
class Planner {
 public:
  /// `session`: the settings of sql::kReaderSession or sql::kWriterSession.
  Planner(const std::string& url, const char* session);
  ~Planner() { PQfinish(connection_); }
  Planner(const Planner&) = delete;
  Planner& operator=(const Planner&) = delete;

  /// Runs one of the store's statements with `values` for its parameters ("'1', 'x'"), and takes back what it did.
  [[nodiscard]] Plan plan(const std::string& text, const std::string& values);

 private:
  void run(const std::string& text);

  PGconn* connection_;
  std::string told_;
};

}  // namespace quarry::storage_postgres::testing
