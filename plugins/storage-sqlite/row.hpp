// SPDX-License-Identifier: MIT
// A row on its way out: read from a statement, or kept until its transaction is committed.
#pragma once

#include "raw_sqlite.hpp"

#include <quarry/sdk/abi/queue_store.hpp>

#include <memory>

namespace quarry::storage_sqlite {

/// The current row of a statement that selects sql::kColumns. Its texts live until the next step.
[[nodiscard]] sdk::DownloadView read_row(const RawStatement& statement);

/// A row with texts of its own, all in one piece of memory.
class OwnedRow {
 public:
  explicit OwnedRow(const sdk::DownloadView& view);
  [[nodiscard]] const sdk::DownloadView& view() const noexcept { return view_; }

 private:
  sdk::DownloadView view_;
  std::unique_ptr<char[]> texts_;
};

}  // namespace quarry::storage_sqlite
