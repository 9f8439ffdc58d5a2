// SPDX-License-Identifier: MIT
// Pages of lists that grow for ever: history and blocklist, the latest first.
#pragma once

#include "api/params.hpp"
#include "records/record_client.hpp"

namespace quarry::api {

struct Page {
  std::int64_t page = 1;
  std::int64_t page_size = 50;
  bool descending = true;

  [[nodiscard]] records::Slice slice() const noexcept { return {(page - 1) * page_size, page_size}; }
};

/// page, pageSize (above 1000 it counts as 1000) and sortDirection; "default" is descending. What lies beyond
/// records::kMostReachable is refused.
[[nodiscard]] Page page_of(Query& query);

/// The answer: `records` is a JSON array. All these lists are sorted by date.
[[nodiscard]] ApiResponse page_response(const Page& page, std::int64_t total, std::string records);

}  // namespace quarry::api
