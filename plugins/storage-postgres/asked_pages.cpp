// SPDX-License-Identifier: MIT
#include "asked_statements.hpp"

#include <storage-sql/list_query.hpp>

#include <algorithm>
#include <array>

namespace quarry::storage_postgres::testing {
namespace {

/// As reader.cpp has it.
constexpr storage_sql::ListDialect kDialect = {"cast(:", " AS bigint)",   "cast(:", " AS text)", "",
                                               "",       "download_state"};
/// What the counters say of rows_for_plans().
constexpr std::array<std::pair<std::int32_t, std::int32_t>, 10> kPresent = {
    {{0, 0}, {0, 2}, {1, 0}, {2, 0}, {3, 1}, {4, 3}, {5, 5}, {6, 6}, {7, 6}, {8, 7}}};
constexpr int kPageRows = 50;
/// Twice what a page of 50 costs whose rows are looked up by id, or one of twice as many that are counted or sorted.
constexpr std::int64_t kOfAPage = 900;
/// So many are at work.
constexpr std::int64_t kOfThoseAtWork = 3000;
constexpr std::uint32_t kQueued = 1U << 0;
constexpr std::uint32_t kAtWork = (1U << 1) + (1U << 2) + (1U << 3) + (1U << 4);

std::string values_for(const storage_sql::ListStatement& statement, const sdk::ListRequest& request) {
  std::string values;
  for (const storage_sql::ListParameter parameter : statement.parameters) {
    const std::string value = parameter == storage_sql::ListParameter::client
                                  ? std::string(request.filter.client)
                                  : std::to_string(storage_sql::integer_of(request, parameter));
    values += (values.empty() ? "'" : ", '") + value + "'";
  }
  return values;
}

/// How a page is read, and how its rows are counted where the counters do not say it.
struct Expected {
  std::set<std::string> page;
  std::int64_t sorted = 0;
  std::set<std::string> count = {};
  std::int64_t most_buffers = kOfAPage;
};

void ask(std::vector<AskedStatement>& asked, const std::string& name, sdk::ListRequest request,
         const Expected& expected) {
  request.limit = kPageRows;
  storage_sql::StatusPairs pairs = storage_sql::pairs_of(request.filter);
  std::erase_if(pairs,
                [](const auto& pair) { return std::find(kPresent.begin(), kPresent.end(), pair) == kPresent.end(); });
  const storage_sql::ListQuery query = storage_sql::list_query(request, pairs, kDialect);
  const std::string whole = "page " + name + (request.descending != 0 ? ", descending" : "");
  asked.push_back(
      {whole, query.page.text, values_for(query.page, request), expected.page, expected.most_buffers, expected.sorted});
  if (query.count.text.empty()) { return; }
  asked.push_back(
      {"count of " + whole, query.count.text, values_for(query.count, request), expected.count, expected.most_buffers});
}

void ask_by_id(std::vector<AskedStatement>& asked, sdk::ListRequest request) {
  ask(asked, "by id", request, {{"download_state_pkey in order", "download_origin_pkey id"}});
  request.offset = 2 * kPageRows;
  ask(asked, "by id, the third", request, {{"download_state_pkey in order", "download_origin_pkey id"}});
  request.offset = 0;
  // One stretch of the index for each pair, merged; then the rows of the page are put in order once more.
  const Expected merged = {{"download_status state", "download_state_pkey id", "download_origin_pkey id"}, kPageRows};
  for (const std::uint32_t states : {kQueued, kAtWork, 1U << 8, 511U}) {
    request.filter.states = states;
    ask(asked, "by id, states " + std::to_string(states), request, merged);
  }
  request.filter.states = 0;
  for (const std::uint32_t statuses : {1U << 0, 1U << 1, 1U << 5, 255U}) {
    request.filter.statuses = statuses;
    ask(asked, "by id, statuses " + std::to_string(statuses), request, merged);
  }
  request.filter.statuses = 0;
  if (request.descending != 0) { return; }
  request.filter.after_id = 500'000;
  ask(asked, "by id, after an id", request, {{"download_state_pkey id", "download_origin_pkey id"}});
}

void ask_sorted(std::vector<AskedStatement>& asked, sdk::ListRequest request) {
  request.sort = sdk::SortKey::rank;
  ask(asked, "by rank", request, {{"download_rank in order", "download_state_pkey id"}});
  // Rows that ended have lower ranks than most that are queued: a walk from below would pass by all of them.
  request.filter.states = kQueued;
  const std::set<std::string> next = {"download_next status", "download_state_pkey id", "download_origin_pkey id"};
  ask(asked, "by rank, queued", request, {next, kPageRows});
  // What has no order of its own is sorted: the rows that match, and only their ids.
  std::set<std::string> both = next;
  both.insert("download_status state");
  request.filter.states = kQueued | kAtWork;
  ask(asked, "by rank, queued and at work", request, {both, kOfThoseAtWork / 10, {}, kOfThoseAtWork});
  request.filter.states = kAtWork;
  ask(asked, "by rank, at work", request,
      {{"download_status state", "download_state_pkey id", "download_origin_pkey id"},
       kOfThoseAtWork / 10,
       {},
       kOfThoseAtWork});
  request.sort = sdk::SortKey::title;
  ask(asked, "by title, at work", request,
      {{"download_status state", "download_state_pkey id", "download_origin_pkey id"},
       kOfThoseAtWork / 10,
       {},
       kOfThoseAtWork});
}

void ask_of_few(std::vector<AskedStatement>& asked, sdk::ListRequest request) {
  const std::set<std::string> of_film = {"download_movie movie_id", "download_state_pkey id"};
  request.filter.movie_id = 7;
  ask(asked, "of a film", request, {of_film, 0, of_film});
  request.filter.movie_id = 0;
  const std::set<std::string> leaving = {"download_cleanup client", "download_origin_pkey id"};
  request.filter.client = "client";
  request.filter.cleanup = 1;
  ask(asked, "to be removed from a client", request, {leaving, 0, leaving});
  request.filter.cleanup = 0;
  // What a reconciler reads each time that it comes.
  request.filter.states = kAtWork;
  ask(asked, "of a client, at work", request,
      {{"download_status state", "download_state_pkey id", "download_origin_pkey id"},
       kPageRows,
       {"download_status state", "download_origin_pkey id"},
       kOfThoseAtWork});
}

}  // namespace

const std::vector<AskedStatement>& asked_of_pages() {
  static const std::vector<AskedStatement> all = [] {
    std::vector<AskedStatement> asked;
    for (const int descending : {0, 1}) {
      sdk::ListRequest request;
      request.descending = descending;
      ask_by_id(asked, request);
      ask_sorted(asked, request);
      ask_of_few(asked, request);
    }
    return asked;
  }();
  return all;
}

}  // namespace quarry::storage_postgres::testing
