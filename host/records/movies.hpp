// SPDX-License-Identifier: MIT
// The films that downloads are for. A film is made by the first grab that names it.
#pragma once

#include "records/record_client.hpp"

#include <string>
#include <string_view>

namespace quarry::records {

/// Empty and 0: not known.
struct Movie {
  std::int64_t id = 0;
  std::int64_t version = 0;
  std::int64_t tmdb_id = 0;
  std::string imdb_id;      ///< "tt0133093"
  std::string title;        ///< never empty: "TMDb 603" while nobody has told it
  std::string clean_title;  ///< for comparing; empty while nobody has told the title
  int year = 0;
  int runtime_minutes = 0;
  std::int64_t added_at_ms = 0;
};

/// How somebody names a film.
struct MovieWish {
  std::int64_t tmdb_id = 0;
  std::string imdb_id;  ///< as normal_imdb_id() gives it
  std::string title;
  int year = 0;
  int runtime_minutes = 0;  ///< tells nothing apart

  /// An id, or title and year.
  [[nodiscard]] bool names_a_film() const;
};

/// "tt" and at least seven digits; digits alone are taken, too. Empty when it is no such id.
[[nodiscard]] std::string normal_imdb_id(std::string_view text);

/// [thread-safe]
class Movies {
 public:
  explicit Movies(const RecordClient& client) : client_(client) {}

  /// `not_found` with a sentence.
  [[nodiscard]] sdk::Result<Movie> get(std::int64_t id) const;
  /// The film with the TMDb id, else the IMDb id, else the title and year of the wish; where there is none, it is made.
  /// What the wish knows and the film lacks is added to it. Of two films with one title and year the older one is
  /// meant, unless an id says otherwise. Several hosts that ask at once get one film.
  /// `invalid`: the wish names no film, or its two ids belong to different ones.
  [[nodiscard]] sdk::Result<Movie> find_or_make(const MovieWish& wish) const;
  /// In order of id. `tmdb_id` 0: all of them.
  [[nodiscard]] sdk::Done list(std::int64_t tmdb_id, const std::function<void(const Movie&)>& visit) const;
  /// Which of these (at most 500) there are, rising.
  [[nodiscard]] sdk::Result<std::vector<std::int64_t>> existing(std::span<const std::int64_t> ids) const;

 private:
  [[nodiscard]] sdk::Result<Movie> find_one(std::int32_t field, const sdk::Value& value) const;
  [[nodiscard]] sdk::Result<Movie> find_titled(const MovieWish& wish) const;
  [[nodiscard]] sdk::Result<Movie> find(const MovieWish& wish) const;
  [[nodiscard]] sdk::Result<sdk::WriteOutcome> make(const MovieWish& wish) const;
  [[nodiscard]] sdk::Result<sdk::WriteOutcome> complete(const Movie& movie, const MovieWish& wish) const;

  const RecordClient& client_;
};

}  // namespace quarry::records
