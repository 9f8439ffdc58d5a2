#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The laboratory itself: a torrent goes from one real client to another, and nothing is left running."""
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from lab import Lab
from processes import start_ticks, wait_until
from torrent import bencode, make_torrent, sha256_of


class Bencode(unittest.TestCase):
    def test_known_values(self):
        self.assertEqual(bencode({"b": [1, -2], "a": "x", b"\xff": {}}), b"d1:a1:x1:bli1ei-2ee1:\xffdee")

    def test_info_hash_does_not_depend_on_the_tracker(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a")
            path.write_bytes(b"x" * 300_000)
            one, two = make_torrent(path, "http://one/announce"), make_torrent(path, "http://two/announce")
            self.assertEqual(one.infohash, two.infohash)
            # Computed once with another maker of torrents.
            self.assertEqual(one.infohash, "e71a4b4b1ea7600dcd0e6a6e221a3eb9073871da")


class Swarm(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="quarry-lab-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def test_a_file_arrives(self):
        with Lab(self.folder) as lab:
            tracker = lab.tracker()
            seeder, leecher = lab.qbittorrent("seeder"), lab.qbittorrent("leecher")
            torrents = [lab.make_torrent(lab.payload(f"file-{i}", 3 << 20, seed=i), tracker.announce) for i in range(3)]
            lab.seed(seeder, *torrents)
            leecher.api.add(torrents[0])
            leecher.api.add(torrents[1])
            leecher.api.post("torrents/add", urls=torrents[2].magnet)
            wait_until("all files have arrived",
                       lambda: [t["progress"] for t in leecher.api.torrents()] == [1, 1, 1], process=leecher.process)
            for torrent in torrents:
                self.assertEqual(sha256_of(leecher.downloads / torrent.name), sha256_of(torrent.payload))
            leecher.stop()
            leecher.start()
            self.assertEqual(len(leecher.api.torrents()), 3, "a restart keeps the torrents")
            processes = list(lab.processes)
        self.assertFalse([process.name for process in processes if process.alive()])

    def test_nothing_survives_the_death_of_the_laboratory(self):
        script = ("import os, sys\nfrom lab import Lab\nlab = Lab(sys.argv[1])\nlab.tracker()\nlab.qbittorrent('client')\n"
                  "print(*[f'{p.pid}:{p.ticks}' for p in lab.processes], flush=True)\nos.kill(os.getpid(), 9)\n")
        result = subprocess.run([sys.executable, "-c", script, str(self.folder)], cwd=Path(__file__).parent,
                                capture_output=True, text=True, check=False)
        started = [tuple(map(int, entry.split(":"))) for entry in result.stdout.split()]
        self.assertEqual(len(started), 2, result.stderr)
        wait_until("both are gone", lambda: all(start_ticks(pid) != ticks for pid, ticks in started), seconds=15)


if __name__ == "__main__":
    unittest.main()
