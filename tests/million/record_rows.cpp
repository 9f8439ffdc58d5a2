// SPDX-License-Identifier: MIT
#include "record_rows.hpp"

#include <storage-postgres/asked_statements.hpp>
#include <storage-postgres/bulk_load.hpp>

#include <string_view>
#include <utility>

namespace quarry::million {
namespace {

constexpr char kMovies[] = R"sql(
INSERT INTO rec_movies (version, created_at_ms, updated_at_ms, identity, tmdb_id, imdb_id, title, clean_title, year,
    runtime, added_at_ms)
  SELECT 1, 1, 1, 'tmdb:' || n, n, 'tt' || lpad('' || n, 7, '0'), 'The Film ' || n / 3, 'film' || n / 3,
    1950 + n % 70, 100, n FROM generate_series(1, FILMS) AS n;
)sql";
constexpr char kHistory[] = R"sql(
INSERT INTO rec_history (version, created_at_ms, updated_at_ms, event_sequence, download_id, movie_id, title,
    release_key, infohash, indexer, client, size_bytes, event_type, at_ms, reason)
  SELECT 1, 1, 1, n, n / 5, CASE WHEN n % 100 = 0 THEN FILM_OF_MANY WHEN n % 500 = 51 THEN FILMS_TO_REMOVE + n / 500 % 2 WHEN n % 10 = 1 THEN NULL ELSE n * 7 % FILMS + 1 END,
    'The.Film.' || n || '.1080p.WEB.H264', 'r' || n / 5, md5('' || n / 5), 'indexer', 'client', 4000000000,
    CASE WHEN n >= MIDDLE AND n < MIDDLE + BLOCKED_ENTRIES THEN 'blocked' WHEN n % 2 = 0 THEN 'grabbed'
      WHEN n < MIDDLE AND n % 10 = 3 THEN 'retried' WHEN n % 10 = 9 THEN 'failed' ELSE 'completed' END,
    1700000000000 + n / 10 * 1000, NULL FROM generate_series(1, ENTRIES) AS n;
)sql";
constexpr char kOthers[] = R"sql(
INSERT INTO rec_blocklist (version, created_at_ms, updated_at_ms, release_key, infohash, movie_id, title, indexer,
    reason, at_ms)
  SELECT 1, 1, 1, 'r' || n, CASE WHEN n % 4 = 0 THEN NULL ELSE md5('' || n) END,
    CASE WHEN n % 3 = 0 THEN NULL ELSE n END, 'The.Film.' || n, 'indexer', 'not found', 1700000000000 + n * 1000
  FROM generate_series(1, BLOCKED_RELEASES) AS n;
INSERT INTO rec_tags (version, created_at_ms, updated_at_ms, label)
  SELECT 1, 1, 1, 'tag ' || n FROM generate_series(1, TAGS) AS n;
INSERT INTO rec_settings (version, created_at_ms, updated_at_ms, name, value)
  VALUES (1, 1, 1, 'history_cursor', 'ENTRIES');
UPDATE download_origin SET movie_id = FILM_IN_QUEUE WHERE id <= 10000;
)sql";

std::string filled(std::string text) {
  const std::pair<const char*, std::int64_t> numbers[] = {{"BLOCKED_RELEASES", kBlocked},
                                                          {"BLOCKED_ENTRIES", kBlockedEntries},
                                                          {"FILM_OF_MANY", kFilmOfMany},
                                                          {"FILM_IN_QUEUE", kFilmInQueue},
                                                          {"FILMS_TO_REMOVE", kFilmsToRemove},
                                                          {"FILMS", kFilms},
                                                          {"ENTRIES", kEntries},
                                                          {"MIDDLE", kMiddle},
                                                          {"TAGS", kTags}};
  for (const auto& [name, number] : numbers) {
    for (std::size_t at = 0; (at = text.find(name, at)) != text.npos;) {
      text.replace(at, std::string_view(name).size(), std::to_string(number));
    }
  }
  return text;
}

}  // namespace

std::string record_rows() {
  using storage_postgres::testing::BulkLoad;
  const BulkLoad load({"rec_movies", "rec_history", "rec_blocklist", "download_state", "download_origin", "event"});
  // What refers to what is known here, and not asked row by row.
  return load.before() + "SET session_replication_role = replica;" + filled(std::string(kMovies) + kHistory) +
         storage_postgres::testing::rows_for_plans(static_cast<int>(kDownloads)) + filled(kOthers) +
         "SET session_replication_role = DEFAULT;" + load.after();
}

}  // namespace quarry::million
