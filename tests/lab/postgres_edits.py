# SPDX-License-Identifier: MIT
"""What a PostgreSQL and its clients say to each other, changed on its way by a TcpProxy.

  old = OldServer("9.6.24", server)
  proxy = TcpProxy(("127.0.0.1", server.port), sides=old.sides)
"""
import struct

from postgres_protocol import ClientSide, ServerSide


def edited(side, edit):
    """A side that passes on `edit(message)` for each message; nothing for b""."""
    class Edited(side):
        def feed(self, data):
            for message, commits in super().feed(data):
                yield edit(message), commits

    return Edited


def message_of(kind, body):
    return kind + struct.pack("!I", len(body) + 4) + body


class OldServer:
    """Makes `server` one of another version: by what it tells of itself, and by the settings it does not know."""

    # Those that Quarry sets, and the version that brought them.
    SETTINGS = {b"plan_cache_mode": 12, b"jit": 11}

    def __init__(self, version, server):
        numbers = [int(number) for number in version.split(".")]
        scale = (10_000, 100, 1) if numbers[0] < 10 else (10_000, 1)
        number = sum(part * each for part, each in zip(numbers, scale))
        self._version = version.encode()
        self._rows = {self._row(server.value("show server_version_num")): self._row(str(number)),
                      self._row(server.value("show server_version")): self._row(version)}
        self._unknown = [name for name, since in self.SETTINGS.items() if numbers[0] < since]
        self.sides = (edited(ClientSide, self._to_server), edited(ServerSide, self._to_client))

    @staticmethod
    def _row(text):
        """An answer of one row with one value."""
        return message_of(b"D", struct.pack("!HI", 1, len(text)) + text.encode())

    def _to_client(self, message):
        if message[:1] == b"S" and message[5:].startswith(b"server_version\0"):
            return message_of(b"S", b"server_version\0" + self._version + b"\0")
        return self._rows.get(message, message)

    def _to_server(self, message):
        # The server refuses the name that comes of it, of the same length, as an old one refuses the right one.
        for name in self._unknown:
            message = message.replace(b" " + name + b" =", b" " + name[:-1] + b"_ =")
        return message


class Notices:
    """Keeps notices (NOTIFY) from clients while `lost` is set: their connections live on, and hear nothing."""

    def __init__(self, lost=False):
        self.lost = lost
        self.passed, self.kept_back = [], []  # payloads
        self.sides = (ClientSide, edited(ServerSide, self._to_client))

    def _to_client(self, message):
        if message[:1] != b"A":
            return message
        payload = message[9:].split(b"\0")[1].decode()
        (self.kept_back if self.lost else self.passed).append(payload)
        return b"" if self.lost else message
