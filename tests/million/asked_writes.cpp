// SPDX-License-Identifier: MIT
#include "asked_records.hpp"
#include "record_rows.hpp"

#include "records/collections.hpp"
#include "records/settings.hpp"
#include "records/values.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>

namespace quarry::million {
namespace {

namespace movies = records::movies;
using sdk::WriteResult;

constexpr std::int64_t kSomeFilm = 77;
constexpr std::int64_t kSomeTmdb = 500;
constexpr std::int64_t kEventsAtOnce = 200;
/// A removal changes so many records in one statement, and each change writes into all indexes.
constexpr std::int64_t kChangesAtOnce = 500;

template <class Done>
void expect_done(const Done& done) {
  EXPECT_TRUE(done) << done.error().text;
}

WriteResult result_of(const AskedRecords& asked, const sdk::RecordWrite& write) {
  const auto outcomes = asked.records().client().write({&write, 1});
  expect_done(outcomes);
  return outcomes ? outcomes->front().result : WriteResult::not_applied;
}

void ask_films(const AskedRecords& asked) {
  const std::int64_t tmdb = kFilms + 1'000 + asked.time();
  const std::string imdb = "tt9990" + std::to_string(tmdb);
  const records::Movies& films = asked.records().movies();
  asked.expect("a new film", {kFew, 1}, [&] { expect_done(films.find_or_make({tmdb, "", "New", 1999, 90})); });
  asked.expect("what a film lacked", {kFew, 1}, [&] {
    expect_done(films.find_or_make({tmdb, imdb, "New", 1999, 90}));
  });
  const std::array values = {records::assign(movies::kIdentity, records::text("another")),
                             records::assign(movies::kTmdbId, records::integer(kSomeTmdb)),
                             records::assign(movies::kTitle, records::text("Another")),
                             records::assign(movies::kAddedAt, records::integer(1))};
  sdk::RecordWrite insert;
  insert.collection = movies::kName;
  insert.values = values;
  asked.expect("a film with another's id", {kFew}, [&] { EXPECT_EQ(result_of(asked, insert), WriteResult::conflict); });
}

void ask_removals(const AskedRecords& asked) {
  const auto remove = [&](const std::string& what, Most most, std::int64_t id, WriteResult result) {
    sdk::RecordWrite write;
    write.kind = sdk::WriteKind::remove;
    write.collection = movies::kName;
    write.id = id;
    asked.expect("removal of " + what, most, [&] { EXPECT_EQ(result_of(asked, write), result); });
  };
  remove("a film", {4 * kFew, 0, 8}, 6'000 + asked.time(), WriteResult::applied);
  remove("a film that downloads are for", {kFew, 0, 3}, kFilmInQueue, WriteResult::referred);
  remove("a film of a thousand entries", {kChangesAtOnce * 40, 0, 9}, kFilmsToRemove + asked.time(),
         WriteResult::applied);
  asked.expect("removal of a tag", {kFew}, [&] { expect_done(asked.records().tags().remove(88 + asked.time())); });
  asked.expect("removal from the blocklist", {kFew},
               [&] { expect_done(asked.records().blocklist().remove(88 + asked.time())); });
}

void ask_upserts(const AskedRecords& asked) {
  const std::string fresh = "new " + std::to_string(asked.time());
  for (const std::string& key : {fresh, std::string("r777")}) {
    asked.expect("blocking of " + key, {kFew}, [&] {
      expect_done(asked.records().blocklist().add({0, kSomeFilm, key, "hash", "title", "indexer", "reason", 5}));
    });
  }
  for (const std::string& label : {fresh, std::string("tag 7")}) {
    asked.expect("tag " + label, {kFew}, [&] { expect_done(asked.records().tags().find_or_make(label)); });
  }
}

/// As the history is written: entries, releases that cannot be downloaded, and how far it has come.
void ask_batch(const AskedRecords& asked) {
  const records::RecordClient& client = asked.records().client();
  const auto cursor = records::read_setting(client, records::settings::kHistoryCursor);
  ASSERT_TRUE(cursor);
  const std::int64_t last = cursor->value + kEventsAtOnce;
  std::deque<records::HistoryEntry> entries;
  std::deque<records::BlocklistEntry> blocked;
  std::deque<std::vector<sdk::Assignment>> values;
  std::vector<sdk::RecordWrite> writes;
  for (std::int64_t event = cursor->value + 1; event <= last; ++event) {
    const std::string key = "batch " + std::to_string(event);
    entries.push_back({0, event, event, kSomeFilm + event % 100, "title", key, "hash", "indexer", "client", "", 1,
                       records::HistoryEvent::failed, at_of(event)});
    sdk::RecordWrite& insert = writes.emplace_back();
    insert.collection = records::history::kName;
    insert.values = values.emplace_back(records::assignments_of(entries.back()));
    if (event % 10 != 0) { continue; }
    blocked.push_back({0, kSomeFilm, key, "hash", "title", "indexer", "reason", at_of(event)});
    writes.push_back(records::upsert_of(values.emplace_back(records::assignments_of(blocked.back()))));
  }
  const records::SettingWrite setting(records::settings::kHistoryCursor, *cursor, last);
  writes.push_back(setting.write());
  asked.expect("a batch of the history", {kFew, 1}, [&] {
    const auto outcomes = client.write(writes);
    ASSERT_TRUE(outcomes) << outcomes.error().text;
    EXPECT_EQ(records::refusal_of(*outcomes), nullptr);
  });
}

}  // namespace

void ask_writes(const AskedRecords& asked) {
  ask_films(asked);
  ask_upserts(asked);
  ask_batch(asked);
  ask_removals(asked);
}

}  // namespace quarry::million
