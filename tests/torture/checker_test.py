#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The checker finds each broken promise, and nothing where none is broken. Each test breaks a good run in one way."""
import unittest

import checker
import evidence
from good_run import CheckerTest, hash_of


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


if __name__ == "__main__":
    unittest.main(verbosity=2)
