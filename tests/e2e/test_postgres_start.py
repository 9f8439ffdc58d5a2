#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A PostgreSQL that is not there, or not as it should be, at the start and later."""
import signal
from contextlib import contextmanager

from e2e import main, request, wait_until
from postgres import PrivatePostgres, skip_without_postgres
from storage_start import CREDENTIALS, FOREIGN, MISSING, NEWER, READ_ONLY, RIGHTS, TLS, UNAVAILABLE, StorageTest
from web import is_ready


class Postgres(StorageTest):
    @classmethod
    def setUpClass(cls):
        cls.server = PrivatePostgres()
        cls.addClassCleanup(cls.server.close)
        cls.databases = 0

    def database(self):
        """The name and URL of a new one."""
        type(self).databases += 1
        name = f"queue{self.databases}"
        return name, self.server.create_database(name)

    def role(self, name, *settings):
        """The URL part of a new user that is not the owner of anything."""
        self.server.query(f"create role {name} login password 'pw-of-{name}'; {' '.join(settings)}")
        return f"{name}:pw-of-{name}@127.0.0.1:{self.server.port}"

    def assert_waits(self, quarry, *words):
        """Live, not ready, and every call of the API says 503 and when to come again; the sentence."""
        wait_until("it answers", lambda: self.answer(quarry, "/healthz"), process=quarry.process)
        self.assertEqual(self.answer(quarry, "/healthz").status, 200)
        ready = wait_until("it says what it waits for",
                           lambda: (a := self.answer(quarry, "/readyz")).status == 503 and "cannot be reached" in a.text and a,
                           process=quarry.process)
        for word in ("waiting for the storage", f"127.0.0.1:{self.server.port}", *words):
            self.assertIn(word, ready.json()["message"])
        for path in ("/api/v3/queue", "/api/v3/health", "/api/v3/system/status", "/api/v3/queue/1"):
            answer = quarry.api.call("GET", path)
            self.assertEqual(answer.status, 503, path)
            self.assertGreater(int(answer.headers["retry-after"]), 0)
            self.assertNotIn(self.server.password, answer.text)
        self.assertEqual(self.answer(quarry, "/api/v3/queue").status, 401, "the key is asked for as ever")

    @staticmethod
    def answer(quarry, path):
        try:
            return request("GET", quarry.url + path)
        except OSError:
            return None

    @contextmanager
    def server_stopped(self):
        self.server.stop()
        try:
            yield
        finally:
            if not self.server.alive():
                self.server.start()

    def test_a_database_that_is_down_is_waited_for(self):
        _, url = self.database()
        with self.server_stopped():
            quarry = self.start_on(url)
            self.assert_waits(quarry, "Connection refused")
        quarry.wait_ready()
        self.assertEqual(quarry.api.queue(), [])
        lines = [line for line in quarry.process.tail(1000).splitlines() if "the storage" in line]
        self.assertIn("waiting for the storage, for 300 s at most", lines[0])
        self.assertIn("the storage is there, after", lines[-1])
        self.assertLessEqual(len(lines), 4, "one line for each reason: refused, perhaps starting up")

    def test_it_gives_up_after_the_set_time(self):
        _, url = self.database()
        with self.server_stopped():
            quarry = self.start_on(url, start_timeout_s=0.5)
            self.assert_refused(quarry, UNAVAILABLE, "did not come within 1 s", "start_timeout_s", "Connection refused")

    def test_a_signal_ends_the_wait_at_once(self):
        _, url = self.database()
        with self.server_stopped():
            quarry = self.start_on(url)
            self.assert_waits(quarry)
            quarry.process.signal(signal.SIGTERM)
            self.assertEqual(quarry.process.popen.wait(3), 0, quarry.process.tail())

    def test_too_many_connections_are_waited_for(self):
        user = self.role("crowded", "alter role crowded connection limit 0;")
        name, _ = self.database()
        self.server.query(f"alter database {name} owner to crowded")
        quarry = self.start_on(f"postgresql://{user}/{name}")
        wait_until("it waits", lambda: "too many connections" in quarry.process.tail(), process=quarry.process)
        self.server.query("alter role crowded connection limit -1")
        quarry.wait_ready()

    def test_what_waiting_does_not_mend_ends_it_at_once(self):
        name, url = self.database()
        place = f"127.0.0.1:{self.server.port}, database {name}"
        at = f"127.0.0.1:{self.server.port}/{name}"
        stranger = self.role("stranger")
        looker = self.role("looker", "alter role looker set default_transaction_read_only = on;",
                           f"grant all on database {name} to looker;")
        self.server.query("grant create on schema public to looker", name)
        cases = [
            ("wrong password", f"postgresql://quarry:wrong-password@{at}", CREDENTIALS, "refused the password", place),
            ("no such user", f"postgresql://nobody:some-password@{at}", CREDENTIALS, "refused the password", place),
            ("no such database", self.server.url("nowhere"), MISSING, "does not have this database", "database nowhere"),
            ("missing rights", f"postgresql://{stranger}/{name}", RIGHTS, "make the user owner of the database", place),
            ("read-only", f"postgresql://{looker}/{name}", READ_ONLY, "is read-only", "primary server", place),
            ("no TLS there", url + "?sslmode=require", TLS, "no encrypted connection", "does not support SSL", place),
        ]
        for what, case_url, code, *words in cases:
            with self.subTest(what):
                self.assert_refused(self.start_on(case_url), code, *words)

    def test_a_newer_database_is_left_alone(self):
        name, url = self.database()
        self.server.query("create table quarry_schema (version integer not null); insert into quarry_schema values (99)", name)
        self.assert_refused(self.start_on(url), NEWER, "version 99", "install the newer quarry")
        self.assertEqual(self.server.value("select count(*) from pg_tables where schemaname = 'public'", name), "1")

    def test_a_database_of_another_program_is_left_alone(self):
        name, url = self.database()
        self.server.query("create table download (theirs text)", name)
        self.assert_refused(self.start_on(url), FOREIGN, "a table of another program", "choose another database")
        self.assertEqual(self.server.value("select string_agg(tablename, ' ') from pg_tables where schemaname = 'public'", name),
                         "download", "and nothing beside it")

    def test_an_outage_later_is_told_and_passes(self):
        _, url = self.database()
        quarry = self.start_on(url)
        quarry.wait_ready()
        first = quarry.api.grab(title="first", magnet_url=f"magnet:?xt=urn:btih:{1:040x}")["id"]
        for mode in ("fast", "immediate"):
            with self.subTest(mode):
                self.server.stop(mode)
                wait_until("/readyz says so", lambda: not is_ready(quarry.url), process=quarry.process)
                for method, path, body in (("GET", "/api/v3/queue", None), ("PUT", f"/api/v3/queue/{first}/pause", None),
                                           ("POST", "/api/v3/queue/grab", {"magnet_url": f"magnet:?xt=urn:btih:{2:040x}"})):
                    answer = quarry.api.call(method, path, body)
                    self.assertEqual(answer.status, 503, answer.text)
                    self.assertGreater(int(answer.headers["retry-after"]), 0)
                notes = quarry.api.ok("GET", "/api/v3/health")
                self.assertIn("StorageCheck", [note["source"] for note in notes])
                self.assertEqual(self.answer(quarry, "/healthz").status, 200)
                self.server.start()
                quarry.wait_ready()
                self.assertEqual([row["id"] for row in quarry.api.queue()], [first], "nothing was guessed")
        second = quarry.api.grab(title="second", magnet_url=f"magnet:?xt=urn:btih:{3:040x}")["id"]
        # Without a download client this is as far as a download gets.
        wait_until("the engine works again", lambda: "no download client" in quarry.api.item(second).get("errorMessage", ""),
                   process=quarry.process)
        self.assertNotIn("StorageCheck", [note["source"] for note in quarry.api.ok("GET", "/api/v3/health")])

    def test_a_row_that_should_not_exist_is_set_aside(self):
        name, url = self.database()
        quarry = self.start_on(url)
        quarry.wait_ready()

        def spoil(values):
            self.server.query(f"update download_state set {values}", name)

        self.check_set_aside(quarry, spoil)


if __name__ == "__main__":
    skip_without_postgres()
    main()
