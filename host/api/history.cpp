// SPDX-License-Identifier: MIT
// What became of downloads, the latest first.
#include "api/errors.hpp"
#include "api/format.hpp"
#include "api/members.hpp"
#include "api/page.hpp"
#include "api/resources.hpp"
#include "records/records.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace quarry::api {
namespace {

using records::HistoryEvent;

/// Radarr's word and number where it has the same thing; else our word, and no number.
struct EventName {
  HistoryEvent event;
  std::string_view word;
  std::string_view number;
};
constexpr std::array kEventNames = {
    EventName{HistoryEvent::grabbed, "grabbed", "1"},        EventName{HistoryEvent::completed, "completed", ""},
    EventName{HistoryEvent::failed, "downloadFailed", "4"},  EventName{HistoryEvent::cancelled, "downloadIgnored", "9"},
    EventName{HistoryEvent::blocked, "downloadBlocked", ""}, EventName{HistoryEvent::retried, "retried", ""},
};
static_assert(kEventNames.size() == records::kHistoryEvents);

std::string_view word_of(HistoryEvent event) { return kEventNames[static_cast<std::size_t>(event)].word; }

std::optional<HistoryEvent> event_of(Query& query) {
  const std::string_view text = query.text("eventType");
  if (text.empty()) { return std::nullopt; }
  std::string words;
  for (const EventName& name : kEventNames) {
    if (equal_ignoring_case(text, name.word) || text == name.number) { return name.event; }
    words += (words.empty() ? "" : ", ") + std::string(name.word);
  }
  query.refuse_field("eventType", "must be one of " + words);
  return std::nullopt;
}

std::string capitals(std::string text) {
  for (char& c : text) { c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; }
  return text;
}

void write_entry(sdk::JsonWriter& w, const records::HistoryEntry& entry, QualityCache& qualities) {
  w.begin_object().member("id", entry.id);
  if (entry.movie_id != 0) { w.member("movieId", entry.movie_id); }
  w.member("sourceTitle", entry.title);
  qualities.write(w.key("quality"), entry.title);
  w.member("date", iso_time(entry.at_ms)).member("downloadId", capitals(entry.infohash));
  w.member("eventType", word_of(entry.event));
  // Texts only, as typed clients expect.
  w.key("data").begin_object().member("queueId", std::to_string(entry.download_id));
  add_text(w, "indexer", entry.indexer);
  add_text(w, "downloadClient", entry.client);
  if (entry.size_bytes > 0) { w.member("size", std::to_string(entry.size_bytes)); }
  add_text(w, "message", entry.reason);
  w.end_object().end_object();
}

ApiResponse list_history(const Context& context, const ApiRequest& request) {
  Query query(request);
  const Page page = page_of(query);
  records::HistoryFilter filter;
  filter.movie_id = query.integer("movieId", 0, 0, std::numeric_limits<std::int64_t>::max());
  filter.event = event_of(query);
  if (query.refusal()) { return *query.refusal(); }
  const records::History& history = context.services.records->history();
  sdk::JsonWriter records;
  records.begin_array();
  const auto done = history.list(filter, page.descending, page.slice(), [&](const records::HistoryEntry& entry) {
    write_entry(records, entry, *context.qualities);
  });
  if (!done) { return failure_response(done.error(), request.request_id); }
  const auto total = history.count(filter);
  if (!total) { return failure_response(total.error(), request.request_id); }
  return page_response(page, *total, records.end_array().take());
}

}  // namespace

void add_history(std::vector<Route>& table, const Context& context) {
  table.push_back({"GET", "/api/v3/history", with_records(context, list_history)});
}

}  // namespace quarry::api
