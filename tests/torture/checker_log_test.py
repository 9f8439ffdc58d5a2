#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The checker finds each promise that the log of events or the client's journal shows to be broken; and its evidence, its
report and the table of states that it reads."""
import copy
import io
import tempfile
import unittest
from pathlib import Path

import checker
import evidence
import records
import states
from good_run import ACTOR, LIMIT, STATE, TABLE, CheckerTest, Run, hash_of


class TheEventLog(CheckerTest):
    def test_more_active_than_the_limit(self):
        rows = [self.run_.grab(number) for number in (1, 2, 3)]
        for number, row in enumerate(rows, 1):
            self.run_.download(row, number)
        for row in rows:
            self.run_.complete(row)
        self.assert_finds("limit")

    def test_an_item_that_was_seen_again_may_exceed_the_limit(self):
        rows = [self.run_.grab(number) for number in (1, 2)]
        for number, row in enumerate(rows, 1):
            self.run_.download(row, number)
        self.run_.evidence.limit = 1
        self.events()[-2]["actor"] = ACTOR["worker"]
        self.assertNotIn("limit", self.found())

    def test_a_number_used_twice(self):
        self.run_.arrive(1)
        self.events()[-1]["sequence"] = self.events()[-2]["sequence"]
        self.assert_finds("sequence")

    def test_a_change_that_is_not_in_the_table(self):
        row = self.run_.arrive(1)
        self.run_.event(row, "completed", "downloading", "reconciler")
        self.run_.complete(row)
        self.assert_finds("table")

    def test_a_change_by_the_wrong_actor(self):
        self.run_.arrive(1)
        self.events()[-1]["actor"] = ACTOR["worker"]
        self.assert_finds("table")

    def test_a_new_download_that_is_not_queued(self):
        self.run_.arrive(1)
        del self.events()[0:2]
        self.events()[0]["from_state"] = -1
        self.assertIn("table", self.found())

    def test_an_event_that_is_missing(self):
        self.run_.arrive(1)
        del self.events()[2]
        self.assert_finds("chain")

    def test_a_last_event_that_is_missing(self):
        self.run_.arrive(1)
        del self.events()[-1]
        self.assert_finds("chain")

    def test_a_row_that_is_elsewhere_than_its_last_event_says(self):
        self.run_.row(self.run_.arrive(1))["epoch"] += 1
        self.assert_finds("chain")

    def test_a_claim_that_does_not_raise_the_epoch(self):
        row = self.run_.arrive(1)
        for event in self.events():
            event["epoch"] = 0
        self.run_.row(row)["epoch"] = 0
        self.assert_finds("epoch")

    def test_a_stale_worker_that_was_let_in(self):
        row = self.run_.grab(1)
        self.run_.claim(row)
        self.run_.event(row, "dispatching", "queued", "rescue")
        self.run_.download(row, 1)
        self.events()[-1]["epoch"] -= 2
        self.run_.row(row)["epoch"] -= 2
        self.run_.complete(row)
        self.assert_finds("epoch")

    def test_an_epoch_raised_where_nobody_may(self):
        row = self.run_.grab(1)
        self.run_.download(row, 1)
        self.run_.row(row)["epoch"] += 1
        self.run_.complete(row)
        self.assert_finds("epoch")


class TheClient(CheckerTest):
    def test_an_item_of_no_row(self):
        self.run_.told("add", hash=hash_of(9), tags="quarry.9", accepted=True, existed=False)
        self.assert_finds("orphan")

    def test_an_item_without_a_tag(self):
        self.run_.told("add", hash=hash_of(9), tags="", accepted=True, existed=False)
        self.assert_finds("orphan")

    def test_an_item_with_the_tag_of_another_download(self):
        row = self.run_.arrive(1)
        self.run_.evidence.journal[-1]["hash"] = hash_of(2)
        self.run_.row(row)["infohash_v1"] = hash_of(1)
        self.assert_finds("orphan", evidence.LOST)

    def test_an_add_before_the_claim(self):
        row = self.run_.grab(1)
        self.run_.download(row, 1)
        self.run_.complete(row)
        self.run_.evidence.journal[-1]["wall"] -= 3
        self.assert_finds("intent")

    def test_an_item_of_the_users_own_was_touched(self):
        self.run_.told("delete", hash=hash_of(0xf00), tags="")
        self.assert_finds("client")

    def test_an_add_that_no_client_can_take(self):
        self.run_.told("add", hash="", tags="", accepted=False, existed=False, why="no magnet link")
        self.assert_finds("client")

    def test_a_row_nobody_was_told_of(self):
        self.run_.arrive(1)
        self.run_.evidence.accepted.clear()
        self.assert_finds("unasked")


class Around(unittest.TestCase):
    def test_evidence_goes_through_files(self):
        run = Run()
        run.arrive(1)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)

            class Reader:
                @staticmethod
                def rows(sql):
                    return {records.DOWNLOADS: run.evidence.downloads, records.EVENTS: run.evidence.events,
                            records.LIMIT: [{"max_active": LIMIT}]}[sql]

            records.write_lines(folder / "journal.jsonl", run.evidence.journal)
            records.export(Reader, folder, run.evidence.accepted, [], {7: True})
            run.evidence.cancels.append({"id": 7, "done": True})
            self.assertEqual(evidence.Evidence.load(folder), run.evidence)

    def test_a_broken_promise_is_told_and_ends_with_1(self):
        run = Run()
        run.grab(1)
        output = io.StringIO()
        self.assertEqual(checker.report(checker.check(run.evidence), output), 1)
        self.assertIn("BROKEN stuck: download 1", output.getvalue())
        self.assertEqual(checker.report(checker.check(Run().evidence), output), 0)

    def test_the_state_table_is_read_whole(self):
        self.assertEqual(len(TABLE.names), 9)
        self.assertEqual(TABLE.changes[(STATE["queued"], STATE["dispatching"])], (frozenset({ACTOR["claim"]}), True))
        self.assertEqual(TABLE.changes[(STATE["dispatching"], STATE["verifying"])],
                         (frozenset({ACTOR["worker"], ACTOR["rescue"]}), True))
        self.assertEqual({TABLE.name(state) for state in TABLE.leased}, {"dispatching"})
        self.assertEqual({TABLE.name(state) for state in TABLE.slots}, {"dispatching", "verifying", "downloading", "missing"})
        self.assertEqual({TABLE.name(state) for state in set(TABLE.names) - TABLE.live}, {"failed", "cancelled"})

    def test_a_header_that_is_not_understood_is_refused(self):
        text = states.HEADER.read_text()
        with tempfile.TemporaryDirectory() as name:
            path = Path(name, "states.hpp")
            path.write_text(text.replace("detail::by(Actor::claim), true}", "detail::by(Actor::claim), maybe}"))
            with self.assertRaises(ValueError):
                states.read_table(path)

    def test_checking_changes_nothing(self):
        run = Run()
        run.arrive(1)
        before = copy.deepcopy(run.evidence)
        checker.check(run.evidence)
        self.assertEqual(run.evidence, before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
