#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The proxy that loses connections: with a server that follows a script."""
import socket
import struct
import threading
import time
import unittest

from postgres_protocol import ClientSide, is_commit
from processes import free_port, wait_until
from tcp_proxy import PASS, RESET_AFTER, RESET_BEFORE, TcpProxy

SECONDS = 10


def message(kind, *fields):
    body = b"".join(field if isinstance(field, bytes) else field.encode() + b"\0" for field in fields)
    return kind.encode() + struct.pack("!I", len(body) + 4) + body


def untyped(code, body=b""):
    return struct.pack("!II", len(body) + 8, code) + body


STARTUP = untyped(196608, b"user\0me\0\0")
SSL_REQUEST = untyped(80877103)
SYNC = message("S")
READY = message("Z", b"I")


def execute(statement, portal=""):
    """A prepared statement, as libpq sends it: bind, execute, sync."""
    return message("B", portal, statement, b"\0\0\0\0\0\0") + message("E", portal, b"\0\0\0\0") + SYNC


class ScriptedServer:
    """Keeps what it is told, and answers each Query or Sync with what the test has laid ready."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.heard = bytearray()
        self.answers = []
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                try:
                    while data := peer.recv(65536):
                        self.heard += data
                        if self.answers:
                            peer.sendall(self.answers.pop(0))
                except OSError:
                    pass
            self.closed.set()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(SECONDS)


class Scripted(unittest.TestCase):
    def setUp(self):
        self.server = ScriptedServer()
        self.addCleanup(self.server.close)
        self.proxy = TcpProxy(self.server.address)
        self.addCleanup(self.proxy.close)

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.proxy.port), timeout=SECONDS)
        self.addCleanup(client.close)
        client.sendall(STARTUP)
        wait_until("the server has heard", lambda: self.server.heard.endswith(STARTUP), SECONDS)
        self.server.heard.clear()
        return client

    def exchange(self, client, request, answer):
        self.server.answers.append(answer)
        client.sendall(request)
        self.assertEqual(receive(client, len(answer)), answer)

    def assert_reset(self, client):
        with self.assertRaises(ConnectionResetError):
            client.recv(1)

    def test_everything_passes_unchanged_whatever_the_pieces(self):
        client = self.connect()
        request = message("Q", "select 1") + message("d", b"x" * 100_000) + message("Q", "commit")
        for piece in (request[:3], request[3:20], request[20:50_000], request[50_000:]):
            client.sendall(piece)
        wait_until("all has arrived", lambda: bytes(self.server.heard) == request, SECONDS)
        self.exchange(client, message("Q", "select 2"), message("C", "COMMIT") + READY)
        self.assertEqual((self.proxy.counts["commits"], self.proxy.counts[PASS]), (1, 1))

    def test_before(self):
        self.proxy.choose = lambda number: RESET_BEFORE
        client = self.connect()
        client.sendall(message("Q", "insert") + message("Q", "COMMIT"))
        self.assert_reset(client)
        self.assertTrue(self.server.closed.wait(SECONDS))
        self.assertEqual(bytes(self.server.heard), message("Q", "insert"), "what came before it has passed")
        self.assertEqual(self.proxy.counts[RESET_BEFORE], 1)

    def test_after(self):
        self.proxy.choose = lambda number: RESET_AFTER
        for answer in (message("C", "COMMIT") + READY, message("C", "ROLLBACK") + READY, message("E", b"SERROR\0\0") + READY):
            client = self.connect()
            self.server.answers += [answer]
            client.sendall(message("Q", "commit"))
            self.assert_reset(client)
            self.assertEqual(bytes(self.server.heard), message("Q", "commit"))
        self.assertEqual(self.proxy.counts[RESET_AFTER], 3)

    def test_after_waits_for_the_answer(self):
        self.proxy.choose = lambda number: RESET_AFTER
        client = self.connect()
        self.server.answers.append(message("N", b"a notice\0"))
        client.sendall(message("Q", "commit"))
        wait_until("the server has answered something", lambda: not self.server.answers, SECONDS)
        self.server.answers.append(message("C", "COMMIT"))
        client.settimeout(0.3)
        with self.assertRaises(TimeoutError, msg="the COMMIT has no answer yet"):
            client.recv(1)
        client.settimeout(SECONDS)
        client.sendall(SYNC)
        self.assert_reset(client)

    def test_only_the_chosen_one(self):
        self.proxy.choose = lambda number: RESET_BEFORE if number == 3 else PASS
        client = self.connect()
        for _ in range(2):
            self.exchange(client, message("Q", "commit"), message("C", "COMMIT") + READY)
        client.sendall(message("Q", "commit"))
        self.assert_reset(client)

    def test_a_prepared_commit(self):
        self.proxy.choose = lambda number: RESET_BEFORE
        client = self.connect()
        self.exchange(client, message("P", "s1", "commit", b"\0\0") + message("P", "s2", "select 1", b"\0\0") + SYNC, READY)
        self.exchange(client, execute("s2"), READY)
        self.server.heard.clear()
        client.sendall(execute("s1"))
        self.assert_reset(client)
        self.assertTrue(self.server.closed.wait(SECONDS))
        self.assertNotIn(message("E", "", b"\0\0\0\0"), bytes(self.server.heard))

    def test_reset_of_all_now(self):
        clients = [self.connect()]
        self.exchange(clients[0], message("Q", "select"), READY)
        self.assertEqual(self.proxy.reset_all(), 1)
        self.assert_reset(clients[0])
        self.assertEqual((self.proxy.open_connections(), self.proxy.counts["resets"]), (0, 1))
        self.exchange(self.connect(), message("Q", "select"), READY)

    def test_freeze(self):
        client = self.connect()
        self.exchange(client, message("Q", "select"), READY)
        self.server.heard.clear()
        self.proxy.freeze()
        self.server.answers.append(READY)
        client.sendall(message("Q", "select"))
        client.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            client.recv(1)
        self.assertEqual((bytes(self.server.heard), self.proxy.open_connections()), (b"", 1))
        self.proxy.thaw()
        client.settimeout(SECONDS)
        self.assertEqual(receive(client, len(READY)), READY)
        self.proxy.freeze()
        self.assertEqual(self.proxy.reset_all(), 1, "frozen ones can be reset")
        self.assert_reset(client)

    def test_latency(self):
        client = self.connect()
        self.proxy.latency = 0.2
        start = time.monotonic()
        self.exchange(client, message("Q", "select"), READY)
        self.assertGreaterEqual(time.monotonic() - start, 0.4)

    def test_refused_when_the_target_is_away(self):
        with TcpProxy(("127.0.0.1", free_port())) as proxy:
            # Which call meets it depends on who is faster.
            with self.assertRaises(ConnectionResetError):
                with socket.create_connection(("127.0.0.1", proxy.port), timeout=SECONDS) as client:
                    client.recv(1)
            self.assertEqual((proxy.counts["refused"], proxy.counts["connections"]), (1, 0))

    def test_inside_tls_it_only_passes_on(self):
        self.proxy.choose = lambda number: RESET_BEFORE
        client = socket.create_connection(("127.0.0.1", self.proxy.port), timeout=SECONDS)
        self.addCleanup(client.close)
        self.exchange(client, SSL_REQUEST, b"S")
        self.exchange(client, message("Q", "commit") + b"\xff\xff", b"\0anything")
        self.assertEqual(self.proxy.counts["commits"], 0)

    def test_a_refused_tls_goes_on_in_the_clear(self):
        self.proxy.choose = lambda number: RESET_BEFORE
        client = socket.create_connection(("127.0.0.1", self.proxy.port), timeout=SECONDS)
        self.addCleanup(client.close)
        self.exchange(client, SSL_REQUEST, b"N")
        self.exchange(client, STARTUP, READY)
        client.sendall(message("Q", "commit"))
        self.assert_reset(client)

    def test_what_is_no_postgresql_is_cut_off(self):
        for wrong in (b"GET / HTTP/1.1\r\n\r\n", struct.pack("!I", 4), STARTUP + message("B", b"no end")):
            client = socket.create_connection(("127.0.0.1", self.proxy.port), timeout=SECONDS)
            self.addCleanup(client.close)
            client.sendall(wrong)
            self.assertEqual(client.recv(1), b"")
        wait_until("they were counted", lambda: self.proxy.counts["protocol errors"] == 3, SECONDS)

    def test_close_ends_what_is_open(self):
        client = self.connect()
        self.proxy.freeze()
        self.proxy.close()
        self.assert_reset(client)
        self.assertEqual(self.proxy.open_connections(), 0)
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", self.proxy.port), timeout=1)


def receive(client, count):
    data = b""
    while len(data) < count and (more := client.recv(count - len(data))):
        data += more
    return data


class WhatIsACommit(unittest.TestCase):
    def test_text(self):
        for sql in (b"COMMIT", b" commit ; ", b"Commit Work", b"commit transaction;", b"insert into t values (1); commit"):
            self.assertTrue(is_commit(sql), sql)
        for sql in (b"", b"commit prepared 'x'", b"rollback", b"select 'commit'", b"insert into commits values (1)",
                    b"select commit", b"commit; select 1"):
            self.assertFalse(is_commit(sql), sql)

    def commits(self, *parts):
        side = ClientSide()
        return [commits for _, commits in side.feed(STARTUP + b"".join(parts))].count(True)

    def test_a_name_that_is_used_again(self):
        commit, other = message("P", "s", "commit", b"\0\0"), message("P", "s", "select 1", b"\0\0")
        self.assertEqual(self.commits(commit, execute("s"), execute("s")), 2)
        self.assertEqual(self.commits(commit, other, execute("s")), 0)
        self.assertEqual(self.commits(other, commit, execute("s")), 1)
        self.assertEqual(self.commits(commit, message("C", b"S", "s"), execute("s")), 0)
        self.assertEqual(self.commits(commit, message("B", "p", "s", b"\0" * 6), message("E", "p", b"\0" * 4)), 1)
        self.assertEqual(self.commits(commit, message("B", "p", "s", b"\0" * 6), message("E", "q", b"\0" * 4)), 0)
        self.assertEqual(self.commits(commit, message("B", "p", "s", b"\0" * 6), message("C", b"P", "p"),
                                      message("E", "p", b"\0" * 4)), 0)


if __name__ == "__main__":
    unittest.main()
