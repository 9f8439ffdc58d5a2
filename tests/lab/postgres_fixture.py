#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One PostgreSQL for all tests of a CTest run that need one.

  postgres_fixture.py start FOLDER   a server that goes on running; FOLDER/url then holds the URL of its maintenance database
  postgres_fixture.py stop FOLDER    ends it and deletes what it left

FOLDER belongs to one build tree. `start` first ends what an aborted run left in it. A server that nobody has been connected
to for ten minutes ends by itself. Without PostgreSQL `start` exits 77 and FOLDER/missing says why, so that tests can be
shown as skipped.

With PgBouncer installed, one stands in front of it, pools by transaction, and FOLDER/pooler holds its URL; otherwise
FOLDER/pooler-missing says why.
"""
import argparse
import json
import os
import shutil
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pgbouncer
from pgbouncer import PrivatePgBouncer
from postgres import MAINTENANCE, PREFIX, SKIPPED, NotInstalled, PrivatePostgres, programs
from processes import Process, end_process, wait_until

IDLE_SECONDS = 600
START_SECONDS = 90


def write_whole(path, text):
    """So that a reader sees all of it or nothing; for the owner's eyes only."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    part.rename(path)


class Notes:
    """What one run leaves for the next: files in the build tree's folder."""

    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        self.url = self.folder / "url"
        self.missing = self.folder / "missing"
        self.pooler = self.folder / "pooler"
        self.pooler_missing = self.folder / "pooler-missing"
        self.pooler_process = self.folder / "pooler.json"
        self.keeper = self.folder / "keeper.json"
        self.server = self.folder / "server.json"
        self.log = self.folder / "keeper.log"

    def write_process(self, path, process, **more):
        write_whole(path, json.dumps({"pid": process.pid, "ticks": process.ticks, **more}))

    @staticmethod
    def read(path):
        try:
            return json.loads(path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    def clear(self):
        """Ends the keeper, which ends its server; and the server too if its keeper was killed before it could."""
        if keeper := self.read(self.keeper):
            end_process(keeper["pid"], keeper["ticks"], seconds=40)
        if server := self.read(self.server):
            end_process(server["pid"], server["ticks"], signal.SIGINT)
            if Path(server["folder"]).name.startswith(PREFIX):
                shutil.rmtree(server["folder"], ignore_errors=True)
        if pooler := self.read(self.pooler_process):
            end_process(pooler["pid"], pooler["ticks"])
            if Path(pooler["folder"]).name.startswith(pgbouncer.PREFIX):
                shutil.rmtree(pooler["folder"], ignore_errors=True)
        for path in (self.url, self.missing, self.pooler, self.pooler_missing, self.pooler_process, self.keeper, self.server):
            path.unlink(missing_ok=True)


class IdleWatch:
    """Tells from the server's own counters how long nobody has used it."""

    def __init__(self, server):
        self.server = server
        self.sessions = None
        self.since = time.monotonic()

    def idle_seconds(self):
        # Between two looks there is one session more, our own, when nobody else came.
        sessions, others = self._look()
        if others > 0 or self.sessions is None or sessions - self.sessions != 1:
            self.since = time.monotonic()
        self.sessions = sessions
        return time.monotonic() - self.since

    def _look(self):
        row, = self.server.query("select (select sum(sessions) from pg_stat_database), (select count(*) from pg_stat_activity "
                                 "where backend_type = 'client backend' and pid <> pg_backend_pid())")
        return map(int, row)


def start(notes, idle_seconds):
    notes.folder.mkdir(parents=True, exist_ok=True)
    notes.clear()
    try:
        programs()
    except NotInstalled as reason:
        write_whole(notes.missing, f"{reason}\n")
        print(reason)
        return SKIPPED
    notes.log.unlink(missing_ok=True)
    # A session of its own: it outlives this program, and the Ctrl-C that ends a test run is not its sign.
    keeper = Process("postgres keeper", [sys.executable, __file__, "keep", str(notes.folder), "--idle-seconds", str(idle_seconds)],
                     notes.log, start_new_session=True)
    notes.write_process(notes.keeper, keeper)
    wait_until("PostgreSQL is ready", notes.url.exists, START_SECONDS, process=keeper)
    print(f"PostgreSQL is ready: {notes.url} holds its URL")
    return 0


def start_pooler(notes, server, more):
    try:
        # Its idle connections would look like somebody's.
        pooler = more.enter_context(PrivatePgBouncer(server, server_idle_timeout=30))
    except NotInstalled as reason:
        write_whole(notes.pooler_missing, f"{reason}\n")
        return
    notes.write_process(notes.pooler_process, pooler.process, folder=str(pooler.folder))
    write_whole(notes.pooler, pooler.url(MAINTENANCE) + "\n")


def keep(notes, idle_seconds):
    """Runs in the background for as long as the server does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with PrivatePostgres() as server, ExitStack() as more:
        try:
            notes.write_process(notes.server, server.process, folder=str(server.folder))
            start_pooler(notes, server, more)
            write_whole(notes.url, server.url() + "\n")
            watch = IdleWatch(server)
            while server.alive() and watch.idle_seconds() < idle_seconds:
                time.sleep(min(10, idle_seconds / 4))
        finally:
            for path in (notes.url, notes.pooler):
                path.unlink(missing_ok=True)
            more.close()
            notes.pooler_process.unlink(missing_ok=True)
            server.close()
            notes.server.unlink(missing_ok=True)
    return 0


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("start", "stop", "keep"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--idle-seconds", type=float, default=IDLE_SECONDS)
    args = parser.parse_args(arguments)
    notes = Notes(args.folder)
    if args.action == "start":
        return start(notes, args.idle_seconds)
    if args.action == "keep":
        return keep(notes, args.idle_seconds)
    notes.clear()
    return 0


if __name__ == "__main__":
    sys.exit(main())
