// SPDX-License-Identifier: MIT
#include "records/collections.hpp"

#include <array>

namespace quarry::records {
namespace {

using sdk::FieldSpec;
using sdk::FieldType;
using sdk::IndexSpec;
using sdk::kIndexed;
using sdk::kRequired;
using sdk::kUnique;

constexpr FieldSpec integer(std::string_view name, std::uint32_t flags = 0) {
  FieldSpec field;
  field.name = name;
  field.type = FieldType::integer;
  field.flags = flags;
  return field;
}
constexpr FieldSpec text(std::string_view name, std::uint32_t flags = 0) {
  FieldSpec field;
  field.name = name;
  field.flags = flags;
  return field;
}
/// A film that goes takes nothing along: what happened stays.
constexpr FieldSpec film() {
  FieldSpec field = integer("movie_id");
  field.references = movies::kName;
  field.on_delete = sdk::OnDelete::set_null;
  return field;
}
constexpr FieldSpec one_of(std::string_view name, std::uint32_t flags, std::span<const std::string_view> allowed) {
  FieldSpec field = text(name, flags);
  field.allowed = allowed;
  return field;
}
constexpr IndexSpec index(std::string_view name, std::span<const std::int32_t> fields) {
  IndexSpec spec;
  spec.name = name;
  spec.fields = fields;
  return spec;
}

constexpr std::array kMovieFields = {
    text("identity", kRequired | kUnique),
    integer("tmdb_id", kUnique),
    text("imdb_id", kUnique),
    text("title", kRequired),
    text("clean_title", kIndexed),
    integer("year"),
    integer("runtime"),
    integer("added_at_ms", kRequired),
};
constexpr std::array<std::int32_t, 2> kMovieByTitle = {movies::kCleanTitle, movies::kYear};
constexpr std::array kMovieIndexes = {index("by_title", kMovieByTitle)};

constexpr std::array<std::string_view, 6> kEventTypes = {"grabbed",   "completed", "failed",
                                                         "cancelled", "blocked",   "retried"};
constexpr std::array kHistoryFields = {
    integer("event_sequence", kRequired | kUnique),
    integer("download_id", kRequired | kIndexed),
    film(),
    text("title"),
    text("release_key"),
    text("infohash"),
    text("indexer"),
    text("client"),
    integer("size_bytes"),
    one_of("event_type", kRequired, kEventTypes),
    integer("at_ms", kRequired | kIndexed),
    text("reason"),
};
constexpr std::array<std::int32_t, 2> kHistoryByMovie = {history::kMovieId, history::kAt};
constexpr std::array<std::int32_t, 2> kHistoryByType = {history::kEventType, history::kAt};
constexpr std::array kHistoryIndexes = {index("by_movie", kHistoryByMovie), index("by_type", kHistoryByType)};

constexpr std::array kBlocklistFields = {
    text("release_key", kRequired | kUnique),
    text("infohash", kIndexed),
    film(),
    text("title"),
    text("indexer"),
    text("reason"),
    integer("at_ms", kRequired | kIndexed),
};
constexpr std::array kTagFields = {text("label", kRequired | kUnique)};
constexpr std::array kSettingFields = {text("name", kRequired | kUnique), text("value")};

static_assert(kMovieFields.size() == movies::kFields && kHistoryFields.size() == history::kFields &&
              kBlocklistFields.size() == blocklist::kFields && kTagFields.size() == tags::kFields &&
              kSettingFields.size() == settings::kFields);

constexpr sdk::CollectionSpec collection(std::string_view name, std::span<const FieldSpec> fields,
                                         std::span<const IndexSpec> indexes = {}, std::uint32_t flags = 0) {
  sdk::CollectionSpec spec;
  spec.name = name;
  spec.flags = flags;
  spec.fields = fields;
  spec.indexes = indexes;
  return spec;
}
constexpr std::array kCollections = {
    collection(movies::kName, kMovieFields, kMovieIndexes, sdk::kQueueRefersTo),
    collection(history::kName, kHistoryFields, kHistoryIndexes),
    collection(blocklist::kName, kBlocklistFields),
    collection(tags::kName, kTagFields),
    collection(settings::kName, kSettingFields),
};

}  // namespace

std::span<const sdk::CollectionSpec> collections() noexcept { return kCollections; }

}  // namespace quarry::records
