#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two hosts share a queue through a PgBouncer that pools by transaction and has fewer connections to PostgreSQL than the hosts
have to it; and what becomes of its other ways to pool."""
import subprocess

from e2e import MIB, E2eTest, main, wait_until
import pgbouncer
from postgres import skip_without_postgres
from storage_start import FOREIGN

POOL_SIZE = 2
SESSIONS = 20  # PgBouncer's default; by session each connection of a host takes one
MOST_SESSIONS = 5 + 2  # of a host, as docs/operations.md says: 5 + readers
UNSUPPORTED = 1
POLLS = "work that other hosts enqueue is noticed by looking every second"


class Pooler(E2eTest):
    def setUp(self):
        super().setUp()
        self.server = self.lab.postgres()
        self.server.create_database("quarry")
        self.use_pooler(POOL_SIZE)

    def use_pooler(self, pool_size, **settings):
        """Hosts that start from now on go through this one."""
        self.pooler = pgbouncer.PrivatePgBouncer(self.server, pool_size, **settings)
        self.addCleanup(self.pooler.close)
        self.env = {"DATABASE_URL": self.pooler.url("quarry")}

    def store(self, pooler=True):
        store = self.lab.postgres_plugin()
        if pooler:
            store["config"]["pooler"] = True
        return store

    def value(self, sql):
        return int(self.server.value(sql, "quarry"))

    def sessions(self, condition):
        return self.value(f"select count(*) from pg_stat_activity where datname = 'quarry' and pid <> pg_backend_pid() "
                          f"and backend_type = 'client backend' and application_name <> 'psql' and {condition}")

    def test_two_hosts_share_the_queue(self):
        self.swarm()
        torrents = self.torrents(6, lambda _: MIB)
        manifest = self.lab.manifest([self.store(), self.lab.scorer_plugin(), self.lab.qbittorrent_plugin(self.client)],
                                     queue={"max_concurrent_downloads": 2})
        hosts = [self.lab.quarry(manifest, self.env, name=name) for name in ("quarry-a", "quarry-b")]

        def grab(host, torrent):
            return host.api.grab(title=torrent.name, release_id=torrent.name, magnet_url=torrent.magnet)["id"]

        items = [grab(hosts[number % 2], torrent) for number, torrent in enumerate(torrents[:4])]
        # Each is asked of the host that did not take it.
        for number, item in enumerate(items):
            self.wait_done(hosts[(number + 1) % 2].api, item, process=hosts[0].process)
            self.assertLessEqual(self.sessions("true"), POOL_SIZE)
        self.assertEqual(self.sessions("query ilike 'listen%'"), 0)

        # The pooler goes away with all that is under way, and comes back.
        self.pooler.stop()
        for host in hosts:
            answer = host.api.call("POST", "/api/v3/queue/grab", {"title": "film", "magnet_url": torrents[4].magnet})
            self.assertEqual(answer.status, 503, answer.text)
            self.assertIn("retry-after", answer.headers)
        self.pooler.start()
        for host in hosts:
            wait_until("it goes on", lambda: host.api.call("GET", "/api/v3/queue").status == 200, 30, process=host.process)
        items += [grab(host, torrent) for host, torrent in zip(hosts, torrents[4:])]
        for item in items:
            self.wait_done(hosts[0].api, item, process=hosts[0].process)
        self.assert_arrived_once(*torrents)
        self.assertEqual(self.value("select count(*) from (select download_id from event where to_state = 1 and from_state = 0 "
                                    "group by 1 having count(*) > 1) as twice"), 0, "a download was claimed twice")

        # A host that is gone holds nothing of the server.
        hosts[1].kill9()
        self.assertEqual(len(hosts[0].api.queue(status="all")), len(torrents))
        self.assertTrue(hosts[0].stop())
        for host in hosts:
            told = [line for line in host.process.tail(10_000).splitlines() if POLLS in line]
            self.assertEqual(len(told), 1, "once")
            self.assertIn("pooler", told[0])
            self.assertNotIn("warning", told[0].lower())
            self.assertNotIn(self.server.password, host.process.tail(10_000))

    def test_without_the_setting_a_start_is_refused_with_its_name(self):
        host = self.lab.quarry(self.lab.manifest([self.store(pooler=False), self.lab.scorer_plugin()]), self.env, wait=False)
        self.assertEqual(host.process.popen.wait(30), FOREIGN, host.process.tail())
        self.assertIn("set `pooler = true`", host.process.tail(1))
        self.assertEqual(self.value("select count(*) from pg_tables where schemaname = 'public'"), 0)

    def test_by_session_there_is_nothing_to_do(self):
        self.use_pooler(SESSIONS, pool_mode="session")
        self.swarm()
        torrents = self.torrents(4, lambda _: MIB)
        manifest = self.lab.manifest([self.store(pooler=False), self.lab.scorer_plugin(), self.lab.qbittorrent_plugin(self.client)])
        hosts = [self.lab.quarry(manifest, self.env, name=name) for name in ("quarry-a", "quarry-b")]
        items = [hosts[number % 2].api.grab(title=torrent.name, release_id=torrent.name, magnet_url=torrent.magnet)["id"]
                 for number, torrent in enumerate(torrents)]
        for number, item in enumerate(items):
            self.wait_done(hosts[(number + 1) % 2].api, item, process=hosts[0].process)
        self.assert_arrived_once(*torrents)
        self.assertEqual(self.sessions("query ilike 'listen%'"), 2, "notices arrive")
        self.assertLessEqual(self.sessions("true"), 2 * MOST_SESSIONS)
        for command in ("status", "check"):
            code, text = self.storage(manifest, command, self.env["DATABASE_URL"])
            self.assertEqual(code, 0, text)
        for host in hosts:
            self.assertNotIn(POLLS, host.process.tail(10_000))
            self.assertTrue(host.stop())
        code, text = self.storage(manifest, "migrate", self.env["DATABASE_URL"])
        self.assertEqual(code, 0, text)

    def test_by_statement_a_start_is_refused(self):
        self.use_pooler(POOL_SIZE, pool_mode="statement")
        for pooler in (False, True):
            host = self.lab.quarry(self.lab.manifest([self.store(pooler), self.lab.scorer_plugin()]), self.env,
                                   name=f"quarry-{pooler}", wait=False)
            self.assertEqual(host.process.popen.wait(30), FOREIGN, host.process.tail())
            self.assertIn("pools by statement, which cannot work", host.process.tail(1))
        self.assertEqual(self.value("select count(*) from pg_tables where schemaname = 'public'"), 0)

    def storage(self, manifest, command, url):
        done = subprocess.run([self.lab.binary("quarry"), "storage", command, "--manifest", manifest, "--plugin-dir",
                               self.lab.build / "plugins"], env={**self.env, "DATABASE_URL": url, "PATH": "/usr/bin:/bin"},
                              capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_the_storage_command_looks_and_changes_nothing(self):
        manifest = self.lab.manifest([self.store(), self.lab.scorer_plugin()])
        host = self.lab.quarry(manifest, self.env)
        for command in ("status", "check"):
            code, text = self.storage(manifest, command, self.pooler.url("quarry"))
            self.assertEqual(code, 0, text)
        code, text = self.storage(manifest, "migrate", self.pooler.url("quarry"))
        self.assertEqual(code, UNSUPPORTED, text)
        self.assertIn("the server's own address", text)
        self.assertTrue(host.stop())


if __name__ == "__main__":
    skip_without_postgres()
    pgbouncer.skip_without_pgbouncer()
    main()
