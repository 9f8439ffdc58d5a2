#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every way in which a change is committed is seen, and nothing else is taken for one."""
import struct
import unittest

from write_protocol import ReadySide, WriterSide


def message(kind, *texts):
    body = b"".join(text + b"\0" for text in texts)
    return kind + struct.pack("!I", len(body) + 4) + body


class WriteProtocolTest(unittest.TestCase):
    def setUp(self):
        self.side = WriterSide()
        start = struct.pack("!II", 8, 196608)
        self.assertEqual(self.commits(start), [False])

    def commits(self, *messages):
        return [commits for _, commits in self.side.feed(b"".join(messages))]

    def query(self, sql):
        return self.commits(message(b"Q", sql))[0]

    def prepared(self, sql):
        parse = message(b"P", b"s", sql)
        bind = message(b"B", b"", b"s")
        execute = b"E" + struct.pack("!I", 9) + b"\0" + struct.pack("!I", 0)
        return self.commits(parse, bind, execute)[-1]

    def test_a_change_outside_of_a_transaction_commits_itself(self):
        for run in (self.query, self.prepared):
            for sql in (b"INSERT INTO download VALUES (1)", b"UPDATE download SET state = 1", b"DELETE FROM download",
                        b"WITH made AS (INSERT INTO download VALUES (1)) SELECT 1", b"SELECT id FROM claim_downloads($1, $2)"):
                self.assertTrue(run(sql), sql)

    def test_in_a_transaction_its_commit_does(self):
        self.assertEqual([self.query(sql) for sql in (b"BEGIN", b"UPDATE download SET state = 1", b"COMMIT")],
                         [False, False, True])
        self.assertFalse(self.prepared(b"BEGIN"))
        self.assertFalse(self.prepared(b"UPDATE download SET state = 1"))
        self.assertTrue(self.prepared(b"COMMIT"))

    def test_what_only_reads_commits_nothing(self):
        self.assertEqual([self.query(sql) for sql in (b"BEGIN READ ONLY", b"SELECT updated_at_ms FROM download", b"COMMIT")],
                         [False, False, False])
        self.assertFalse(self.query(b"SELECT 1"))

    def test_what_was_taken_back_commits_nothing(self):
        for sql in (b"BEGIN", b"UPDATE download SET state = 1", b"ROLLBACK"):
            self.assertFalse(self.query(sql))
        self.assertFalse(self.query(b"COMMIT"))
        self.assertTrue(self.query(b"UPDATE download SET state = 1"))

    def test_what_changed_nothing_is_told_apart(self):
        def changed(*tags):
            side = ReadySide()
            ready = {b"T": b"Z" + struct.pack("!I", 5) + b"T", b"I": b"Z" + struct.pack("!I", 5) + b"I"}
            said = [whole and side.changed for _, whole in
                    side.feed(b"".join(ready.get(tag) or message(b"C", tag) for tag in tags))]
            self.assertFalse(side.changed, "it begins anew")
            return said[-1]

        for tag in (b"INSERT 0 1", b"UPDATE 2", b"DELETE 30", b"SELECT 1"):
            self.assertTrue(changed(tag, b"I"), tag)
        for tag in (b"INSERT 0 0", b"UPDATE 0", b"DELETE 0", b"SELECT 0", b"COMMIT"):
            self.assertFalse(changed(tag, b"I"), tag)
        self.assertTrue(changed(b"BEGIN", b"T", b"UPDATE 1", b"T", b"COMMIT", b"I"), "before the COMMIT")

    def test_the_answer_is_whole_when_the_server_is_ready(self):
        answers = ReadySide().feed(message(b"C", b"UPDATE 1") + message(b"C", b"COMMIT") + b"Z" + struct.pack("!I", 5) + b"I")
        self.assertEqual([whole for _, whole in answers], [False, False, True])


if __name__ == "__main__":
    unittest.main(verbosity=2)
