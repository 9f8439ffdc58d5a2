#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hosts that share a queue, and whose notices get lost on the way while the connection that listens for them lives: that is
told, and they find the work by looking."""
import unittest

from clock_ahead import ClockAhead, compiler
from e2e import main, wait_until
from postgres import skip_without_postgres
from postgres_edits import Notices
from storage_start import StorageTest
from tcp_proxy import TcpProxy
from web import is_ready

DEAF = "work that other hosts enqueue is noticed by looking every second, not at once: a notice sent to the database did not come back"
AGAIN = "work that other hosts enqueue is noticed at once again"
LANE = "downloads"
SILENCE = 11 * 60  # longer than a host believes in silence, and than it leaves a line alone that gave it nothing


class NoticesThatGetLost(StorageTest):
    def setUp(self):
        super().setUp()
        self.server = self.lab.postgres()
        self.url = self.server.create_database("queue")
        self.notices = Notices()
        self.proxy = TcpProxy(("127.0.0.1", self.server.port), sides=self.notices.sides)
        self.addCleanup(self.proxy.close)

    def told(self, quarry, words):
        return [line for line in quarry.process.tail(10_000).splitlines() if words in line]

    def wait_told(self, quarry, words):
        wait_until("it says so", lambda: self.told(quarry, words), process=quarry.process)

    def own_checks(self, payloads):
        """Notices with which a host tries whether it hears."""
        return [payload for payload in payloads if payload != LANE]

    def listeners(self):
        return self.server.value("select count(*) from pg_stat_activity where query ilike 'listen%'", "queue")

    def assert_finds_work_of_another(self, deaf):
        """Another host enqueues it while the lane is held, and is gone before anybody may take it: nobody can nudge."""
        other = self.start_on(self.url, name="quarry-other")
        other.wait_ready()
        other.api.ok("PUT", "/api/v3/queue/pause")
        item = other.api.grab(title="film", magnet_url=f"magnet:?xt=urn:btih:{1:040x}")["id"]
        self.assertTrue(other.stop())
        self.server.query("update lane set hold = 0", "queue")
        # Without a download client this is as far as a download gets.
        wait_until("it finds the work", lambda: "no download client" in deaf.api.item(item).get("errorMessage", ""),
                   process=deaf.process)

    def test_a_host_that_never_hears(self):
        self.notices.lost = True
        quarry = self.start_on(self.proxy.through(self.url))
        quarry.wait_ready()
        self.wait_told(quarry, DEAF)
        self.assertEqual(len(self.own_checks(self.notices.kept_back)), 1)
        self.assert_finds_work_of_another(quarry)
        self.assertTrue(is_ready(quarry.url))
        (line,) = self.told(quarry, DEAF)
        self.assertIn(" warning ", line)
        self.assertEqual(self.proxy.counts["protocol errors"], 0)

    @unittest.skipIf(compiler() is None, "there is no C compiler, and no clock that can be put forward")
    def test_a_host_that_goes_deaf_and_hears_again(self):
        clock = ClockAhead(self.folder)
        quarry = self.start_on(self.proxy.through(self.url), clock.env)
        quarry.wait_ready()
        wait_until("it knows that it hears", lambda: self.own_checks(self.notices.passed), process=quarry.process)

        self.notices.lost = True
        self.assert_finds_work_of_another(quarry)
        self.assertIn(LANE, self.notices.kept_back, "a notice was sent, and got lost")
        self.assertEqual(self.listeners(), "1", "the connection lives")
        self.assertEqual(self.told(quarry, DEAF), [], "it cannot know yet")
        clock.put_forward(SILENCE)
        self.wait_told(quarry, DEAF)
        self.assertTrue(is_ready(quarry.url))

        self.notices.lost = False
        checks = len(self.own_checks(self.notices.passed))
        clock.put_forward(SILENCE)
        self.wait_told(quarry, AGAIN)
        self.assertEqual(len(self.own_checks(self.notices.passed)), checks + 1)
        self.assertEqual((len(self.told(quarry, DEAF)), len(self.told(quarry, AGAIN))), (1, 1), "each is told once")


if __name__ == "__main__":
    skip_without_postgres()
    main()
