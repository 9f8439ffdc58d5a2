# SPDX-License-Identifier: MIT
"""As much of PostgreSQL's protocol, version 3, as it takes to see a COMMIT pass and its answer come back."""
import re
import struct

COMMIT = re.compile(rb"(?:^|;)\s*commit(?:\s+(?:work|transaction))?\s*;?\s*$", re.IGNORECASE)
SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102
MAX_MESSAGE = 64 << 20


class ProtocolError(Exception):
    pass


def is_commit(sql):
    """Also for several statements at once, of which a COMMIT is the last."""
    return COMMIT.search(sql) is not None


def messages(buffer, untyped):
    """Takes the whole messages from the front of a bytearray: pairs of type (0 for those that have none) and bytes.
    `untyped`: called before each one, whether it has no type byte."""
    while True:
        head = 0 if untyped() else 1
        if len(buffer) < head + 4:
            return
        length = head + struct.unpack_from("!I", buffer, head)[0]
        if not head + 4 <= length <= MAX_MESSAGE:
            raise ProtocolError(f"a message of {length} bytes")
        if len(buffer) < length:
            return
        message = bytes(buffer[:length])
        del buffer[:length]
        yield (message[0] if head else 0), message


class ClientSide:
    """What the client says: which of its messages carries out a COMMIT."""

    def __init__(self):
        self.buffer = bytearray()
        self.starting = True
        self.single_bytes = 0  # answers without a frame that the server owes
        self._statements = set()  # names of prepared COMMITs
        self._portals = set()

    def feed(self, data):
        """Pairs of (message, is it a COMMIT)."""
        self.buffer += data
        for kind, message in messages(self.buffer, lambda: self.starting):
            try:
                commits = self._look(kind, message)
            except (ValueError, struct.error) as error:
                raise ProtocolError(f"a message that is too short: {message[:20]}") from error
            yield message, commits

    def _look(self, kind, message):
        if kind == 0:
            code = struct.unpack_from("!I", message, 4)[0]
            if code in (SSL_REQUEST, GSS_REQUEST):
                self.single_bytes += 1
            elif code != CANCEL_REQUEST:
                self.starting = False
            return False
        if kind == ord("Q"):
            return is_commit(message[5:].split(b"\0")[0])
        if kind == ord("P"):
            name, sql = message[5:].split(b"\0")[:2]
            self._mark(self._statements, name, is_commit(sql))
        elif kind == ord("B"):
            portal, statement = message[5:].split(b"\0")[:2]
            self._mark(self._portals, portal, statement in self._statements)
        elif kind == ord("C"):
            self._mark(self._statements if message[5:6] == b"S" else self._portals, message[6:-1], False)
        return kind == ord("E") and message[5:].split(b"\0")[0] in self._portals

    @staticmethod
    def _mark(names, name, commits):
        if commits:
            names.add(name)
        else:
            names.discard(name)


class ServerSide:
    """What the server says: when a COMMIT has been answered. `changed`: whether rows came or went in what it answers; False
    where nobody looks."""

    def __init__(self):
        self.buffer = bytearray()
        self.changed = False

    def feed(self, data):
        """Pairs of (message, does it end a COMMIT, well or badly)."""
        self.buffer += data
        for kind, message in messages(self.buffer, lambda: False):
            tag = message[5:].split(b"\0")[0]
            yield message, kind == ord("E") or (kind == ord("C") and tag in (b"COMMIT", b"ROLLBACK"))
