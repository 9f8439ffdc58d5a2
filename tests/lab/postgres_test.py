#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The private PostgreSQL: who may connect, what outlives what, and that nothing is left of it."""
import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from urllib.parse import unquote, urlsplit

import demo
from lab import Lab
from postgres import USER, NotInstalled, PrivatePostgres, environment, programs, skip_without_postgres
from processes import start_ticks, wait_until


def psql_over_tcp(server, password, sql="select 1"):
    """By the address and port of its URL, with this password."""
    where = urlsplit(server.url())
    return subprocess.run([server.bin / "psql", "-X", "-A", "-t", "-h", where.hostname, "-p", str(where.port), "-U", USER,
                           "-c", sql, "postgres"], env={**environment(), "PGPASSWORD": password}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=30, check=False)


class OneServer(unittest.TestCase):
    """They share one cluster, as each costs a second."""

    @classmethod
    def setUpClass(cls):
        cls.server = PrivatePostgres()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def test_the_password_lets_in_and_nothing_else_does(self):
        self.assertEqual(psql_over_tcp(self.server, self.server.password).stdout, "1\n")
        for wrong in ("wrong", ""):
            refused = psql_over_tcp(self.server, wrong)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("password", refused.stderr)
        self.assertEqual(self.server.folder.stat().st_mode & 0o777, 0o700, "the socket asks for no password")
        self.assertEqual(self.server.password_file.stat().st_mode & 0o777, 0o600)

    def test_nobody_sees_the_password_in_a_list_of_processes(self):
        lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
        self.assertTrue(any(str(self.server.data).encode() in line for line in lines))
        self.assertFalse([line for line in lines if self.server.password.encode() in line])

    def test_it_is_what_a_user_would_have(self):
        rows = self.server.query("show server_encoding; show listen_addresses; show max_connections; show password_encryption; "
                                 "select datcollate from pg_database where datname = 'postgres'")
        self.assertEqual(rows, [("UTF8",), ("127.0.0.1",), ("200",), ("scram-sha-256",), ("C.UTF-8",)])

    def test_a_database_of_any_name(self):
        name = 'a "name" of/its own'
        url = self.server.create_database(name)
        done = subprocess.run([self.server.bin / "psql", "-X", "-A", "-t", "-c", "select current_database()"],
                              env={**environment(), **url_in_environment(url)}, capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout, name + "\n")

    def test_an_error_is_told(self):
        with self.assertRaisesRegex(RuntimeError, 'relation "nothing" does not exist'):
            self.server.query("select * from nothing")

    def test_backends_are_ended_by_name(self):
        sleepers = [self.sleeper(name) for name in ("one", "it's two", "it's two")]
        wait_until("all are at work", lambda: self.sleeping() == 3)
        self.assertEqual(self.server.terminate_backends("it's two"), 2)
        self.assertEqual([sleeper.wait(20) for sleeper in sleepers[1:]], [2, 2], "psql says that it lost its connection")
        self.assertIsNone(sleepers[0].poll())
        self.assertEqual(self.server.terminate_backends(), 1)
        self.assertEqual(sleepers[0].wait(20), 2)

    def sleeper(self, name):
        """A connection of that name, at work."""
        process = subprocess.Popen([*self.server.psql(), "-c", "select pg_sleep(60)"], env={**environment(), "PGAPPNAME": name},
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def sleeping(self):
        return int(self.server.value("select count(*) from pg_stat_activity where wait_event = 'PgSleep'"))


def url_in_environment(url):
    """libpq's variables, so that a URL with a password need not be an argument."""
    parts = urlsplit(url)
    return {"PGHOST": parts.hostname, "PGPORT": str(parts.port), "PGUSER": parts.username, "PGPASSWORD": parts.password,
            "PGDATABASE": unquote(parts.path[1:])}


class Life(unittest.TestCase):
    def test_what_was_committed_outlives_a_crash(self):
        for durable in (False, True):
            with self.subTest(durable=durable), PrivatePostgres(durable=durable) as server:
                self.assertEqual(server.value("show fsync"), "on" if durable else "off")
                server.query("create table t (id int)")
                server.query("insert into t select generate_series(1, 1000)")
                port, pid = server.port, server.process.pid
                server.restart("immediate")
                self.assertEqual((server.value("select count(*) from t"), server.port), ("1000", port))
                self.assertNotEqual(server.process.pid, pid)
                self.assertIn("was not properly shut down", server.tail(20))
                server.restart("fast")
                self.assertIn("database system was shut down at", server.tail(5))

    def test_a_folder_that_was_chosen_is_kept_and_found_again(self):
        with tempfile.TemporaryDirectory() as parent:
            os.chmod(parent, 0o711)
            folder = Path(parent, "cluster")
            with PrivatePostgres(folder) as server:
                server.query("create table kept ()")
                password = server.password
            with PrivatePostgres(folder) as server:
                self.assertEqual(server.value("select count(*) from kept"), "0")
                self.assertEqual(psql_over_tcp(server, password).stdout, "1\n")

    @unittest.skipUnless(os.geteuid() == 0, "another user needs no rights of ours")
    def test_a_folder_out_of_reach_is_named(self):
        with tempfile.TemporaryDirectory() as parent, self.assertRaisesRegex(PermissionError, f"walk to {parent}.*o.x"):
            os.chmod(parent, 0o700)
            PrivatePostgres(Path(parent, "cluster"))

    @unittest.skipUnless(os.geteuid() == 0, "another user needs no rights of ours")
    def test_a_temporary_folder_out_of_reach_is_passed_over(self):
        with tempfile.TemporaryDirectory() as closed:
            os.chmod(closed, 0o700)
            script = "from postgres import *\nprint(temporary_parent(server_user()))\n"
            done = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parent, env={**os.environ, "TMPDIR": closed},
                                  capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout, "/tmp\n")

    def test_nothing_survives_the_death_of_its_owner(self):
        script = ("import os\nfrom postgres import PrivatePostgres\nserver = PrivatePostgres()\n"
                  "print(server.process.pid, server.process.ticks, server.folder, flush=True)\nos.kill(os.getpid(), 9)\n")
        done = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parent, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, -signal.SIGKILL, done.stderr)
        pid, ticks, folder = done.stdout.split()
        wait_until("it is gone, and its folder", lambda: start_ticks(pid) != int(ticks) and not Path(folder).exists(), 30)

    def test_the_newest_version_is_taken(self):
        with tempfile.TemporaryDirectory() as versions:
            for version in ("9.6", "15", "8.4"):
                folder = Path(versions, version, "bin")
                folder.mkdir(parents=True)
                (folder / "initdb").touch()
            Path(versions, "17", "bin").mkdir(parents=True)  # a client alone
            self.assertEqual(programs(Path(versions)), Path(versions, "15", "bin"))

    def test_where_there_is_none_it_says_what_to_install(self):
        with tempfile.TemporaryDirectory() as versions, self.assertRaisesRegex(NotInstalled, "apt-get install postgresql-15"):
            programs(Path(versions))


class InTheLaboratory(unittest.TestCase):
    def test_the_demo_starts_it_and_shows_no_password(self):
        output = io.StringIO()
        with tempfile.TemporaryDirectory() as folder:
            with Lab(folder) as lab, contextlib.redirect_stdout(output):
                server = demo.start_database(lab)
                self.assertEqual(server.value("select current_database()", demo.DATABASE), demo.DATABASE)
                self.assertEqual(server.value("show fsync"), "on")
                self.assertNotIn(server.password, " ".join(server.psql(demo.DATABASE)))
            self.assertIn("database system is shut down", Path(folder, "postgres.log").read_text())
        self.assertIn(str(server.port), output.getvalue())
        self.assertNotIn(server.password, output.getvalue())
        self.assertFalse(server.alive())
        self.assertFalse(server.folder.exists())


if __name__ == "__main__":
    skip_without_postgres()
    unittest.main()
