// SPDX-License-Identifier: MIT
#include "records/collections.hpp"

#include "records/history.hpp"

#include <array>

namespace quarry::records {
namespace {

using sdk::FieldSpec;
using sdk::FieldType;
using sdk::IndexSpec;
using sdk::kIndexed;
using sdk::kRequired;
using sdk::kUnique;

constexpr FieldSpec integer_field(std::string_view name, std::uint32_t flags = 0) {
  FieldSpec field;
  field.name = name;
  field.type = FieldType::integer;
  field.flags = flags;
  return field;
}
constexpr FieldSpec text_field(std::string_view name, std::uint32_t flags = 0) {
  FieldSpec field;
  field.name = name;
  field.flags = flags;
  return field;
}
/// A film that goes takes nothing along: what happened stays.
constexpr FieldSpec film() {
  FieldSpec field = integer_field("movie_id");
  field.references = movies::kName;
  field.on_delete = sdk::OnDelete::set_null;
  return field;
}
constexpr FieldSpec one_of(std::string_view name, std::uint32_t flags, std::span<const std::string_view> allowed) {
  FieldSpec field = text_field(name, flags);
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
    text_field("identity", kRequired | kUnique),
    integer_field("tmdb_id", kUnique),
    text_field("imdb_id", kUnique),
    text_field("title", kRequired),
    text_field("clean_title", kIndexed),
    integer_field("year"),
    integer_field("runtime"),
    integer_field("added_at_ms", kRequired),
};
constexpr std::array<std::int32_t, 2> kMovieByTitle = {movies::kCleanTitle, movies::kYear};
constexpr std::array kMovieIndexes = {index("by_title", kMovieByTitle)};

constexpr std::array kHistoryFields = {
    integer_field("event_sequence", kRequired | kUnique),
    integer_field("download_id", kRequired | kIndexed),
    film(),
    text_field("title"),
    text_field("release_key"),
    text_field("infohash"),
    text_field("indexer"),
    text_field("client"),
    integer_field("size_bytes"),
    one_of("event_type", kRequired, kHistoryWords),
    integer_field("at_ms", kRequired | kIndexed),
    text_field("reason"),
};
constexpr std::array<std::int32_t, 2> kHistoryByMovie = {history::kMovieId, history::kAt};
constexpr std::array<std::int32_t, 2> kHistoryByType = {history::kEventType, history::kAt};
constexpr std::array kHistoryIndexes = {index("by_movie", kHistoryByMovie), index("by_type", kHistoryByType)};

constexpr std::array kBlocklistFields = {
    text_field("release_key", kRequired | kUnique),
    text_field("infohash", kIndexed),
    film(),
    text_field("title"),
    text_field("indexer"),
    text_field("reason"),
    integer_field("at_ms", kRequired | kIndexed),
};
constexpr std::array kTagFields = {text_field("label", kRequired | kUnique)};
constexpr std::array kSettingFields = {text_field("name", kRequired | kUnique), text_field("value")};

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
