// SPDX-License-Identifier: MIT
// The schema, version by version: entry n-1 makes version n out of version n-1, in one transaction.
//
// The columns are those of the SQLite store, for the same reasons:
//   ready  0 not claimable, 1 claimable and due, 2 claimable once due_at_ms has come. Rows that wait
//          are kept out of the claim index, so that they never lie before the rows that are due.
//   status what the API shows; derived, see public_status()
// A row is live, and holds its release key and its hashes, while its state is below 7.
//
// What every statement pays for each time it starts is kept small: no generated columns and no CHECKs (the server
// parses them anew for each statement), no triggers on rows, few indexes, keys that are compared byte by byte, and
// columns that indexes need before those that they do not.
//
// What is different, because several hosts write at once:
//   now_ms(), clock_ms()  the only clock: the database's own. now_ms() is the start of the statement,
//                         stable, so that an index can be searched with it; clock_ms() is this moment,
//                         for leases that are granted, which errs towards a longer lease.
//   status_count          counters by state and status, kept by each statement that changes one, in shards: one row for
//                         all would make every writer wait for every other's flush. A total is a sum over the shards.
//   before                state * 16 + status of a row before its last change: RETURNING tells new values only, and
//                         the counters need the old ones.
//   events_settled()      event numbers are handed out before their transaction commits, so a reader could see 8
//                         before 7. Whoever writes events first takes a shared advisory lock on the last number
//                         handed out; a reader reads no further than the least of these that is still held.
//   claim_downloads()     locks the lane first and counts afterwards, in a second statement: a count in the
//                         statement that waits for the lock would see the rows of before the wait.
#pragma once

#include "schema_claims.hpp"
#include "schema_two_tables.hpp"

#include <array>

namespace quarry::storage_postgres::sql {

/// Version 5: what comes next is listed by rank, whatever has ended; see list_query.hpp.
inline constexpr char kNextByRank[] = R"sql(
SET LOCAL statement_timeout = 0;
CREATE INDEX download_next ON download_state (status, claim_rank, id) WHERE state = 0;
)sql";

inline constexpr std::array kMigrations = {R"sql(
CREATE FUNCTION now_ms() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
  AS 'SELECT cast(date_part(''epoch'', statement_timestamp()) * 1000 AS bigint)';
CREATE FUNCTION clock_ms() RETURNS bigint LANGUAGE sql VOLATILE PARALLEL SAFE
  AS 'SELECT cast(date_part(''epoch'', clock_timestamp()) * 1000 AS bigint)';
CREATE FUNCTION public_status(state integer, flags integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS 'SELECT CASE
    WHEN state = 5 THEN CASE WHEN flags & 8 <> 0 THEN 4 ELSE 5 END
    WHEN state IN (6, 7) THEN 6
    WHEN state = 8 THEN 7
    WHEN flags & 17 <> 0 THEN 2
    WHEN state = 3 THEN CASE WHEN flags & 4 <> 0 THEN 3 ELSE 1 END
    WHEN state = 4 THEN 3
    ELSE 0 END';

CREATE TABLE lane (
  name       text COLLATE "C" PRIMARY KEY,
  max_active integer NOT NULL,
  hold       integer NOT NULL CHECK (hold IN (0, 1))
);

CREATE TABLE duty (
  name           text COLLATE "C" PRIMARY KEY,
  owner          text COLLATE "C" NOT NULL,
  epoch          bigint NOT NULL,
  lease_until_ms bigint NOT NULL
);

CREATE TABLE download (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  epoch          bigint NOT NULL DEFAULT 0,
  version        bigint NOT NULL DEFAULT 0,
  rank           bigint NOT NULL,
  due_at_ms      bigint NOT NULL,
  lease_until_ms bigint NOT NULL DEFAULT 0,
  enqueued_at_ms bigint NOT NULL,
  updated_at_ms  bigint NOT NULL,
  ended_at_ms    bigint NOT NULL DEFAULT 0,
  movie_id       bigint NOT NULL,
  size_bytes     bigint NOT NULL,
  done_bytes     bigint NOT NULL DEFAULT 0,
  down_bps       bigint NOT NULL DEFAULT 0,
  up_bps         bigint NOT NULL DEFAULT 0,
  eta_s          bigint NOT NULL DEFAULT -1,
  progress_at_ms bigint NOT NULL DEFAULT 0,
  progress       double precision NOT NULL DEFAULT 0,
  ratio          double precision NOT NULL DEFAULT 0,
  state          integer NOT NULL DEFAULT 0,
  flags          integer NOT NULL,
  ready          integer NOT NULL,
  attempts       integer NOT NULL DEFAULT 0,
  max_retries    integer NOT NULL,
  priority       integer NOT NULL,
  cleanup        integer NOT NULL DEFAULT 0,
  error_code     integer NOT NULL DEFAULT 0,
  seeders        integer NOT NULL DEFAULT -1,
  leechers       integer NOT NULL DEFAULT -1,
  status         integer NOT NULL,
  before         integer NOT NULL DEFAULT 0,
  lane           text COLLATE "C" NOT NULL,
  created_by     text COLLATE "C" NOT NULL,
  release_key    text COLLATE "C" NOT NULL,
  infohash_v1    text COLLATE "C" NOT NULL,
  infohash_v2    text COLLATE "C" NOT NULL,
  client         text COLLATE "C" NOT NULL DEFAULT '',
  last_command   text COLLATE "C" NOT NULL,
  claim_command  text COLLATE "C" NOT NULL DEFAULT '',
  lease_owner    text COLLATE "C" NOT NULL DEFAULT '',
  client_item_id text COLLATE "C" NOT NULL DEFAULT '',
  client_state   text COLLATE "C" NOT NULL DEFAULT '',
  due_reason     text COLLATE "C" NOT NULL DEFAULT '',
  error          text COLLATE "C" NOT NULL DEFAULT '',
  output_path    text COLLATE "C" NOT NULL DEFAULT '',
  category       text COLLATE "C" NOT NULL,
  title          text COLLATE "C" NOT NULL,
  indexer        text COLLATE "C" NOT NULL,
  guid           text COLLATE "C" NOT NULL,
  download_url   text COLLATE "C" NOT NULL,
  magnet         text COLLATE "C" NOT NULL
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000,
        autovacuum_analyze_scale_factor = 0.05);

-- "rank + 0": this order is the claim's alone, so that no other index can seem to serve it.
CREATE INDEX download_claim ON download (lane, (rank + 0), id) WHERE ready = 1;
-- "+ 0": whoever asks for ready = 1, or for state = 1, must not be led here, where rows are in another order.
CREATE INDEX download_due ON download (lane, ready, due_at_ms) WHERE ready + 0 <> 0;
CREATE INDEX download_active ON download (lane) WHERE state + 0 IN (1, 2, 3, 4);
CREATE INDEX download_lease ON download (lease_until_ms, id) WHERE state = 1;
CREATE INDEX download_status ON download (state, status, id);
CREATE INDEX download_rank ON download (rank, id);
CREATE INDEX download_ended ON download (ended_at_ms, id) WHERE ended_at_ms <> 0 AND cleanup = 0;
CREATE INDEX download_cleanup ON download (client, id) WHERE cleanup <> 0;
CREATE INDEX download_movie ON download (movie_id, id) WHERE movie_id <> 0;
CREATE UNIQUE INDEX download_created_by ON download (created_by);
CREATE UNIQUE INDEX download_release ON download (release_key) WHERE state < 7;
CREATE UNIQUE INDEX download_v1 ON download (infohash_v1) WHERE state < 7 AND infohash_v1 <> '';
CREATE UNIQUE INDEX download_v2 ON download (infohash_v2) WHERE state < 7 AND infohash_v2 <> '';

CREATE TABLE metainfo (
  download_id bigint PRIMARY KEY REFERENCES download (id) ON DELETE CASCADE,
  bytes       bytea NOT NULL
);

CREATE TABLE event (
  sequence    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  download_id bigint NOT NULL,
  at_ms       bigint NOT NULL,
  epoch       bigint NOT NULL,
  from_state  integer NOT NULL,
  to_state    integer NOT NULL,
  actor       integer NOT NULL,
  command_id  text COLLATE "C" NOT NULL,
  reason      text COLLATE "C" NOT NULL
);

-- The key of the advisory lock: "QR" in the upper 16 bits, the number in the others.
CREATE FUNCTION event_begins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM pg_advisory_xact_lock_shared((cast(20818 AS bigint) << 48) + last_value) FROM event_sequence_seq;
  RETURN NULL;
END $$;
CREATE TRIGGER event_begins BEFORE INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION event_begins();
CREATE FUNCTION events_settled() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  handed_out bigint;
  under_way bigint;
BEGIN
  SELECT last_value INTO handed_out FROM event_sequence_seq;
  SELECT min((cast(cast(classid AS bigint) & 65535 AS bigint) << 32) + cast(objid AS bigint)) INTO under_way
    FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND cast(classid AS bigint) >> 16 = 20818
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
  RETURN least(handed_out, under_way);
END $$;

CREATE TABLE status_count (
  shard  integer NOT NULL,
  state  integer NOT NULL,
  status integer NOT NULL,
  n      bigint NOT NULL,
  PRIMARY KEY (shard, state, status)
) WITH (fillfactor = 50);

CREATE FUNCTION claim(in_lane text, most integer, in_owner text, lease_ms bigint, command text, most_due integer)
  RETURNS SETOF download LANGUAGE plpgsql AS $$
DECLARE
  free integer;
  active integer;
  again boolean;
  some_due boolean;
BEGIN
  SELECT CASE WHEN hold = 0 THEN max_active ELSE 0 END INTO free FROM lane WHERE name = in_lane FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    INSERT INTO lane (name, max_active, hold) VALUES (in_lane, 3, 0) ON CONFLICT (name) DO NOTHING;
    SELECT CASE WHEN hold = 0 THEN max_active ELSE 0 END INTO free FROM lane WHERE name = in_lane FOR NO KEY UPDATE;
  END IF;
  SELECT count(*) FILTER (WHERE flags & 1 = 0), coalesce(bool_or(claim_command = command), false),
      EXISTS (SELECT 1 FROM download WHERE lane = in_lane AND ready + 0 <> 0 AND ready = 2 AND due_at_ms <= now_ms())
    INTO active, again, some_due FROM download WHERE lane = in_lane AND state + 0 IN (1, 2, 3, 4);
  IF again THEN
    RETURN QUERY SELECT * FROM download WHERE lane = in_lane AND state + 0 IN (1, 2, 3, 4) AND claim_command = command
      AND lease_owner = in_owner ORDER BY rank, id;
    IF FOUND THEN RETURN; END IF;
  END IF;
  IF some_due THEN
    UPDATE download SET ready = 1 WHERE id = ANY (ARRAY (
      SELECT id FROM download WHERE lane = in_lane AND ready + 0 <> 0 AND ready = 2 AND due_at_ms <= now_ms()
      ORDER BY due_at_ms LIMIT most_due FOR NO KEY UPDATE SKIP LOCKED));
  END IF;
  free := least(most, free - active);
  IF free <= 0 THEN RETURN; END IF;
  RETURN QUERY WITH changed AS (
    UPDATE download SET before = state * 16 + status, state = 1, ready = 0, epoch = epoch + 1, version = version + 1,
      attempts = attempts + 1, lease_owner = in_owner, lease_until_ms = clock_ms() + lease_ms, claim_command = command,
      last_command = command, updated_at_ms = now_ms()
    WHERE id = ANY (ARRAY (SELECT id FROM download WHERE lane = in_lane AND ready = 1 AND due_at_ms <= now_ms()
      ORDER BY rank + 0, id LIMIT free FOR NO KEY UPDATE SKIP LOCKED))
    RETURNING *), told AS (
    INSERT INTO event (download_id, at_ms, epoch, from_state, to_state, actor, command_id, reason)
      SELECT id, now_ms(), epoch, 0, 1, 4, command, '' FROM changed ORDER BY rank, id), counted AS (
    INSERT INTO status_count AS c (shard, state, status, n)
      SELECT pg_backend_pid() % 64, kind / 16, kind % 16, sum(moved.n) FROM (
        SELECT before AS kind, -1 AS n FROM changed UNION ALL SELECT state * 16 + status, 1 FROM changed) AS moved
      GROUP BY kind ORDER BY kind
      ON CONFLICT (shard, state, status) DO UPDATE SET n = c.n + excluded.n)
    SELECT * FROM changed ORDER BY rank, id;
END $$;
)sql",
                                           R"sql(
CREATE TABLE record_schema (
  id         integer PRIMARY KEY CHECK (id = 1),
  version    bigint NOT NULL,
  generation bigint NOT NULL
);
INSERT INTO record_schema (id, version, generation) VALUES (1, 0, 0);

CREATE TABLE record_collection (
  number      bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  name        text COLLATE "C" NOT NULL UNIQUE,
  declaration text NOT NULL
);
)sql",
                                           kTwoTables, kClaimsTogether, kNextByRank};
inline constexpr int kSchemaVersion = static_cast<int>(kMigrations.size());

}  // namespace quarry::storage_postgres::sql
