// SPDX-License-Identifier: MIT
#include "api/film.hpp"

#include "api/errors.hpp"
#include "records/records.hpp"

namespace quarry::api {
namespace {

/// In an object, or in the body itself.
void read_ids(Body& body, sdk::Json object, records::MovieWish& movie) {
  movie.tmdb_id = body.integer_in(object, "tmdbId", 0, 0, kMaxTmdb);
  const std::string imdb = body.text_in(object, "imdbId", kMaxWord);
  movie.imdb_id = records::normal_imdb_id(imdb);
  if (!imdb.empty() && movie.imdb_id.empty()) { body.refuse_field("imdbId", "must look like tt0133093"); }
}

}  // namespace

FilmWish film_of(Body& body) {
  FilmWish wish;
  wish.movie_id = body.integer("movie_id", 0, 0, kMaxNumber);
  const sdk::Json movie = body.member("movie");
  if (!movie.present()) {
    read_ids(body, body.root(), wish.movie);
    return wish;
  }
  if (!movie.is_object()) { body.refuse_field("movie", "must be an object such as {\"title\": …, \"year\": …}"); }
  read_ids(body, movie, wish.movie);
  wish.movie.title = body.text_in(movie, "title", kMaxWord);
  wish.movie.year = static_cast<int>(body.integer_in(movie, "year", 0, 0, 9999));
  wish.movie.runtime_minutes = static_cast<int>(body.integer_in(movie, "runtime", 0, 0, 6000));
  if (wish.movie_id == 0 && !wish.movie.names_a_film()) {
    body.refuse_field("movie", "must name the film by title and year, or by tmdbId or imdbId");
  }
  return wish;
}

ApiResponse no_records(const ApiRequest& request) {
  return error_response(422,
                        {"unsupported", "the storage in the manifest keeps no films, history, blocklist and tags",
                         "Leave the film out, or use a storage that offers quarry.record_store/1."},
                        request.request_id);
}

std::optional<ApiResponse> unknown_film(const Context& context, const ApiRequest& request, std::int64_t movie_id) {
  if (movie_id == 0) { return std::nullopt; }
  if (context.services.records == nullptr) { return no_records(request); }
  const auto film = context.services.records->movies().get(movie_id);
  if (film) { return std::nullopt; }
  if (film.error().status.code != sdk::Code::not_found) { return failure_response(film.error(), request.request_id); }
  return error_response(422,
                        {"invalid", film.error().text,
                         "Nothing was changed. Leave movie_id out, or name the film by movie {title, year}, tmdbId or "
                         "imdbId.",
                         "movie_id"},
                        request.request_id);
}

std::optional<ApiResponse> settle_film(const Context& context, const ApiRequest& request, const FilmWish& wish,
                                       queue::GrabRequest& grab) {
  grab.movie_id = wish.movie_id;
  if (wish.movie_id != 0 || !wish.movie.names_a_film()) { return unknown_film(context, request, wish.movie_id); }
  if (context.services.records == nullptr) { return no_records(request); }
  const auto film = context.services.records->movies().find_or_make(wish.movie);
  if (!film) { return failure_response(film.error(), request.request_id); }
  grab.movie_id = film->id;
  return std::nullopt;
}

ApiResponse grab_refusal(const Context& context, const ApiRequest& request, const queue::GrabRequest& grab,
                         const queue::GrabFailure& failure) {
  if (failure.failure.status.code == sdk::Code::invalid) {
    if (auto unknown = unknown_film(context, request, grab.movie_id)) { return *std::move(unknown); }
  }
  return grab_failure(failure, request);
}

}  // namespace quarry::api
