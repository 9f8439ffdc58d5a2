// SPDX-License-Identifier: MIT
// Every SQL text of the store, apart from the pages of list(), which storage-sql/list_query.hpp puts together.
// Parameters are numbered (?1, ?2 …), so a program that only has the C interface of SQLite can run
// the very same statements.
#pragma once

#include <storage-sql/download_columns.hpp>

#include <array>

namespace quarry::storage_sqlite::sql {

// ---- the database ----------------------------------------------------------------------------

/// "QRRY": marks a file as ours, so that another program's database is never taken for an empty one.
inline constexpr int kApplicationId = 0x51525259;
inline constexpr int kWalPages = 4000;  ///< written to the main file once the log has so many pages

inline constexpr const char* kPragmas[] = {
    "PRAGMA foreign_keys=ON",         "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",      "PRAGMA journal_size_limit=67108864",
    "PRAGMA wal_autocheckpoint=4000", "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16000",
};

/// The schema, version by version: entry n-1 makes version n out of version n-1, in one transaction.
///
/// Three columns exist for the indexes alone and follow from others; the CHECKs hold them to it:
///   live   1 while the row holds its release key and its hashes
///   ready  0 not claimable, 1 claimable and due, 2 claimable once due_at_ms has come. Rows that wait
///          are kept out of the claim index, so that they never lie before the rows that are due.
///   status what the API shows; derived, see public_status()
/// status_count is kept by triggers: a total is read, never counted.
inline constexpr std::array kMigrations = {R"sql(
CREATE TABLE lane (
  name       TEXT PRIMARY KEY NOT NULL,
  max_active INTEGER NOT NULL,
  hold       INTEGER NOT NULL CHECK (hold IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE download (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  state          INTEGER NOT NULL CHECK (state BETWEEN 0 AND 8),
  flags          INTEGER NOT NULL,
  ready          INTEGER NOT NULL,
  live           INTEGER NOT NULL,
  epoch          INTEGER NOT NULL,
  version        INTEGER NOT NULL,
  rank           INTEGER NOT NULL,
  due_at_ms      INTEGER NOT NULL,
  lease_until_ms INTEGER NOT NULL,
  enqueued_at_ms INTEGER NOT NULL,
  updated_at_ms  INTEGER NOT NULL,
  ended_at_ms    INTEGER NOT NULL,
  attempts       INTEGER NOT NULL,
  max_retries    INTEGER NOT NULL,
  priority       INTEGER NOT NULL,
  cleanup        INTEGER NOT NULL,
  error_code     INTEGER NOT NULL,
  movie_id       INTEGER NOT NULL,
  size_bytes     INTEGER NOT NULL,
  done_bytes     INTEGER NOT NULL,
  down_bps       INTEGER NOT NULL,
  up_bps         INTEGER NOT NULL,
  eta_s          INTEGER NOT NULL,
  progress_at_ms INTEGER NOT NULL,
  seeders        INTEGER NOT NULL,
  leechers       INTEGER NOT NULL,
  progress       REAL NOT NULL,
  ratio          REAL NOT NULL,
  lane           TEXT NOT NULL,
  lease_owner    TEXT NOT NULL,
  claim_command  TEXT NOT NULL,
  last_command   TEXT NOT NULL,
  created_by     TEXT NOT NULL,
  release_key    TEXT NOT NULL,
  infohash_v1    TEXT NOT NULL,
  infohash_v2    TEXT NOT NULL,
  client         TEXT NOT NULL,
  client_item_id TEXT NOT NULL,
  client_state   TEXT NOT NULL,
  due_reason     TEXT NOT NULL,
  error          TEXT NOT NULL,
  output_path    TEXT NOT NULL,
  category       TEXT NOT NULL,
  title          TEXT NOT NULL,
  indexer        TEXT NOT NULL,
  guid           TEXT NOT NULL,
  download_url   TEXT NOT NULL,
  magnet         TEXT NOT NULL,
  status INTEGER NOT NULL GENERATED ALWAYS AS (CASE
    WHEN state = 5 THEN CASE WHEN flags & 8 THEN 4 ELSE 5 END
    WHEN state IN (6, 7) THEN 6
    WHEN state = 8 THEN 7
    WHEN flags & 17 THEN 2
    WHEN state = 3 THEN CASE WHEN flags & 4 THEN 3 ELSE 1 END
    WHEN state = 4 THEN 3
    ELSE 0 END) VIRTUAL,
  CHECK (live = (state NOT IN (7, 8))),
  CHECK ((ready <> 0) = (state = 0 AND flags & 1 = 0)),
  CHECK ((ended_at_ms <> 0) = (state IN (5, 7, 8))),
  CHECK ((lease_owner <> '') = (state = 1)),
  CHECK ((lease_until_ms > 0) = (state = 1))
) STRICT;

CREATE INDEX download_claim ON download (lane, rank) WHERE ready = 1;
CREATE INDEX download_due ON download (lane, ready, due_at_ms) WHERE ready <> 0;
CREATE INDEX download_slot ON download (lane, state, claim_command, flags) WHERE state IN (1, 2, 3, 4);
CREATE INDEX download_lease ON download (lease_until_ms) WHERE state = 1;
CREATE INDEX download_status ON download (state, status);
CREATE INDEX download_rank ON download (rank);
CREATE INDEX download_ended ON download (ended_at_ms) WHERE ended_at_ms <> 0 AND cleanup = 0;
CREATE INDEX download_cleanup ON download (client) WHERE cleanup <> 0;
CREATE INDEX download_movie ON download (movie_id) WHERE movie_id <> 0;
CREATE UNIQUE INDEX download_created_by ON download (created_by);
CREATE UNIQUE INDEX download_release ON download (release_key) WHERE live = 1;
CREATE UNIQUE INDEX download_v1 ON download (infohash_v1) WHERE live = 1 AND infohash_v1 <> '';
CREATE UNIQUE INDEX download_v2 ON download (infohash_v2) WHERE live = 1 AND infohash_v2 <> '';

CREATE TABLE metainfo (
  download_id INTEGER PRIMARY KEY REFERENCES download (id) ON DELETE CASCADE,
  bytes       BLOB NOT NULL
) STRICT;

CREATE TABLE event (
  sequence    INTEGER PRIMARY KEY,
  download_id INTEGER NOT NULL,
  at_ms       INTEGER NOT NULL,
  epoch       INTEGER NOT NULL,
  from_state  INTEGER NOT NULL,
  to_state    INTEGER NOT NULL,
  actor       INTEGER NOT NULL,
  command_id  TEXT NOT NULL,
  reason      TEXT NOT NULL
) STRICT;

CREATE TABLE status_count (
  state  INTEGER NOT NULL,
  status INTEGER NOT NULL,
  n      INTEGER NOT NULL CHECK (n >= 0),
  PRIMARY KEY (state, status)
) STRICT, WITHOUT ROWID;
WITH RECURSIVE
  s(state) AS (SELECT 0 UNION ALL SELECT state + 1 FROM s WHERE state < 8),
  t(status) AS (SELECT 0 UNION ALL SELECT status + 1 FROM t WHERE status < 7)
INSERT INTO status_count SELECT state, status, 0 FROM s, t;

CREATE TRIGGER download_counted_in AFTER INSERT ON download BEGIN
  UPDATE status_count SET n = n + 1 WHERE state = new.state AND status = new.status;
END;
CREATE TRIGGER download_counted_out AFTER DELETE ON download BEGIN
  UPDATE status_count SET n = n - 1 WHERE state = old.state AND status = old.status;
END;
CREATE TRIGGER download_counted_over AFTER UPDATE OF state, flags ON download
WHEN old.state <> new.state OR old.status <> new.status BEGIN
  UPDATE status_count SET n = n - 1 WHERE state = old.state AND status = old.status;
  UPDATE status_count SET n = n + 1 WHERE state = new.state AND status = new.status;
END;
)sql",
                                           R"sql(
CREATE TABLE duty (
  name           TEXT PRIMARY KEY NOT NULL,
  owner          TEXT NOT NULL,
  epoch          INTEGER NOT NULL CHECK (epoch > 0),
  lease_until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql",
                                           R"sql(
CREATE TABLE record_schema (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  version    INTEGER NOT NULL,
  generation INTEGER NOT NULL
) STRICT;
INSERT INTO record_schema (id, version, generation) VALUES (1, 0, 0);

CREATE TABLE record_collection (
  number      INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT NOT NULL UNIQUE,
  declaration TEXT NOT NULL
) STRICT;
)sql",
                                           // What comes next, whatever has ended: see list_query.hpp.
                                           "CREATE INDEX download_next ON download (status, rank) WHERE state = 0"};
inline constexpr int kSchemaVersion = static_cast<int>(kMigrations.size());

// ---- commands ---------------------------------------------------------------------------------

inline constexpr char kBegin[] = "BEGIN IMMEDIATE";
inline constexpr char kBeginRead[] = "BEGIN";
inline constexpr char kCommit[] = "COMMIT";
inline constexpr char kRollback[] = "ROLLBACK";
inline constexpr char kSavepoint[] = "SAVEPOINT command";
inline constexpr char kReleaseSavepoint[] = "RELEASE command";
inline constexpr char kRollbackToSavepoint[] = "ROLLBACK TO command";

inline constexpr char kAppendEvent[] =
    "INSERT INTO event (download_id, at_ms, epoch, from_state, to_state, actor, command_id, reason) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

/// ?1 flags ?2 ready ?3 rank ?4 due ?5 now ?6 max_retries ?7 priority ?8 movie ?9 size ?10 lane
/// ?11 command ?12 release_key ?13 v1 ?14 v2 ?15 category ?16 title ?17 indexer ?18 guid ?19 url ?20 magnet
inline constexpr char kInsertDownload[] =
    "INSERT INTO download (state, flags, ready, live, epoch, version, rank, due_at_ms, lease_until_ms, "
    "enqueued_at_ms, updated_at_ms, ended_at_ms, attempts, max_retries, priority, cleanup, error_code, movie_id, "
    "size_bytes, done_bytes, down_bps, up_bps, eta_s, progress_at_ms, seeders, leechers, progress, ratio, lane, "
    "lease_owner, claim_command, last_command, created_by, release_key, infohash_v1, infohash_v2, client, "
    "client_item_id, client_state, due_reason, error, output_path, category, title, indexer, guid, download_url, "
    "magnet) VALUES (0, ?1, ?2, 1, 0, 0, ?3, ?4, 0, ?5, ?5, 0, 0, ?6, ?7, 0, 0, ?8, ?9, 0, 0, 0, -1, 0, -1, -1, "
    "0.0, 0.0, ?10, '', '', ?11, ?11, ?12, ?13, ?14, '', '', '', '', '', '', ?15, ?16, ?17, ?18, ?19, ?20) "
    "RETURNING id";

inline constexpr char kFindCreatedBy[] = "SELECT id, epoch, version FROM download WHERE created_by = ?1";
/// The live row other than ?1 that holds release key ?2, hash ?3 or hash ?4; each through its own index.
inline constexpr char kFindHolder[] =
    "SELECT id FROM download WHERE release_key = ?2 AND live = 1 AND id <> ?1 "
    "UNION ALL SELECT id FROM download WHERE infohash_v1 = ?3 AND infohash_v1 <> '' AND live = 1 AND id <> ?1 "
    "UNION ALL SELECT id FROM download WHERE infohash_v2 = ?4 AND infohash_v2 <> '' AND live = 1 AND id <> ?1";

inline constexpr char kLane[] = "SELECT max_active, hold FROM lane WHERE name = ?1";
inline constexpr char kSetLane[] =
    "INSERT INTO lane (name, max_active, hold) VALUES (?1, CASE WHEN ?2 < 0 THEN 3 ELSE ?2 END, max(?3, 0)) "
    "ON CONFLICT (name) DO UPDATE SET max_active = CASE WHEN ?2 < 0 THEN max_active ELSE ?2 END, "
    "hold = CASE WHEN ?3 < 0 THEN hold ELSE ?3 END";

inline constexpr char kDuty[] = "SELECT owner, epoch, lease_until_ms FROM duty WHERE name = ?1";
inline constexpr char kSetDuty[] =
    "INSERT INTO duty (name, owner, epoch, lease_until_ms) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE "
    "SET owner = ?2, epoch = ?3, lease_until_ms = ?4";

inline constexpr char kClaimedBefore[] =
    "SELECT id FROM download WHERE lane = ?1 AND state IN (1, 2, 3, 4) AND state = 1 AND claim_command = ?2 "
    "AND lease_owner = ?3";
inline constexpr char kSlotCount[] =
    "SELECT count(*) FROM download WHERE lane = ?1 AND state IN (1, 2, 3, 4) AND flags & 1 = 0";
/// Rows whose time has come, of lane ?1 at ?2: into the claim index, at most ?3 in one claim.
inline constexpr char kPromote[] =
    "UPDATE download SET ready = 1 WHERE id IN (SELECT id FROM download WHERE lane = ?1 AND ready <> 0 AND ready = 2 "
    "AND due_at_ms <= ?2 ORDER BY due_at_ms LIMIT ?3)";
/// The due time is asked again, for a wall clock that went back after the row was promoted.
inline constexpr char kClaim[] =
    "UPDATE download SET state = 1, ready = 0, epoch = epoch + 1, version = version + 1, attempts = attempts + 1, "
    "lease_owner = ?4, lease_until_ms = ?5, claim_command = ?6, last_command = ?6, updated_at_ms = ?2 "
    "WHERE id IN (SELECT id FROM download WHERE lane = ?1 AND ready = 1 AND due_at_ms <= ?2 ORDER BY rank, id "
    "LIMIT ?3) RETURNING id";

/// What is needed to judge a command and to write a row back.
inline constexpr char kFacts[] =
    "SELECT state, flags, ready, epoch, version, due_at_ms, lease_until_ms, enqueued_at_ms, size_bytes, done_bytes, "
    "attempts, cleanup, error_code, priority, rank, progress, lane, lease_owner, last_command, release_key, "
    "infohash_v1, infohash_v2, client, client_item_id, due_reason, error, output_path, category "
    "FROM download WHERE id = ?1";

/// A change of state that leaves liveness and hashes alone, so that the unique indexes rest.
inline constexpr char kTransition[] =
    "UPDATE download SET state = ?2, flags = ?3, ready = ?4, epoch = ?5, version = ?6, due_at_ms = ?7, "
    "lease_until_ms = 0, updated_at_ms = ?8, ended_at_ms = ?9, size_bytes = ?10, done_bytes = ?11, attempts = ?12, "
    "cleanup = ?13, error_code = ?14, progress = ?15, lease_owner = '', claim_command = '', last_command = ?16, "
    "client = ?17, client_item_id = ?18, due_reason = ?19, error = ?20, output_path = ?21 WHERE id = ?1";
inline constexpr char kTransitionLive[] =
    "UPDATE download SET state = ?2, flags = ?3, ready = ?4, epoch = ?5, version = ?6, due_at_ms = ?7, "
    "lease_until_ms = 0, updated_at_ms = ?8, ended_at_ms = ?9, size_bytes = ?10, done_bytes = ?11, attempts = ?12, "
    "cleanup = ?13, error_code = ?14, progress = ?15, lease_owner = '', claim_command = '', last_command = ?16, "
    "client = ?17, client_item_id = ?18, due_reason = ?19, error = ?20, output_path = ?21, live = ?22, "
    "infohash_v1 = ?23, infohash_v2 = ?24 WHERE id = ?1";

inline constexpr char kHeartbeat[] =
    "UPDATE download SET lease_until_ms = ?2, version = version + 1, updated_at_ms = ?3 WHERE id = ?1";
inline constexpr char kIntent[] =
    "UPDATE download SET version = version + 1, updated_at_ms = ?2, last_command = ?3, client = ?4, infohash_v1 = ?5, "
    "infohash_v2 = ?6, magnet = CASE WHEN ?7 = '' THEN magnet ELSE ?7 END, "
    "size_bytes = CASE WHEN ?8 < 0 THEN size_bytes ELSE ?8 END WHERE id = ?1";
inline constexpr char kPutMetainfo[] =
    "INSERT INTO metainfo (download_id, bytes) VALUES (?1, ?2) ON CONFLICT (download_id) DO UPDATE SET bytes = ?2";
inline constexpr char kEdit[] =
    "UPDATE download SET version = version + 1, updated_at_ms = ?2, last_command = ?3, flags = ?4, ready = ?5, "
    "priority = ?6, rank = ?7, category = ?8, cleanup = ?9 WHERE id = ?1";
inline constexpr char kLeastRank[] = "SELECT rank FROM download WHERE lane = ?1 ORDER BY rank LIMIT 1";

/// Leases that ran out by ?1, or of an owner other than ?2: one process owns the file, so that owner is gone.
inline constexpr char kLostLeases[] =
    "SELECT id FROM download INDEXED BY download_lease WHERE state = 1 AND lease_until_ms > 0 AND (lease_until_ms <= "
    "?1 OR lease_owner <> ?2) "
    "ORDER BY lease_until_ms, id LIMIT ?3";

inline constexpr char kProgress[] =
    "UPDATE download SET flags = ?2, seeders = ?3, leechers = ?4, "
    "size_bytes = CASE WHEN ?5 < 0 THEN size_bytes ELSE ?5 END, done_bytes = ?6, down_bps = ?7, up_bps = ?8, "
    "eta_s = ?9, progress = ?10, ratio = ?11, progress_at_ms = ?12, client_state = ?13, "
    "output_path = CASE WHEN ?14 = '' THEN output_path ELSE ?14 END WHERE id = ?1";
/// The same where the flags do not change: the index by status and the counters rest.
inline constexpr char kProgressSameFlags[] =
    "UPDATE download SET seeders = ?3, leechers = ?4, "
    "size_bytes = CASE WHEN ?5 < 0 THEN size_bytes ELSE ?5 END, done_bytes = ?6, down_bps = ?7, up_bps = ?8, "
    "eta_s = ?9, progress = ?10, ratio = ?11, progress_at_ms = ?12, client_state = ?13, "
    "output_path = CASE WHEN ?14 = '' THEN output_path ELSE ?14 END WHERE id = ?1";

/// Ended before ?1, of the states in the bits of ?2, at most ?3.
inline constexpr char kPrune[] =
    "DELETE FROM download WHERE id IN (SELECT id FROM download WHERE ended_at_ms <> 0 AND cleanup = 0 "
    "AND ended_at_ms < ?1 AND (?2 >> state) & 1 ORDER BY ended_at_ms, id LIMIT ?3) RETURNING id";

// ---- reading ----------------------------------------------------------------------------------

inline constexpr char kRowById[] = "SELECT " QUARRY_DOWNLOAD_COLUMNS " FROM download WHERE id = ?1";
inline constexpr char kRowByHash1[] =
    "SELECT " QUARRY_DOWNLOAD_COLUMNS " FROM download WHERE infohash_v1 = ?1 AND infohash_v1 <> '' AND live = 1";
inline constexpr char kRowByHash2[] =
    "SELECT " QUARRY_DOWNLOAD_COLUMNS " FROM download WHERE infohash_v2 = ?1 AND infohash_v2 <> '' AND live = 1";
inline constexpr char kRowByRelease[] =
    "SELECT " QUARRY_DOWNLOAD_COLUMNS " FROM download WHERE release_key = ?1 AND live = 1";
inline constexpr char kRowByCommand[] = "SELECT " QUARRY_DOWNLOAD_COLUMNS " FROM download WHERE created_by = ?1";

inline constexpr char kMetainfo[] =
    "SELECT m.bytes FROM download d LEFT JOIN metainfo m ON m.download_id = d.id WHERE d.id = ?1";
inline constexpr char kStatusCounts[] = "SELECT state, status, n FROM status_count WHERE n > 0";
/// The earliest due time of a claimable row in lane ?1: the head of each half of the due index.
inline constexpr char kNextDue[] =
    "SELECT coalesce(min(due), 0) FROM (SELECT * FROM (SELECT due_at_ms AS due FROM download "
    "WHERE lane = ?1 AND ready <> 0 AND ready = 1 ORDER BY due_at_ms LIMIT 1) "
    "UNION ALL SELECT * FROM (SELECT due_at_ms FROM download WHERE lane = ?1 AND ready <> 0 AND ready = 2 "
    "ORDER BY due_at_ms LIMIT 1))";
inline constexpr char kLastEvent[] = "SELECT coalesce(max(sequence), 0) FROM event";
inline constexpr char kEventsSince[] =
    "SELECT sequence, download_id, at_ms, epoch, from_state, to_state, actor, command_id, reason FROM event "
    "WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";

}  // namespace quarry::storage_sqlite::sql
