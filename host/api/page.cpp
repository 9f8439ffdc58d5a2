// SPDX-License-Identifier: MIT
#include "api/page.hpp"

#include <algorithm>
#include <limits>

namespace quarry::api {
Page page_of(Query& query) {
  Page out;
  out.page = query.integer("page", 1, 1, records::kMostReachable);
  out.page_size = std::min(query.integer("pageSize", 50, 1, std::numeric_limits<std::int64_t>::max()), kMaxPageSize);
  if (out.slice().offset + out.page_size > records::kMostReachable) {
    query.refuse_field("page",
                       "is too far down: the first " + std::to_string(records::kMostReachable) +
                           " entries can be reached; the others by turning sortDirection round, or by a filter");
  }
  const std::string_view direction = query.text("sortDirection");
  out.descending = !equal_ignoring_case(direction, "ascending");
  const bool known = direction.empty() || !out.descending || equal_ignoring_case(direction, "descending") ||
                     equal_ignoring_case(direction, "default");
  if (!known) { query.refuse_field("sortDirection", "must be ascending, descending or default"); }
  return out;
}

ApiResponse page_response(const Page& page, std::int64_t total, std::string records) {
  sdk::JsonWriter w;
  w.begin_object().member("page", page.page).member("pageSize", page.page_size).member("sortKey", "date");
  w.member("sortDirection", page.descending ? "descending" : "ascending");
  w.member("totalRecords", total).key("records").raw(records).end_object();
  return {200, w.take(), {}};
}

}  // namespace quarry::api
