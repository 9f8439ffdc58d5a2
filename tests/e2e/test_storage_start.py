#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A storage that is not there, or not as it should be: what is worth waiting for is waited for, in the open; all else ends
the start at once with a sentence and an exit code of its own."""
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

from e2e import E2eTest, main, request, wait_until
from postgres import PrivatePostgres, skip_without_postgres
from web import is_ready

UNAVAILABLE, CREDENTIALS, RIGHTS, TLS, READ_ONLY, DAMAGED, FILE_SYSTEM, IN_USE, NEWER, MISSING, FOREIGN = (
    10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21)
AT_ONCE = 20  # seconds; far below the five minutes that a database that is down is waited for
OPENSSL = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "2"]


class StorageTest(E2eTest):
    def manifest(self, store, **host):
        return self.lab.manifest([store, self.lab.scorer_plugin()], host=host)

    def start(self, store, env=None, name="quarry", **host):
        return self.lab.quarry(self.manifest(store, **host), env, name=name, wait=False)

    def assert_refused(self, quarry, code, *words):
        """It has ended at once with this code and a sentence that holds these words; the sentence."""
        end = time.monotonic() + AT_ONCE
        self.assertEqual(quarry.process.popen.wait(AT_ONCE), code, quarry.process.tail())
        self.assertLess(time.monotonic(), end)
        sentence = quarry.process.tail(1)
        for word in words:
            self.assertIn(word, sentence)
        return sentence


    def check_set_aside(self, quarry, spoil):
        """`spoil(values)` writes into the table behind the host's back."""
        def notes(source):
            return [note["message"] for note in quarry.api.ok("GET", "/api/v3/health") if note["source"] == source]

        unknown, negative, sound = (quarry.api.grab(title=f"film {number}", magnet_url=f"magnet:?xt=urn:btih:{number:040x}")["id"]
                                    for number in (1, 2, 3))
        for each in (unknown, negative, sound):
            quarry.api.ok("PUT", f"/api/v3/queue/{each}/pause")  # so that nobody works on them
        spoil(f"state = 99 where id = {unknown}")
        spoil(f"size_bytes = -7 where id = {negative}")

        for each, words in ((unknown, "its state is 99"), (negative, "its size_bytes is -7")):
            for method, path in (("GET", ""), ("PUT", "/resume"), ("DELETE", "")):
                answer = quarry.api.call(method, f"/api/v3/queue/{each}{path}")
                self.assertEqual(answer.status, 409, answer.text)
                self.assertIn(f"download {each} is set aside", answer.text)
                self.assertIn(words, answer.text)
        for status in ("all", "paused"):
            self.assertEqual([row["id"] for row in quarry.api.ok("GET", f"/api/v3/queue?status={status}")["records"]], [sound])
        self.assertEqual(len(notes("QueueRowCheck")), 2)
        self.assertIn(f"id = {unknown} of the table download", notes("QueueRowCheck")[0])
        self.assertTrue(is_ready(quarry.url))
        quarry.api.ok("PUT", f"/api/v3/queue/{sound}/resume")
        wait_until("the engine goes on", lambda: "no download client" in quarry.api.item(sound).get("errorMessage", ""),
                   process=quarry.process)

        # At the next start nobody asks for them, and they are found all the same.
        quarry.stop()
        quarry.start()
        wait_until("they are found", lambda: len(notes("QueueRowCheck")) == 2, process=quarry.process)
        for each in (unknown, negative):
            told = [line for line in quarry.process.tail(10_000).splitlines() if f"download {each} is set aside" in line]
            self.assertEqual(len(told), 2, "once for each start")
        spoil(f"state = 0 where id = {unknown}")
        spoil(f"size_bytes = -1 where id = {negative}")
        self.assertEqual([quarry.api.item(each)["status"] for each in (unknown, negative)], ["paused", "paused"])
        self.assertEqual(notes("QueueRowCheck"), [])


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

    def start_on(self, url, **host):
        """A host on that database; its password is nowhere to be seen when the test ends."""
        quarry = self.start(self.lab.postgres_plugin(), {"DATABASE_URL": url}, **host)
        password = urlsplit(url).password
        self.addCleanup(lambda: self.assertNotIn(password, quarry.process.tail(10_000)))
        return quarry

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


class PostgresWithTls(StorageTest):
    """A server that takes nothing but encrypted connections."""

    def setUp(self):
        super().setUp()
        if shutil.which("openssl") is None:
            self.skipTest("openssl is not installed")
        self.server = self.lab.postgres()
        key, certificate = self.certificate("server", "-addext", "subjectAltName=IP:127.0.0.1")
        self.ca = certificate
        self.server.stop()
        self.server.settings = {"ssl": "on", "ssl_key_file": self.server.keep_file("tls.key", key.read_text()),
                                "ssl_cert_file": self.server.keep_file("tls.pem", certificate.read_text())}
        (self.server.data / "pg_hba.conf").write_text("local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
        self.server.start()
        self.url = self.server.create_database("queue")

    def certificate(self, name, *options):
        """The files of a new key and a certificate signed with it."""
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        subprocess.run([*OPENSSL, "-subj", f"/CN={name}", "-keyout", key, "-out", certificate, *options], check=True,
                       capture_output=True)
        return key, certificate

    def test_only_a_server_that_can_prove_who_it_is_is_talked_to(self):
        _, stranger = self.certificate("stranger")
        cases = [
            ("a certificate of somebody else", f"?sslmode=verify-full&sslrootcert={stranger}", "certificate verify failed"),
            ("another name", f"?sslmode=verify-full&sslrootcert={self.ca}", "does not match host name"),
            ("no certificate here", "?sslmode=verify-full&sslrootcert=/nowhere.pem", "/nowhere.pem"),
            ("no TLS from here", "?sslmode=disable", "no encryption"),
        ]
        for what, parameters, words in cases:
            with self.subTest(what):
                url = self.url.replace("127.0.0.1", "localhost") if what == "another name" else self.url
                quarry = self.start(self.lab.postgres_plugin(), {"DATABASE_URL": url + parameters})
                self.assert_refused(quarry, TLS, "no encrypted connection", "sslrootcert", words)

        url = f"{self.url}?sslmode=verify-full&sslrootcert={self.ca}"
        quarry = self.start(self.lab.postgres_plugin(), {"DATABASE_URL": url})
        quarry.wait_ready()
        quarry.api.grab(title="film", magnet_url=f"magnet:?xt=urn:btih:{1:040x}")
        encrypted = self.server.query("select distinct ssl from pg_stat_ssl join pg_stat_activity using (pid) "
                                      "where application_name = 'quarry'")
        self.assertEqual(encrypted, [("t",)])

        # An encrypted connection that breaks is an outage like any other.
        self.server.stop("immediate")
        wait_until("/readyz says so", lambda: not is_ready(quarry.url), process=quarry.process)
        self.server.start()
        quarry.wait_ready()
        self.assertEqual(len(quarry.api.queue()), 1)


STATFS_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/vfs.h>
int statfs(const char* path, struct statfs* info) {
  int (*real)(const char*, struct statfs*) = dlsym(RTLD_NEXT, "statfs");
  int result = real(path, info);
  if (result == 0 && strstr(path, "on-nfs") != NULL) { info->f_type = 0x6969; }
  return result;
}
"""


class Sqlite(StorageTest):
    def plugin(self, *path):
        return {"id": "store", "library": "quarry-storage-sqlite.so", "config": {"path": str(self.folder.joinpath(*path))}}

    def made(self):
        """A sound database, with one download in it; nobody has it open."""
        quarry = self.start(self.plugin("queue.db"))
        quarry.wait_ready()
        quarry.api.grab(title="film", magnet_url=f"magnet:?xt=urn:btih:{1:040x}")
        quarry.stop()
        return self.folder / "queue.db"

    def test_a_damaged_file(self):
        file = self.made()
        whole = file.read_bytes()
        for what, content, words in (("no database", b"not a database\n" * 5000, "is not an SQLite database"),
                                     ("overwritten", whole[:100] + b"\x5a" * (len(whole) - 100), "is damaged")):
            with self.subTest(what):
                file.write_bytes(content)
                self.assert_refused(self.start(self.plugin("queue.db")), DAMAGED, words, str(file), "restore a backup")
                self.assertEqual(file.read_bytes(), content, "it is left as it was found")

    def test_a_file_of_somebody_else(self):
        with sqlite3.connect(self.folder / "queue.db") as database:
            database.execute("create table bookmarks (url)")
        self.assert_refused(self.start(self.plugin("queue.db")), FOREIGN, "database of another program", "choose another file")

    def test_a_newer_file(self):
        with sqlite3.connect(self.made()) as database:
            database.execute("pragma user_version = 99")
        self.assert_refused(self.start(self.plugin("queue.db")), NEWER, "version 99", "install the newer quarry")

    def test_a_folder_that_is_missing(self):
        self.assert_refused(self.start(self.plugin("nowhere", "queue.db")), MISSING, "does not exist; make it")

    def test_a_second_process_on_the_same_file(self):
        first = self.start(self.plugin("queue.db"))
        first.wait_ready()
        second = self.start(self.plugin("queue.db"), name="quarry-second")
        self.assert_refused(second, IN_USE, f"in use by process {first.process.pid}", "stop it or choose another file")
        self.assertTrue(is_ready(first.url))

    def test_a_network_file_system(self):
        compiler = shutil.which("cc")
        if compiler is None:
            self.skipTest("there is no C compiler")
        source, shim = self.folder / "shim.c", self.folder / "shim.so"
        source.write_text(STATFS_SHIM)
        subprocess.run([compiler, "-shared", "-fPIC", "-o", shim, source, "-ldl"], check=True)
        self.lab.subfolder("on-nfs")
        environment = {"LD_PRELOAD": str(shim), "ASAN_OPTIONS": "verify_asan_link_order=0"}
        quarry = self.start(self.plugin("on-nfs", "queue.db"), environment)
        self.assert_refused(quarry, FILE_SYSTEM, "NFS", "choose a folder on a local disk")

    def test_a_row_that_should_not_exist_is_set_aside(self):
        quarry = self.start(self.plugin("queue.db"))
        quarry.wait_ready()

        def spoil(values):
            with sqlite3.connect(self.folder / "queue.db", timeout=20) as database:
                database.execute("pragma ignore_check_constraints = on")
                database.execute(f"update download set {values}")

        self.check_set_aside(quarry, spoil)


if __name__ == "__main__":
    skip_without_postgres()
    main()
