// SPDX-License-Identifier: MIT
#include "asked_records.hpp"
#include "record_rows.hpp"

#include "records/collections.hpp"
#include "records/settings.hpp"
#include "records/values.hpp"

#include <gtest/gtest.h>

#include <array>

namespace quarry::million {
namespace {

namespace history = records::history;
namespace movies = records::movies;

constexpr std::int64_t kAtOnce = 500;
/// So many values are looked for one by one; the rows found are sorted by id.
constexpr std::int64_t kOfMany = 5 * kAtOnce;
constexpr std::int64_t kSearch = 20;

template <class Done>
void expect_done(const Done& done) {
  EXPECT_TRUE(done) << done.error().text;
}

void find(const AskedRecords& asked, const std::string& what, Most most, std::string_view collection,
          const sdk::Condition& where, std::int32_t order) {
  const std::array by = {sdk::SortField{order, 0}};
  sdk::FindRecords request;
  request.collection = collection;
  request.where = std::span(&where, 1);
  request.order = by;
  asked.expect_found(what, most, request);
}

void ask_history(const AskedRecords& asked) {
  asked.expect("the last event", {kFew, 2}, [&] { expect_done(asked.records().history().last_sequence()); });
  asked.expect("the last event below", {kFew, 2},
               [&] { expect_done(asked.records().history().last_sequence(kMiddle)); });
  const sdk::Value download = records::integer(kMiddle / 5);
  const auto of_download = records::condition(history::kDownloadId, sdk::Match::equal, {&download, 1});
  find(asked, "of a download", {kFew}, history::kName, of_download, sdk::kFieldId);
  find(asked, "of a download by time", {kFew, 5}, history::kName, of_download, history::kAt);
  find(asked, "of a download by event", {kFew, 5}, history::kName, of_download, history::kEventSequence);
}

void ask_films(const AskedRecords& asked) {
  const records::Movies& films = asked.records().movies();
  const auto wish = [&](const std::string& what, const records::MovieWish& wanted) {
    asked.expect("film by " + what, {kFew, 1, 1}, [&] { expect_done(films.find_or_make(wanted)); });
  };
  asked.expect("film by id", {kFew}, [&] { expect_done(films.get(kFilmOfMany)); });
  wish("TMDb id", {kFilmOfMany, "", "", 0, 0});
  wish("IMDb id", {0, "tt0100000", "", 0, 0});
  wish("title and year", {0, "", "Film 33333", 1950 + kFilmOfMany % 70, 0});
  asked.expect("films of a TMDb id", {kFew, 1},
               [&] { expect_done(films.list(kFilmOfMany, [](const records::Movie&) {})); });
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 1; i <= kAtOnce; ++i) { ids.push_back(i * 390); }
  asked.expect("films of ids", {kOfMany}, [&] { expect_done(films.existing(ids)); });
  const sdk::Value prefix = records::text("film77");
  const auto titled = records::condition(movies::kCleanTitle, sdk::Match::prefix, {&prefix, 1});
  find(asked, "films by the begin of a title", {kPage}, movies::kName, titled, movies::kCleanTitle);
}

/// Searches ask for all that they found.
void ask_blocklist(const AskedRecords& asked) {
  std::vector<std::string> keys;
  std::vector<std::string> hashes;
  for (std::int64_t i = 1; i <= kAtOnce; ++i) {
    keys.push_back("r" + std::to_string(i * 391));
    hashes.push_back("not blocked " + std::to_string(i));
  }
  const auto look_up = [&](const std::string& what, Most most, std::span<const std::string> some_keys,
                           std::span<const std::string> some_hashes) {
    asked.expect("blocked, " + what, most,
                 [&] { expect_done(asked.records().blocklist().lookup(some_keys, some_hashes)); });
  };
  look_up("one", {kFew, 1}, std::span(keys).first(1), std::span(hashes).first(1));
  look_up("those of a search", {5 * kSearch, kSearch}, std::span(keys).first(kSearch),
          std::span(hashes).first(kSearch));
  look_up("many", {kOfMany, kAtOnce}, keys, hashes);
  look_up("none of many", {kOfMany}, hashes, hashes);
  const sdk::Value hash = records::text(hashes.front());
  const auto hashed = records::condition(records::blocklist::kInfohash, sdk::Match::equal, {&hash, 1});
  find(asked, "blocked by hash, by time", {kFew}, records::blocklist::kName, hashed, records::blocklist::kAt);
}

}  // namespace

void ask_lookups(const AskedRecords& asked) {
  ask_history(asked);
  ask_films(asked);
  ask_blocklist(asked);
  asked.expect("a tag", {kFew}, [&] { expect_done(asked.records().tags().get(3)); });
  asked.expect("a setting", {kFew, 1}, [&] {
    expect_done(records::read_setting(asked.records().client(), records::settings::kHistoryCursor));
  });
}

}  // namespace quarry::million
