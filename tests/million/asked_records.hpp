// SPDX-License-Identifier: MIT
// What the host asks of its records, and what each statement of it may cost.
#pragma once

#include "records/records.hpp"
#include "watched_records.hpp"

#include <functional>
#include <limits>
#include <string>

namespace quarry::million {

/// Of each statement that a question leads to. A row is found in three or four pages.
struct Most {
  std::int64_t buffers;
  std::int64_t sorted = 0;  ///< rows of tables
  std::size_t statements = std::numeric_limits<std::size_t>::max();
};

/// For what is about one row, or a few; a change of it writes into each index.
inline constexpr std::int64_t kFew = 60;
/// A page of 50, or one of 500 that is passed over.
inline constexpr std::int64_t kPage = 700;

class AskedRecords {
 public:
  /// All outlive it. `vacuumed`: the server knows the rows, and which pages are seen by all.
  AskedRecords(WatchedRecords& watched, const records::Records& records, bool vacuumed)
      : watched_(watched), records_(records), vacuumed_(vacuumed) {}

  [[nodiscard]] const records::Records& records() const noexcept { return records_; }
  [[nodiscard]] bool vacuumed() const noexcept { return vacuumed_; }
  /// Of what is changed for good, and the rows are asked twice.
  [[nodiscard]] std::int64_t time() const noexcept { return vacuumed_ ? 1 : 0; }

  /// No statement that `ask` leads to reads a table from one end to the other, or more than `most`.
  void expect(const std::string& what, Most most, const std::function<void()>& ask) const;
  void expect_found(const std::string& what, Most most, const sdk::FindRecords& request) const;

 private:
  WatchedRecords& watched_;
  const records::Records& records_;
  const bool vacuumed_;
};

/// Pages of lists, and counts.
void ask_pages(const AskedRecords& asked);
/// Records by what they are known by.
void ask_lookups(const AskedRecords& asked);
void ask_writes(const AskedRecords& asked);

}  // namespace quarry::million
