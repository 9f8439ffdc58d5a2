#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The sample manifest and one line: another store. And how `quarry storage` ends when the store is not as it should be, or its
user ends it."""
import os
import signal
import sqlite3
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from e2e import E2eTest, main, wait_until
from lab import REPOSITORY
from postgres import skip_without_postgres
from storage_start import CREDENTIALS, DAMAGED, FOREIGN, MISSING, NEWER, UNAVAILABLE

COMMANDS = 5  # of every_command()


class StorageChoice(E2eTest):
    def setUp(self):
        super().setUp()
        self.sample = self.folder / "quarry.toml"
        self.sample.write_text((REPOSITORY / "quarry.sample.toml").read_text())

    def command(self, words):
        manifest = () if {"--manifest", "copy"} & set(words) else ("--manifest", self.sample)
        return [self.lab.binary("quarry"), "storage", *words, *manifest, "--plugin-dir", self.lab.build / "plugins"]

    def storage(self, words, url, expect=0):
        done = subprocess.run(self.command(words), capture_output=True, text=True, timeout=60, check=False, cwd=self.folder,
                              env={"PATH": "/usr/bin:/bin", **({"DATABASE_URL": url} if url else {})})
        self.assertEqual(done.returncode, expect, f"{words}\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    def every_command(self, url, expect):
        """What each of them says; all of them end with this code."""
        other = self.manifest_of("other.db")
        self.storage(("migrate", "--manifest", other), None)
        copies = (("copy", "--from", self.sample, "--to", other), ("copy", "--from", other, "--to", self.sample))
        return "".join(self.storage(words, url, expect) for words in (("status",), ("check",), ("migrate",), *copies))

    def manifest_of(self, file):
        manifest = self.folder / f"{file}.toml"
        manifest.write_text(f'[[plugin]]\nid = "store"\nlibrary = "quarry-storage-sqlite.so"\n[plugin.config]\npath = "{file}"\n')
        return manifest

    def take_postgres(self):
        """Changes one line."""
        before = self.sample.read_text()
        after = before.replace('library = "quarry-storage-sqlite.so"', 'library = "quarry-storage-postgres.so"')
        self.assertEqual(sum(a != b for a, b in zip(before.splitlines(), after.splitlines())), 1)
        self.sample.write_text(after)

    def test_one_line_changes_the_store(self):
        self.storage(("migrate",), None)
        self.assertTrue((self.folder / "quarry.db").exists())
        server = self.lab.postgres()
        url = server.create_database("quarry")
        self.take_postgres()
        self.storage(("migrate",), url)
        self.assertEqual(server.value("select count(*) from download", "quarry"), "0")

    def test_each_fault_of_a_server_has_its_exit_code(self):
        server = self.lab.postgres()
        url = server.create_database("quarry")
        self.take_postgres()
        password = urlsplit(url).password
        self.assertNotIn("not-the-password", self.every_command(url.replace(password, "not-the-password"), CREDENTIALS))
        self.every_command(url + "_of_nobody", MISSING)
        server.stop()
        self.assertEqual(self.every_command(url, UNAVAILABLE).count("cannot be reached"), COMMANDS)

    def test_each_fault_of_a_file_has_its_exit_code(self):
        file = self.folder / "quarry.db"
        file.write_bytes(b"this is no database, whatever its name says" * 100)
        self.every_command(None, DAMAGED)
        file.unlink()
        self.run_sql(file, "CREATE TABLE of_another_program (n)")
        self.every_command(None, FOREIGN)
        file.unlink()
        self.storage(("migrate",), None)
        self.run_sql(file, "PRAGMA user_version = 99")
        self.every_command(None, NEWER)
        self.every_command(f"sqlite:{self.folder}/of-nobody/quarry.db", MISSING)

    def test_who_ends_a_command_finds_nothing_half_done(self):
        self.storage(("migrate",), None)
        self.ended(("backup", "new.db"), self.folder / "quarry.db", signal.SIGINT)
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("new.db")], [])
        self.storage(("backup", "good.db"), None)
        self.run_sql(self.folder / "quarry.db", "INSERT INTO lane (name, max_active, hold) VALUES ('kept', 7, 0)")
        self.ended(("restore", "good.db"), self.folder / "good.db", signal.SIGTERM)
        self.assertEqual(self.run_sql(self.folder / "quarry.db", "SELECT max_active FROM lane WHERE name = 'kept'"), [(7,)])
        copy = ("copy", "--from", self.sample, "--to", self.manifest_of("other.db"))
        self.assertIn("run the same command to go on", self.ended(copy, self.folder / "quarry.db", signal.SIGINT))
        self.assertIn("compared", self.storage(copy, None))

    def ended(self, words, file, number):
        """What the command says that gets this signal before it has read the file."""
        held = sqlite3.connect(file, isolation_level=None)
        held.execute("PRAGMA locking_mode = EXCLUSIVE")
        held.execute("BEGIN EXCLUSIVE")
        with subprocess.Popen(self.command(words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.folder,
                              env={"PATH": "/usr/bin:/bin"}) as process:
            wait_until("it listens to signals", lambda: self.blocks(process.pid, number), 30)
            process.send_signal(number)
            held.execute("ROLLBACK")
            held.close()
            said = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 128 + number, said)
        return said

    @staticmethod
    def blocks(pid, number):
        status = Path(f"/proc/{pid}/status").read_text()
        mask = next(line.split()[1] for line in status.splitlines() if line.startswith("SigBlk"))
        return int(mask, 16) >> (number - 1) & 1

    @staticmethod
    def run_sql(file, sql):
        database = sqlite3.connect(file)
        rows = database.execute(sql).fetchall()
        database.commit()
        database.close()
        return rows


if __name__ == "__main__":
    skip_without_postgres()
    main()
