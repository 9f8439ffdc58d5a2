// SPDX-License-Identifier: MIT
// The queue as a resource: list, one item, its removal, and how much of what there is.
#include "api/blocklist.hpp"
#include "api/errors.hpp"
#include "api/film.hpp"
#include "api/format.hpp"
#include "api/item.hpp"
#include "api/params.hpp"
#include "api/resources.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace quarry::api {
namespace {

constexpr std::int64_t kMaxPage = 1'000'000'000;
constexpr std::uint32_t kAllStatuses = (1U << sdk::kPublicStatuses) - 1;

constexpr std::uint32_t bit(sdk::PublicStatus s) { return 1U << static_cast<std::uint32_t>(s); }

struct SortName {
  std::string_view name;
  sdk::SortKey key;
};
/// The first name of a key is the one shown in answers.
constexpr std::array kSortNames = {
    SortName{"id", sdk::SortKey::id},
    SortName{"rank", sdk::SortKey::rank},
    SortName{"title", sdk::SortKey::title},
    SortName{"size", sdk::SortKey::size},
    SortName{"progress", sdk::SortKey::progress},
    SortName{"status", sdk::SortKey::status},
    SortName{"timeleft", sdk::SortKey::timeleft},
    SortName{"added", sdk::SortKey::added},
    SortName{"estimatedCompletionTime", sdk::SortKey::timeleft},
    SortName{"movies.sortTitle", sdk::SortKey::title},
    SortName{"priority", sdk::SortKey::rank},
};

/// Other programs sort by keys that do not exist here and expect a page all the same.
SortName sort_of(std::string_view text) {
  const auto* const it = std::find_if(kSortNames.begin(), kSortNames.end(),
                                      [&](const SortName& s) { return equal_ignoring_case(s.name, text); });
  return it == kSortNames.end() ? kSortNames[0] : *it;
}

/// "queued, downloading, …"
std::string status_words() {
  std::string out;
  for (std::int32_t i = 0; i < sdk::kPublicStatuses; ++i) {
    out += (i == 0 ? "" : ", ") + std::string(sdk::to_string(static_cast<sdk::PublicStatus>(i)));
  }
  return out;
}

/// What was removed is not part of the queue any more, so it is listed only when asked for.
std::uint32_t statuses_of(Query& query) {
  std::uint32_t out = 0;
  for (const std::string_view word : query.list("status")) {
    std::uint32_t found = equal_ignoring_case(word, "all") ? kAllStatuses : 0;
    for (std::int32_t i = 0; i < sdk::kPublicStatuses; ++i) {
      const auto status = static_cast<sdk::PublicStatus>(i);
      if (equal_ignoring_case(word, sdk::to_string(status))) { found = bit(status); }
    }
    if (found == 0) { query.refuse_field("status", "must be one of " + status_words() + ", all"); }
    out |= found;
  }
  if (out == kAllStatuses) { return 0; }  // no restriction: the cheapest question to a store
  return out == 0 ? kAllStatuses & ~bit(sdk::PublicStatus::cancelled) : out;
}

bool descending_of(Query& query) {
  const std::string_view text = query.text("sortDirection");
  if (equal_ignoring_case(text, "descending")) { return true; }
  if (!text.empty() && !equal_ignoring_case(text, "ascending") && !equal_ignoring_case(text, "default")) {
    query.refuse_field("sortDirection", "must be ascending, descending or default");
  }
  return false;
}

ApiResponse list_queue(const Context& context, const ApiRequest& request) {
  Query query(request);
  const std::int64_t page = query.integer("page", 1, 1, kMaxPage);
  const std::int64_t asked = query.integer("pageSize", 50, 1, std::numeric_limits<std::int64_t>::max());
  const std::int64_t page_size = std::min(asked, kMaxPageSize);
  const SortName sort = sort_of(query.text("sortKey"));
  sdk::ListRequest wanted;
  wanted.sort = sort.key;
  wanted.descending = descending_of(query) ? 1 : 0;
  wanted.filter.statuses = statuses_of(query);
  wanted.filter.movie_id = query.integer("movieId", 0, 0, std::numeric_limits<std::int64_t>::max());
  wanted.limit = static_cast<std::int32_t>(page_size);
  wanted.offset = (page - 1) * page_size;
  if (query.refusal()) { return *query.refusal(); }
  sdk::JsonWriter records;
  records.begin_array();
  const std::int64_t now = context.now_ms();
  const auto total = context.services.queue.list(
      wanted, [&](const sdk::DownloadView& row) { write_item(records, row, now, *context.qualities); });
  if (!total) { return failure_response(total.error(), request.request_id); }
  records.end_array();
  sdk::JsonWriter w;
  w.begin_object().member("page", page).member("pageSize", page_size).member("sortKey", sort.name);
  w.member("sortDirection", wanted.descending != 0 ? "descending" : "ascending");
  w.member("totalRecords", *total).key("records").raw(records.take()).end_object();
  return {200, w.take(), {}};
}

ApiResponse get_download(const Context& context, const ApiRequest& request) {
  const auto id = path_id(request);
  return id ? item_response(context, request, *id, 200) : no_such_download(request);
}

/// The refusal when it could not be done.
std::optional<ApiResponse> block_release(const Context& context, const ApiRequest& request, std::int64_t id) {
  if (context.services.records == nullptr) { return no_records(request); }
  const auto download = context.services.queue.find(id);
  if (!download) { return failure_response(download.error(), request.request_id); }
  const auto done = block(context.services.records->blocklist(), *download, context.now_ms());
  return done ? std::nullopt : std::optional(failure_response(done.error(), request.request_id));
}

ApiResponse remove_download(const Context& context, const ApiRequest& request) {
  Query query(request);
  const bool delete_files = query.boolean("deleteFiles", false);
  // Other programs of this API know it; doing the opposite of what was asked would be worse than an error.
  if (!query.boolean("removeFromClient", true)) {
    query.refuse_field("removeFromClient", "must be true: what is removed is taken out of its client, too");
  }
  const bool block_it = query.boolean("blocklist", false);
  if (query.refusal()) { return *query.refusal(); }
  const auto id = path_id(request);
  if (!id) { return no_such_download(request); }
  if (block_it) {
    // First, so that whoever is told of a failure can simply ask again.
    if (auto refusal = block_release(context, request, *id)) { return *std::move(refusal); }
  }
  const auto done = context.services.queue.cancel(*id, delete_files);
  return done ? ApiResponse{200, "{}", {}} : failure_response(done.error(), request.request_id);
}

ApiResponse status(const Context& context, const ApiRequest& request) {
  const auto stats = context.services.queue.stats();
  if (!stats) { return failure_response(stats.error(), request.request_id); }
  const auto count = [&](sdk::PublicStatus s) { return stats->by_status[static_cast<std::size_t>(s)]; };
  std::int64_t total = -count(sdk::PublicStatus::cancelled);
  for (const std::int64_t n : stats->by_status) { total += n; }
  sdk::JsonWriter w;
  w.begin_object().member("totalCount", total).member("count", total).member("unknownCount", 0);
  w.member("errors", count(sdk::PublicStatus::failed) > 0).member("warnings", count(sdk::PublicStatus::stalled) > 0);
  w.member("unknownErrors", false).member("unknownWarnings", false);
  w.key("byStatus").begin_object();
  for (std::int32_t i = 0; i < sdk::kPublicStatuses; ++i) {
    const auto one = static_cast<sdk::PublicStatus>(i);
    w.member(sdk::to_string(one), count(one));
  }
  w.end_object();
  w.member("active", stats->active).member("maxActive", stats->lane_max_active).member("held", stats->lane_hold != 0);
  if (stats->next_due_ms > context.now_ms()) { w.member("nextDueAt", iso_time(stats->next_due_ms)); }
  w.end_object();
  return {200, w.take(), {}};
}

}  // namespace

ApiResponse item_response(const Context& context, const ApiRequest& request, std::int64_t id, int status) {
  sdk::JsonWriter w;
  const auto found = context.services.queue.find(
      id, [&](const sdk::DownloadView& row) { write_item(w, row, context.now_ms(), *context.qualities); });
  return found ? ApiResponse{status, w.take(), {}} : failure_response(found.error(), request.request_id);
}

ApiResponse no_such_download(const ApiRequest& request) {
  return failure_response(
      sdk::failure(sdk::Code::not_found, "there is no download with this id: ids are whole numbers"),
      request.request_id);
}

void add_queue(std::vector<Route>& table, const Context& context) {
  const auto on = [&](ApiResponse (*handler)(const Context&, const ApiRequest&)) {
    return [context, handler](const ApiRequest& request) { return handler(context, request); };
  };
  table.push_back({"GET", "/api/v3/queue", on(list_queue)});
  table.push_back({"GET", "/api/v3/queue/status", on(status)});
  table.push_back({"GET", "/api/v3/queue/{id}", on(get_download)});
  table.push_back({"DELETE", "/api/v3/queue/{id}", on(remove_download)});
}

}  // namespace quarry::api
