#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The fuzz driver finds a known bug, keeps its input, and its replay fails again. Usage: driver_test.py PROGRAM"""
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = sys.argv.pop(1)


class DriverTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "corpus").mkdir()
        (self.root / "corpus" / "seed").write_text("an ordinary text", encoding="utf-8")

    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=50)

    def fuzz(self, word, *more):
        (self.root / "words.txt").write_text(f'# one word\n"{word}"\n', encoding="utf-8")
        return self.run_program("--corpus", str(self.root / "corpus"), "--dictionary", str(self.root / "words.txt"),
                                "--failures", str(self.root / "failures"), "--rounds", "500", *more)

    def assert_found(self, word, *texts):
        done = self.fuzz(word)
        self.assertEqual(done.returncode, 1, done.stderr)
        for text in texts:
            self.assertIn(text, done.stderr)
        (kept,) = (self.root / "failures").iterdir()
        self.assertIn(word.encode(), kept.read_bytes())
        command = re.search(r"To replay it:\n  (\S+) (\S+)\n", done.stderr)
        self.assertEqual(Path(command[2]), kept.resolve())
        return subprocess.run([command[1], command[2]], capture_output=True, text=True, check=False, timeout=50)

    def test_nothing_to_find(self):
        done = self.fuzz("harmless")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("501 inputs, seed 1", done.stdout)
        self.assertFalse((self.root / "failures").exists())

    def test_a_broken_promise(self):
        replay = self.assert_found("promise", "broken promise: no input says promise")
        self.assertNotEqual(replay.returncode, 0)
        self.assertIn("no input says promise", replay.stderr)

    def test_an_exception(self):
        replay = self.assert_found("throw", "thrown on purpose")
        self.assertNotEqual(replay.returncode, 0)

    def test_a_process_that_just_leaves(self):
        self.assertEqual(self.fuzz("leave").returncode, 1)

    def test_the_corpus_itself_is_run(self):
        (self.root / "corpus" / "bad").write_text("promise", encoding="utf-8")
        self.assertEqual(self.fuzz("harmless", "--rounds", "0").returncode, 1)

    def test_escapes_of_the_dictionary(self):
        self.assertEqual(self.fuzz(r"\x70romise").returncode, 1)
        done = self.fuzz(r"\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn("escapes", done.stderr)

    def test_an_empty_corpus_is_an_error(self):
        (self.root / "corpus" / "seed").unlink()
        done = self.fuzz("harmless")
        self.assertEqual(done.returncode, 2)
        self.assertIn("is empty", done.stderr)


if __name__ == "__main__":
    unittest.main()
