#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hosts that share a queue and whose manifests do not agree on its limit."""
from e2e import SharedQueueTest, main, skip_without, wait_until
from postgres import skip_without_postgres

# How many downloads took a slot at the same time, from their events alone; none of them is paused here.
MOST_ACTIVE = """select coalesce(max(active), 0) from (select sum(slot) over (order by sequence) as active from (
    select sequence, (to_state in (1, 2, 3, 4))::int - (from_state in (1, 2, 3, 4))::int as slot from event
    where sequence > {after}) as changes) as sums"""


class Limit(SharedQueueTest):
    def test_the_host_that_started_last_has_set_it(self):
        client = self.lab.qbittorrent("client")
        first, second = (self.host(name, self.lab.qbittorrent_plugin(client), max_concurrent_downloads=limit)
                         for name, limit in (("quarry-a", 3), ("quarry-b", 1)))
        hosts = (first, second)
        # Nobody has them, so that each keeps its slot until it is removed.
        for number in range(1, 9):
            hosts[number % 2].api.grab(title=f"film {number}", magnet_url=f"magnet:?xt=urn:btih:{number:040x}")
        self.check_limit(hosts, 1)
        # Whoever pauses the queue changes no limit, whatever its own manifest says.
        for action in ("pause", "resume"):
            first.api.ok("PUT", f"/api/v3/queue/{action}")
            self.assertEqual(self.limits(hosts), [1, 1], action)
        self.check_limit(hosts, 1)
        self.assertTrue(first.stop())
        first.start()
        self.check_limit(hosts, 3)
        second.kill9()
        second.start()
        # What is at work stays so; nothing is added to it while it is more than the limit.
        self.assertEqual(self.limits(hosts), [1, 1])
        after = self.value("select max(sequence) from event")
        self.assertEqual(len(self.active(first)), 3)
        for left in (2, 1):
            self.remove_one(first)
            wait_until(f"{left} are left", lambda: len(self.active(first)) == left, process=first.process)
        self.check_limit(hosts, 1)
        self.assertEqual(self.value(f"select count(*) from event where sequence > {after} and from_state = 0 and to_state = 1"), 1)

    @staticmethod
    def limits(hosts):
        return [host.api.ok("GET", "/api/v3/queue/status")["maxActive"] for host in hosts]

    @staticmethod
    def active(host):
        return [row["id"] for row in host.api.queue() if row["state"] == "downloading"]

    def remove_one(self, host):
        host.api.ok("DELETE", f"/api/v3/queue/{self.active(host)[0]}")

    def check_limit(self, hosts, limit):
        """So many are at work, and never more, also when one goes and the next takes its place."""
        self.assertEqual(self.limits(hosts), [limit] * len(hosts))

        def full():
            return len(self.active(hosts[0])) == limit

        wait_until(f"{limit} are at work", full, 60, process=hosts[0].process)
        after = self.value("select max(sequence) from event")
        self.remove_one(hosts[0])
        wait_until("another takes its place", lambda: full() and self.value(
            f"select count(*) from event where sequence > {after} and to_state = 3"), 60, process=hosts[0].process)
        # Of those since then the one that was removed came first.
        self.assertLessEqual(self.value(MOST_ACTIVE.format(after=after)), 0)


if __name__ == "__main__":
    skip_without_postgres()
    skip_without("qbittorrent-nox")
    main()
