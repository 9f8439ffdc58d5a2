# SPDX-License-Identifier: MIT
"""A proxy between a host and PostgreSQL that loses connections at the worst moment.

  proxy = TcpProxy(("127.0.0.1", server.port))
  url = proxy.through(server.url("quarry"))
  proxy.choose = lambda number: RESET_AFTER if number == 3 else PASS      # called for each COMMIT, counted from 1

It sees a COMMIT that is sent as text or as a prepared statement. Inside TLS it sees none and only passes on. One thread
serves each connection, so that nobody else is inside a call on a socket when it is reset.
"""
import collections
import select
import socket
import struct
import threading
import time
from urllib.parse import urlsplit

from postgres_protocol import ClientSide, ProtocolError, ServerSide

# What can happen to a COMMIT: nothing; the client is cut off and the server never hears of it; the server has carried it
# out, or refused it, and the client is cut off without an answer.
PASS, RESET_BEFORE, RESET_AFTER = "pass", "reset-before", "reset-after"
AFTER_CHANGE = "of them after a change"

PAUSE = 0.05  # how late a connection may notice that it is to be frozen, reset or ended
SEND_SECONDS = 30


def reset(sock):
    """The other side gets RST: "connection reset by peer"."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    sock.close()


class Connection:
    """Both directions of one connection, in one thread."""

    def __init__(self, proxy, client, server):
        self.proxy = proxy
        self.client, self.server = client, server
        self.client_side, self.server_side = (side() for side in proxy.sides)
        self.blind = False  # TLS: nothing can be seen
        self.cut_at_answer = False
        self.to_be_reset = threading.Event()
        for sock in (client, server):
            sock.settimeout(SEND_SECONDS)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        lost = False
        try:
            lost = self._pass_on_until_the_end()
        except ProtocolError:
            self.proxy.count("protocol errors")
        except OSError:
            pass  # one side went away, and so does the other
        finally:
            if lost:
                reset(self.client)
            self.client.close()
            self.server.close()
            self.proxy.forget(self)

    def _pass_on_until_the_end(self):
        """True when the client is to be reset, False when one side has closed."""
        while not self.proxy.stopping.is_set():
            if self.to_be_reset.is_set():
                return True
            if self.proxy.frozen.is_set():
                self.proxy.stopping.wait(PAUSE)
                continue
            for sock in select.select([self.client, self.server], [], [], PAUSE)[0]:
                # Asked again: a freeze may have come while we waited, and from then on nothing passes.
                if self.proxy.frozen.is_set():
                    break
                data = sock.recv(1 << 16)
                self.proxy.stopping.wait(self.proxy.latency)
                fate = self._from_client(data) if sock is self.client else self._from_server(data)
                if fate or not data:
                    return fate
        return True

    def _from_client(self, data):
        """True when the client is to be reset now."""
        if self.blind:
            self.server.sendall(data)
            return False
        passing = bytearray()
        for message, commits in self.client_side.feed(data):
            fate = self.proxy.fate_of_commit() if commits and not self.cut_at_answer else PASS
            if fate == RESET_BEFORE:
                self.server.sendall(passing)
                return True
            self.cut_at_answer |= fate == RESET_AFTER
            passing += message
        self.server.sendall(passing)
        return False

    def _from_server(self, data):
        """True when the client is to be reset now."""
        if not self.blind and self.client_side.single_bytes and data:
            self.client_side.single_bytes -= 1
            self.blind = data[:1] in (b"S", b"G")
            self.client.sendall(data[:1])
            data = data[1:]
        if self.blind:
            self.client.sendall(data)
            return False
        passing = bytearray()
        for message, answers in self.server_side.feed(data):
            if self.cut_at_answer and answers:
                self.proxy.count(AFTER_CHANGE, int(self.server_side.changed))
                return True
            passing += message
        if not self.cut_at_answer:
            self.client.sendall(passing)
        # The server went away in the middle of a COMMIT: its client learns no more from us.
        return self.cut_at_answer and not data


class TcpProxy:
    """`target`: host and port. `choose(number)`: what happens to a COMMIT; called under a lock, one COMMIT at a time.
    `latency`: seconds by which every piece, in either direction, comes later. `sides`: what tells which message is a COMMIT
    and which one answers it."""

    def __init__(self, target, choose=None, latency=0, sides=(ClientSide, ServerSide)):
        self.target = target
        self.choose = choose or (lambda number: PASS)
        self.latency = latency
        self.sides = sides
        self.stopping = threading.Event()
        self.frozen = threading.Event()
        self.counts = collections.Counter()
        self._lock = threading.Lock()
        self._connections = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.settimeout(PAUSE)
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def through(self, url):
        """The same URL, by way of this proxy."""
        parts = urlsplit(url)
        user, at, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{user}{at}127.0.0.1:{self.port}").geturl()

    # Faults

    def freeze(self):
        """Nothing passes any more, in either direction, and no connection is closed: a cable that was pulled out."""
        self.frozen.set()

    def thaw(self):
        self.frozen.clear()

    def reset_all(self, seconds=10):
        """Resets the connections there are, and waits until that is done; how many there were."""
        with self._lock:
            chosen = list(self._connections)
        for connection in chosen:
            connection.to_be_reset.set()
        end = time.monotonic() + seconds
        for connection in chosen:
            connection.thread.join(max(0, end - time.monotonic()))
            if connection.thread.is_alive():
                raise TimeoutError(f"a connection was not reset within {seconds} s")
        self.count("resets", len(chosen))
        return len(chosen)

    # What happened: "connections", "refused" (the target was not there), "commits",
    # "pass", "reset-before" and "reset-after" (of COMMITs), "of them after a change", "resets" (by reset_all), "protocol errors"

    def count(self, what, by=1):
        with self._lock:
            self.counts[what] += by

    def open_connections(self):
        with self._lock:
            return len(self._connections)

    def fate_of_commit(self):
        with self._lock:
            self.counts["commits"] += 1
            fate = self.choose(self.counts["commits"])
            self.counts[fate] += 1
            return fate

    def forget(self, connection):
        with self._lock:
            self._connections.discard(connection)

    def _accept(self):
        while not self.stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            try:
                server = socket.create_connection(self.target, timeout=SEND_SECONDS)
            except OSError:
                self.count("refused")
                reset(client)
                continue
            connection = Connection(self, client, server)
            with self._lock:
                self.counts["connections"] += 1
                self._connections.add(connection)
                connection.thread.start()

    def close(self, seconds=SEND_SECONDS + 5):
        """Resets what is left."""
        self.stopping.set()
        self._acceptor.join(seconds)
        self._listener.close()
        with self._lock:
            left = list(self._connections)
        for connection in left:
            connection.thread.join(seconds)
