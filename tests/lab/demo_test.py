#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the demo hands to Quarry, and what it answers to arguments that it does not know."""
import pathlib
import subprocess
import tempfile
import tomllib
import unittest
from types import SimpleNamespace

import demo
from lab import Lab


class Manifest(unittest.TestCase):
    def plugins(self, storage):
        client = SimpleNamespace(url="http://127.0.0.1:1", username="admin", password="p")
        indexer = SimpleNamespace(url="http://127.0.0.1:2", username="lab", passkey="k")
        with tempfile.TemporaryDirectory() as folder, Lab(folder) as lab:
            manifest = tomllib.loads(demo.write_manifest(lab, storage, client, indexer).read_text())
        return {plugin["library"]: plugin for plugin in manifest["plugin"]}

    def test_the_store_is_all_that_differs(self):
        sqlite, postgres = self.plugins("sqlite"), self.plugins("postgres")
        self.assertEqual(sqlite.keys() - postgres.keys(), {"quarry-storage-sqlite.so"})
        self.assertEqual(postgres.keys() - sqlite.keys(), {"quarry-storage-postgres.so"})

    def test_postgres_is_found_through_the_environment(self):
        plugin = self.plugins("postgres")["quarry-storage-postgres.so"]
        self.assertEqual(plugin["config"], {"url": "${env:DATABASE_URL}"})
        self.assertEqual(plugin["id"], self.plugins("sqlite")["quarry-storage-sqlite.so"]["id"])


class Arguments(unittest.TestCase):
    def test_the_first_line_says_what_is_wrong(self):
        script = pathlib.Path(__file__).resolve().parents[2] / "script" / "demo"
        for arguments, said in ((["--storage", "x"], 'demo: unknown storage "x": use sqlite or postgres'),
                                (["--storage"], "demo: --storage wants a word: sqlite or postgres"),
                                (["--keep", "now"], 'demo: unknown argument "now"')):
            ended = subprocess.run([script, *arguments], capture_output=True, text=True, timeout=30, check=False)
            self.assertEqual((ended.returncode, ended.stdout), (2, ""))
            self.assertEqual(ended.stderr.splitlines()[0], said)
            self.assertIn("script/demo [--keep]", ended.stderr)


if __name__ == "__main__":
    unittest.main()
