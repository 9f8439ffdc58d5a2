// SPDX-License-Identifier: MIT
#include "records/movies.hpp"

#include "records/collections.hpp"
#include "records/values.hpp"

#include <quarry/sdk/helpers/titles.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace quarry::records {
namespace {

constexpr int kMostTries = 5;
constexpr std::size_t kImdbDigits = 7;
constexpr std::size_t kMostImdbDigits = 12;

sdk::Failure none() { return sdk::failure(sdk::Code::not_found, "there is no such film"); }

Movie movie_of(const sdk::RecordView& record) {
  Movie out;
  out.id = record.id;
  out.version = record.version;
  out.tmdb_id = integer_at(record, movies::kTmdbId);
  out.imdb_id = text_at(record, movies::kImdbId);
  out.title = text_at(record, movies::kTitle);
  out.clean_title = text_at(record, movies::kCleanTitle);
  out.year = static_cast<int>(integer_at(record, movies::kYear));
  out.runtime_minutes = static_cast<int>(integer_at(record, movies::kRuntime));
  out.added_at_ms = integer_at(record, movies::kAddedAt);
  return out;
}

/// By what a film is named that is made now. Two hosts that make it at once name it alike.
std::string identity_of(const MovieWish& wish) {
  if (wish.tmdb_id != 0) { return "tmdb:" + std::to_string(wish.tmdb_id); }
  if (!wish.imdb_id.empty()) { return "imdb:" + wish.imdb_id; }
  return "title:" + sdk::fold_title(wish.title) + ":" + std::to_string(wish.year);
}

std::string title_of(const MovieWish& wish) {
  if (!wish.title.empty()) { return wish.title; }
  return wish.tmdb_id != 0 ? "TMDb " + std::to_string(wish.tmdb_id) : "IMDb " + wish.imdb_id;
}

/// No id of the one contradicts an id of the other.
bool may_be(const Movie& movie, const MovieWish& wish) {
  const bool tmdb = movie.tmdb_id == 0 || wish.tmdb_id == 0 || movie.tmdb_id == wish.tmdb_id;
  const bool imdb = movie.imdb_id.empty() || wish.imdb_id.empty() || movie.imdb_id == wish.imdb_id;
  return tmdb && imdb;
}

bool is_none(const sdk::Failure& failure) { return failure.status.code == sdk::Code::not_found; }

}  // namespace

bool MovieWish::names_a_film() const {
  return tmdb_id != 0 || !imdb_id.empty() || (!sdk::fold_title(title).empty() && year != 0);
}

std::string normal_imdb_id(std::string_view text) {
  if (text.starts_with("tt")) { text.remove_prefix(2); }
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (text.empty() || text.size() > kMostImdbDigits || !digits) { return {}; }
  const std::size_t zeros = text.size() < kImdbDigits ? kImdbDigits - text.size() : 0;
  return "tt" + std::string(zeros, '0') + std::string(text);
}

sdk::Result<Movie> Movies::get(std::int64_t id) const {
  Movie found;
  const auto done = client_.get(movies::kName, id, [&](const sdk::RecordView& record) { found = movie_of(record); });
  if (done) { return found; }
  if (is_none(done.error())) {
    return sdk::failure(sdk::Code::not_found, "there is no film with id " + std::to_string(id));
  }
  return done.error();
}

sdk::Result<Movie> Movies::find_one(std::int32_t field, const sdk::Value& value) const {
  const std::array where = {condition(field, sdk::Match::equal, {&value, 1})};
  sdk::FindRecords request;
  request.collection = movies::kName;
  request.where = where;
  std::optional<Movie> found;
  const auto done = client_.find_first(request, [&](const sdk::RecordView& record) { found = movie_of(record); });
  if (!done) { return done.error(); }
  return found ? sdk::Result<Movie>(*found) : none();
}

sdk::Result<Movie> Movies::find_titled(const MovieWish& wish) const {
  const std::string clean = sdk::fold_title(wish.title);
  if (clean.empty() || wish.year == 0) { return none(); }
  const sdk::Value title = text(clean);
  const sdk::Value year = integer(wish.year);
  const std::array where = {condition(movies::kCleanTitle, sdk::Match::equal, {&title, 1}),
                            condition(movies::kYear, sdk::Match::equal, {&year, 1})};
  sdk::FindRecords request;
  request.collection = movies::kName;
  request.where = where;
  std::optional<Movie> found;
  const auto done = client_.find_all(request, [&](const sdk::RecordView& record) {
    if (Movie movie = movie_of(record); !found && may_be(movie, wish)) { found = std::move(movie); }
  });
  if (!done) { return done.error(); }
  return found ? sdk::Result<Movie>(*found) : none();
}

sdk::Result<Movie> Movies::find(const MovieWish& wish) const {
  if (wish.tmdb_id != 0) {
    auto found = find_one(movies::kTmdbId, integer(wish.tmdb_id));
    if (found || !is_none(found.error())) { return found; }
  }
  if (!wish.imdb_id.empty()) {
    auto found = find_one(movies::kImdbId, text(wish.imdb_id));
    if (found && !may_be(*found, wish)) {
      return sdk::failure(sdk::Code::invalid, "the two ids belong to different films: " + wish.imdb_id + " is film " +
                                                  std::to_string(found->id) + " here, with the TMDb id " +
                                                  std::to_string(found->tmdb_id));
    }
    if (found || !is_none(found.error())) { return found; }
  }
  return find_titled(wish);
}

sdk::Result<sdk::WriteOutcome> Movies::make(const MovieWish& wish) const {
  const std::string identity = identity_of(wish);
  const std::string title = title_of(wish);
  const std::string clean = sdk::fold_title(wish.title);
  const std::array values = {
      assign(movies::kIdentity, text(identity)),
      assign(movies::kTmdbId, known(wish.tmdb_id)),
      assign(movies::kImdbId, known(wish.imdb_id)),
      assign(movies::kTitle, text(title)),
      assign(movies::kCleanTitle, known(clean)),
      assign(movies::kYear, known(wish.year)),
      assign(movies::kRuntime, known(wish.runtime_minutes)),
      assign(movies::kAddedAt, integer(client_.clock().wall_ms())),
  };
  sdk::RecordWrite write;
  write.collection = movies::kName;
  write.values = values;
  return client_.write_surely(write);
}

/// Adds what the film lacks; `not_applied` as the result when it lacks nothing that the wish has.
sdk::Result<sdk::WriteOutcome> Movies::complete(const Movie& movie, const MovieWish& wish) const {
  std::vector<sdk::Assignment> values;
  const std::string clean = sdk::fold_title(wish.title);
  if (movie.tmdb_id == 0 && wish.tmdb_id != 0) { values.push_back(assign(movies::kTmdbId, integer(wish.tmdb_id))); }
  if (movie.imdb_id.empty() && !wish.imdb_id.empty()) { values.push_back(assign(movies::kImdbId, text(wish.imdb_id))); }
  if (movie.clean_title.empty() && !clean.empty()) {
    values.push_back(assign(movies::kTitle, text(wish.title)));
    values.push_back(assign(movies::kCleanTitle, text(clean)));
  }
  if (movie.year == 0 && wish.year != 0) { values.push_back(assign(movies::kYear, integer(wish.year))); }
  if (movie.runtime_minutes == 0 && wish.runtime_minutes != 0) {
    values.push_back(assign(movies::kRuntime, integer(wish.runtime_minutes)));
  }
  if (values.empty()) { return sdk::WriteOutcome{}; }
  sdk::RecordWrite write;
  write.kind = sdk::WriteKind::update;
  write.collection = movies::kName;
  write.id = movie.id;
  write.expected_version = movie.version;
  write.values = values;
  return client_.write_surely(write);
}

sdk::Result<Movie> Movies::find_or_make(const MovieWish& wish) const {
  if (!wish.names_a_film()) {
    return sdk::failure(sdk::Code::invalid, "a film is named by an id, or by its title and year");
  }
  for (int tries = 0; tries < kMostTries; ++tries) {
    auto found = find(wish);
    if (!found && !is_none(found.error())) { return found; }
    const auto written = found ? complete(*found, wish) : make(wish);
    if (!written) { return written.error(); }
    switch (written->result) {
      case sdk::WriteResult::applied:
        return get(written->id);
      case sdk::WriteResult::not_applied:
        return found;
      case sdk::WriteResult::conflict:
        // An id that is another film's is not added; this one is the film all the same.
        if (found) { return found; }
        // Another host was faster: find what it made. Unless it is one that nobody can find.
        if (auto there = get(written->existing_id); !there && !is_none(there.error())) { return there; }
        break;
      case sdk::WriteResult::stale_version:
      case sdk::WriteResult::not_found:
        break;
      default:
        return refused("a film", *written);
    }
  }
  return sdk::failure(sdk::Code::unavailable, "the film is being changed by others all the time: try again");
}

sdk::Done Movies::list(std::int64_t tmdb_id, const std::function<void(const Movie&)>& visit) const {
  const sdk::Value wanted = integer(tmdb_id);
  const std::array where = {condition(movies::kTmdbId, sdk::Match::equal, {&wanted, 1})};
  sdk::FindRecords request;
  request.collection = movies::kName;
  if (tmdb_id != 0) { request.where = where; }
  return client_.find_all(request, [&](const sdk::RecordView& record) { visit(movie_of(record)); });
}

sdk::Result<std::vector<std::int64_t>> Movies::existing(std::span<const std::int64_t> ids) const {
  std::vector<std::int64_t> out;
  if (ids.empty()) { return out; }
  std::vector<sdk::Value> values;
  for (const std::int64_t id : ids) { values.push_back(integer(id)); }
  const std::array where = {condition(sdk::kFieldId, sdk::Match::in, values)};
  sdk::FindRecords request;
  request.collection = movies::kName;
  request.where = where;
  const auto done = client_.find_all(
      request, [&](const sdk::RecordView& record) { out.push_back(record.id); }, Visit::all);
  if (!done) { return done.error(); }
  return out;
}

}  // namespace quarry::records
