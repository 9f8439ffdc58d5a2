// SPDX-License-Identifier: MIT
// Where a statement that selects QUARRY_DOWNLOAD_COLUMNS leaves its row.
#pragma once

#include <storage-sql/download_row.hpp>
#include <storage-sql/statement.hpp>

#include <array>
#include <string>
#include <string_view>
#include <tuple>

namespace quarry::storage_postgres {

class RowVariables {
 public:
  /// For Statement's out().
  [[nodiscard]] auto columns() {
    return std::tuple_cat(storage_sql::tie_all(integers_), storage_sql::tie_all(reals_), storage_sql::tie_all(texts_));
  }
  /// Valid until the next row is fetched.
  [[nodiscard]] sdk::DownloadView view() const { return storage_sql::read_row(*this); }

  // For read_row(): columns counted from 0.
  [[nodiscard]] std::int64_t integer(int column) const { return integers_[static_cast<std::size_t>(column)]; }
  [[nodiscard]] double real(int column) const {
    return reals_[static_cast<std::size_t>(column) - storage_sql::kDownloadIntegers];
  }
  [[nodiscard]] std::string_view text(int column) const {
    return texts_[static_cast<std::size_t>(column) - storage_sql::kDownloadIntegers - storage_sql::kDownloadReals];
  }

 private:
  std::array<storage_sql::Integer, storage_sql::kDownloadIntegers> integers_{};
  std::array<double, storage_sql::kDownloadReals> reals_{};
  std::array<std::string, storage_sql::kDownloadTexts.size()> texts_;
};

}  // namespace quarry::storage_postgres
