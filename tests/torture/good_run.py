# SPDX-License-Identifier: MIT
"""For tests of the checker: a run in which no promise is broken, to be broken in one way."""
import unittest

import checker
import evidence
import states

TABLE = states.read_table()
STATE = {name: number for number, name in TABLE.names.items()}
ACTOR = {name: number for number, name in TABLE.actors.items()}
START_MS = 1_000_000
LIMIT = 2


def hash_of(number):
    return f"{number:040x}"


class Run:
    """A good run, written by hand: each step is a line of a log."""

    def __init__(self):
        self.evidence = evidence.Evidence([], [], [], [], [], [], LIMIT)
        self.told("foreign", hash=hash_of(0xf00))

    def now(self):
        return START_MS + len(self.evidence.events) * 1000

    def told(self, action, **fields):
        journal = self.evidence.journal
        journal.append({"sequence": len(journal) + 1, "wall": self.now() / 1000, "action": action, **fields})

    def grab(self, number, by="magnet"):
        row_id = len(self.evidence.downloads) + 1
        known = by == "magnet"
        self.evidence.downloads.append({
            "id": row_id, "state": STATE["queued"], "flags": 0, "epoch": 0, "version": 0, "due_at_ms": 0, "lease_owner": "",
            "lease_until_ms": 0, "attempts": 0, "cleanup": 0, "error_code": 0, "infohash_v2": "", "client": "", "error": "",
            "release_key": f"btih:{hash_of(number)}" if known else f"url:{number}", "due_reason": "",
            "infohash_v1": hash_of(number) if known else "", "title": f"film {number}"})
        self.accept(number, row_id, by)
        self.event(row_id, None, "queued", "user")
        return row_id

    def accept(self, number, row_id, by, status=201):
        self.evidence.accepted.append({"film": number, "name": f"film {number}", "hash": hash_of(number), "by": by,
                                       "status": status, "id": row_id})

    def row(self, row_id):
        return next(row for row in self.evidence.downloads if row["id"] == row_id)

    def event(self, row_id, old, new, actor):
        row = self.row(row_id)
        change = TABLE.changes.get((STATE.get(old, -1), STATE[new]))
        row["epoch"] += bool(change and change[1])
        row["state"] = STATE[new]
        row["lease_owner"], row["lease_until_ms"] = ("host", 5) if new == "dispatching" else ("", 0)
        self.evidence.events.append({
            "sequence": len(self.evidence.events) + 1, "download_id": row_id, "at_ms": self.now(), "epoch": row["epoch"],
            "from_state": STATE.get(old, -1), "to_state": STATE[new], "actor": ACTOR[actor], "command_id": "c", "reason": ""})

    def add(self, row_id, number, accepted=True):
        self.row(row_id)["infohash_v1"] = hash_of(number)
        self.told("add", hash=hash_of(number), tags=f"quarry.{row_id}", accepted=accepted, existed=not accepted)

    def claim(self, row_id):
        self.event(row_id, "queued", "dispatching", "claim")

    def download(self, row_id, number):
        self.claim(row_id)
        self.add(row_id, number)
        self.event(row_id, "dispatching", "downloading", "worker")

    def complete(self, row_id):
        self.event(row_id, "downloading", "completed", "reconciler")

    def arrive(self, number, by="magnet"):
        row_id = self.grab(number, by)
        self.download(row_id, number)
        self.complete(row_id)
        return row_id

    def cancel(self, row_id, old, done=True):
        self.event(row_id, old, "cancelled", "user")
        self.evidence.cancels.append({"id": row_id, "done": done})

    def fail_as_twin(self, row_id, of=1):
        self.row(row_id)["error"] = f"the same torrent is in the queue already, as download {of}"
        self.claim(row_id)
        self.event(row_id, "dispatching", "failed", "worker")


class CheckerTest(unittest.TestCase):
    def setUp(self):
        self.run_ = Run()

    def found(self):
        return {invariant for invariant, _ in checker.check(self.run_.evidence, TABLE).problems}

    def assert_finds(self, *invariants):
        self.assertEqual(self.found(), set(invariants), checker.check(self.run_.evidence, TABLE).problems)

    def events(self):
        return self.run_.evidence.events
