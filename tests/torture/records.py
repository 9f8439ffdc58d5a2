# SPDX-License-Identifier: MIT
"""What a run leaves for the checker: files of JSON lines in one folder."""
import json
import sqlite3
from contextlib import closing

DOWNLOAD_COLUMNS = ("id, state, flags, epoch, version, due_at_ms, lease_owner, lease_until_ms, attempts, cleanup, error_code, "
                    "release_key, infohash_v1, infohash_v2, client, client_item_id, client_state, due_reason, error, title")
EVENT_COLUMNS = "sequence, download_id, at_ms, epoch, from_state, to_state, actor, command_id, reason"
DOWNLOADS = f"SELECT {DOWNLOAD_COLUMNS} FROM download ORDER BY id"
EVENTS = f"SELECT {EVENT_COLUMNS} FROM event ORDER BY sequence"
STATE_COUNTS = "SELECT state, count(*) AS n FROM download GROUP BY state"
CLEANUPS = "SELECT count(*) AS n FROM download WHERE cleanup <> 0"
LIMIT = "SELECT max_active FROM lane WHERE name = 'downloads'"


class SqliteReader:
    """Reads the file beside the host that owns it, and changes nothing in it."""

    def __init__(self, path):
        self.path = path

    def rows(self, sql):
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=20)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql)]


class PostgresReader:
    """Asks the server itself, not by way of a proxy."""

    def __init__(self, server, database):
        self.server = server
        self.database = database

    def rows(self, sql):
        answered = self.server.query(f"SELECT row_to_json(rows) FROM ({sql}) AS rows", self.database)
        return [json.loads(row[0]) for row in answered]


def state_counts(reader):
    return {row["state"]: row["n"] for row in reader.rows(STATE_COUNTS)}


def write_lines(path, entries):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def export(reader, folder, accepted, refused, cancels):
    """Beside the journal, which the fake client has written there itself."""
    write_lines(folder / "downloads.jsonl", reader.rows(DOWNLOADS))
    write_lines(folder / "events.jsonl", reader.rows(EVENTS))
    write_lines(folder / "accepted.jsonl", accepted)
    write_lines(folder / "refused.jsonl", refused)
    write_lines(folder / "cancels.jsonl", [{"id": row_id, "done": done} for row_id, done in cancels.items()])
    (folder / "facts.json").write_text(json.dumps({"limit": reader.rows(LIMIT)[0]["max_active"]}) + "\n")
