// SPDX-License-Identifier: MIT
// The statements behind list(): a page, and how many rows match. Which texts there are depends on
// the shape of the request alone, so a connection keeps them prepared.
#pragma once

#include <quarry/sdk/abi/queue_store.hpp>

#include <string>
#include <utility>
#include <vector>

namespace quarry::storage_sql {

/// States and statuses a filter lets through, as pairs that can occur (see sdk::public_status).
using StatusPairs = std::vector<std::pair<std::int32_t, std::int32_t>>;
[[nodiscard]] StatusPairs pairs_of(const sdk::ListFilter& filter);

/// How the two databases differ here.
struct ListDialect {
  const char* before_integer;  ///< before the number of a parameter: "?" or "cast(:"
  const char* after_integer;   ///< and after it: "" or " AS bigint)"
  const char* before_text;
  const char* after_text;
  const char* status_index;  ///< after the table's name where the index by status must be taken; may be empty
  const char* next_index;    ///< and where that of queued rows by rank must be
  /// Empty, or, for PostgreSQL, the half of `download` that has all that filters ask for but movie_id. Arms that are
  /// merged read it, and each says its order: else their rows are all sorted. Filters also name the states by
  /// themselves there, since an index is not searched for pairs.
  const char* state_table;
};

/// What a parameter of a statement stands for. Parameters are numbered from 1 in the order of their list.
enum class ListParameter { after_id, movie_id, client, limit, offset };

struct ListStatement {
  std::string text;
  std::vector<ListParameter> parameters;
};
struct ListQuery {
  ListStatement page;   ///< selects kDownloadColumns; never reads more of `download` than it must to find the page
  ListStatement count;  ///< empty text: the total is the sum of status_count over the pairs
};

/// How pages are found. Sorted by id or rank: along that index; by id under a filter of states and statuses along the
/// index by (state, status), one arm for each pair, merged; of more rows than those of the page never a sort. Sorted by
/// rank under a filter that lets through nothing but what is queued or at work: what is queued along its index by rank,
/// merged with what is at work, which is sorted and as little as the limits of the lanes allow; so what has ended costs
/// nothing. Under another filter, PostgreSQL may sort by rank where few rows match. Sorted by anything else: the ids of
/// all matching rows are sorted.
/// `pairs`: those of pairs_of(request.filter) that have rows at this moment, or more.
[[nodiscard]] ListQuery list_query(const sdk::ListRequest& request, const StatusPairs& pairs,
                                   const ListDialect& dialect);

/// The value of an integer parameter.
[[nodiscard]] std::int64_t integer_of(const sdk::ListRequest& request, ListParameter parameter) noexcept;

}  // namespace quarry::storage_sql
