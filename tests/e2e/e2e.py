# SPDX-License-Identifier: MIT
"""What the end-to-end tests share."""
import http.server
import os
import shutil
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))

from lab import REPOSITORY, Lab  # noqa: E402  (the path above must come first)
from postgres import SKIPPED  # noqa: E402
from processes import tail_of, wait_until  # noqa: E402
from torrent import sha256_of  # noqa: E402
from web import request  # noqa: E402

DONE = ("completed", "seeding")
MIB = 1 << 20


class E2eTest(unittest.TestCase):
    """Each test gets a laboratory of its own, which is ended and deleted afterwards. With QUARRY_KEEP set its folder,
    logs and all, is kept and named. When a test fails the end of Quarry's log is printed."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="quarry-e2e-"))
        self.lab = Lab(self.folder, os.environ.get("QUARRY_BUILD_DIR", REPOSITORY / "build" / "release"))

    def run(self, result=None):
        result = result if result is not None else self.defaultTestResult()
        bad_before = len(result.failures) + len(result.errors)
        try:
            return super().run(result)
        finally:
            self._end_lab(failed=len(result.failures) + len(result.errors) > bad_before)

    def _end_lab(self, failed):
        self.lab.stop()
        for log in sorted(self.folder.glob("quarry*.log")) if failed else ():
            print(f"\n--- the end of {log.name}:\n{tail_of(log, 60)}\n---", file=sys.stderr)
        if os.environ.get("QUARRY_KEEP"):
            print(f"kept: {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def swarm(self, **seeder_options):
        """A tracker, a seeding and a downloading qBittorrent."""
        self.tracker = self.lab.tracker()
        self.seeder = self.lab.qbittorrent("seeder", **seeder_options)
        self.client = self.lab.qbittorrent("client")

    def torrents(self, count, size, first=1):
        """`count` seeded torrents of different content, numbered from `first`; `size(number)` gives the bytes of each."""
        made = []
        for number in range(first, first + count):
            payload = self.lab.payload(f"The.Test.Film.{number}.2023.1080p.BluRay.x264-LAB.mkv", size(number), seed=number)
            made.append(self.lab.make_torrent(payload, self.tracker.announce))
        self.lab.seed(self.seeder, *made)
        return made

    def wait_done(self, api, item_id, seconds=60, process=None):
        """Until the download has arrived; fails at once when it ended otherwise."""
        next_nudge = time.monotonic() + 3

        def done():
            nonlocal next_nudge
            item = api.item(item_id)
            self.assertNotIn(item["status"], ("failed", "cancelled"), item)
            if time.monotonic() > next_nudge:
                self.nudge_client()
                next_nudge = time.monotonic() + 3
            return item if item["status"] in DONE else None

        try:
            return wait_until(f"item {item_id} has arrived", done, seconds, process=process)
        except AssertionError:
            held = [{key: row[key] for key in ("hash", "state", "progress", "num_seeds")} for row in self.client.api.torrents()]
            print(f"the item: {api.item(item_id)}\nin the client: {held}", file=sys.stderr)
            raise

    def nudge_client(self):
        """A client that found no peer, or lost it, tries again only minutes later; we have no minutes."""
        hashes = "|".join(row["hash"] for row in self.client.api.torrents() if row["progress"] < 1)
        if hashes:
            self.client.api.post("torrents/addPeers", hashes=hashes, peers=f"127.0.0.1:{self.seeder.peer_port}")

    def assert_arrived_once(self, *torrents):
        """The client holds exactly these, each once and whole."""
        held = {row["hash"]: row for row in self.client.api.torrents()}
        self.assertEqual(sorted(held), sorted(torrent.infohash for torrent in torrents))
        for torrent in torrents:
            row = held[torrent.infohash]
            self.assertEqual(row["progress"], 1, row)
            self.assertEqual(sha256_of(row["content_path"]), sha256_of(torrent.payload), torrent.name)


class SharedQueueTest(E2eTest):
    """Several hosts on one queue in PostgreSQL."""

    def setUp(self):
        super().setUp()
        self.server = self.lab.postgres()
        self.env = {"DATABASE_URL": self.server.create_database("quarry")}

    def host(self, name, client_plugin, env=None, **queue):
        """One with settings of its own. `env`: what it sees beside our own environment."""
        manifest = self.lab.manifest([self.lab.postgres_plugin(), self.lab.scorer_plugin(), client_plugin], queue=queue,
                                     name=f"{name}.toml")
        return self.lab.quarry(manifest, {**self.env, **(env or {})}, name=name)

    def value(self, sql):
        return int(self.server.value(sql, "quarry"))


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that hangs up is part of the game
            super().handle_error(request, client_address)


class FileServer:
    """Serves bytes by path on loopback, and counts who asks for what."""

    def __init__(self):
        self.files = {}  # path -> (content type, bytes)
        self.asked = []
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                owner.asked.append(self.path)
                kind, body = owner.files.get(self.path, ("text/plain", None))
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                try:
                    self.wfile.write(body or b"")
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the reader had enough

            def log_message(self, *_):
                pass

        self.server = QuietServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, path, body, kind="application/x-bittorrent"):
        """The URL from which it can be had."""
        self.files[path] = (kind, body)
        return self.url(path)

    def url(self, path):
        return f"http://{self.address}{path}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def skip_without(*programs):
    """For test programs: ends them as skipped when one of these is not installed."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        print(f"skipped: {missing[0]} is not installed: apt-get install {missing[0]}")
        sys.exit(SKIPPED)


def main():
    unittest.main(verbosity=2)


__all__ = ["DONE", "MIB", "REPOSITORY", "E2eTest", "FileServer", "Lab", "QuietServer", "SharedQueueTest", "main",
           "request", "sha256_of", "skip_without", "wait_until"]
