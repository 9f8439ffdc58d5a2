#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The checker finds each broken promise, and nothing where none is broken. Each test breaks a good run in one way."""
import copy
import io
import tempfile
import unittest
from pathlib import Path

import checker
import evidence
import records
import states

TABLE = states.read_table()
STATE = {name: number for number, name in TABLE.names.items()}
ACTOR = {name: number for number, name in TABLE.actors.items()}
START_MS = 1_000_000
LIMIT = 2


def hash_of(number):
    return f"{number:040x}"


class Run:
    """A good run, written by hand: each step is a line of a log."""

    def __init__(self):
        self.evidence = evidence.Evidence([], [], [], [], [], [], LIMIT)
        self.told("foreign", hash=hash_of(0xf00))

    def now(self):
        return START_MS + len(self.evidence.events) * 1000

    def told(self, action, **fields):
        journal = self.evidence.journal
        journal.append({"sequence": len(journal) + 1, "wall": self.now() / 1000, "action": action, **fields})

    def grab(self, number, by="magnet"):
        row_id = len(self.evidence.downloads) + 1
        known = by == "magnet"
        self.evidence.downloads.append({
            "id": row_id, "state": STATE["queued"], "flags": 0, "epoch": 0, "version": 0, "due_at_ms": 0, "lease_owner": "",
            "lease_until_ms": 0, "attempts": 0, "cleanup": 0, "error_code": 0, "infohash_v2": "", "client": "", "error": "",
            "release_key": f"btih:{hash_of(number)}" if known else f"url:{number}", "due_reason": "",
            "infohash_v1": hash_of(number) if known else "", "title": f"film {number}"})
        self.accept(number, row_id, by)
        self.event(row_id, None, "queued", "user")
        return row_id

    def accept(self, number, row_id, by, status=201):
        self.evidence.accepted.append({"film": number, "name": f"film {number}", "hash": hash_of(number), "by": by,
                                       "status": status, "id": row_id})

    def row(self, row_id):
        return next(row for row in self.evidence.downloads if row["id"] == row_id)

    def event(self, row_id, old, new, actor):
        row = self.row(row_id)
        change = TABLE.changes.get((STATE.get(old, -1), STATE[new]))
        row["epoch"] += bool(change and change[1])
        row["state"] = STATE[new]
        row["lease_owner"], row["lease_until_ms"] = ("host", 5) if new == "dispatching" else ("", 0)
        self.evidence.events.append({
            "sequence": len(self.evidence.events) + 1, "download_id": row_id, "at_ms": self.now(), "epoch": row["epoch"],
            "from_state": STATE.get(old, -1), "to_state": STATE[new], "actor": ACTOR[actor], "command_id": "c", "reason": ""})

    def add(self, row_id, number, accepted=True):
        self.row(row_id)["infohash_v1"] = hash_of(number)
        self.told("add", hash=hash_of(number), tags=f"quarry.{row_id}", accepted=accepted, existed=not accepted)

    def claim(self, row_id):
        self.event(row_id, "queued", "dispatching", "claim")

    def download(self, row_id, number):
        self.claim(row_id)
        self.add(row_id, number)
        self.event(row_id, "dispatching", "downloading", "worker")

    def complete(self, row_id):
        self.event(row_id, "downloading", "completed", "reconciler")

    def arrive(self, number, by="magnet"):
        row_id = self.grab(number, by)
        self.download(row_id, number)
        self.complete(row_id)
        return row_id

    def cancel(self, row_id, old, done=True):
        self.event(row_id, old, "cancelled", "user")
        self.evidence.cancels.append({"id": row_id, "done": done})

    def fail_as_twin(self, row_id, of=1):
        self.row(row_id)["error"] = f"the same torrent is in the queue already, as download {of}"
        self.claim(row_id)
        self.event(row_id, "dispatching", "failed", "worker")


class CheckerTest(unittest.TestCase):
    def setUp(self):
        self.run_ = Run()

    def found(self):
        return {invariant for invariant, _ in checker.check(self.run_.evidence, TABLE).problems}

    def assert_finds(self, *invariants):
        self.assertEqual(self.found(), set(invariants), checker.check(self.run_.evidence, TABLE).problems)

    def events(self):
        return self.run_.evidence.events


class GoodRuns(CheckerTest):
    def test_nothing_happened(self):
        self.assert_finds()

    def test_downloads_arrive(self):
        for number in (1, 2):
            self.run_.arrive(number)
        self.run_.arrive(3, by="url")
        self.assert_finds()

    def test_a_crash_after_the_intent_is_read_back(self):
        row = self.run_.grab(1)
        self.run_.claim(row)
        self.run_.add(row, 1)
        self.run_.event(row, "dispatching", "verifying", "rescue")
        self.run_.event(row, "verifying", "downloading", "reconciler")
        self.run_.complete(row)
        self.assert_finds()
        self.assertEqual(checker.check(self.run_.evidence).figures["rescued after it"], 1)

    def test_a_crash_before_the_send_sends_again(self):
        row = self.run_.grab(1)
        self.run_.claim(row)
        self.run_.event(row, "dispatching", "verifying", "rescue")
        self.run_.event(row, "verifying", "queued", "reconciler")
        self.run_.download(row, 1)
        self.run_.complete(row)
        self.assert_finds()

    def test_an_add_of_what_was_there_is_no_second_item(self):
        row = self.run_.arrive(1)
        self.run_.add(row, 1, accepted=False)
        self.assert_finds()
        self.assertEqual(checker.check(self.run_.evidence).figures["adds of what was there"], 1)

    def test_one_of_two_that_turn_out_to_be_one_torrent_is_refused(self):
        by_magnet, by_url = self.run_.grab(1), self.run_.grab(1, by="url")
        self.run_.fail_as_twin(by_url)
        self.run_.download(by_magnet, 1)
        self.run_.complete(by_magnet)
        self.assert_finds()

    def test_one_that_waits_for_a_stated_reason_is_open(self):
        row = self.run_.grab(1)
        self.run_.row(row)["due_reason"] = "the client is down"
        self.assert_finds()

    def test_what_is_on_hold_takes_no_slot(self):
        for number in (1, 2, 3):
            self.run_.download(self.run_.grab(number), number)
        self.run_.row(1)["flags"] = evidence.HOLD
        self.assertNotIn("limit", self.found())


class Cancelled(CheckerTest):
    def setUp(self):
        super().setUp()
        self.row = self.run_.grab(1)
        self.run_.download(self.row, 1)

    def delete(self):
        self.run_.told("delete", hash=hash_of(1), tags=f"quarry.{self.row}")

    def test_what_a_user_cancels_is_neither_lost_nor_left(self):
        self.run_.cancel(self.row, "downloading")
        self.delete()
        self.assert_finds()

    def test_what_was_cancelled_may_be_grabbed_and_added_again(self):
        self.run_.cancel(self.row, "downloading")
        self.delete()
        self.run_.arrive(1, by="url")
        self.assert_finds()

    def test_an_item_that_was_left_in_the_client(self):
        self.run_.cancel(self.row, "downloading")
        self.assert_finds("orphan")

    def test_an_item_that_a_later_grab_took_over_may_stay(self):
        self.run_.cancel(self.row, "downloading")
        again = self.run_.grab(1)
        self.run_.claim(again)
        self.run_.event(again, "dispatching", "downloading", "worker")
        self.run_.complete(again)
        self.assert_finds()

    def test_a_cancel_that_was_promised_and_forgotten(self):
        self.run_.complete(self.row)
        self.run_.evidence.cancels.append({"id": self.row, "done": True})
        self.assert_finds(evidence.LOST)

    def test_a_cancel_without_an_answer_may_have_come_or_not(self):
        self.run_.complete(self.row)
        self.run_.evidence.cancels.append({"id": self.row, "done": False})
        self.assert_finds()

    def test_a_cancel_nobody_asked_for(self):
        self.run_.cancel(self.row, "downloading")
        self.delete()
        self.run_.evidence.cancels.clear()
        self.assert_finds(evidence.LOST)


class LostAndStuck(CheckerTest):
    def test_an_accepted_grab_without_a_row(self):
        self.run_.arrive(1)
        self.run_.accept(2, 77, "magnet")
        self.assert_finds(evidence.LOST)

    def test_a_row_that_vanished(self):
        row = self.run_.arrive(1)
        self.run_.evidence.downloads.remove(self.run_.row(row))
        self.assert_finds(evidence.LOST, "orphan")

    def test_a_download_that_failed_for_no_twin(self):
        self.run_.fail_as_twin(self.run_.grab(1))
        self.assert_finds(evidence.LOST)

    def test_a_download_that_failed_beside_its_twin_for_another_reason(self):
        self.run_.arrive(1)
        second = self.run_.grab(1, by="url")
        self.run_.fail_as_twin(second)
        self.run_.row(second)["error"] = "attempts used up"
        self.assert_finds(evidence.LOST)

    def test_completed_without_an_item(self):
        row = self.run_.grab(1)
        self.run_.claim(row)
        self.run_.event(row, "dispatching", "downloading", "worker")
        self.run_.complete(row)
        self.assert_finds(evidence.LOST)

    def test_a_lease_that_nobody_ends(self):
        self.run_.claim(self.run_.grab(1))
        self.assert_finds(evidence.STUCK)

    def test_verifying_for_ever(self):
        row = self.run_.grab(1)
        self.run_.claim(row)
        self.run_.event(row, "dispatching", "verifying", "rescue")
        self.run_.row(row)["error"] = "unknown"
        self.assert_finds(evidence.STUCK)

    def test_queued_for_no_reason(self):
        self.run_.grab(1)
        self.assert_finds(evidence.STUCK)

    def test_downloading_although_the_client_has_finished(self):
        self.run_.download(self.run_.grab(1), 1)
        self.assert_finds(evidence.STUCK)

    def test_a_lease_left_on_a_row_that_has_ended(self):
        self.run_.row(self.run_.arrive(1))["lease_owner"] = "host"
        self.assert_finds(evidence.STUCK)


class Doubled(CheckerTest):
    def test_a_hash_the_client_took_twice(self):
        row = self.run_.arrive(1)
        self.run_.told("delete", hash=hash_of(1), tags=f"quarry.{row}")
        self.run_.add(row, 1)
        self.assert_finds(evidence.DOUBLED)

    def test_two_items_of_one_download(self):
        row = self.run_.arrive(1)
        self.run_.row(row)["infohash_v2"] = "b" * 40
        self.run_.told("add", hash="b" * 40, tags=f"quarry.{row}", accepted=True, existed=False)
        self.assert_finds(evidence.DOUBLED)

    def test_a_film_that_arrives_twice(self):
        self.run_.arrive(1)
        self.run_.row(self.run_.arrive(2))["title"] = "film 1"
        self.run_.evidence.accepted[1]["name"] = "film 1"
        self.assert_finds(evidence.DOUBLED)

    def test_two_live_rows_of_one_release(self):
        first = self.run_.grab(1)
        second = self.run_.grab(2)
        self.run_.row(second)["release_key"] = self.run_.row(first)["release_key"]
        for row, number in ((first, 1), (second, 2)):
            self.run_.download(row, number)
            self.run_.complete(row)
        self.assert_finds(evidence.DOUBLED)

    def test_two_live_rows_of_one_hash(self):
        by_magnet, by_url = self.run_.grab(1), self.run_.grab(1, by="url")
        self.run_.download(by_magnet, 1)
        self.run_.complete(by_magnet)
        self.run_.row(by_url)["infohash_v1"] = hash_of(1)
        self.run_.claim(by_url)
        self.run_.event(by_url, "dispatching", "downloading", "worker")
        self.run_.complete(by_url)
        self.assert_finds(evidence.DOUBLED)

    def test_one_hash_after_the_other_has_failed_is_no_second(self):
        first = self.run_.grab(1)
        self.run_.fail_as_twin(first, of=2)
        second = self.run_.grab(1, by="url")
        self.run_.download(second, 1)
        self.run_.complete(second)
        self.assert_finds()

    def test_one_that_is_not_yet_known_to_be_the_same_is_only_stuck(self):
        self.run_.arrive(1)
        self.run_.grab(1, by="url")
        self.assert_finds(evidence.STUCK)

    def test_a_second_row_that_is_refused_for_the_first_is_none(self):
        self.run_.arrive(1)
        for _ in range(2):  # asked again, since the first answer was lost
            self.run_.fail_as_twin(self.run_.grab(1, by="url"))
        self.assert_finds()


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


class Refused(CheckerTest):
    """A row that is known by a 409 only, since every 201 was lost."""

    def setUp(self):
        super().setUp()
        self.run_.arrive(1)
        self.run_.evidence.accepted[0]["status"] = 409
        self.made = self.events()[0]["at_ms"] / 1000

    def refuse(self, begin, answered):
        self.run_.evidence.refused.append({"name": "film 1", "from": self.made + begin, "to": self.made + begin + 1,
                                           "answered": answered, "told": "503"})

    def test_a_refusal_that_was_carried_out(self):
        self.refuse(-0.5, answered=True)
        self.assert_finds("refused")

    def test_no_answer_promises_nothing(self):
        self.refuse(-2, answered=True)
        self.refuse(-0.5, answered=False)
        self.assert_finds()

    def test_a_refusal_after_it_was_made_is_another_matter(self):
        self.refuse(-2, answered=False)
        self.refuse(3, answered=True)
        self.assert_finds()

    def test_a_201_says_who_made_it(self):
        self.refuse(-0.5, answered=True)
        self.run_.evidence.accepted[0]["status"] = 201
        self.assert_finds()


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
