// SPDX-License-Identifier: MIT
// The film that a grab is for: first it is found or made, then the download is enqueued. A film without downloads
// does no harm; a download of a film that nobody knows would.
#pragma once

#include "api/params.hpp"
#include "api/resources.hpp"
#include "records/movies.hpp"

#include <optional>

namespace quarry::api {

/// No film has a greater number at TMDb.
inline constexpr std::int64_t kMaxTmdb = 2'000'000'000;

/// What a body says of the film.
struct FilmWish {
  std::int64_t movie_id = 0;  ///< when it is not 0, the rest does not count
  records::MovieWish movie;
};

/// Of a grab: "movie_id"; or "movie" {title, year, tmdbId, imdbId, runtime}, or "tmdbId" and "imdbId" alone. A "movie"
/// that names no film is refused.
[[nodiscard]] FilmWish film_of(Body& body);

/// The refusal when there is no film with this id (0: none is wanted).
[[nodiscard]] std::optional<ApiResponse> unknown_film(const Context& context, const ApiRequest& request,
                                                      std::int64_t movie_id);

/// Sets the grab's movie_id to the film that is wanted, if one is; made where there is none. The refusal otherwise.
[[nodiscard]] std::optional<ApiResponse> settle_film(const Context& context, const ApiRequest& request,
                                                     const FilmWish& wish, queue::GrabRequest& grab);

/// grab_failure(); and where the film was removed this moment, what unknown_film() says.
[[nodiscard]] ApiResponse grab_refusal(const Context& context, const ApiRequest& request,
                                       const queue::GrabRequest& grab, const queue::GrabFailure& failure);

/// 422: the storage keeps no records.
[[nodiscard]] ApiResponse no_records(const ApiRequest& request);

}  // namespace quarry::api
