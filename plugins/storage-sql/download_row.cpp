// SPDX-License-Identifier: MIT
#include "download_row.hpp"

#include <cstring>

namespace quarry::storage_sql {

OwnedRow::OwnedRow(const sdk::DownloadView& view) : view_(view) {
  std::size_t size = 0;
  for (const auto text : kDownloadTexts) { size += (view.*text).size(); }
  texts_ = std::make_unique<char[]>(size);
  char* place = texts_.get();
  for (const auto text : kDownloadTexts) {
    const std::string_view from = view.*text;
    if (!from.empty()) { std::memcpy(place, from.data(), from.size()); }
    view_.*text = {place, from.size()};
    place += from.size();
  }
}

}  // namespace quarry::storage_sql
