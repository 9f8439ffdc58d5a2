#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A download client that misbehaves: nothing is added twice, nothing is forgotten."""
import os
import random

import faulty_proxy as faults
from e2e import MIB, E2eTest, main, wait_until
from faulty_proxy import FaultyProxy


class ClientFaults(E2eTest):
    def start_quarry(self, url=None, password=None, request_timeout_ms=1500):
        plugin = self.lab.qbittorrent_plugin(self.client, url=url, password=password)
        plugin["config"]["request_timeout_ms"] = request_timeout_ms
        manifest = self.lab.manifest(
            [self.lab.sqlite_plugin(), self.lab.scorer_plugin(), plugin],
            queue={"max_concurrent_downloads": 10, "retry_base_s": 0.1, "retry_cap_s": 1, "absence_span_ms": 500})
        self.quarry = self.lab.quarry(manifest)
        return self.quarry.api

    def proxy(self):
        proxy = FaultyProxy(self.client.url)
        self.addCleanup(proxy.close)
        return proxy

    def grab(self, api, torrent):
        return api.grab(release_id=torrent.infohash, title=torrent.name, magnet_url=torrent.magnet, size=torrent.size)["id"]

    def test_one_fault_in_each_add(self):
        self.swarm()
        kinds = [faults.REFUSE_500, faults.LOSE_ANSWER, faults.HALF_ANSWER, faults.FAIL_AFTER, faults.HANG_AFTER]
        torrents = self.torrents(len(kinds), lambda _: MIB)
        proxy = self.proxy()
        remaining = list(kinds)
        proxy.choose = lambda _, path: remaining.pop(0) if "torrents/add" in path and remaining else faults.PASS
        api = self.start_quarry(proxy.url)
        items = [self.grab(api, torrent) for torrent in torrents]
        for item in items:
            self.wait_done(api, item, 60, self.quarry.process)
        self.assertEqual(remaining, [], "every fault was met")
        self.assert_arrived_once(*torrents)
        for torrent in torrents:
            self.assertEqual(proxy.count("torrents/add", torrent.infohash), 1, f"{torrent.name} was added more than once")

    def test_a_storm_of_faults_in_every_call(self):
        seed = int(os.environ.get("QUARRY_SEED", 0)) or int.from_bytes(os.urandom(4), "big")
        print(f"replay with: QUARRY_SEED={seed}", flush=True)
        chance = random.Random(seed)
        self.swarm()
        torrents = self.torrents(8, lambda _: MIB)
        proxy = self.proxy()
        storm = [24]  # requests of which half go wrong; then the weather is fine

        def choose(_, path):
            if "auth/login" in path or storm[0] == 0:
                return faults.PASS
            storm[0] -= 1
            wrong = chance.choice([faults.REFUSE_500, faults.LOSE_ANSWER, faults.HALF_ANSWER, faults.FAIL_AFTER])
            return wrong if chance.random() < 0.5 else faults.PASS

        proxy.choose = choose
        api = self.start_quarry(proxy.url)
        items = [self.grab(api, torrent) for torrent in torrents]
        for item in items:
            self.wait_done(api, item, 120, self.quarry.process)
        self.assertEqual(storm[0], 0, "the storm was passed through")
        self.assert_arrived_once(*torrents)
        for torrent in torrents:
            self.assertEqual(proxy.count("torrents/add", torrent.infohash), 1, f"{torrent.name} was added more than once")

    def test_wrong_password_asks_only_a_few_times_and_recovers_with_the_right_one(self):
        self.swarm()
        torrents = self.torrents(8, lambda _: MIB)
        proxy = self.proxy()
        api = self.start_quarry(proxy.url, password="not the password")
        items = [self.grab(api, torrent) for torrent in torrents]
        # Each of them is handed over once: a plugin that knocked at every call would have done so eight times.
        for item in items:
            row = wait_until("the item says why it waits",
                             lambda: (row := api.item(item)).get("errorMessage") and row, process=self.quarry.process)
            self.assertNotIn(row["status"], ("failed", "cancelled"), row)
            self.assertNotIn("not the password", str(row))
        self.quarry.stop()
        self.assertLessEqual(proxy.count("auth/login"), 2, "qBittorrent bans an address after five failures")
        self.assertNotIn("not the password", self.quarry.process.log.read_text(errors="replace"))
        manifest = self.lab.manifest([self.lab.sqlite_plugin(), self.lab.scorer_plugin(),
                                      self.lab.qbittorrent_plugin(self.client)], queue={"retry_base_s": 0.1})
        self.quarry.manifest = manifest
        self.quarry.start()
        for item in items:
            self.wait_done(self.quarry.api, item, 60, self.quarry.process)
        self.assert_arrived_once(*torrents)

    def test_down_at_start_costs_no_attempt(self):
        self.swarm()
        torrent, = self.torrents(1, lambda _: MIB)
        self.client.stop()
        api = self.start_quarry()
        item = self.grab(api, torrent)
        row = wait_until("the item says why it waits",
                         lambda: (row := api.item(item)).get("errorMessage") and row, process=self.quarry.process)
        self.assertEqual((row["status"], row["retryCount"]), ("queued", 0), row)
        self.client.start()
        self.wait_done(api, item, 90, self.quarry.process)
        self.assert_arrived_once(torrent)

    def test_down_in_the_middle_loses_nothing(self):
        self.swarm(upload_kib=1024)
        torrent, = self.torrents(1, lambda _: 4 * MIB)
        api = self.start_quarry()
        item = self.grab(api, torrent)
        wait_until("a part has arrived", lambda: api.item(item)["progress"] > 0, process=self.quarry.process)
        self.client.stop()
        proof = self.grab(api, self.torrents(1, lambda _: MIB, first=100)[0])
        wait_until("the outage was noticed", lambda: api.item(proof).get("errorMessage"), process=self.quarry.process)
        self.assertNotIn(api.item(item)["status"], ("failed", "cancelled", "queued"))
        self.client.start()
        for each in (item, proof):
            self.wait_done(api, each, 90, self.quarry.process)
        self.assertEqual(len(self.client.api.torrents()), 2)


if __name__ == "__main__":
    main()
