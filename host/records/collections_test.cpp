// SPDX-License-Identifier: MIT
#include "records/collections.hpp"

#include "records/history.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace quarry::records {
namespace {

const sdk::CollectionSpec& spec(std::string_view name) {
  const auto all = collections();
  const auto it = std::find_if(all.begin(), all.end(), [&](const sdk::CollectionSpec& c) { return c.name == name; });
  EXPECT_NE(it, all.end()) << name;
  return *it;
}

void expect_at(std::string_view collection, std::int32_t place, std::string_view field) {
  EXPECT_EQ(spec(collection).fields[static_cast<std::size_t>(place)].name, field);
}

TEST(Collections, PlacesAreThoseOfTheEnumerators) {
  expect_at(movies::kName, movies::kIdentity, "identity");
  expect_at(movies::kName, movies::kTmdbId, "tmdb_id");
  expect_at(movies::kName, movies::kImdbId, "imdb_id");
  expect_at(movies::kName, movies::kTitle, "title");
  expect_at(movies::kName, movies::kCleanTitle, "clean_title");
  expect_at(movies::kName, movies::kYear, "year");
  expect_at(movies::kName, movies::kRuntime, "runtime");
  expect_at(movies::kName, movies::kAddedAt, "added_at_ms");
  expect_at(history::kName, history::kEventSequence, "event_sequence");
  expect_at(history::kName, history::kDownloadId, "download_id");
  expect_at(history::kName, history::kMovieId, "movie_id");
  expect_at(history::kName, history::kTitle, "title");
  expect_at(history::kName, history::kReleaseKey, "release_key");
  expect_at(history::kName, history::kInfohash, "infohash");
  expect_at(history::kName, history::kIndexer, "indexer");
  expect_at(history::kName, history::kClient, "client");
  expect_at(history::kName, history::kSizeBytes, "size_bytes");
  expect_at(history::kName, history::kEventType, "event_type");
  expect_at(history::kName, history::kAt, "at_ms");
  expect_at(history::kName, history::kReason, "reason");
  expect_at(blocklist::kName, blocklist::kReleaseKey, "release_key");
  expect_at(blocklist::kName, blocklist::kInfohash, "infohash");
  expect_at(blocklist::kName, blocklist::kMovieId, "movie_id");
  expect_at(blocklist::kName, blocklist::kTitle, "title");
  expect_at(blocklist::kName, blocklist::kIndexer, "indexer");
  expect_at(blocklist::kName, blocklist::kReason, "reason");
  expect_at(blocklist::kName, blocklist::kAt, "at_ms");
  expect_at(tags::kName, tags::kLabel, "label");
  expect_at(settings::kName, settings::kKey, "name");
  expect_at(settings::kName, settings::kValue, "value");
}

TEST(Collections, TheQueueRefersToFilmsAlone) {
  for (const sdk::CollectionSpec& collection : collections()) {
    EXPECT_EQ((collection.flags & sdk::kQueueRefersTo) != 0, collection.name == movies::kName) << collection.name;
  }
}

TEST(Collections, EveryEventOfTheHistoryIsAllowed) {
  const auto allowed = spec(history::kName).fields[history::kEventType].allowed;
  std::set<std::string_view> words;
  for (int i = 0; i < kHistoryEvents; ++i) { words.insert(to_string(static_cast<HistoryEvent>(i))); }
  EXPECT_EQ(words, std::set<std::string_view>(allowed.begin(), allowed.end()));
}

}  // namespace
}  // namespace quarry::records
