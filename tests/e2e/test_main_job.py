#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The main job: search, score, grab, download; by the command line as the demo shows it, and over HTTP."""
import io
import re
import subprocess
import sys
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path

from e2e import MIB, REPOSITORY, E2eTest, main, wait_until
import demo
import postgres


def why_no_postgres():
    try:
        postgres.programs()
    except postgres.NotInstalled as reason:
        return str(reason)
    return ""


class Demo(E2eTest):
    def test_the_demo_ends_with_equal_hashes(self):
        self.check_demo("sqlite")

    @unittest.skipIf(why_no_postgres(), why_no_postgres())
    def test_the_demo_with_postgresql_ends_with_equal_hashes(self):
        self.check_demo("postgres")

    def check_demo(self, storage):
        result = subprocess.run([sys.executable, REPOSITORY / "tests/lab/demo.py", "--build", self.lab.build, "--size", "8",
                                 "--storage", storage], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        sums = re.findall(r"sha256 ([0-9a-f]{64})", result.stdout)
        self.assertEqual(len(sums), 2, result.stdout)
        self.assertEqual(sums[0], sums[1])
        self.assertIn("FraMeSToR", result.stdout, "the table of releases")


class Verdict(unittest.TestCase):
    def test_files_that_differ_in_one_byte_end_with_1(self):
        with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()) as output:
            one, two = Path(folder, "one"), Path(folder, "two")
            one.write_bytes(b"x" * 1000)
            two.write_bytes(b"x" * 999 + b"y")
            self.assertEqual(demo.verdict(one, two), 1)
            self.assertIn("DIFFER", output.getvalue())
            self.assertEqual(demo.verdict(one, one), 0)


class OverHttp(E2eTest):
    def test_search_score_grab_download(self):
        self.swarm()
        film = self.lab.make_torrent(self.lab.payload(demo.FILE, 8 * MIB, seed=1), self.tracker.announce)
        self.lab.seed(self.seeder, film)
        indexer = self.lab.indexer(film)
        quarry = self.lab.quarry(self.lab.manifest([
            self.lab.sqlite_plugin(), self.lab.scorer_plugin(), self.lab.qbittorrent_plugin(self.client),
            self.lab.hdbits_plugin(indexer)]))
        api = quarry.api

        releases = api.releases(demo.FILM)
        self.assertEqual(len(releases), 8)
        best = releases[0]
        self.assertEqual(best["title"].replace(" ", "."), Path(demo.FILE).stem)
        cam = next(release for release in releases if "HDCAM" in release["title"])
        self.assertTrue(cam["rejections"], "a camera recording is rejected, with the reason")

        item = api.ok("POST", f'/api/v3/queue/grab/{best["id"]}')
        again = api.call("POST", f'/api/v3/queue/grab/{best["id"]}')
        self.assertEqual(again.status, 409, again.text)
        self.assertIn(str(item["id"]), again.text, "the second answer names the first item")

        row = self.wait_done(api, item["id"], 60, quarry.process)
        self.assertEqual(row["progress"], 100, row)
        self.assertEqual(row["sizeleft"], 0, row)
        self.assert_arrived_once(film)
        held, = self.client.api.torrents()
        self.assertEqual(held["tags"], f'quarry.{item["id"]}')
        self.assertTrue(quarry.stop(), "SIGTERM ends the host in time")
        self.assertEqual(quarry.process.popen.returncode, 0)
        self.assertNotIn(indexer.passkey, quarry.process.log.read_text())
        self.assertNotIn(self.client.password, quarry.process.log.read_text())

    def test_films_history_and_blocklist_on_sqlite(self):
        self.check_records(self.lab.sqlite_plugin())

    @unittest.skipIf(why_no_postgres(), why_no_postgres())
    def test_films_history_and_blocklist_on_postgresql(self):
        database = self.lab.postgres()
        self.check_records(self.lab.postgres_plugin(), {"DATABASE_URL": database.create_database("quarry")})

    def check_records(self, storage, env=None):
        self.swarm()
        film = self.lab.make_torrent(self.lab.payload(demo.FILE, MIB, seed=1), self.tracker.announce)
        self.lab.seed(self.seeder, film)
        indexer = self.lab.indexer(film)
        quarry = self.lab.quarry(self.lab.manifest([
            storage, self.lab.scorer_plugin(), self.lab.qbittorrent_plugin(self.client),
            self.lab.hdbits_plugin(indexer)]), env=env)
        api = quarry.api
        refused = api.call("POST", "/api/v3/queue/grab", {"magnet_url": "magnet:?xt=urn:btih:" + "a" * 40, "movie_id": 7})
        self.assertEqual(refused.status, 422, refused.text)
        self.assertIn("no film with id 7", refused.text)

        best = api.releases(demo.FILM)[0]
        item = api.ok("POST", f'/api/v3/queue/grab/{best["id"]}', {"movie": {"title": "A Film", "year": 1968, "tmdbId": 10331}})
        movie, = api.ok("GET", "/api/v3/movie?tmdbId=10331")
        self.assertEqual(item["movieId"], movie["id"])
        self.wait_done(api, item["id"], 60, quarry.process)
        events = ["grabbed", "completed"]
        wait_until("the history tells of the grab and its end",
                   lambda: [entry["eventType"] for entry in api.history(movieId=movie["id"])] == events, process=quarry.process)

        api.ok("DELETE", f'/api/v3/queue/{item["id"]}?blocklist=true&deleteFiles=true')
        again = next(release for release in api.releases(demo.FILM) if release["id"] == best["id"])
        self.assertTrue([why for why in again["rejections"] if why.startswith("blocklist")], again)
        events.append("downloadIgnored")
        wait_until("the history tells of the removal",
                   lambda: [entry["eventType"] for entry in api.history(movieId=movie["id"])] == events, process=quarry.process)
        self.assertTrue(quarry.stop(), "SIGTERM ends the host in time")

    def test_auto_grabs_the_best_or_says_why_not(self):
        self.swarm()
        film = self.lab.make_torrent(self.lab.payload(demo.FILE, MIB, seed=1), self.tracker.announce)
        self.lab.seed(self.seeder, film)
        indexer = self.lab.indexer(film)
        quarry = self.lab.quarry(self.lab.manifest([
            self.lab.sqlite_plugin(), self.lab.scorer_plugin(), self.lab.qbittorrent_plugin(self.client),
            self.lab.hdbits_plugin(indexer)]))
        api = quarry.api
        none = api.call("POST", "/api/v3/queue/auto", {"term": "A Film That Nobody Has Made 1931"})
        self.assertLess(none.status, 500, none.text)
        self.assertEqual(api.queue(), [], none.text)
        api.ok("POST", "/api/v3/queue/auto", {"term": demo.FILM})
        row, = api.queue()
        self.wait_done(api, row["id"], 60, quarry.process)
        self.assert_arrived_once(film)


if __name__ == "__main__":
    main()
