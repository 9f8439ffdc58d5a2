// SPDX-License-Identifier: MIT
#include "list_query.hpp"

#include "download_row.hpp"

#include <algorithm>
#include <set>

namespace quarry::storage_sql {
namespace {

using sdk::DownloadState;
using sdk::PublicStatus;
using sdk::SortKey;

constexpr std::uint32_t kAllFlags = 32;  // five flags
constexpr char kWhole[] = "download";

bool wanted(std::uint32_t bits, std::int32_t value) {
  return bits == 0 || (bits & (1U << static_cast<std::uint32_t>(value))) != 0;
}

bool restricted(const sdk::ListFilter& filter) { return filter.states != 0 || filter.statuses != 0; }

/// None of these rows has ended, and none waits for a person: but for those that are queued they are few.
bool queued_or_at_work(const StatusPairs& pairs) {
  return std::all_of(pairs.begin(), pairs.end(), [](const auto& pair) {
    const auto state = static_cast<DownloadState>(pair.first);
    return state == DownloadState::queued || sdk::takes_slot(state);
  });
}

/// Restricted beside states and statuses: then the counters do not know the total.
bool restricted_further(const sdk::ListFilter& filter) {
  return filter.movie_id != 0 || !filter.client.empty() || filter.cleanup != 0;
}

std::string values_of(const StatusPairs& pairs) {
  std::string text;
  for (const auto& [state, status] : pairs) {
    text += (text.empty() ? "(" : ", (") + std::to_string(state) + ", " + std::to_string(status) + ")";
  }
  return text;
}

std::string states_of(const StatusPairs& pairs) {
  std::set<std::int32_t> states;
  for (const auto& pair : pairs) { states.insert(pair.first); }
  std::string text;
  for (const std::int32_t state : states) { text += (text.empty() ? "" : ", ") + std::to_string(state); }
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

/// One statement under way: its text comes piece by piece, and its parameters with it. Whoever adds two pieces with
/// parameters does so in two steps: the operands of + are evaluated in any order.
class Builder {
 public:
  Builder(const sdk::ListRequest& request, const ListDialect& dialect) : request_(request), dialect_(dialect) {}

  /// The parameter's placeholder; the same parameter has one number.
  std::string parameter(ListParameter parameter) {
    auto it = std::find(parameters_.begin(), parameters_.end(), parameter);
    if (it == parameters_.end()) { it = parameters_.insert(parameters_.end(), parameter); }
    const std::string number = std::to_string(it - parameters_.begin() + 1);
    if (parameter == ListParameter::client) { return dialect_.before_text + number + dialect_.after_text; }
    return dialect_.before_integer + number + dialect_.after_integer;
  }
  std::string after() { return request_.filter.after_id > 0 ? " AND id > " + parameter(ListParameter::after_id) : ""; }
  /// What restricts beside states and statuses, as " AND …".
  std::string others() {
    const sdk::ListFilter& filter = request_.filter;
    std::string text;
    if (filter.movie_id != 0) { text += " AND movie_id <> 0 AND movie_id = " + parameter(ListParameter::movie_id); }
    if (!filter.client.empty()) { text += " AND client = " + parameter(ListParameter::client); }
    if (filter.cleanup != 0) { text += " AND cleanup <> 0"; }
    return text;
  }
  std::string limited() {
    std::string text = " LIMIT " + parameter(ListParameter::limit);
    return text += " OFFSET " + parameter(ListParameter::offset);
  }
  std::string conditions(const StatusPairs& pairs, bool with_after) {
    std::string text = " WHERE 1 = 1";
    if (restricted(request_.filter)) {
      if (*dialect_.state_table != '\0') { text += " AND state IN (" + states_of(pairs) + ")"; }
      text += " AND (state, status) IN (VALUES " + values_of(pairs) + ")";
    }
    if (with_after) { text += after(); }
    return text += others();
  }
  /// A stretch of an index of `table`: its rows are in the order of the page, but for those at work by rank.
  std::string stretch(const char* table, std::pair<std::int32_t, std::int32_t> pair) {
    const bool next = by_rank() && pair.first == static_cast<std::int32_t>(DownloadState::queued);
    std::string text = std::string(" FROM ") + table + (next ? dialect_.next_index : dialect_.status_index) +
                       " WHERE state = " + std::to_string(pair.first) + " AND status = " + std::to_string(pair.second);
    text += after();
    return text += others();
  }
  /// A page sorted by id, or by rank, under a filter of states: its stretches, merged.
  std::string merged(const StatusPairs& pairs) {
    const std::string order = order_by(request_);
    const std::string select = std::string("SELECT ") + kDownloadColumns;
    const bool halves = *dialect_.state_table != '\0';
    if (pairs.size() == 1 && !halves) {
      std::string text = select + stretch(kWhole, pairs.front()) + order;
      return text += limited();
    }
    const char* const table = halves && request_.filter.movie_id == 0 ? dialect_.state_table : kWhole;
    const char* const rank = table == kWhole ? ", rank" : ", claim_rank AS rank";
    const std::string key = std::string("SELECT id") + (by_rank() ? rank : "");
    std::string ids;
    for (const auto& pair : pairs) {
      const std::string arm = key + stretch(table, pair);
      ids += (ids.empty() ? "" : " UNION ALL ") + (halves && pairs.size() > 1 ? "(" + arm + order + ")" : arm);
    }
    ids += order;
    ids += limited();
    if (by_rank()) { ids = "SELECT id FROM (" + ids + ") AS page"; }
    return select + " FROM download WHERE id IN (" + ids + ")" + order;
  }
  ListStatement done(std::string text) { return {std::move(text), std::move(parameters_)}; }

 private:
  [[nodiscard]] bool by_rank() const noexcept { return request_.sort == SortKey::rank; }

  const sdk::ListRequest& request_;
  const ListDialect& dialect_;
  std::vector<ListParameter> parameters_;
};

ListStatement page_of(const sdk::ListRequest& request, const StatusPairs& pairs, const ListDialect& dialect) {
  Builder b(request, dialect);
  const std::string select = std::string("SELECT ") + kDownloadColumns + " FROM download";
  if (pairs.empty()) { return b.done(select + " WHERE 1 = 0" + b.limited()); }
  const bool arms = request.sort == SortKey::id || (request.sort == SortKey::rank && queued_or_at_work(pairs));
  // The few rows of a film are found by it.
  const bool of_film = request.sort == SortKey::rank && request.filter.movie_id != 0;
  if (arms && !of_film && restricted(request.filter)) { return b.done(b.merged(pairs)); }
  const std::string order = order_by(request);
  const bool in_order = request.sort == SortKey::id || request.sort == SortKey::rank;
  std::string where = b.conditions(pairs, true) + order;
  where += b.limited();
  // Where rows must be sorted, only their ids are: a whole row is a hundred times as large.
  return b.done(in_order ? select + where : select + " WHERE id IN (SELECT id FROM download" + where + ")" + order);
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

ListQuery list_query(const sdk::ListRequest& request, const StatusPairs& pairs, const ListDialect& dialect) {
  ListQuery query;
  query.page = page_of(request, pairs, dialect);
  if (!pairs.empty() && restricted_further(request.filter)) {
    Builder b(request, dialect);
    query.count = b.done("SELECT count(*) FROM download" + b.conditions(pairs, false));
  }
  return query;
}

std::int64_t integer_of(const sdk::ListRequest& request, ListParameter parameter) noexcept {
  switch (parameter) {
    case ListParameter::after_id:
      return request.filter.after_id;
    case ListParameter::movie_id:
      return request.filter.movie_id;
    case ListParameter::limit:
      return request.limit;
    case ListParameter::offset:
      return request.offset;
    case ListParameter::client:
      break;
  }
  return 0;
}

}  // namespace quarry::storage_sql
