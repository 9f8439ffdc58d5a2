#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The host is killed with SIGKILL at random moments while downloads go through. Afterwards every download it accepted
has arrived, the client holds each exactly once, and no row is stuck.

  test_kill9.py [--kills 100] [--seed N]
"""
import argparse
import http.client
import os
import random
import sys
import threading
import time
import unittest
from pathlib import Path

from e2e import DONE, MIB, E2eTest, FileServer, wait_until
from web import ApiError

TORRENTS = 20
OPTIONS = argparse.Namespace(kills=20, seed=None)


class Kill9(E2eTest):
    def test_nothing_is_lost_and_nothing_comes_twice(self):
        seed = OPTIONS.seed if OPTIONS.seed is not None else int.from_bytes(os.urandom(4), "big")
        print(f"replay with: {Path(__file__).name} --kills {OPTIONS.kills} --seed {seed}", flush=True)
        self.chance = random.Random(seed)
        # Slow enough that downloads are under way through most of the kills.
        self.swarm(upload_kib=max(1024, 60 * 1024 // OPTIONS.kills))
        torrents = self.torrents(TORRENTS, lambda _: self.chance.randrange(MIB, 4 * MIB))
        files = FileServer()
        self.addCleanup(files.close)
        self.quarry = self.lab.quarry(self.lab.manifest(
            [self.lab.sqlite_plugin(), self.lab.scorer_plugin(), self.lab.qbittorrent_plugin(self.client)],
            queue={"max_concurrent_downloads": 5, "retry_base_s": 0.2, "lease_ms": 1000, "absence_span_ms": 1000},
            allow=[files.address]))

        # Half of them by magnet, half by a .torrent file from the web.
        requests = []
        for i, torrent in enumerate(torrents):
            source = {"magnet_url": torrent.magnet} if i % 2 else \
                {"download_url": files.add(f"/{i}.torrent", torrent.data)}
            requests.append({"release_id": f"lab-{i}", "title": torrent.name, "size": torrent.size, **source})

        pending = list(requests)
        for kill in range(OPTIONS.kills):
            due = len(requests) - len(requests) * (kill + 1) // OPTIONS.kills
            self.run_until_killed(pending, due, delay=self.chance.uniform(0, 1.0))
            self.quarry.start(wait=False)
        self.quarry.wait_ready()
        while pending:
            self.assertTrue(self.try_grab(pending[0]), "a running host must answer a grab")
            pending.pop(0)
        self.check_outcome(torrents)

    def run_until_killed(self, pending, due, delay):
        """Kills the host after `delay` seconds, and asks for downloads until then, so that at most `due` are left."""
        process = self.quarry.process
        killer = threading.Timer(delay, process.kill9)
        killer.start()
        while process.alive() and len(pending) > due:
            if self.try_grab(pending[0]):
                pending.pop(0)
            else:
                time.sleep(0.01)
        killer.join()

    def try_grab(self, fields):
        """Whether the host has accepted it. No answer means: ask again; a host that had it already says so."""
        try:
            self.quarry.api.grab(**fields)
            return True
        except ApiError as error:
            if error.answer.status == 409:
                return True
            if error.answer.status == 503:
                return False
            raise
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def check_outcome(self, torrents):
        api = self.quarry.api

        def all_done():
            rows = api.queue()
            bad = [row for row in rows if row["status"] in ("failed", "cancelled")]
            self.assertFalse(bad)
            return len(rows) >= TORRENTS and all(row["status"] in DONE for row in rows)

        try:
            wait_until("every download has arrived", all_done, seconds=120, pause=0.2, process=self.quarry.process)
        except AssertionError:
            for row in api.queue():
                print({key: row.get(key) for key in ("id", "title", "status", "progress", "errorMessage")}, file=sys.stderr)
            raise
        rows = api.queue()
        self.assertEqual(sorted(row["title"] for row in rows), sorted(torrent.name for torrent in torrents))
        self.assert_arrived_once(*torrents)
        tags = sorted(row["tags"] for row in self.client.api.torrents())
        self.assertEqual(tags, sorted(f'quarry.{row["id"]}' for row in rows), "each item carries the tag of its own row")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=OPTIONS.kills)
    parser.add_argument("--seed", type=int, default=None)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
