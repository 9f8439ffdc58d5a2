#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hosts that share a queue and do not agree on what time it is."""
import re
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from e2e import MIB, SharedQueueTest, main, skip_without
from faulty_proxy import PASS, REFUSE_500, FaultyProxy
from postgres import SKIPPED, skip_without_postgres


def faketime_library():
    """What makes a program believe in another time; None when it is not installed."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


class Clocks(SharedQueueTest):
    """Hosts whose clocks are a day ahead and a day behind, and one that is right."""

    @staticmethod
    def wrong(shift):
        # Their steady clock goes as it should: a clock that is set wrong changes nothing about that.
        return {"LD_PRELOAD": str(faketime_library()), "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def test_only_the_clock_of_the_database_counts(self):
        begin_ms = time.time() * 1000
        self.swarm()
        torrents = self.torrents(9, lambda _: MIB)
        proxy = FaultyProxy(self.client.url)
        self.addCleanup(proxy.close)
        proxy.choose = self.refuse_at_first(12)
        plugin = self.lab.qbittorrent_plugin(self.client, url=proxy.url)
        hosts = [self.host(name, plugin, env, retry_base_s=0.2, absence_span_ms=1000, lease_ms=5000)
                 for name, env in (("quarry-right", {}), ("quarry-ahead", self.wrong("+1d")), ("quarry-behind", self.wrong("-1d")))]
        self.assertEqual([self.days_off(host) for host in hosts], [0, 1, -1])

        items = [hosts[number % 3].api.grab(title=torrent.name, release_id=torrent.name, magnet_url=torrent.magnet)["id"]
                 for number, torrent in enumerate(torrents[:6])]
        for number, item in enumerate(items):
            host = hosts[(number + 1) % 3]
            self.wait_done(host.api, item, process=host.process)

        # One whose clock is wrong dies with the client's duty, and perhaps with leases in its hands.
        for host in hosts[1:]:
            late = torrents[len(items)]
            items.append(host.api.grab(title=late.name, release_id=late.name, magnet_url=late.magnet)["id"])
            host.kill9()
            self.wait_done(hosts[0].api, items[-1], 90, process=hosts[0].process)
            host.start()
        self.assertTrue(hosts[0].stop())
        late = torrents[-1]
        items.append(hosts[1].api.grab(title=late.name, release_id=late.name, magnet_url=late.magnet)["id"])
        self.wait_done(hosts[2].api, items[-1], 90, process=hosts[2].process)
        self.assert_arrived_once(*torrents)
        for torrent in torrents:
            self.assertEqual(self.value(f"select count(*) from event join download on download.id = download_id where to_state = 3 "
                                        f"and lower(infohash_v1) = '{torrent.infohash}'"), 1, "started once")
        self.assertEqual(self.value(f"select count(*) from event where at_ms not between {begin_ms - 60_000:.0f} "
                                    f"and {time.time() * 1000 + 60_000:.0f}"), 0, "times of the database's clock")

    @staticmethod
    def refuse_at_first(count):
        """So many looks and adds fail, so that downloads wait for a later time."""
        left = iter(range(count))
        return lambda _method, path: REFUSE_500 if "/torrents/" in path and next(left, None) is not None else PASS

    def days_off(self, host):
        """By how many days the clock of a host is wrong, as its log shows."""
        stamp = re.search(r"^(\S+)Z info app: quarry .* listens", host.process.tail(10_000), re.MULTILINE)[1]
        logged = datetime.fromisoformat(stamp).replace(tzinfo=timezone.utc)
        return round((logged - datetime.now(timezone.utc)) / timedelta(days=1))


if __name__ == "__main__":
    skip_without_postgres()
    skip_without("qbittorrent-nox", "opentracker")
    if faketime_library() is None:
        print("skipped: libfaketime is not installed: apt-get install faketime")
        sys.exit(SKIPPED)
    main()
