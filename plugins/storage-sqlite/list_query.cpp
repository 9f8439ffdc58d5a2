// SPDX-License-Identifier: MIT
#include "list_query.hpp"

#include "statements.hpp"

#include <algorithm>

namespace quarry::storage_sqlite {
namespace {

using sdk::DownloadState;
using sdk::PublicStatus;
using sdk::SortKey;

constexpr std::uint32_t kAllFlags = 32;  // five flags
constexpr int kAfter = 1;
constexpr int kMovie = 2;
constexpr int kClient = 3;
constexpr int kLimit = 4;
constexpr int kOffset = 5;

bool wanted(std::uint32_t bits, std::int32_t value) {
  return bits == 0 || (bits & (1U << static_cast<std::uint32_t>(value))) != 0;
}

/// What restricts beside states and statuses, as " AND …" with numbered parameters.
std::string others(const sdk::ListFilter& filter) {
  std::string text;
  if (filter.movie_id != 0) { text += " AND movie_id <> 0 AND movie_id = ?2"; }
  if (!filter.client.empty()) { text += " AND client = ?3"; }
  if (filter.cleanup != 0) { text += " AND cleanup <> 0"; }
  return text;
}
std::string after(const sdk::ListFilter& filter) { return filter.after_id > 0 ? " AND id > ?1" : ""; }

std::string values_of(const StatusPairs& pairs) {
  std::string text;
  for (const auto& [state, status] : pairs) {
    text += (text.empty() ? "(" : ", (") + std::to_string(state) + ", " + std::to_string(status) + ")";
  }
  return text;
}

const char* sort_expression(SortKey key) {
  switch (key) {
    case SortKey::id:
      return "id";
    case SortKey::rank:
      return "rank";
    case SortKey::title:
      return "title";
    case SortKey::size:
      return "size_bytes";
    case SortKey::progress:
      return "progress";
    case SortKey::status:
      return "status";
    case SortKey::timeleft:
      return "CASE WHEN eta_s < 0 THEN 9223372036854775807 ELSE eta_s END";
    case SortKey::added:
      return "enqueued_at_ms";
  }
  return "id";
}

std::string order_by(const sdk::ListRequest& request) {
  const std::string direction = request.descending != 0 ? " DESC" : "";
  std::string text = " ORDER BY ";
  if (request.sort != SortKey::id) { text += sort_expression(request.sort) + direction + ", "; }
  return text + "id" + direction;
}

bool restricted(const sdk::ListFilter& filter) { return filter.states != 0 || filter.statuses != 0; }

/// A stretch of the index by (state, status): its rows are in order of id.
std::string stretch(const sdk::ListFilter& filter, std::pair<std::int32_t, std::int32_t> pair) {
  return " FROM download INDEXED BY download_status WHERE state = " + std::to_string(pair.first) +
         " AND status = " + std::to_string(pair.second) + after(filter) + others(filter);
}

/// A page sorted by id under a filter of states: its stretches, merged.
std::string merged(const sdk::ListRequest& request, const StatusPairs& pairs) {
  const std::string order = order_by(request);
  const std::string limited = order + " LIMIT ?4 OFFSET ?5";
  const std::string select = std::string("SELECT ") + sql::kColumns;
  if (pairs.size() == 1) { return select + stretch(request.filter, pairs.front()) + limited; }
  std::string ids;
  for (const auto& pair : pairs) {
    ids += (ids.empty() ? "SELECT id" : " UNION ALL SELECT id") + stretch(request.filter, pair);
  }
  return select + " FROM download WHERE id IN (" + ids + limited + ")" + order;
}

std::string conditions(const sdk::ListFilter& filter, const StatusPairs& pairs, bool with_after) {
  std::string text = " WHERE 1";
  if (restricted(filter)) { text += " AND (state, status) IN (VALUES " + values_of(pairs) + ")"; }
  return text + (with_after ? after(filter) : "") + others(filter);
}

}  // namespace

StatusPairs pairs_of(const sdk::ListFilter& filter) {
  StatusPairs pairs;
  for (std::int32_t state = 0; state < sdk::kDownloadStates; ++state) {
    if (!wanted(filter.states, state)) { continue; }
    for (std::int32_t status = 0; status < sdk::kPublicStatuses; ++status) {
      if (!wanted(filter.statuses, status)) { continue; }
      bool occurs = false;
      for (std::uint32_t flags = 0; flags < kAllFlags; ++flags) {
        occurs = occurs || public_status(static_cast<DownloadState>(state), flags) == static_cast<PublicStatus>(status);
      }
      if (occurs) { pairs.emplace_back(state, status); }
    }
  }
  return pairs;
}

ListQuery list_query(const sdk::ListRequest& request, const StatusPairs& pairs) {
  const sdk::ListFilter& filter = request.filter;
  const std::string select = std::string("SELECT ") + sql::kColumns + " FROM download";
  const std::string order = order_by(request);
  ListQuery query;
  if (pairs.empty()) {
    query.page = select + " WHERE 0 LIMIT ?4 OFFSET ?5";
  } else if (request.sort == SortKey::id && restricted(filter)) {
    query.page = merged(request, pairs);
  } else {
    const std::string where = conditions(filter, pairs, true);
    const bool in_order = request.sort == SortKey::id || request.sort == SortKey::rank;
    const std::string limited = order + " LIMIT ?4 OFFSET ?5";
    // Where rows must be sorted, only their ids are: a whole row is a hundred times as large.
    query.page = in_order ? select + where + limited
                          : select + " WHERE id IN (SELECT id FROM download" + where + limited + ")" + order;
  }
  if (!pairs.empty() && !others(filter).empty()) {
    query.count = "SELECT count(*) FROM download" + conditions(filter, pairs, false);
  }
  return query;
}

void bind_page(RawStatement& page, const sdk::ListRequest& request) {
  const std::int64_t after_id = request.filter.after_id;
  bind_count(page, request);
  page.bind(kAfter, after_id);
  page.bind(kLimit, std::int64_t{request.limit});
  page.bind(kOffset, request.offset);
}

void bind_count(RawStatement& count, const sdk::ListRequest& request) {
  // A parameter that the text does not have cannot be bound.
  if (request.filter.movie_id != 0) { count.bind(kMovie, request.filter.movie_id); }
  if (!request.filter.client.empty()) { count.bind(kClient, request.filter.client); }
}

}  // namespace quarry::storage_sqlite
