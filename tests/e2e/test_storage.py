#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`quarry storage`: backup while a host works, restore, copies between SQLite and PostgreSQL that a kill does not spoil, and
what is refused."""
import json
import re
import signal
import sqlite3
import subprocess
import threading
from pathlib import Path

from e2e import E2eTest, main, wait_until
from postgres import skip_without_postgres
from storage_start import DAMAGED

ROWS = 30_000
CONFLICT = 5


class Storage(E2eTest):
    def run_storage(self, *words, expect=0):
        command = [str(self.lab.binary("quarry")), "storage", *map(str, words), "--plugin-dir", str(self.lab.build / "plugins")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=self.env)
        self.assertEqual(done.returncode, expect, f"{words}\n{done.stdout}\n{done.stderr}")
        return done.stderr + done.stdout

    def setUp(self):
        super().setUp()
        self.env = {"PATH": "/usr/bin:/bin"}
        self.taken = 0

    def sqlite(self, name):
        """A manifest whose storage is the file of this name."""
        file = self.folder / f"{name}.db"
        return self.lab.manifest([{"id": "store", "library": "quarry-storage-sqlite.so", "config": {"path": str(file)}}],
                                 name=f"{name}.toml"), file

    def postgres(self):
        server = self.lab.postgres()
        self.env["DATABASE_URL"] = server.create_database("quarry")
        return self.lab.manifest([self.lab.postgres_plugin()], name="postgres.toml"), server

    def grab(self, api):
        self.taken += 1
        magnet = f"magnet:?xt=urn:btih:{self.taken:040x}&dn=Film.{self.taken}.2023.1080p.BluRay.x264-LAB"
        answer = api.call("POST", "/api/v3/queue/grab", {"release_id": f"r{self.taken}", "title": f"film {self.taken}",
                                                         "magnet_url": magnet})
        self.assertLess(answer.status, 300, answer.text)
        return answer.json()["id"]

    def fill(self, file, rows):
        """Many more downloads of the kind that is there, made without a host."""
        with sqlite3.connect(file) as database:
            columns = [row[1] for row in database.execute("PRAGMA table_info(download)") if row[1] != "id"]
            special = {"created_by": "'c' || n", "release_key": "'r' || n", "infohash_v1": "printf('%040x', n + 1000000)"}
            values = ", ".join(special.get(column, column) for column in columns)
            database.execute(f"""WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {rows})
                INSERT INTO download ({', '.join(columns)}) SELECT {values} FROM c, (SELECT * FROM download LIMIT 1)""")
        database.close()

    def filled(self, name="source", rows=0):
        manifest, file = self.sqlite(name)
        quarry = self.lab.quarry(manifest)
        for _ in range(3):
            self.grab(quarry.api)
        quarry.stop()
        if rows:
            self.fill(file, rows)
        return manifest, file

    @staticmethod
    def content(file):
        """Every row of the tables that move, but for what is made anew."""
        database = sqlite3.connect(file)
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND (name LIKE 'rec_%' "
                                                     "OR name IN ('download', 'event', 'metainfo', 'lane', 'duty'))")]
        found = {}
        for table in sorted(tables):
            if table in ("record_schema", "record_collection"):
                continue
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] not in ("ready", "live")]
            found[table] = database.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY 1").fetchall()
        database.close()
        return found

    def test_a_backup_holds_what_was_acknowledged_before_it_began(self):
        manifest, file = self.sqlite("live")
        quarry = self.lab.quarry(manifest)
        before = [self.grab(quarry.api) for _ in range(20)]
        stop = threading.Event()

        def go_on():
            while not stop.is_set():
                self.grab(quarry.api)

        writer = threading.Thread(target=go_on)
        writer.start()
        try:
            backup = self.folder / "backup.db"
            self.run_storage("backup", "--manifest", manifest, backup)
            self.run_storage("backup", "--manifest", manifest, backup, expect=CONFLICT)
            self.assertIn("in use", self.run_storage("restore", "--manifest", manifest, backup, expect=CONFLICT))
            self.assertIn("in use", self.run_storage("migrate", "--manifest", manifest, expect=CONFLICT))
            self.assertIn("sound", self.run_storage("check", "--manifest", manifest))
        finally:
            stop.set()
            writer.join()
        last = self.grab(quarry.api)
        quarry.stop()
        held = {row[0] for row in sqlite3.connect(backup).execute("SELECT id FROM download")}
        self.assertLessEqual(set(before), held)
        self.assertNotIn(last, held)
        self.assertEqual([path.name for path in self.folder.glob("*part*")], [])

        self.run_storage("restore", "--manifest", manifest, backup)
        self.assertEqual(self.content(file), self.content(backup))
        quarry.start()
        self.assertEqual({row["id"] for row in quarry.api.queue(pageSize=1000)}, held)
        self.assertGreater(self.grab(quarry.api), max(held))

    def test_a_backup_that_is_damaged_or_newer_is_not_taken(self):
        manifest, file = self.filled(rows=2000)
        before = self.content(file)
        good = self.folder / "good.db"
        self.run_storage("backup", "--manifest", manifest, good)

        broken = self.folder / "broken.db"
        bytes_of = bytearray(good.read_bytes())
        for place in range(40_000, len(bytes_of), 16_384):
            bytes_of[place:place + 3000] = b"\x5a" * 3000
        broken.write_bytes(bytes_of)
        self.assertIn("damaged", self.run_storage("restore", "--manifest", manifest, broken, expect=1))
        cut = self.folder / "cut.db"
        cut.write_bytes(good.read_bytes()[:100_000])
        junk = self.folder / "junk.db"
        junk.write_text("no database\n" * 1000)
        for bad in (cut, junk, self.folder):
            said = self.run_storage("restore", "--manifest", manifest, bad, expect=1)
            self.assertIn("nothing was changed: ", said)
            self.assertIn(str(bad), said)
            self.assertNotIn(str(file), said, "that one is sound")
        newer = self.folder / "newer.db"
        newer.write_bytes(good.read_bytes())
        with sqlite3.connect(newer) as database:
            database.execute("PRAGMA user_version = 99")
        database.close()
        self.assertIn("version 99", self.run_storage("restore", "--manifest", manifest, newer, expect=CONFLICT))
        self.run_storage("restore", "--manifest", manifest, self.folder / "missing.db", expect=1)
        self.assertEqual(self.content(file), before)

        # A storage that is damaged itself is replaced all the same.
        file.write_bytes(bytes(bytes_of))
        self.assertIn("damaged", self.run_storage("check", "--manifest", manifest, expect=DAMAGED))
        self.run_storage("restore", "--manifest", manifest, good)
        self.assertEqual(self.content(file), before)

    def test_check_finds_what_was_planted(self):
        manifest, file = self.filled(rows=10)
        self.assertIn("sound", self.run_storage("check", "--manifest", manifest))
        with sqlite3.connect(file) as database:
            database.execute("PRAGMA ignore_check_constraints = ON")
            database.execute("UPDATE download SET ready = 0 WHERE id = 4")
            database.execute("UPDATE download SET lease_owner = 'ghost' WHERE id = 5")
            database.execute("UPDATE status_count SET n = n + 2 WHERE state = 0 AND status = 0")
            database.execute("INSERT INTO event SELECT max(sequence) + 1, 999, 1, 0, -1, 0, 3, 'c', '' FROM event")
            database.execute("INSERT INTO metainfo VALUES (77, x'00')")
        database.close()
        done = json.loads(self.run_storage("check", "--manifest", manifest, "--json", expect=1).splitlines()[-1])
        self.assertFalse(done["ok"])
        places = {finding["where"] for finding in done["findings"] if finding["harmful"]}
        for place in ("download 4", "download 5", "status_count 0/0: 15 instead of 13", "metainfo 77"):
            self.assertIn(place, places)
        self.assertTrue(any(place.startswith("event ") for place in places), places)

    def test_a_copy_goes_to_postgres_and_back_and_survives_a_kill(self):
        source, file = self.filled(rows=ROWS)
        target, server = self.postgres()
        command = [str(self.lab.binary("quarry")), "storage", "copy", "--from", str(source), "--to", str(target), "--plugin-dir",
                   str(self.lab.build / "plugins")]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=self.env) as copying:
            # Until then it drops indexes, and who looks at the rows might be in its way.
            wait_until("the copy has begun", lambda: server.value(
                "select to_regclass('copy_source') is not null", "quarry") == "t", 60)
            wait_until("some rows have come", lambda: server.value("select count(*) from download", "quarry") != "0", 60)
            copying.send_signal(signal.SIGKILL)
            copying.wait(30)
        self.assertEqual(copying.returncode, -signal.SIGKILL, "it was still under way")
        wait_until("its connection is gone", lambda: server.value(
            "select count(*) from pg_locks where locktype = 'advisory'", "quarry") == "0", 30)
        arrived = int(server.value("select count(*) from download", "quarry"))
        self.assertGreater(arrived, 0)
        status = json.loads(self.run_storage("status", "--manifest", target, "--json").splitlines()[-1])
        self.assertTrue(status["copy_unfinished"])
        serve = subprocess.run([str(self.lab.binary("quarry")), "serve", "--manifest", str(target), "--data-dir",
                                str(self.folder / "data"), "--plugin-dir", str(self.lab.build / "plugins"), "--listen",
                                "127.0.0.1:0"], capture_output=True, text=True, timeout=60, check=False, env=self.env)
        self.assertNotEqual(serve.returncode, 0)
        self.assertIn("not finished", serve.stderr)
        other, _ = self.filled("other")
        self.assertIn("another storage", self.run_storage("copy", "--from", other, "--to", target, expect=CONFLICT))

        self.assertIn("compared", self.run_storage("copy", "--from", source, "--to", target))
        self.assertIn("sound", self.run_storage("check", "--manifest", target))
        again = self.run_storage("copy", "--from", source, "--to", target, expect=CONFLICT)
        self.assertIn("nothing was copied: --to: the database is not empty", again)
        self.assertNotIn("not complete", again)
        self.assertIn("pg_dump", self.run_storage("backup", "--manifest", target, self.folder / "x.db", expect=1))

        back, copy = self.sqlite("back")
        self.run_storage("copy", "--from", target, "--to", back)
        self.assertEqual(self.content(copy), self.content(file))
        self.assertIn("sound", self.run_storage("check", "--manifest", back))

        quarry = self.lab.quarry(target, env=self.env)
        self.assertEqual(quarry.api.ok("GET", "/api/v3/queue?pageSize=1")["totalRecords"], ROWS + 3)
        self.assertGreater(self.grab(quarry.api), ROWS + 3)
        self.assertIn("a host works", self.run_storage("migrate", "--manifest", target, expect=CONFLICT))
        empty, _ = self.sqlite("empty")
        self.assertIn("a host works", self.run_storage("copy", "--from", target, "--to", empty, expect=CONFLICT))

    def test_rows_that_change_on_their_way_are_told(self):
        source, _ = self.filled(rows=100)
        target, file = self.sqlite("target")
        # One that was cut off after all rows had come, and a row that was spoilt since.
        self.run_storage("migrate", "--manifest", target)
        again, other = self.sqlite("second")
        self.run_storage("copy", "--from", source, "--to", again)
        with sqlite3.connect(other) as database:
            database.execute("CREATE TABLE copy_source (source TEXT NOT NULL) STRICT")
            database.execute("CREATE TABLE copy_later (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
            database.execute("INSERT INTO copy_source VALUES ('storage-sqlite of ' || ?)", (str(source),))
            database.execute("UPDATE download SET title = 'spoilt' WHERE id = 50")
        database.close()
        said = self.run_storage("copy", "--from", source, "--to", again, expect=1)
        self.assertIn("\"download\"", said)
        self.assertIn("differ between the keys", said)

    def test_a_storage_is_not_copied_into_itself_nor_from_nowhere(self):
        source, file = self.filled()
        twice = self.run_storage("copy", "--from", source, "--to", source, expect=CONFLICT)
        self.assertIn("--from and --to name the same storage; nothing was copied", twice)
        # The same file in other words.
        twin = self.folder / "twin.toml"
        twin.write_text(source.read_text().replace(str(file), f"sqlite://{file}"))
        twice = self.run_storage("copy", "--from", source, "--to", twin, expect=CONFLICT)
        self.assertIn("two different storages", twice)
        self.assertNotIn("stop it", twice)
        nothing, _ = self.sqlite("nothing")
        target, _ = self.sqlite("target")
        self.assertIn("nothing in this storage", self.run_storage("copy", "--from", nothing, "--to", target, expect=CONFLICT))
        self.run_storage("status", "--manifest", self.folder / "missing.toml", expect=2)
        again = self.run_storage("copy", "--from", source, "--to", self.copied(source), expect=CONFLICT)
        self.assertIn("nothing was copied: --to: the queue database is not empty", again)
        self.assertNotIn("not complete", again)

    def copied(self, source):
        """A manifest of a storage with all that is in the source."""
        target, _ = self.sqlite("copied")
        self.run_storage("copy", "--from", source, "--to", target)
        return target

    def test_only_what_the_storage_needs_must_be_there(self):
        client = {"id": "client", "library": "quarry-qbittorrent.so",
                  "config": {"url": "${env:NOT_SET_URL}", "username": "u", "password": "${env:NOT_SET_PASSWORD}"}}
        _, file = self.filled()
        store = {"id": "store", "library": "quarry-storage-sqlite.so", "config": {"path": str(file)}}
        manifest = self.lab.manifest([client, store], name="secrets.toml")
        backup = self.folder / "backup.db"
        for words in (["status"], ["check"], ["migrate"], ["backup", backup], ["restore", backup]):
            self.assertNotIn("NOT_SET", self.run_storage(words[0], "--manifest", manifest, *words[1:]))
        target, _ = self.sqlite("target")
        self.run_storage("copy", "--from", manifest, "--to", target)

        store["config"]["path"] = "${env:NOT_SET_PATH}"
        said = self.run_storage("status", "--manifest", self.lab.manifest([client, store], name="own.toml"), expect=2)
        self.assertIn("the environment variable NOT_SET_PATH is not set", said)
        self.assertNotIn("NOT_SET_PASSWORD", said)

    def test_the_documented_way_to_postgres(self):
        """docs/storage.md, with the sample manifest as it is shipped, and none of its secrets."""
        root = Path(__file__).resolve().parents[2]
        source, _ = self.filled()
        server = self.lab.postgres()
        folder = self.folder / "documented"
        folder.mkdir()
        self.run_storage("backup", "--manifest", source, folder / "quarry.db")
        (folder / "quarry.toml").write_text((root / "quarry.sample.toml").read_text())
        page = (root / "docs" / "storage.md").read_text()
        (folder / "postgres.toml").write_text(re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1])
        variable = re.search(r"^export (\w+)=postgresql://", page, re.MULTILINE)[1]
        self.env[variable] = server.create_database("documented")
        self.assertIn("compared", self.run_storage("copy", "--from", folder / "quarry.toml", "--to", folder / "postgres.toml"))
        self.assertIn("downloads  3", self.run_storage("status", "--manifest", folder / "postgres.toml"))


if __name__ == "__main__":
    skip_without_postgres()
    main()
