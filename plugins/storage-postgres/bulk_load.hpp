// SPDX-License-Identifier: MIT
// For tests that make rows by the million.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace quarry::storage_postgres::testing {

/// Statements of one session around those that fill these tables: indexes are made when all rows are there, and
/// the server does not look at the tables by itself, then or later.
class BulkLoad {
 public:
  explicit BulkLoad(std::vector<std::string> tables) : tables_(std::move(tables)) {}
  [[nodiscard]] std::string before() const;
  [[nodiscard]] std::string after() const;

 private:
  std::vector<std::string> tables_;
};

}  // namespace quarry::storage_postgres::testing
