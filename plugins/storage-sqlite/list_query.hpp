// SPDX-License-Identifier: MIT
// The statements behind list(): a page, and how many rows match. Which texts there are depends on
// the shape of the request alone, so a connection keeps them prepared.
#pragma once

#include "raw_sqlite.hpp"

#include <quarry/sdk/abi/queue_store.hpp>

#include <string>
#include <utility>
#include <vector>

namespace quarry::storage_sqlite {

/// States and statuses a filter lets through, as pairs that can occur (see sdk::public_status).
using StatusPairs = std::vector<std::pair<std::int32_t, std::int32_t>>;
[[nodiscard]] StatusPairs pairs_of(const sdk::ListFilter& filter);

struct ListQuery {
  std::string page;   ///< selects sql::kColumns; never reads more of `download` than it must to find the page
  std::string count;  ///< empty: the total is the sum of status_count over the pairs
};

/// How pages are found. Sorted by id or rank: along that index, and for a filter of states and
/// statuses along the index by (state, status), one arm for each pair, merged; never a sort. Sorted by
/// anything else: the ids of all matching rows are sorted.
/// `pairs`: those of pairs_of(request.filter) that have rows at this moment, or more.
[[nodiscard]] ListQuery list_query(const sdk::ListRequest& request, const StatusPairs& pairs);

/// Binds what list_query() left open. `request` must outlive the run.
void bind_page(RawStatement& page, const sdk::ListRequest& request);
void bind_count(RawStatement& count, const sdk::ListRequest& request);

}  // namespace quarry::storage_sqlite
