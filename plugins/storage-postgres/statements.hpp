// SPDX-License-Identifier: MIT
// Every SQL text of the store, apart from the schema and from the pages of list(). Each command is one
// statement, judged by its WHERE clause: between reading a row and writing it, another host could come.
// What a statement did not change is read afterwards, to say why (see Writer).
//
// Parameters are numbered :1, :2 …; those with $1 are run without SOCI. Lists come as arrays in text form ('{1,2}'), so
// that a batch is one statement, whatever its length.
#pragma once

#include "session_settings.hpp"

#include <storage-sql/download_columns.hpp>

namespace quarry::storage_postgres::sql {

/// Where enqueue says that a lane has work again; see Listener.
#define QUARRY_READY_CHANNEL "quarry_ready"
inline constexpr char kReadyChannel[] = QUARRY_READY_CHANNEL;

inline constexpr char kBegin[] = "BEGIN ISOLATION LEVEL READ COMMITTED";
inline constexpr char kBeginReads[] = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY";
inline constexpr char kBeginRead[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
inline constexpr char kCommit[] = "COMMIT";
inline constexpr char kRollback[] = "ROLLBACK";
inline constexpr char kForgetPlans[] = "DISCARD PLANS";

/// The counters follow what a statement changed: rows of `changed`, each with its state and status of before.
#define QUARRY_COUNTED                                                                                          \
  "counted AS (INSERT INTO status_count AS c (shard, state, status, n) "                                        \
  "SELECT pg_backend_pid() % 64, kind / 16, kind % 16, sum(moved.n) FROM ("                                     \
  "SELECT before AS kind, -1 AS n FROM changed UNION ALL SELECT state * 16 + status, 1 FROM changed) AS moved " \
  "GROUP BY kind HAVING sum(moved.n) <> 0 ORDER BY kind "                                                       \
  "ON CONFLICT (shard, state, status) DO UPDATE SET n = c.n + excluded.n) "

/// Sends a notice when the lane had nothing to claim: one for each row would make all writers wait for one lock of the
/// server at commit. Each statement sees the rows of before itself. A hint, so the first row's lane stands for all.
#define QUARRY_LANE_WAKES                                                  \
  "(SELECT count(pg_notify('" QUARRY_READY_CHANNEL                         \
  "', l.lane)) FROM (SELECT lane FROM made WHERE ready = 1 LIMIT 1) AS l " \
  "WHERE (SELECT d.id FROM download_state AS d WHERE d.lane = l.lane AND d.ready = 1 LIMIT 1) IS NULL)"

/// All that is missing of the rows is made; what stands in the way of the others is asked afterwards. A command that
/// was carried out already is passed by; when two hosts send the same one at the same time, the second fails and is
/// tried again. "IS TRUE" makes the ids a table to look into, and "IS NULL" has each row looked for by its key: joined,
/// each row would be compared with each other while the server knows of no rows. :1 command :2 lane :3 release_key :4
/// title :5 indexer :6 guid :7 url :8 magnet :9 category :10 v1 :11 v2 :12 flags :13 movie :14 size :15 due :16 bonus
/// :17 priority :18 max_retries
#define QUARRY_RANK \
  "CASE WHEN i.bonus < now_ms() - 9223372036854775807 THEN 9223372036854775807 ELSE now_ms() - i.bonus END"
#define QUARRY_ENQUEUE(ROWS, ORDER)                                                                                \
  "WITH input AS MATERIALIZED (SELECT nextval('download_id_seq') AS id, i.* FROM " ROWS                            \
  " WHERE (SELECT o.id FROM download_origin AS o WHERE o.created_by = i.command) IS NULL" ORDER                    \
  "), "                                                                                                            \
  "made AS (INSERT INTO download_state (id, state, status, flags, ready, claim_rank, due_at_ms, updated_at_ms, "   \
  "size_bytes, lane, last_command, release_key, infohash_v1, infohash_v2) "                                        \
  "SELECT i.id, 0, public_status(0, i.flags), i.flags, "                                                           \
  "CASE WHEN i.flags & 1 <> 0 THEN 0 WHEN i.due <= now_ms() THEN 1 ELSE 2 END, " QUARRY_RANK                       \
  ", CASE WHEN i.due = 0 THEN now_ms() ELSE i.due END, now_ms(), i.size, i.lane, i.command, i.release_key, i.v1, " \
  "i.v2 FROM input AS i ON CONFLICT DO NOTHING RETURNING id, status, last_command, lane, ready), "                 \
  "said AS (INSERT INTO download_origin (id, rank, enqueued_at_ms, movie_id, max_retries, priority, created_by, "  \
  "category, title, indexer, guid, download_url, magnet) SELECT i.id, " QUARRY_RANK                                \
  ", now_ms(), i.movie, i.max_retries, i.priority, i.command, i.category, i.title, i.indexer, i.guid, i.url, "     \
  "i.magnet FROM input AS i WHERE (i.id IN (SELECT id FROM made)) IS TRUE), "                                      \
  "told AS (INSERT INTO event (download_id, at_ms, epoch, from_state, to_state, actor, command_id, reason) "       \
  "SELECT id, now_ms(), 0, -1, 0, 3, last_command, '' FROM made ORDER BY id), "                                    \
  "counted AS (INSERT INTO status_count AS c (shard, state, status, n) "                                           \
  "SELECT pg_backend_pid() % 64, 0, status, count(*) FROM made GROUP BY status ORDER BY status "                   \
  "ON CONFLICT (shard, state, status) DO UPDATE SET n = c.n + excluded.n) "                                        \
  "SELECT id, last_command FROM made WHERE " QUARRY_LANE_WAKES " >= 0"
inline constexpr char kEnqueue[] = QUARRY_ENQUEUE(
    "unnest(cast(:1 AS text[]), cast(:2 AS text[]), cast(:3 AS text[]), cast(:4 AS text[]), cast(:5 AS text[]), "
    "cast(:6 AS text[]), cast(:7 AS text[]), cast(:8 AS text[]), cast(:9 AS text[]), cast(:10 AS text[]), "
    "cast(:11 AS text[]), cast(:12 AS integer[]), cast(:13 AS bigint[]), cast(:14 AS bigint[]), "
    "cast(:15 AS bigint[]), cast(:16 AS bigint[]), cast(:17 AS integer[]), cast(:18 AS integer[])) "
    "WITH ORDINALITY AS i (command, lane, release_key, title, indexer, guid, url, magnet, category, v1, v2, flags, "
    "movie, size, due, bonus, priority, max_retries, place)",
    " ORDER BY i.place");
/// The same for one row, whose parameters are no arrays: half the time.
inline constexpr char kEnqueueOne[] = QUARRY_ENQUEUE(
    "(SELECT cast(:1 AS text) AS command, cast(:2 AS text) AS lane, cast(:3 AS text) AS release_key, "
    "cast(:4 AS text) AS title, cast(:5 AS text) AS indexer, cast(:6 AS text) AS guid, cast(:7 AS text) AS url, "
    "cast(:8 AS text) AS magnet, cast(:9 AS text) AS category, cast(:10 AS text) AS v1, cast(:11 AS text) AS v2, "
    "cast(:12 AS integer) AS flags, cast(:13 AS bigint) AS movie, cast(:14 AS bigint) AS size, "
    "cast(:15 AS bigint) AS due, cast(:16 AS bigint) AS bonus, cast(:17 AS integer) AS priority, "
    "cast(:18 AS integer) AS max_retries) AS i",
    "");
#undef QUARRY_ENQUEUE
#undef QUARRY_RANK
#undef QUARRY_LANE_WAKES
#undef QUARRY_READY_CHANNEL
inline constexpr char kFindCreatedBy[] = "SELECT id, epoch, version FROM download WHERE created_by = :1";
/// The live row other than :1 that holds release key :2, hash :3 or hash :4; each through its own index.
inline constexpr char kFindHolder[] =
    "SELECT coalesce(min(id), 0) FROM (SELECT id FROM download_state WHERE release_key = :2 AND state < 7 AND id <> :1 "
    "UNION ALL SELECT id FROM download_state WHERE infohash_v1 = :3 AND infohash_v1 <> '' AND state < 7 AND id <> :1 "
    "UNION ALL SELECT id FROM download_state WHERE infohash_v2 = :4 AND infohash_v2 <> '' AND state < 7 AND id <> :1) "
    "AS "
    "holders";

/// Claims of one lane and owner. Arrays: :1 limits :2 commands. For all of them: :3 lane :4 owner :5 lease_ms :6 most
/// rows whose due time came
inline constexpr char kClaim[] =
    "SELECT " QUARRY_DOWNLOAD_COLUMNS
    ", claim_command FROM claim_downloads(:3, cast(:1 AS integer[]), :4, cast(:5 AS bigint), cast(:2 AS text[]), "
    "cast(:6 AS integer))";

/// :1 ids :2 epochs :3 owner :4 lease_ms
inline constexpr char kHeartbeat[] =
    "UPDATE download_state AS d SET lease_until_ms = clock_ms() + cast(:4 AS bigint), version = d.version + 1, "
    "updated_at_ms = now_ms() FROM unnest(cast(:1 AS bigint[]), cast(:2 AS bigint[])) AS i (id, epoch) "
    "WHERE d.id = i.id AND d.epoch = i.epoch AND d.state + 0 = 1 AND d.lease_owner = :3 RETURNING d.id, d.epoch, "
    "d.version";

/// :1 id :2 epoch :3 command :4 client :5 v1 :6 v2 :7 magnet :8 size
inline constexpr char kIntent[] =
    "WITH changed AS (UPDATE download_state SET version = version + 1, updated_at_ms = now_ms(), last_command = :3, "
    "client = :4, infohash_v1 = :5, infohash_v2 = :6, "
    "size_bytes = CASE WHEN cast(:8 AS bigint) < 0 THEN size_bytes ELSE cast(:8 AS bigint) END "
    "WHERE id = cast(:1 AS bigint) AND epoch = cast(:2 AS bigint) AND state + 0 = 1 AND lease_until_ms > now_ms() "
    "AND last_command <> :3 RETURNING id, epoch, version), "
    "said AS (UPDATE download_origin AS o SET magnet = :7 FROM changed AS c WHERE o.id = c.id AND :7 <> '') "
    "SELECT id, epoch, version FROM changed";
/// $1 id $2 bytes, binary
inline constexpr char kPutMetainfo[] =
    "INSERT INTO metainfo (download_id, bytes) VALUES ($1, $2) ON CONFLICT (download_id) DO UPDATE SET bytes = "
    "excluded.bytes";

/// Rows that are changed alike. Arrays: :1 ids :2 epochs :3 versions :4 commands. For all of them: :5 from :6 to
/// :7 raises the epoch :8 actor :9 reason :10 fields :11 due :12 due_reason :13 error :14 client_item :15 output :16 v1
/// :17 v2 :18 size :19 done :20 progress :21 error_code :22 cleanup :23 attempts :24 set_flags :25 clear_flags :26 duty
/// :27 its epoch. Bits of fields: sdk::PatchField.
#define QUARRY_FIELD(BIT) "cast(:10 AS integer) & " BIT " <> 0"
#define QUARRY_NEW_FLAGS "((d.flags & ~cast(:25 AS integer)) | cast(:24 AS integer))"
#define QUARRY_NEW_DUE             \
  "(CASE WHEN NOT (" QUARRY_FIELD( \
      "1") ") THEN d.due_at_ms WHEN cast(:11 AS bigint) = 0 THEN now_ms() ELSE cast(:11 AS bigint) END)"
inline constexpr char kTransition[] =
    "WITH changed AS (UPDATE download_state AS d SET before = d.state * 16 + d.status, state = cast(:6 AS integer), "
    "flags = " QUARRY_NEW_FLAGS ", status = public_status(cast(:6 AS integer), " QUARRY_NEW_FLAGS "), "
    "ready = CASE WHEN cast(:6 AS integer) <> 0 OR " QUARRY_NEW_FLAGS " & 1 <> 0 THEN 0 WHEN " QUARRY_NEW_DUE
    " <= now_ms() THEN 1 ELSE 2 END, epoch = d.epoch + cast(:7 AS integer), version = d.version + 1, "
    "due_at_ms = " QUARRY_NEW_DUE
    ", due_reason = CASE WHEN " QUARRY_FIELD("1") " THEN :12 ELSE d.due_reason END, "
    "error_code = CASE WHEN " QUARRY_FIELD("2") " THEN cast(:21 AS integer) ELSE d.error_code END, "
    "error = CASE WHEN " QUARRY_FIELD("2") " THEN :13 ELSE d.error END, "
    "client = CASE WHEN " QUARRY_FIELD("256") " THEN '' ELSE d.client END, "
    "client_item_id = CASE WHEN " QUARRY_FIELD("4") " THEN :14 WHEN " QUARRY_FIELD("256") " THEN '' "
    "ELSE d.client_item_id END, "
    "output_path = CASE WHEN " QUARRY_FIELD("8") " THEN :15 ELSE d.output_path END, "
    "size_bytes = CASE WHEN " QUARRY_FIELD("16") " THEN cast(:18 AS bigint) ELSE d.size_bytes END, "
    "cleanup = CASE WHEN " QUARRY_FIELD("32") " THEN cast(:22 AS integer) ELSE d.cleanup END, "
    "attempts = CASE WHEN " QUARRY_FIELD("128") " THEN cast(:23 AS integer) ELSE d.attempts END, "
    "infohash_v1 = CASE WHEN " QUARRY_FIELD("512") " THEN :16 ELSE d.infohash_v1 END, "
    "infohash_v2 = CASE WHEN " QUARRY_FIELD("512") " THEN :17 ELSE d.infohash_v2 END, "
    "done_bytes = CASE WHEN " QUARRY_FIELD("1024") " THEN cast(:19 AS bigint) ELSE d.done_bytes END, "
    "progress = CASE WHEN " QUARRY_FIELD("1024") " THEN cast(:20 AS double precision) ELSE d.progress END, "
    "lease_until_ms = 0, lease_owner = '', claim_command = '', last_command = i.command, updated_at_ms = now_ms(), "
    "ended_at_ms = CASE WHEN cast(:6 AS integer) IN (5, 7, 8) THEN now_ms() ELSE 0 END "
    "FROM unnest(cast(:1 AS bigint[]), cast(:2 AS bigint[]), cast(:3 AS bigint[]), cast(:4 AS text[])) "
    "AS i (id, epoch, version, command) "
    "WHERE d.id = i.id AND d.epoch = i.epoch AND d.state + 0 = cast(:5 AS integer) "
    "AND (i.version < 0 OR d.version = i.version) AND d.last_command <> i.command "
    // Whoever takes the duty over waits until this change is there to be seen.
    "AND (cast(:26 AS text) = '' OR EXISTS (SELECT 1 FROM duty AS u WHERE u.name = cast(:26 AS text) "
    "AND u.epoch = cast(:27 AS bigint) AND u.lease_until_ms > now_ms() FOR SHARE)) "
    "RETURNING d.id, d.epoch, d.version, d.before, d.state, d.status, i.command), "
    "told AS (INSERT INTO event (download_id, at_ms, epoch, from_state, to_state, actor, command_id, reason) "
    "SELECT id, now_ms(), epoch, cast(:5 AS integer), state, cast(:8 AS integer), command, :9 FROM changed), "
    QUARRY_COUNTED "SELECT id, epoch, version FROM changed";
#undef QUARRY_FIELD
#undef QUARRY_NEW_FLAGS
#undef QUARRY_NEW_DUE

/// :1 id :2 expected version :3 command :4 fields :5 hold :6 set :7 clear :8 priority :9 bonus :10 category :11
/// cleanup. Bits of fields: sdk::EditField.
#define QUARRY_NEW_FLAGS                                                                                     \
  "((CASE WHEN cast(:4 AS integer) & 1 = 0 THEN flags WHEN cast(:5 AS integer) <> 0 THEN flags | 1 "         \
  "ELSE flags & ~1 END) & ~(CASE WHEN cast(:4 AS integer) & 16 <> 0 THEN cast(:7 AS integer) ELSE 0 END) | " \
  "(CASE WHEN cast(:4 AS integer) & 16 <> 0 THEN cast(:6 AS integer) ELSE 0 END))"
inline constexpr char kEdit[] =
    "WITH changed AS (UPDATE download_state AS d SET version = version + 1, updated_at_ms = now_ms(), "
    "last_command = :3, before = state * 16 + status, flags = " QUARRY_NEW_FLAGS
    ", status = public_status(state, " QUARRY_NEW_FLAGS "), ready = CASE WHEN state <> 0 OR " QUARRY_NEW_FLAGS
    " & 1 <> 0 THEN 0 WHEN due_at_ms <= now_ms() THEN 1 ELSE 2 END, "
    "claim_rank = CASE WHEN cast(:4 AS integer) & 4 <> 0 THEN (SELECT greatest(r.rank, -9223372036854775807) - 1 "
    "FROM download AS r WHERE r.lane = d.lane ORDER BY r.rank LIMIT 1) "
    "WHEN cast(:4 AS integer) & 2 <> 0 THEN (SELECT cast(greatest(-9223372036854775808, least(9223372036854775807, "
    "cast(o.enqueued_at_ms AS numeric) - cast(:9 AS bigint))) AS bigint) FROM download_origin AS o WHERE o.id = d.id) "
    "ELSE claim_rank END, "
    "cleanup = CASE WHEN cast(:4 AS integer) & 32 <> 0 THEN cast(:11 AS integer) ELSE cleanup END "
    "WHERE id = cast(:1 AS bigint) AND (cast(:2 AS bigint) < 0 OR version = cast(:2 AS bigint)) AND last_command <> :3 "
    "RETURNING id, epoch, version, before, state, status, claim_rank), "
    "said AS (UPDATE download_origin AS o SET rank = c.claim_rank, "
    "priority = CASE WHEN cast(:4 AS integer) & 2 <> 0 THEN cast(:8 AS integer) ELSE priority END, "
    "category = CASE WHEN cast(:4 AS integer) & 8 <> 0 THEN :10 ELSE category END "
    "FROM changed AS c WHERE o.id = c.id AND cast(:4 AS integer) & 14 <> 0), " QUARRY_COUNTED
    "SELECT id, epoch, version FROM changed";
#undef QUARRY_NEW_FLAGS

/// :1 command :2 limit :3 wait of a row that goes back to the queue :4 its reason :5 reason of the event.
/// With an intent (client) the client may have it: verifying, else queued with the attempt not counted.
inline constexpr char kRescue[] =
    "WITH lost AS (SELECT id, lease_until_ms FROM download_state WHERE state = 1 AND lease_until_ms > 0 AND "
    "lease_until_ms "
    "<= now_ms() "
    "ORDER BY lease_until_ms, id LIMIT cast(:2 AS integer) FOR NO KEY UPDATE SKIP LOCKED), "
    "changed AS (UPDATE download_state SET before = state * 16 + status, state = CASE WHEN client <> '' THEN 2 ELSE 0 "
    "END, "
    "status = public_status(CASE WHEN client <> '' THEN 2 ELSE 0 END, flags), "
    "ready = CASE WHEN client <> '' OR flags & 1 <> 0 THEN 0 ELSE 2 END, epoch = epoch + 1, version = version + 1, "
    "attempts = CASE WHEN client <> '' THEN attempts ELSE greatest(0, attempts - 1) END, "
    "due_at_ms = CASE WHEN client <> '' THEN due_at_ms ELSE now_ms() + cast(:3 AS bigint) END, "
    "due_reason = CASE WHEN client <> '' THEN due_reason ELSE :4 END, lease_until_ms = 0, lease_owner = '', "
    "claim_command = '', last_command = :1, updated_at_ms = now_ms() "
    "WHERE id = ANY (ARRAY (SELECT id FROM lost)) RETURNING *), "
    "told AS (INSERT INTO event (download_id, at_ms, epoch, from_state, to_state, actor, command_id, reason) "
    "SELECT id, now_ms(), epoch, 1, state, 1, :1, :5 FROM changed ORDER BY (SELECT l.lease_until_ms FROM lost AS l "
    "WHERE l.id = changed.id), id), " QUARRY_COUNTED "SELECT " QUARRY_DOWNLOAD_COLUMNS
    " FROM changed JOIN download_origin USING (id) ORDER BY (SELECT l.lease_until_ms FROM lost AS l "
    "WHERE l.id = changed.id), id";

/// :1 id :2 epoch :3 set :4 clear :5 seeders :6 leechers :7 size :8 done :9 down :10 up :11 eta :12 progress
/// :13 ratio :14 client_state :15 output
inline constexpr char kProgress[] =
    "WITH changed AS (UPDATE download_state AS d SET before = d.state * 16 + d.status, flags = (d.flags & ~i.clear) | "
    "i.set, "
    "status = public_status(d.state, (d.flags & ~i.clear) | i.set), seeders = i.seeders, leechers = i.leechers, "
    "size_bytes = CASE WHEN i.size < 0 THEN d.size_bytes ELSE i.size END, done_bytes = i.done, down_bps = i.down, "
    "up_bps = i.up, eta_s = i.eta, progress = i.progress, ratio = i.ratio, progress_at_ms = now_ms(), "
    "client_state = i.client_state, output_path = CASE WHEN i.output = '' THEN d.output_path ELSE i.output END "
    "FROM unnest(cast(:1 AS bigint[]), cast(:2 AS bigint[]), cast(:3 AS integer[]), cast(:4 AS integer[]), "
    "cast(:5 AS integer[]), cast(:6 AS integer[]), cast(:7 AS bigint[]), cast(:8 AS bigint[]), cast(:9 AS bigint[]), "
    "cast(:10 AS bigint[]), cast(:11 AS bigint[]), cast(:12 AS double precision[]), "
    "cast(:13 AS double precision[]), cast(:14 AS text[]), cast(:15 AS text[])) AS i (id, epoch, set, clear, seeders, "
    "leechers, size, done, down, up, eta, progress, ratio, client_state, output) "
    "WHERE d.id = i.id AND d.epoch = i.epoch AND d.state + 0 IN (3, 4, 5) "
    "RETURNING d.id, d.epoch, d.version, d.before, d.state, d.status), " QUARRY_COUNTED
    "SELECT id, epoch, version FROM changed";

/// :1 name :2 owner :3 lease_ms. No row: somebody else has it.
inline constexpr char kTakeDuty[] =
    "INSERT INTO duty AS u (name, owner, epoch, lease_until_ms) VALUES (:1, :2, 1, clock_ms() + cast(:3 AS bigint)) "
    "ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, lease_until_ms = excluded.lease_until_ms, "
    "epoch = CASE WHEN u.owner = excluded.owner THEN u.epoch ELSE u.epoch + 1 END "
    "WHERE u.owner = excluded.owner OR u.lease_until_ms <= now_ms() RETURNING owner, epoch, lease_until_ms";
inline constexpr char kGiveUpDuty[] = "UPDATE duty SET lease_until_ms = 0 WHERE name = :1 AND owner = :2";
inline constexpr char kDuty[] = "SELECT owner, epoch, lease_until_ms FROM duty WHERE name = :1";

/// What is needed to say why a command did not change a row. :1 ids
inline constexpr char kFacts[] =
    "SELECT id, epoch, version, state, lease_until_ms, lease_owner, last_command, release_key, infohash_v1, "
    "infohash_v2, now_ms() FROM download_state WHERE id = ANY (cast(:1 AS bigint[]))";

/// :1 lane :2 max_active :3 hold; below 0: stays as it is
inline constexpr char kSetLane[] =
    "INSERT INTO lane AS l (name, max_active, hold) "
    "VALUES (:1, CASE WHEN cast(:2 AS integer) < 0 THEN 3 ELSE cast(:2 AS integer) END, "
    "greatest(cast(:3 AS integer), 0)) "
    "ON CONFLICT (name) DO UPDATE SET "
    "max_active = CASE WHEN cast(:2 AS integer) < 0 THEN l.max_active ELSE cast(:2 AS integer) END, "
    "hold = CASE WHEN cast(:3 AS integer) < 0 THEN l.hold ELSE cast(:3 AS integer) END";

/// :1 states (bits) :2 before :3 limit
inline constexpr char kPrune[] =
    "WITH gone AS (DELETE FROM download_state WHERE id = ANY (ARRAY (SELECT id FROM download_state WHERE "
    "ended_at_ms <> 0 AND cleanup = 0 AND ended_at_ms < cast(:2 AS bigint) AND (cast(:1 AS integer) >> state) & 1 = 1 "
    "ORDER BY ended_at_ms, id LIMIT cast(:3 AS integer) FOR UPDATE SKIP LOCKED)) "
    "RETURNING id, state, status), "
    "unsaid AS (DELETE FROM download_origin WHERE id = ANY (ARRAY (SELECT id FROM gone))), "
    "counted AS (INSERT INTO status_count AS c (shard, state, status, n) "
    "SELECT pg_backend_pid() % 64, state, status, -count(*) FROM gone GROUP BY state, status ORDER BY state, status "
    "ON CONFLICT (shard, state, status) DO UPDATE SET n = c.n + excluded.n) "
    "SELECT count(*) FROM gone";
#undef QUARRY_COUNTED

// ---- reading ----------------------------------------------------------------------------------

inline constexpr char kById[] = "SELECT " QUARRY_DOWNLOAD_COLUMNS " FROM download WHERE id = cast(:1 AS bigint)";
inline constexpr char kByHash[] =
    "SELECT " QUARRY_DOWNLOAD_COLUMNS
    " FROM download WHERE id = (SELECT min(id) FROM (SELECT id FROM download_state WHERE infohash_v1 = :1 AND "
    "infohash_v1 <> '' AND state < 7 UNION ALL SELECT id FROM download_state WHERE infohash_v2 = :1 AND "
    "infohash_v2 <> '' AND state < 7) AS h)";
inline constexpr char kByRelease[] =
    "SELECT " QUARRY_DOWNLOAD_COLUMNS " FROM download WHERE release_key = :1 AND state < 7";
inline constexpr char kByCommand[] = "SELECT " QUARRY_DOWNLOAD_COLUMNS " FROM download WHERE created_by = :1";
/// $1 id; no row without the download, NULL without a metainfo
inline constexpr char kMetainfo[] =
    "SELECT m.bytes FROM download_state AS d LEFT JOIN metainfo AS m ON m.download_id = d.id WHERE d.id = $1";
inline constexpr char kStatusCounts[] =
    "SELECT state, status, cast(sum(n) AS bigint) FROM status_count GROUP BY state, status HAVING sum(n) > 0";
/// All about lane :1, in one row.
inline constexpr char kLaneStats[] =
    "SELECT coalesce((SELECT max_active FROM lane WHERE name = :1), 3), "
    "coalesce((SELECT hold FROM lane WHERE name = :1), 0), "
    "(SELECT count(*) FROM download_state WHERE lane = :1 AND state IN (1, 2, 3, 4) AND flags & 1 = 0), "
    "coalesce(least((SELECT min(due_at_ms) FROM download_state WHERE lane = :1 AND ready + 0 <> 0 AND ready = 1), "
    "(SELECT min(due_at_ms) FROM download_state WHERE lane = :1 AND ready + 0 <> 0 AND ready = 2)), 0), "
    "coalesce((SELECT max(sequence) FROM event WHERE sequence <= (SELECT events_settled())), 0)";
inline constexpr char kEventsSettled[] = "SELECT events_settled()";
/// :1 after :2 the last settled :3 limit
inline constexpr char kEventsSince[] =
    "SELECT sequence, download_id, at_ms, epoch, from_state, to_state, actor, command_id, reason FROM event "
    "WHERE sequence > cast(:1 AS bigint) AND sequence <= cast(:2 AS bigint) ORDER BY sequence LIMIT cast(:3 AS "
    "integer)";

}  // namespace quarry::storage_postgres::sql
