// SPDX-License-Identifier: MIT
// The films that downloads are for. They are made by grabs.
#include "api/errors.hpp"
#include "api/film.hpp"
#include "api/format.hpp"
#include "api/members.hpp"
#include "api/resources.hpp"
#include "records/records.hpp"

namespace quarry::api {
namespace {

void write_movie(sdk::JsonWriter& w, const records::Movie& movie) {
  w.begin_object().member("id", movie.id).member("title", movie.title);
  add_text(w, "cleanTitle", movie.clean_title);
  if (movie.year != 0) { w.member("year", movie.year); }
  if (movie.tmdb_id != 0) { w.member("tmdbId", movie.tmdb_id); }
  add_text(w, "imdbId", movie.imdb_id);
  if (movie.runtime_minutes != 0) { w.member("runtime", movie.runtime_minutes); }
  // Other programs read these without asking: nothing is searched for or imported by itself.
  w.member("monitored", false).member("hasFile", false).key("tags").begin_array().end_array();
  w.member("added", iso_time(movie.added_at_ms)).end_object();
}

ApiResponse list_movies(const Context& context, const ApiRequest& request) {
  Query query(request);
  const std::int64_t tmdb_id = query.integer("tmdbId", 0, 0, kMaxTmdb);
  if (query.refusal()) { return *query.refusal(); }
  sdk::JsonWriter w;
  w.begin_array();
  const auto done =
      context.services.records->movies().list(tmdb_id, [&](const records::Movie& movie) { write_movie(w, movie); });
  if (!done) { return failure_response(done.error(), request.request_id); }
  return {200, w.end_array().take(), {}};
}

ApiResponse get_movie(const Context& context, const ApiRequest& request) {
  const auto movie = context.services.records->movies().get(path_id(request).value_or(0));
  if (!movie) { return failure_response(movie.error(), request.request_id); }
  sdk::JsonWriter w;
  write_movie(w, *movie);
  return {200, w.take(), {}};
}

}  // namespace

void add_movie(std::vector<Route>& table, const Context& context) {
  table.push_back({"GET", "/api/v3/movie", with_records(context, list_movies)});
  table.push_back({"GET", "/api/v3/movie/{id}", with_records(context, get_movie)});
}

}  // namespace quarry::api
