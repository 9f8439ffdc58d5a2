#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Films, history, blocklist, tags and settings that a disk or a hand has spoilt, in either store: the host goes on where that
is safe, and otherwise ends its start with a sentence that names the row and the cure."""
import sqlite3
import subprocess
from collections import Counter

from e2e import E2eTest, main, wait_until
from postgres import PrivatePostgres, skip_without_postgres
from storage_start import AT_ONCE, DAMAGED
from web import is_ready

NEW_SETTING = "insert into rec_settings (version, created_at_ms, updated_at_ms, name, value) values (1, 1, 1, 'data_version', 'x')"


class Damage:
    """The tests. A class for each store gives begin() and sql()."""

    def begin(self, plugin, env=None):
        """A host with two tags, two films, an entry of the blocklist and some history."""
        self.manifest_file = self.lab.manifest([plugin, self.lab.scorer_plugin()])
        self.quarry = self.lab.quarry(self.manifest_file, env)
        for label in ("one", "two"):
            self.quarry.api.ok("POST", "/api/v3/tag", {"label": label})
        for number in (1, 2):
            self.grab_and_remove(number, tmdbId=600 + number)
        wait_until("the history is written", lambda: len(self.told()) == 4, process=self.quarry.process)

    def grab_and_remove(self, number, **film):
        made = self.quarry.api.grab(magnet_url=f"magnet:?xt=urn:btih:{number:040x}", title=f"film {number}", **film)["id"]
        self.quarry.api.ok("DELETE", f"/api/v3/queue/{made}?blocklist=true")

    def told(self):
        """How often each event of each download is in the history."""
        return Counter((entry["data"]["queueId"], entry["eventType"]) for entry in self.quarry.api.history(pageSize=100)
                       if entry["eventType"] in ("grabbed", "downloadIgnored"))

    def lines(self, words):
        return [line for line in self.quarry.process.tail(10_000).splitlines() if words in line]

    def notes(self):
        return [note["message"] for note in self.quarry.api.ok("GET", "/api/v3/health") if note["source"] == "RecordRowCheck"]

    def restart(self, *statements):
        self.quarry.stop()
        for statement in statements:
            self.sql(statement)
        self.quarry.start()

    def assert_refuses_to_start(self, statement, *words):
        self.quarry.stop()
        self.sql(statement)
        self.quarry.start(wait=False)
        self.assertEqual(self.quarry.process.popen.wait(AT_ONCE), DAMAGED, self.quarry.process.tail())
        for word in words:
            self.assertIn(word, self.quarry.process.tail(1))

    def check(self, expect):
        """What `quarry storage check` says."""
        command = [str(self.lab.binary("quarry")), "storage", "check", "--manifest", str(self.manifest_file), "--plugin-dir",
                   str(self.lab.build / "plugins")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=self.quarry.env)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout

    def test_a_declaration_that_cannot_be_read(self):
        spoil = "update record_collection set declaration = '{' where name = 'tags'"
        self.restart("update record_collection set declaration = '{'")  # of all of them
        self.assertEqual([tag["label"] for tag in self.quarry.api.ok("GET", "/api/v3/tag")], ["one", "two"])
        self.assertEqual(len(self.quarry.api.ok("GET", "/api/v3/movie")), 2)
        self.assertEqual(len(self.lines("cannot be read; its table is as this host declares it, so it was written anew")), 5)
        self.restart()
        self.assertEqual(len(self.lines("was written anew")), 5, "it is sound now")
        self.grab_and_remove(3, tmdbId=603)
        answer = self.quarry.api.call("POST", "/api/v3/queue/grab", {"magnet_url": f"magnet:?xt=urn:btih:{4:040x}", "movie_id": 99})
        self.assertEqual(answer.status, 422, answer.text)

        self.sql(spoil)
        self.assertIn("record_collection tags: the declaration cannot be read", self.check(expect=1))
        self.quarry.api.grab(magnet_url=f"magnet:?xt=urn:btih:{5:040x}")  # a host that runs already goes on

        # A table that may be that of another version.
        self.sql("alter table rec_tags add column colour text")
        self.assert_refuses_to_start(spoil, "table record_collection, in the row with name = 'tags', cannot be read",
                                     'the table rec_tags is not as this host declares it: it has a column "colour", too',
                                     "start the Quarry that last worked with this storage", "restore a backup")
        self.sql("alter table rec_tags drop column colour")
        self.quarry.start()
        self.assertEqual([tag["label"] for tag in self.quarry.api.ok("GET", "/api/v3/tag")], ["one", "two"])
        self.assertIn("sound", self.check(expect=0))

    def test_a_data_version_that_cannot_be_read(self):
        self.assert_refuses_to_start(NEW_SETTING, "row with name = 'data_version' of the table rec_settings", 'is "x", no number',
                                     "set its value to '0' if Quarry has run since its last upgrade, or restore a backup")
        self.assertIn("rec_settings data_version: its value is no number", self.check(expect=1))
        self.assert_refuses_to_start("update rec_settings set value = '7' where name = 'data_version'", "is 7, more than the 0 there are")
        self.sql("update rec_settings set value = '0' where name = 'data_version'")  # the cure that the sentence names
        self.quarry.start()
        self.assertEqual(len(self.told()), 4)

    def test_a_place_in_the_history_that_cannot_be_read(self):
        self.restart("update rec_settings set value = 'x' where name = 'history_cursor'")
        for number in (3, 4):
            self.grab_and_remove(number)
        wait_until("the history goes on", lambda: len(self.told()) == 8, process=self.quarry.process)
        self.assertEqual(set(self.told().values()), {1})
        self.assertEqual(len(self.lines('"history_cursor" in the storage was "x", no number; the history goes on after event')), 1)
        self.restart()
        self.grab_and_remove(5)
        wait_until("the history goes on", lambda: len(self.told()) == 10, process=self.quarry.process)
        self.assertEqual(set(self.told().values()), {1})
        self.assertEqual(len(self.lines("no number; the history goes on")), 1, "it was told once")

    def test_a_record_that_should_not_exist_is_set_aside(self):
        api = self.quarry.api
        self.allow_any_event_type()
        for statement in ("update rec_tags set label = '' where id = 1", "update rec_movies set year = -7 where id = 1",
                          "update rec_history set event_type = 'exploded' where id = 1",
                          "update rec_blocklist set at_ms = -1 where id = 1"):
            self.sql(statement)
        self.assertEqual([tag["id"] for tag in api.ok("GET", "/api/v3/tag")], [2])
        self.assertEqual([film["id"] for film in api.ok("GET", "/api/v3/movie")], [2])
        self.assertNotIn(1, [entry["id"] for entry in api.history(pageSize=100)])
        self.assertEqual([entry["id"] for entry in api.ok("GET", "/api/v3/blocklist")["records"]], [2])
        for path, words in (("tag/1", "record 1 of tags is set aside, and the others go on: its label is empty"),
                            ("movie/1", "record 1 of movies is set aside, and the others go on: its year is -7")):
            answer = api.call("GET", f"/api/v3/{path}")
            self.assertEqual(answer.status, 409, answer.text)
            self.assertIn(words, answer.text)
        for film in ({"tmdbId": 601}, {"movie_id": 1}):
            answer = api.call("POST", "/api/v3/queue/grab", {"magnet_url": f"magnet:?xt=urn:btih:{9:040x}", **film})
            self.assertEqual(answer.status, 409, answer.text)
            self.assertIn("record 1 of movies is set aside", answer.text)
        notes = self.notes()
        self.assertEqual(len(notes), 4)
        for note, table in zip(notes, ("rec_blocklist", "rec_history", "rec_movies", "rec_tags"), strict=True):
            self.assertIn(f"Look at the row with id = 1 of the table {table}", note)
        self.assertEqual(len(self.lines("record 1 of tags is set aside")), 1)
        self.assertTrue(is_ready(self.quarry.url))

        self.grab_and_remove(7)  # all else goes on
        wait_until("the history goes on", lambda: ("3", "grabbed") in self.told(), process=self.quarry.process)
        for statement in ("update rec_movies set year = 1999 where id = 1", "update rec_history set event_type = 'grabbed' where id = 1",
                          "delete from rec_blocklist where id = 1"):
            self.sql(statement)
        api.ok("DELETE", "/api/v3/tag/1")
        wait_until("health knows that they are mended or gone", lambda: self.notes() == [], process=self.quarry.process)
        self.assertEqual(api.ok("GET", "/api/v3/movie/1")["year"], 1999)


class Postgres(Damage, E2eTest):
    @classmethod
    def setUpClass(cls):
        cls.server = PrivatePostgres()
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        super().setUp()
        self.database = self._testMethodName
        self.begin(self.lab.postgres_plugin(), {"DATABASE_URL": self.server.create_database(self.database)})

    def sql(self, statement):
        return self.server.query(statement, self.database)

    def allow_any_event_type(self):
        number = self.server.value("select number from record_collection where name = 'history'", self.database)
        self.sql(f'alter table rec_history drop constraint "rec_{number}_event_type.allowed"')


class Sqlite(Damage, E2eTest):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "queue.db"
        self.begin({"id": "store", "library": "quarry-storage-sqlite.so", "config": {"path": str(self.file)}})

    def sql(self, statement):
        database = sqlite3.connect(self.file, timeout=20)
        try:
            with database:
                return database.execute(statement).fetchall()
        finally:
            database.close()

    def allow_any_event_type(self):
        for (name,) in self.sql("select name from sqlite_schema where type = 'trigger' and tbl_name = 'rec_history'"):
            self.sql(f'drop trigger "{name}"')

    def test_a_text_that_is_no_utf8(self):
        self.sql("update rec_tags set label = cast(x'ff41' as text) where id = 2")
        self.assertEqual([tag["id"] for tag in self.quarry.api.ok("GET", "/api/v3/tag")], [1])
        answer = self.quarry.api.call("GET", "/api/v3/tag/2")
        self.assertEqual(answer.status, 409)
        self.assertIn("its label is no UTF-8 text", answer.text)


if __name__ == "__main__":
    skip_without_postgres()
    main()
