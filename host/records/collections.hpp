// SPDX-License-Identifier: MIT
// The collections this host declares, as data: what stands in them, and where.
//
// The place of a field is the value of its enumerator; collections() has the fields in that order. A field or index
// that is added here appears in every storage by itself. Whatever else changes (a name, a field that goes) needs a
// step in migrations.cpp, too. A field never changes its type or flags: add another one.
#pragma once

#include <quarry/sdk/abi/record_store.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace quarry::records {

/// The films that downloads are for.
namespace movies {
inline constexpr std::string_view kName = "movies";
enum Field : std::int32_t {
  kIdentity,  ///< by what it was first named: "tmdb:603", "imdb:tt0133093", "title:matrix:1999"; unique, never changed
  kTmdbId,    ///< unique; null: not known, as below
  kImdbId,    ///< unique; "tt0133093"
  kTitle,     ///< as people read it; "TMDb 603" while nobody has told it
  kCleanTitle,  ///< fold_title() of a title that somebody told
  kYear,
  kRuntime,  ///< minutes
  kAddedAt,  ///< epoch milliseconds
  kFields,
};
}  // namespace movies

/// What became of downloads, for good; written from the events of the queue (history_writer.hpp).
namespace history {
inline constexpr std::string_view kName = "history";
enum Field : std::int32_t {
  kEventSequence,  ///< of the queue's event; unique, so that each is written once
  kDownloadId,
  kMovieId,  ///< null: none
  kTitle,
  kReleaseKey,
  kInfohash,
  kIndexer,
  kClient,
  kSizeBytes,
  kEventType,  ///< HistoryEvent as a word
  kAt,         ///< epoch milliseconds, of the event
  kReason,
  kFields,
};
}  // namespace history

/// Releases that are not taken by themselves any more.
namespace blocklist {
inline constexpr std::string_view kName = "blocklist";
enum Field : std::int32_t {
  kReleaseKey,  ///< as in the queue; unique
  kInfohash,
  kMovieId,
  kTitle,
  kIndexer,
  kReason,
  kAt,  ///< epoch milliseconds
  kFields,
};
}  // namespace blocklist

namespace tags {
inline constexpr std::string_view kName = "tags";
enum Field : std::int32_t { kLabel, kFields };
}  // namespace tags

/// What the host keeps for itself.
namespace settings {
inline constexpr std::string_view kName = "settings";
enum Field : std::int32_t { kKey, kValue, kFields };  ///< "name" and "value"
/// The last event of the queue that the history took in.
inline constexpr std::string_view kHistoryCursor = "history_cursor";
/// The last migration whose data step was carried out.
inline constexpr std::string_view kDataVersion = "data_version";
}  // namespace settings

/// All of them, as sdk::RecordStore::declare() takes them. Lives as long as the process.
[[nodiscard]] std::span<const sdk::CollectionSpec> collections() noexcept;

}  // namespace quarry::records
