#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""After a restore the queue is older than the download client, and nothing is doubled by that."""
import subprocess

from e2e import MIB, E2eTest, main, skip_without, wait_until
from faulty_proxy import FaultyProxy


class Restore(E2eTest):
    def setUp(self):
        super().setUp()
        self.swarm()
        self.proxy = FaultyProxy(self.client.url)
        self.addCleanup(self.proxy.close)
        self.manifest = self.lab.manifest([self.lab.sqlite_plugin(), self.lab.scorer_plugin(),
                                           self.lab.qbittorrent_plugin(self.client, url=self.proxy.url)])

    def grab(self, quarry, torrent):
        return quarry.api.grab(title=torrent.name, release_id=torrent.name, magnet_url=torrent.magnet)["id"]

    def run_storage(self, *words):
        done = subprocess.run([self.lab.binary("quarry"), "storage", *words, "--manifest", self.manifest, "--plugin-dir",
                               self.lab.build / "plugins"], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def adds(self):
        return self.proxy.count("/torrents/add")

    def in_client(self):
        """When each item was added, by its hash."""
        return {row["hash"]: row["added_on"] for row in self.client.api.torrents()}

    def test_what_the_client_has_is_taken_over(self):
        arrived, waiting, later, new = self.torrents(4, lambda _: MIB)
        quarry = self.lab.quarry(self.manifest)
        first = self.grab(quarry, arrived)
        self.wait_done(quarry.api, first, process=quarry.process)
        quarry.api.ok("PUT", "/api/v3/queue/pause")
        second = self.grab(quarry, waiting)
        backup = self.folder / "backup.db"
        self.run_storage("backup", backup)
        quarry.api.ok("PUT", "/api/v3/queue/resume")
        third = self.grab(quarry, later)
        for item in (second, third):
            self.wait_done(quarry.api, item, process=quarry.process)
        self.assertTrue(quarry.stop())
        held, adds = self.in_client(), self.adds()
        self.assertEqual((len(held), adds), (3, 3))

        self.run_storage("restore", backup)
        quarry.start()
        self.assertEqual({row["id"]: row["state"] for row in quarry.api.queue()}, {first: "completed", second: "queued"})
        quarry.api.ok("PUT", "/api/v3/queue/resume")
        self.wait_done(quarry.api, second, process=quarry.process)
        # Its number is that of a download which the queue does not know any more, and whose item the client still has.
        other = self.grab(quarry, new)
        self.assertEqual(other, third)
        self.wait_done(quarry.api, other, process=quarry.process)
        again = self.grab(quarry, later)
        self.wait_done(quarry.api, again, process=quarry.process)
        self.assertEqual(self.adds(), adds + 1, "only what the client did not have")
        self.assert_arrived_once(arrived, waiting, later, new)
        self.assertEqual({**self.in_client(), **held}, self.in_client(), "the items are those that were there")

        quarry.api.ok("DELETE", f"/api/v3/queue/{other}?deleteFiles=true")
        self.wait_gone(new)
        self.assert_arrived_once(arrived, waiting, later)

    def wait_gone(self, torrent):
        wait_until("it is gone from the client", lambda: torrent.infohash not in self.in_client(), process=self.client.process)


if __name__ == "__main__":
    skip_without("qbittorrent-nox", "opentracker")
    main()
