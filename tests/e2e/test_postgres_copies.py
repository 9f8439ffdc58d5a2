#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Copies of a queue that PostgreSQL's own tools make: a dump that becomes a queue of its own, and a standby, which is none."""
import subprocess
import threading

from e2e import E2eTest, main, wait_until
from postgres import environment, skip_without_postgres
from storage_start import READ_ONLY


class PostgresCopies(E2eTest):
    def setUp(self):
        super().setUp()
        self.server = self.lab.postgres()
        self.taken = 0

    def manifest(self):
        return self.lab.manifest([self.lab.postgres_plugin(), self.lab.scorer_plugin()])

    def host(self, url, name="quarry", wait=True):
        return self.lab.quarry(self.manifest(), {"DATABASE_URL": url}, name=name, wait=wait)

    def grab(self, host):
        self.taken += 1
        return host.api.grab(title=f"film {self.taken}", magnet_url=f"magnet:?xt=urn:btih:{self.taken:040x}",
                             movie={"title": f"Film {self.taken}", "year": 2023})["id"]

    def run_storage(self, command, url):
        done = subprocess.run([self.lab.binary("quarry"), "storage", command, "--manifest", self.manifest(), "--plugin-dir",
                               self.lab.build / "plugins"], env={"PATH": "/usr/bin:/bin", "DATABASE_URL": url},
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def check_works(self, host, url):
        """A new download goes as far as one gets without a download client, and its history is told."""
        item = self.grab(host)
        wait_until("the engine has tried it", lambda: "no download client" in host.api.item(item).get("errorMessage", ""), 60,
                   process=host.process)
        # Whoever had this duty when the copy was made keeps it there until its lease runs out.
        movie = host.api.item(item)["movieId"]
        wait_until("the history tells of it", lambda: host.api.history(movieId=movie), 60, process=host.process)
        self.assertEqual([entry["eventType"] for entry in host.api.history(movieId=movie)], ["grabbed"])
        self.assertIn("sound", self.run_storage("check", url))
        return item

    def test_a_dump_of_a_queue_in_use_is_a_queue(self):
        old, new = self.server.create_database("old"), self.server.create_database("new")
        first = self.host(old, "quarry-old")
        before = [self.grab(first) for _ in range(20)]
        stop = threading.Event()
        during = []

        def go_on():
            while not stop.is_set():
                during.append(self.grab(first))

        writer = threading.Thread(target=go_on)
        writer.start()
        try:
            wait_until("grabs come in", lambda: len(during) > 3, process=first.process)
            self.dump("old", "new")
        finally:
            stop.set()
            writer.join()
        after = self.grab(first)

        self.assertIn("sound", self.run_storage("check", new))
        held = {int(row[0]) for row in self.server.query("select id from download", "new")}
        self.assertLessEqual(set(before), held)
        self.assertNotIn(after, held)
        self.assertIn(f"downloads  {len(held)}", self.run_storage("status", new))
        second = self.host(new, "quarry-new")
        self.assertEqual({row["id"] for row in second.api.queue()}, held)
        again = second.api.call("POST", "/api/v3/queue/grab", {"title": "film 1", "magnet_url": f"magnet:?xt=urn:btih:{1:040x}"})
        self.assertEqual((again.status, again.json().get("existingId")), (409, before[0]), again.text)
        self.assertGreater(self.check_works(second, new), max(held))
        self.assertNotIn(self.taken, [row["id"] for row in first.api.queue() if row["title"] == f"film {self.taken}"])

    def dump(self, source, target):
        dumping = [self.server.bin / "pg_dump", *self.server.psql(source)[1:]]
        with subprocess.Popen(dumping, stdout=subprocess.PIPE, env=environment()) as dump:
            subprocess.run([*self.server.psql(target), "-X", "-q", "-v", "ON_ERROR_STOP=1"], stdin=dump.stdout, env=environment(),
                           stdout=subprocess.DEVNULL, timeout=60, check=True)
        self.assertEqual(dump.returncode, 0)

    def test_a_standby_is_refused_until_it_is_the_primary(self):
        self.server.create_database("empty")
        url = self.server.create_database("queue")
        first = self.host(url, "quarry-first")
        items = {self.grab(first) for _ in range(3)}
        standby = self.server.standby()
        self.addCleanup(standby.close)
        self.assertEqual(standby.value("select pg_is_in_recovery()"), "t")
        for database in ("queue", "empty"):
            host = self.host(standby.url(database), f"quarry-{database}", wait=False)
            self.assertEqual(host.process.popen.wait(30), READ_ONLY, host.process.tail())
            sentence = host.process.tail(1)
            for words in (f"127.0.0.1:{standby.port}, database {database}", "is read-only, as a standby is", "primary server"):
                self.assertIn(words, sentence)
            self.assertNotIn(standby.password, host.process.tail(1000))

        self.assertTrue(first.stop())
        reached = self.server.value("select pg_current_wal_lsn()")
        wait_until("it has followed", lambda: standby.value(f"select pg_last_wal_replay_lsn() >= '{reached}'") == "t")
        self.server.stop()
        self.assertEqual(standby.value("select pg_promote()"), "t")
        second = self.host(standby.url("queue"), "quarry-second")
        self.assertEqual({row["id"] for row in second.api.queue()}, items)
        self.assertGreater(self.check_works(second, standby.url("queue")), max(items))


if __name__ == "__main__":
    skip_without_postgres()
    main()
