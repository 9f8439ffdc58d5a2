#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The sample manifest and one line: another store. And how `quarry storage` ends when the store is not as it should be."""
import subprocess
from urllib.parse import urlsplit

from e2e import E2eTest, main
from lab import REPOSITORY
from postgres import skip_without_postgres

UNAVAILABLE, CREDENTIALS, DAMAGED, MISSING = 10, 11, 16, 20
COMMANDS = (("status",), ("check",), ("migrate",))


class StorageChoice(E2eTest):
    def setUp(self):
        super().setUp()
        self.sample = self.folder / "quarry.toml"
        self.sample.write_text((REPOSITORY / "quarry.sample.toml").read_text())

    def storage(self, words, url, expect=0):
        command = [str(self.lab.binary("quarry")), "storage", *words, "--manifest", str(self.sample), "--plugin-dir",
                   str(self.lab.build / "plugins")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=self.folder,
                              env={"PATH": "/usr/bin:/bin", **({"DATABASE_URL": url} if url else {})})
        self.assertEqual(done.returncode, expect, f"{words}\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

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
        for words in COMMANDS:
            wrong = self.storage(words, url.replace(password, "not-the-password"), CREDENTIALS)
            self.assertNotIn("not-the-password", wrong)
            self.storage(words, url + "_of_nobody", MISSING)
        server.stop()
        for words in COMMANDS:
            self.assertIn("cannot be reached", self.storage(words, url, UNAVAILABLE))

    def test_a_damaged_file_has_its_exit_code(self):
        (self.folder / "quarry.db").write_bytes(b"this is no database, whatever its name says" * 100)
        for words in COMMANDS:
            self.storage(words, None, DAMAGED)


if __name__ == "__main__":
    skip_without_postgres()
    main()
