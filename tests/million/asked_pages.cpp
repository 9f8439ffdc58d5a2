// SPDX-License-Identifier: MIT
#include "asked_records.hpp"
#include "record_rows.hpp"

#include "records/collections.hpp"
#include "records/values.hpp"

#include <gtest/gtest.h>

#include <array>

namespace quarry::million {
namespace {

using records::HistoryEvent;
using records::HistoryFilter;
using records::Slice;

constexpr Slice kFirst{0, 50};
/// The last page of those that can be reached by their number.
constexpr Slice kLast{records::kMostReachable - 50, 50};
/// Entries of one film are passed over, all of them at worst.
constexpr std::int64_t kOfOneFilm = 11'000;
constexpr std::int64_t kSomeFilm = 77;
constexpr std::array kEvents = {HistoryEvent::grabbed, HistoryEvent::failed, HistoryEvent::blocked,
                                HistoryEvent::cancelled, HistoryEvent::retried};

template <class Done>
void expect_done(const Done& done) {
  EXPECT_TRUE(done) << done.error().text;
}

void ask_history(const AskedRecords& asked, bool descending) {
  const auto list = [&](const std::string& what, Most most, const HistoryFilter& filter, Slice slice) {
    asked.expect("history " + what + (descending ? ", descending" : ""), most, [&] {
      expect_done(asked.records().history().list(filter, descending, slice, [](const records::HistoryEntry&) {}));
    });
  };
  for (const Slice slice : {kFirst, kLast}) {
    const std::string page = " from " + std::to_string(slice.offset);
    list("of all" + page, {kPage}, {}, slice);
    list("of a film" + page, {kPage}, {kSomeFilm, {}}, slice);
    list("of a film of many" + page, {kPage}, {kFilmOfMany, {}}, slice);
    for (const HistoryEvent event : kEvents) { list(std::string(to_string(event)) + page, {kPage}, {0, event}, slice); }
  }
  for (const HistoryEvent event : kEvents) {
    const std::string word(to_string(event));
    list("of a film, " + word, {kFew}, {kSomeFilm, event}, kFirst);
    list("of a film of many, " + word, {kOfOneFilm}, {kFilmOfMany, event}, kFirst);
    list("of a film without, " + word, {kFew}, {kFilms + 1, event}, kFirst);
  }
}

/// In the middle of the history and near its end, where numbers of pages do not reach.
void ask_beyond(const AskedRecords& asked, bool descending) {
  const sdk::Value film = records::integer(kFilmOfMany);
  const sdk::Value event = records::text(to_string(HistoryEvent::retried));
  const std::array where = {records::condition(records::history::kEventType, sdk::Match::equal, {&event, 1}),
                            records::condition(records::history::kMovieId, sdk::Match::equal, {&film, 1})};
  const std::array order = {sdk::SortField{records::history::kAt, descending ? 1 : 0}};
  for (const std::int64_t entry : {kMiddle, descending ? std::int64_t{2'000} : kEntries - 2'000}) {
    const std::array after = {records::integer(at_of(entry)), records::integer(entry)};
    sdk::FindRecords request;
    request.collection = records::history::kName;
    request.order = order;
    request.after = after;
    const std::string what = "history after " + std::to_string(entry) + (descending ? ", descending" : "");
    asked.expect_found(what, {kPage}, request);
    request.where = std::span(where).first(1);
    asked.expect_found(what + ", of an event", {kPage}, request);
    request.where = std::span(where).last(1);
    asked.expect_found(what + ", of a film of many", {kPage}, request);
    request.where = where;
    asked.expect_found(what + ", of both", {kOfOneFilm}, request);
  }
}

/// What is counted is read, but of the index alone once the rows are known to be seen by all.
void ask_counts(const AskedRecords& asked) {
  const std::int64_t most = asked.vacuumed() ? 3'000 : 50'000;
  const auto count = [&](const std::string& what, std::int64_t buffers, const HistoryFilter& filter) {
    asked.expect("count of " + what, {buffers}, [&] { expect_done(asked.records().history().count(filter)); });
  };
  count("all", most, {});
  count("an event", most, {0, HistoryEvent::grabbed});
  count("a film", kFew, {kSomeFilm, {}});
  count("a film and an event", kFew, {kSomeFilm, HistoryEvent::grabbed});
  count("a film of many", kOfOneFilm, {kFilmOfMany, {}});
  count("a film of many and an event", kOfOneFilm, {kFilmOfMany, HistoryEvent::grabbed});
  asked.expect("count of the blocklist", {most}, [&] { expect_done(asked.records().blocklist().count()); });
}

void ask_blocklist(const AskedRecords& asked, bool descending) {
  for (const Slice slice : {kFirst, kLast}) {
    asked.expect("blocklist from " + std::to_string(slice.offset), {kPage}, [&] {
      expect_done(asked.records().blocklist().list(descending, slice, [](const records::BlocklistEntry&) {}));
    });
  }
}

}  // namespace

void ask_pages(const AskedRecords& asked) {
  for (const bool descending : {false, true}) {
    ask_history(asked, descending);
    ask_beyond(asked, descending);
    ask_blocklist(asked, descending);
  }
  ask_counts(asked);
  asked.expect("all films", {kPage},
               [&] { expect_done(asked.records().movies().list(0, [](const records::Movie&) {})); });
  asked.expect("all tags", {kPage}, [&] { expect_done(asked.records().tags().all()); });
}

}  // namespace quarry::million
