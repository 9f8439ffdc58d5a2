// SPDX-License-Identifier: MIT
#include "asked_statements.hpp"

namespace quarry::storage_postgres::testing {
namespace {

/// A row's place p: below 0 it has ended, then come those at work and 20 that are blocked, from 300 on they are queued.
constexpr char kRows[] = R"sql(
INSERT INTO download_state (id, state, status, flags, ready, claim_rank, due_at_ms, lease_until_ms, lease_owner, client,
    claim_command, updated_at_ms, ended_at_ms, cleanup, size_bytes, lane, last_command, release_key, infohash_v1,
    infohash_v2)
  SELECT n, state, public_status(state, flags), flags,
    CASE WHEN state <> 0 OR flags <> 0 THEN 0 WHEN n % 20 = 0 THEN 2 ELSE 1 END, n,
    CASE WHEN state = 0 AND n % 20 = 0 AND n % 20000 <> 0 THEN 9000000000000 ELSE 1 END,
    CASE WHEN state <> 1 THEN 0 WHEN n % 2 = 0 THEN 1 ELSE 9000000000000 END, CASE WHEN state = 1 THEN 'owner' ELSE '' END,
    CASE WHEN state = 0 THEN '' ELSE 'client' END, CASE WHEN state = 1 THEN 'w' || n ELSE '' END, 1,
    CASE WHEN state IN (5, 7, 8) THEN n ELSE 0 END, CASE WHEN state = 8 AND n % 1000 = 2 THEN 1 ELSE 0 END, 1,
    'downloads', 'c' || n, 'r' || n, md5('' || n), ''
  FROM (SELECT n, CASE WHEN p > 300 THEN 0 WHEN p > 280 THEN 6 WHEN p > 260 THEN 4 WHEN p > 40 THEN 3 WHEN p > 20 THEN 2
      WHEN p > 0 THEN 1 WHEN n % 10 = 1 THEN 7 WHEN n % 10 = 2 THEN 8 ELSE 5 END AS state,
      CASE WHEN p > 300 AND n % 50 = 1 THEN 1 ELSE 0 END AS flags
    FROM (SELECT n, n - COUNT / 5 AS p FROM generate_series(1, COUNT) AS n) AS places) AS rows;
INSERT INTO download_origin (id, rank, enqueued_at_ms, movie_id, max_retries, priority, created_by, category, title,
    indexer, guid, download_url, magnet)
  SELECT n, n, 1, n % 5000, 3, 1, 'c' || n, '', 't' || n, '', '', '', '' FROM generate_series(1, COUNT) AS n;
INSERT INTO event (download_id, at_ms, epoch, from_state, to_state, actor, command_id, reason)
  SELECT n, 1, 0, -1, 0, 3, 'c' || n, '' FROM generate_series(1, COUNT) AS n;
INSERT INTO metainfo (download_id, bytes) SELECT n, 'torrent' FROM generate_series(2, COUNT / 5 + 300, 2) AS n;
INSERT INTO status_count (shard, state, status, n)
  SELECT 0, state, status, count(*) FROM download_state GROUP BY state, status;
INSERT INTO lane VALUES ('downloads', 1000, 0);
INSERT INTO duty VALUES ('client:client', 'owner', 1, 9000000000000), ('history', 'owner', 1, 9000000000000);
SELECT setval('download_id_seq', COUNT);
)sql";

}  // namespace

std::string rows_for_plans(int count) {
  constexpr std::string_view kCount = "COUNT";
  std::string text = kRows;
  for (std::size_t at = 0; (at = text.find(kCount, at)) != text.npos;) {
    text.replace(at, kCount.size(), std::to_string(count));
  }
  return text;
}

}  // namespace quarry::storage_postgres::testing
