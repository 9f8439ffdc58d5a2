# SPDX-License-Identifier: MIT
"""Which messages to PostgreSQL end a transaction that changes something. A COMMIT is only one of them: a statement outside of
a transaction is committed by itself, before the server says that it is ready for the next. And the COMMIT of what only read
is none that could be lost."""
import re

import lab_path  # noqa: F401
from postgres_protocol import ClientSide, ServerSide, is_commit

WRITES = re.compile(rb"\b(insert\s+into\b|update\b|delete\s+from\b|from\s+claim_downloads\s*\()", re.IGNORECASE)
# How many rows a statement was about: a claim is a SELECT.
CHANGED = re.compile(rb"(INSERT 0|UPDATE|DELETE|SELECT) [1-9]")
BEGIN = re.compile(rb"^\s*(begin|start\s+transaction)\b", re.IGNORECASE)
ENDS = re.compile(rb"^\s*(rollback|abort|end)\b", re.IGNORECASE)


class WriterSide(ClientSide):
    """The client's side: marks the message with which a change is committed; `writes` says which statements are one."""

    writes = WRITES

    def __init__(self):
        super().__init__()
        self._sql_of = {}      # of prepared statements, by name
        self._sql_bound = {}   # of portals
        self._inside = False   # a transaction
        self._wrote = False    # inside of it

    def _look(self, kind, message):
        super()._look(kind, message)
        if kind == ord("Q"):
            return self._carry_out(message[5:].split(b"\0")[0])
        if kind == ord("P"):
            name, sql = message[5:].split(b"\0")[:2]
            self._sql_of[name] = sql
        elif kind == ord("B"):
            portal, statement = message[5:].split(b"\0")[:2]
            self._sql_bound[portal] = self._sql_of.get(statement, b"")
        elif kind == ord("E"):
            return self._carry_out(self._sql_bound.get(message[5:].split(b"\0")[0], b""))
        return False

    def _carry_out(self, sql):
        """Whether it commits a change."""
        if is_commit(sql):
            commits = self._wrote or self.writes.search(sql) is not None
            self._inside = self._wrote = False
            return commits
        if BEGIN.match(sql):
            self._inside, self._wrote = True, False
        elif ENDS.match(sql):
            self._inside = self._wrote = False
        elif self.writes.search(sql):
            self._wrote = self._inside
            return not self._inside
        return False


class ReadySide(ServerSide):
    """The server's side: what was asked is committed, or was refused, when it is ready again. A claim that found nothing and an
    update of no row have changed nothing."""

    def feed(self, data):
        for message, _ in super().feed(data):
            kind = message[:1]
            if kind == b"C":
                self.changed |= CHANGED.match(message[5:]) is not None
            yield message, kind == b"Z"
            if kind == b"Z" and message[5:6] == b"I":
                self.changed = False
