#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The gate takes out what it is told to, and believes a test only when an assertion has failed."""
import re
import unittest

import gate

STATEMENT = b"\0UPDATE t SET a = 1 WHERE id = 2 AND epoch = 3 AND lease > 4\0"
PASSED = "[==========] 1 test from 1 test suite ran. (3 ms total)\n[  PASSED  ] 1 test.\n"
ASSERTION = "some/file_test.cpp:12: Failure\nExpected equality of these values:\n"
FAILED = "[  FAILED  ] Suite.Name (3 ms)\n"


def mutant(**entry):
    return gate.Mutant(1, {"name": "it", "guard": "AND epoch = 3 ", "instead": "", "tests": "some", "filter": "*", **entry})


class MutantTest(unittest.TestCase):
    def refused(self, image, **entry):
        with self.assertRaises(gate.GateError):
            mutant(**entry).in_program(image)

    def test_a_guard_is_overwritten_wherever_the_statement_stands(self):
        image = mutant().in_program(b"\1" + STATEMENT + b"\2" + STATEMENT)
        self.assertEqual(len(image), 2 * len(STATEMENT) + 2)
        self.assertEqual(image.count(re.sub(rb"AND epoch = 3 ", b" " * 14, STATEMENT)), 2)

    def test_a_guard_is_found_between_what_stands_around_it(self):
        image = mutant(guard="id = 2", instead="true", before="WHERE ", after=" AND").in_program(STATEMENT)
        self.assertIn(b"WHERE true   AND epoch", image)
        self.refused(STATEMENT, before="WHERE ")

    def test_a_guard_that_is_not_there_or_in_two_statements_is_told(self):
        self.refused(b"\0SELECT 1\0")
        self.refused(STATEMENT + b"\0DELETE FROM t WHERE id = 2 AND epoch = 3 AND lease > 4\0")
        self.refused(STATEMENT, guard="AND ")

    def test_a_migration_may_make_anew_what_an_earlier_one_made(self):
        image = mutant().in_program(b"\0\nCREATE a AND epoch = 3 \0\0\nCREATE b AND epoch = 3 \0")
        self.assertNotIn(b"epoch", image)

    def test_a_text_may_begin_and_end_with_the_guard(self):
        image = mutant(guard=" FOR UPDATE", before="\0", after="\0").in_program(b"\0SELECT 1 FOR UPDATE\0 FOR UPDATE\0")
        self.assertEqual(image, b"\0SELECT 1 FOR UPDATE\0           \0")

    def test_what_stands_instead_must_fit(self):
        self.refused(STATEMENT, instead="AND (epoch = 3 OR true)")

    def test_a_guard_in_a_source_becomes_a_choice(self):
        text = mutant(file="a.hpp", guard="a == b", instead="true", after=";").in_source("x = a == b;\nif (a == b) {}")
        self.assertEqual(text, "x = (quarry_mutant == 1 ? (true) : (a == b));\nif (a == b) {}")


class VerdictTest(unittest.TestCase):
    def test_only_an_assertion_kills(self):
        self.assertEqual(gate.killer_in(ASSERTION + FAILED), "Suite.Name")
        self.assertIsNone(gate.killer_in(PASSED))

    def test_what_is_no_wrong_answer_is_told(self):
        for said in (ASSERTION + 'ERROR:  syntax error at or near "AND"\n' + FAILED,
                     "unknown file: Failure\nC++ exception thrown in SetUp().\n" + FAILED,
                     "unknown file: Failure\nC++ exception thrown in the test body.\n" + FAILED,
                     "Segmentation fault\n", ""):
            with self.assertRaises(gate.GateError, msg=said):
                gate.killer_in(said)


if __name__ == "__main__":
    unittest.main()
