#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The PostgreSQL of a CTest run: it is there between start and stop, and nowhere else."""
import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

import pgbouncer
import postgres
import postgres_fixture as fixture
from postgres import PrivatePostgres, environment, programs, skip_without_postgres
from processes import start_ticks, wait_until


def why_no_pgbouncer():
    try:
        pgbouncer.program()
    except postgres.NotInstalled as reason:
        return str(reason)
    return ""


def connect(url):
    """psql, with the password of the URL in its environment."""
    where = urlsplit(url)
    return [programs() / "psql", "-X", "-h", where.hostname, "-p", str(where.port), "-U", where.username, "postgres"], {
        **environment(), "PGPASSWORD": where.password}


def answers(url):
    command, env = connect(url)
    return subprocess.run([*command, "-c", "select 1"], env=env, capture_output=True, timeout=30, check=False).returncode == 0


class Fixture(unittest.TestCase):
    def setUp(self):
        self.tree = self.new_tree()

    def new_tree(self):
        folder = Path(tempfile.mkdtemp(prefix="quarry-tree-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.addCleanup(self.run_fixture, "stop", folder)
        return folder

    def run_fixture(self, action, tree, *more):
        # As CTest does: it waits until nobody holds the other end of the output.
        return subprocess.run([sys.executable, fixture.__file__, action, tree, *more], capture_output=True, text=True,
                              timeout=120, check=False)

    def start(self, tree=None, *more):
        done = self.run_fixture("start", tree or self.tree, *more)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return self.url(tree)

    def url(self, tree=None):
        return (tree or self.tree).joinpath("url").read_text().strip()

    def server(self):
        return fixture.Notes.read(self.tree / "server.json")

    def keeper(self):
        return fixture.Notes.read(self.tree / "keeper.json")

    def assert_gone(self, process, seconds=20):
        wait_until("it is gone", lambda: start_ticks(process["pid"]) != process["ticks"], seconds)

    def assert_nothing_left(self, server):
        self.assert_gone(server)
        wait_until("its folder is gone", lambda: not Path(server["folder"]).exists())

    def test_it_lives_from_start_to_stop(self):
        url = self.start()
        self.assertTrue(answers(url))
        self.assertEqual((self.tree / "url").stat().st_mode & 0o777, 0o600)
        server, keeper = self.server(), self.keeper()
        self.assertEqual(self.run_fixture("stop", self.tree).returncode, 0)
        self.assertFalse(answers(url))
        self.assert_gone(keeper)
        self.assert_nothing_left(server)
        self.assertEqual([path.name for path in self.tree.iterdir()], ["keeper.log"])
        self.assertEqual(self.run_fixture("stop", self.tree).returncode, 0, "there is nothing to stop, and that is no fault")

    @unittest.skipIf(why_no_pgbouncer(), why_no_pgbouncer())
    def test_a_pooler_comes_and_goes_with_it(self):
        self.start()
        pooler = fixture.Notes.read(self.tree / "pooler.json")
        self.assertTrue(answers((self.tree / "pooler").read_text().strip()))
        os.kill(self.keeper()["pid"], signal.SIGKILL)
        self.assert_nothing_left(pooler)
        self.start()
        pooler = fixture.Notes.read(self.tree / "pooler.json")
        self.run_fixture("stop", self.tree)
        self.assert_nothing_left(pooler)

    def test_without_pgbouncer_the_reason_is_kept(self):
        notes = fixture.Notes(self.tree)
        with mock.patch.object(pgbouncer, "program", side_effect=postgres.NotInstalled("none")):
            fixture.start_pooler(notes, None, contextlib.ExitStack())
        self.assertEqual((self.tree / "pooler-missing").read_text(), "none\n")
        self.assertFalse((self.tree / "pooler").exists())

    def test_two_trees_do_not_meet(self):
        other = self.new_tree()
        mine, theirs = self.start(), self.start(other)
        self.assertNotEqual(mine, theirs)
        self.run_fixture("stop", self.tree)
        self.assertTrue(answers(theirs))

    def test_what_an_aborted_run_left_is_ended_first(self):
        first = self.start()
        server = self.server()
        second = self.start()
        self.assertNotEqual(first, second)
        self.assert_nothing_left(server)
        self.assertTrue(answers(second))

    def test_a_killed_keeper_takes_the_server_along(self):
        self.start()
        server = self.server()
        os.kill(self.keeper()["pid"], signal.SIGKILL)
        self.assert_nothing_left(server)
        # Its notes are still there, and somebody else may have its process ids by now.
        self.assertTrue((self.tree / "url").exists())
        self.assertTrue(answers(self.start()))

    def test_a_server_that_nobody_keeps_is_ended_too(self):
        with PrivatePostgres() as server:
            notes = fixture.Notes(self.tree)
            notes.write_process(notes.server, server.process, folder=str(server.folder))
            self.run_fixture("stop", self.tree)
            self.assertFalse(server.alive())
            self.assertFalse(server.folder.exists())

    def test_a_process_that_only_has_the_number_is_left_alone(self):
        with subprocess.Popen(["sleep", "60"]) as stranger:
            for name in ("keeper.json", "server.json"):
                ticks = start_ticks(stranger.pid) - 1
                (self.tree / name).write_text(f'{{"pid": {stranger.pid}, "ticks": {ticks}, "folder": "{self.tree}"}}')
            self.run_fixture("stop", self.tree)
            self.assertIsNone(stranger.poll())
            self.assertTrue(self.tree.exists(), "a folder that is none of ours is not deleted")
            stranger.kill()

    def test_it_ends_by_itself_when_nobody_is_connected(self):
        command, env = connect(self.start(self.tree, "--idle-seconds", "2"))
        server, keeper = self.server(), self.keeper()
        with subprocess.Popen([*command, "-c", "select pg_sleep(6)"], env=env, stdout=subprocess.DEVNULL) as client:
            self.assertEqual(client.wait(30), 0, "a connection keeps it alive")
        self.assert_gone(keeper)
        self.assert_nothing_left(server)
        self.assertFalse((self.tree / "url").exists())

    def test_short_connections_count_too(self):
        counts = iter([(10, 0), (11, 0), (14, 0), (15, 0), (16, 1), (17, 0)])
        clock = iter(range(100))
        server = mock.Mock(query=lambda _: [tuple(map(str, next(counts)))])
        with mock.patch.object(fixture.time, "monotonic", lambda: next(clock)):
            watch = fixture.IdleWatch(server)
            idle = [watch.idle_seconds() > 1 for _ in range(6)]
        self.assertEqual(idle, [False, True, False, True, False, True])

    def test_without_postgresql_it_is_skipped_with_the_reason(self):
        output = io.StringIO()
        with mock.patch.object(postgres, "VERSIONS", Path("/nonexistent")), contextlib.redirect_stdout(output):
            self.assertEqual(fixture.main(["start", str(self.tree)]), 77)
        self.assertIn("apt-get install postgresql-15", output.getvalue())
        self.assertEqual((self.tree / "missing").read_text(), output.getvalue())
        self.assertFalse((self.tree / "url").exists())
        self.start()
        self.assertFalse((self.tree / "missing").exists())


if __name__ == "__main__":
    skip_without_postgres()
    unittest.main()
