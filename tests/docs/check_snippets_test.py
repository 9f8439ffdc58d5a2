#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The checker of code blocks finds what it is there to find."""
import tempfile
import unittest
from pathlib import Path

import check_snippets

FILE = """before
  // [snippet: add]
  int add() {
    // [snippet: inner]
    return 1;
  }
  // [/snippet]
after
// [snippet: open]
"""


class CheckSnippetsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "docs").mkdir()
        (self.root / "file.cpp").write_text(FILE, encoding="utf-8")

    def wrong(self, page):
        (self.root / "docs" / "page.md").write_text(page, encoding="utf-8")
        return check_snippets.check_all(self.root, "c++", [])[1]

    def assert_wrong(self, page, *texts):
        wrong = self.wrong(page)
        self.assertEqual(len(wrong), 1, wrong)
        for text in texts:
            self.assertIn(text, wrong[0])

    def test_good_blocks(self):
        page = ("```toml\n[a]\nb = 1\n```\n```json 200\n{}\n```\n```sh\necho a\n```\n```\nanything {\n```\n"
                "```cpp\n// from file.cpp [add]\nint add() {\n  return 1;\n}\n```\n")
        self.assertEqual(self.wrong(page), [])

    def test_a_part_that_differs(self):
        self.assert_wrong("```cpp\n// from file.cpp [add]\nint add() {\n  return 2;\n}\n```\n", "docs/page.md:4:", "return 1;")
        self.assert_wrong("```cpp\n// from file.cpp [add]\nint add() {\n  return 1;\n```\n", "docs/page.md:5:", "(nothing)")

    def test_a_part_that_is_not_there(self):
        self.assert_wrong("```cpp\n// from file.cpp [remove]\nx\n```\n", "0 parts [snippet: remove]")
        self.assert_wrong("```cpp\n// from gone.cpp [add]\nx\n```\n", "no file gone.cpp")
        self.assert_wrong("```cpp\n// from file.cpp [open]\nx\n```\n", "no end")

    def test_text_that_does_not_parse(self):
        self.assert_wrong("```json\n{\n  'a': 1}\n```\n", "docs/page.md:3:", "not JSON")
        self.assert_wrong("```toml\na = \n```\n", "not TOML")
        self.assert_wrong("```sh\nif true; then\n```\n", "not a shell script")
        self.assert_wrong("```c++\nint x;\n```\n", "docs/page.md:1:", "none of the languages")
        self.assert_wrong("text\n```json\n{}\n", "docs/page.md:2:", "never closed")

    def test_the_compiler_s_word_counts(self):
        page = "```cpp\nint x;\n```\n"
        (self.root / "docs" / "page.md").write_text(page, encoding="utf-8")
        self.assertEqual(check_snippets.check_all(self.root, "true", [])[1], [])
        wrong = check_snippets.check_all(self.root, "false", [])[1]
        self.assertIn("does not compile", wrong[0])

    def test_update_writes_the_part(self):
        page = self.root / "docs" / "page.md"
        page.write_text("a\n```cpp\n// from file.cpp [add]\nold\n```\nb\n```sh\nls\n```\n", encoding="utf-8")
        check_snippets.update(self.root)
        self.assertEqual(page.read_text(encoding="utf-8"),
                         "a\n```cpp\n// from file.cpp [add]\nint add() {\n  return 1;\n}\n```\nb\n```sh\nls\n```\n")
        self.assertEqual(check_snippets.check_all(self.root, "false", [])[1], [])


if __name__ == "__main__":
    unittest.main()
