// SPDX-License-Identifier: MIT
// Version 4 of the schema: claims of one lane that wait for each other are one call. What a claim costs is mostly
// paid once a call: the way to the server, the lock of the lane, the count of what is at work, and the flush.
#pragma once

namespace quarry::storage_postgres::sql {

inline constexpr char kClaimsTogether[] = R"sql(
-- Has other parameters, and another name than before version 3: a host of an earlier version must not claim.
DROP FUNCTION IF EXISTS claim_downloads(text, integer, text, bigint, text, integer);

-- Claims of one owner, in their order: claim n is commands[n] and takes wanted[n] rows at most. Answers the rows of all.
CREATE FUNCTION claim_downloads(in_lane text, wanted integer[], in_owner text, lease_ms bigint, commands text[],
    most_due integer) RETURNS SETOF download LANGUAGE plpgsql AS $$
DECLARE
  free integer;
  active integer;
  again boolean;
  alone boolean;
  some_due boolean;
  known text[];
  ends integer[];
  taken bigint[];
BEGIN
  SELECT CASE WHEN hold = 0 THEN max_active ELSE 0 END INTO free FROM lane WHERE name = in_lane FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    INSERT INTO lane (name, max_active, hold) VALUES (in_lane, 3, 0) ON CONFLICT (name) DO NOTHING;
    SELECT CASE WHEN hold = 0 THEN max_active ELSE 0 END INTO free FROM lane WHERE name = in_lane FOR NO KEY UPDATE;
  END IF;
  SELECT count(*) FILTER (WHERE flags & 1 = 0), coalesce(bool_or(claim_command = ANY (commands)), false),
      EXISTS (SELECT 1 FROM download_state WHERE lane = in_lane AND ready + 0 <> 0 AND ready = 2
        AND due_at_ms <= now_ms())
    INTO active, again, some_due FROM download_state WHERE lane = in_lane AND state IN (1, 2, 3, 4);
  IF again THEN
    SELECT array_agg(claim_command), array_agg(id) INTO known, taken FROM download_state
      WHERE lane = in_lane AND state IN (1, 2, 3, 4) AND claim_command = ANY (commands) AND lease_owner = in_owner;
  END IF;
  IF some_due THEN
    UPDATE download_state SET ready = 1 WHERE id = ANY (ARRAY (
      SELECT id FROM download_state WHERE lane = in_lane AND ready + 0 <> 0 AND ready = 2 AND due_at_ms <= now_ms()
      ORDER BY due_at_ms LIMIT most_due FOR NO KEY UPDATE SKIP LOCKED));
  END IF;
  -- ends[n]: how many rows claims 1 to n want together.
  alone := cardinality(commands) = 1 AND NOT again;
  IF alone THEN
    ends := wanted;
  ELSE
    SELECT array_agg(e.sum ORDER BY e.place) INTO ends FROM (
      SELECT place, cast(sum(CASE WHEN command = ANY (known) THEN 0 ELSE most END) OVER (ORDER BY place) AS integer) AS sum
      FROM unnest(wanted, commands) WITH ORDINALITY AS c (most, command, place)) AS e;
  END IF;
  free := least(ends[cardinality(ends)], free - active);
  IF free > 0 THEN
    WITH picked AS MATERIALIZED (
      SELECT ARRAY (SELECT id FROM download_state WHERE lane = in_lane AND ready = 1 AND state + 0 = 0
        AND due_at_ms <= now_ms() ORDER BY claim_rank + 0, id LIMIT free FOR NO KEY UPDATE SKIP LOCKED) AS ids), changed AS (
      UPDATE download_state AS d SET before = state * 16 + status, state = 1, ready = 0, epoch = epoch + 1,
        version = version + 1, attempts = attempts + 1, lease_owner = in_owner, lease_until_ms = clock_ms() + lease_ms,
        claim_command = CASE WHEN alone THEN commands[1]
          ELSE commands[1 + width_bucket(array_position(ids, id) - 1, ends)] END,
        last_command = CASE WHEN alone THEN commands[1]
          ELSE commands[1 + width_bucket(array_position(ids, id) - 1, ends)] END, updated_at_ms = now_ms()
      FROM picked WHERE id = ANY (ids) RETURNING id, epoch, claim_rank, before, state, status, claim_command), told AS (
      INSERT INTO event (download_id, at_ms, epoch, from_state, to_state, actor, command_id, reason)
        SELECT id, now_ms(), epoch, 0, 1, 4, claim_command, '' FROM changed ORDER BY claim_rank, id), counted AS (
      INSERT INTO status_count AS c (shard, state, status, n)
        SELECT pg_backend_pid() % 64, kind / 16, kind % 16, sum(moved.n) FROM (
          SELECT before AS kind, -1 AS n FROM changed UNION ALL SELECT state * 16 + status, 1 FROM changed) AS moved
        GROUP BY kind ORDER BY kind
        ON CONFLICT (shard, state, status) DO UPDATE SET n = c.n + excluded.n)
      SELECT taken || array_agg(id) INTO taken FROM changed;
  END IF;
  -- In a statement of its own: what was said of a row may have been edited since the statement above began.
  RETURN QUERY SELECT * FROM download WHERE id = ANY (taken) ORDER BY claim_rank, id;
END $$;
)sql";

}  // namespace quarry::storage_postgres::sql
