#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Proves from what a torture run left that no download was lost, doubled or stuck.

  checker.py FOLDER

FOLDER holds downloads.jsonl and events.jsonl (the store's tables), journal.jsonl (what the fake client was told),
accepted.jsonl, refused.jsonl and cancels.jsonl (what the users of the API were told) and facts.json (the limit of the lane). Each
broken promise is one line. Exits with 1 when there is one.
"""
import argparse
import collections
import sys
from pathlib import Path

from event_log import EventLog
from evidence import DOUBLED, HOLD, LOST, STUCK, Evidence, Verdict
from states import read_table

CLOCK_SLACK_S = 0.005  # milliseconds are rounded
SHOWN = 40


class Checker:
    def __init__(self, evidence, table=None):
        self.evidence = evidence
        self.table = table or read_table()
        self.verdict = Verdict()
        self.rows = {row["id"]: row for row in evidence.downloads}
        self.events_of = collections.defaultdict(list)
        for event in evidence.events:
            self.events_of[event["download_id"]].append(event)
        self.items = {}  # what the client holds at the end: hash -> its accepted add
        self.taken = {}  # every hash it ever took -> the tag with it

    def run(self):
        EventLog(self.evidence, self.table, self.verdict, self.rows, self.events_of).check()
        self.check_client()
        self.check_cancels()
        self.check_grabs()
        self.check_refusals()
        self.check_at_rest()
        return self.verdict

    # The download client

    def check_client(self):
        """The client took each hash, and an item for each download, at most once, and nothing that no row knows."""
        foreign, takers = set(), collections.defaultdict(list)
        for entry in self.evidence.journal:
            action, infohash = entry["action"], entry.get("hash", "")
            if action == "foreign":
                foreign.add(infohash)
            elif action == "add":
                self.check_add(entry, takers)
            else:
                if infohash in foreign:
                    self.verdict.add("client", f"{action} of an item that is not ours: {infohash}")
                if action == "delete":
                    self.items.pop(infohash, None)
        live = [row for row in self.rows.values() if row["state"] in self.table.live]
        held = {row[name] for row in live for name in ("infohash_v1", "infohash_v2")}
        for infohash, entry in self.items.items():
            if self.was_cancelled(entry["tags"]) and infohash not in held:
                self.verdict.add("orphan", f"{entry['tags']} was cancelled, and its item {infohash} is still in the client")
        for tag, hashes in takers.items():
            if len(hashes) > 1 and not (self.was_cancelled(tag) and len(set(hashes)) == 1):
                self.verdict.add(DOUBLED, f"{tag} was added {len(hashes)} times: {', '.join(hashes)}")

    def check_add(self, entry, takers):
        if not entry["accepted"]:
            self.verdict.figures["adds of what was there"] += entry["existed"]
            if not entry["existed"]:
                self.verdict.add("client", f"an add that no client can take: {entry.get('why')}")
            return
        self.verdict.figures["items"] += 1
        before = self.taken.get(entry["hash"])
        if before is not None and not self.was_cancelled(before):
            self.verdict.add(DOUBLED, f"{entry['hash']} was added twice, for {before} and for {entry['tags']}")
        self.taken[entry["hash"]] = entry["tags"]
        takers[entry["tags"]].append(entry["hash"])
        self.items[entry["hash"]] = entry
        self.check_item_has_row(entry)

    def row_of_tag(self, tag):
        return self.rows.get(int(tag.removeprefix("quarry.") or 0)) if tag.startswith("quarry.") else None

    def was_cancelled(self, tag):
        row = self.row_of_tag(tag)
        return row is not None and self.table.name(row["state"]) == "cancelled"

    def check_item_has_row(self, entry):
        row = self.row_of_tag(entry["tags"])
        if row is None:
            self.verdict.add("orphan", f"the client has {entry['hash']} with the tag {entry['tags']!r}, of which there is no row")
        elif entry["hash"] not in (row["infohash_v1"], row["infohash_v2"]):
            self.verdict.add("orphan", f"the client has {entry['hash']} for download {row['id']}, which is {row['infohash_v1']}")
        else:
            claims = [event["at_ms"] for event in self.events_of[row["id"]] if event["to_state"] in self.table.leased]
            if not claims or min(claims) / 1000 > entry["wall"] + CLOCK_SLACK_S:
                self.verdict.add("intent", f"the client got {entry['hash']} before download {row['id']} was claimed")

    # The promises

    def check_cancels(self):
        """Cancelled is what users asked to cancel, and all of it that they were told was."""
        asked = {entry["id"]: entry["done"] for entry in self.evidence.cancels}
        for row in self.evidence.downloads:
            cancelled = self.table.name(row["state"]) == "cancelled"
            if cancelled and row["id"] not in asked:
                self.verdict.add(LOST, f"download {row['id']} is cancelled, and nobody asked for it")
            if asked.get(row["id"]) and not cancelled:
                self.verdict.add(LOST, f"download {row['id']} was cancelled by its user and is {self.table.name(row['state'])}")
            self.verdict.figures["cancelled"] += cancelled

    def check_grabs(self):
        """Each film that was accepted has exactly one row that arrives; others may have been refused for it."""
        films = collections.defaultdict(list)
        for grab in self.evidence.accepted:
            films[grab["name"]].append(grab)
        rows_of = collections.defaultdict(list)
        for row in self.evidence.downloads:
            rows_of[row["title"]].append(row)
        self.verdict.figures["grabs"] = len(self.evidence.accepted)
        self.verdict.figures["rows"] = len(self.evidence.downloads)
        for name, grabs in films.items():
            self.check_film(name, grabs, rows_of.pop(name, []))
        for name, rows in rows_of.items():
            self.verdict.add("unasked", f"nobody was told that {name} is in the queue, as download {rows[0]['id']}")

    def check_film(self, name, grabs, rows):
        known = {row["id"] for row in rows}
        for grab in grabs:
            if grab["id"] not in known:
                self.verdict.add(LOST, f"{name} was accepted as download {grab['id']}, which does not exist")
        completed = [row["id"] for row in rows if self.table.name(row["state"]) == "completed"]
        # One that failed is none that arrives: whoever asks again, for want of an answer, gets a new row.
        live = [row["id"] for row in rows if row["state"] in self.table.live]
        known = [row["id"] for row in rows if row["id"] in live and (row["infohash_v1"] or row["infohash_v2"])]
        if len(known) > 1:
            self.verdict.add(DOUBLED, f"{name} is in the queue as downloads {known}")
        cancelled = [row["id"] for row in rows if self.table.name(row["state"]) == "cancelled"]
        if rows and not live and not cancelled:
            ends = ", ".join(f"{row['id']} {self.table.name(row['state'])}: {row['error']}" for row in rows)
            self.verdict.add(LOST, f"{name} was accepted and did not arrive: {ends}")
        for row_id in completed:
            if not {self.rows[row_id]["infohash_v1"], self.rows[row_id]["infohash_v2"]} & self.items.keys():
                self.verdict.add(LOST, f"{name} is completed as download {row_id}, and the client does not have it")
        self.verdict.figures["completed"] += len(completed)
        if live or cancelled:
            self.check_refused([row for row in rows if row["id"] not in live + cancelled], live + cancelled)

    def check_refused(self, rows, others):
        """What failed beside one that arrives, or that its user cancelled, was refused for it, and says so."""
        for row in rows:
            if any(row["error"].endswith(f"as download {other}") for other in others):
                self.verdict.figures["refused twins"] += 1
            else:
                self.verdict.add(LOST, f"{row['title']} as download {row['id']} is {self.table.name(row['state'])}, and not for "
                                       f"download {' or '.join(map(str, others))}: {row['error']}")

    def check_refusals(self):
        """Who was told that nothing was changed can believe it. Left out is what somebody else may have done: an attempt
        without an answer, or one at the same moment."""
        attempts = collections.defaultdict(list)
        for attempt in self.evidence.refused:
            attempts[attempt["name"]].append(attempt)
        told_new = {grab["id"] for grab in self.evidence.accepted if grab["status"] == 201}
        for row in self.evidence.downloads:
            history = self.events_of[row["id"]]
            if row["id"] in told_new or not history:
                continue
            made = history[0]["at_ms"] / 1000
            before = [attempt for attempt in attempts[row["title"]] if attempt["from"] <= made + CLOCK_SLACK_S]
            if before and all(attempt["answered"] for attempt in before):
                told = "; ".join(sorted({attempt["told"] for attempt in before}))
                self.verdict.add("refused", f"{row['title']} was refused as if nothing was changed, and is download "
                                            f"{row['id']}: {told}")

    def check_at_rest(self):
        """In the end every download has arrived, or waits for a stated reason; nobody holds a lease."""
        for row in self.evidence.downloads:
            state = self.table.name(row["state"])
            if row["state"] in self.table.leased or row["lease_owner"] or row["lease_until_ms"]:
                self.verdict.add(STUCK, f"download {row['id']} is {state} and leased to {row['lease_owner']!r}")
            elif state in ("verifying", "downloading") or state in ("queued", "missing", "blocked") and not self.reason_of(row):
                self.verdict.add(STUCK, f"download {row['id']} is still {state}: {self.reason_of(row) or 'nothing says why'}")
            elif state in ("queued", "missing", "blocked"):
                self.verdict.figures["waiting for a reason"] += 1
            if row["cleanup"]:
                self.verdict.add(STUCK, f"download {row['id']} is {state} and still to be removed from {row['client']}")

    def reason_of(self, row):
        if row["flags"] & HOLD:
            return "on hold"
        return row["due_reason"] if self.table.name(row["state"]) == "queued" else row["error"]


def check(evidence, table=None):
    return Checker(evidence, table).run()


def report(verdict, output=sys.stdout):
    """0 when every promise was kept."""
    for invariant, text in verdict.problems[:SHOWN]:
        print(f"BROKEN {invariant}: {text}", file=output)
    if len(verdict.problems) > SHOWN:
        print(f"BROKEN … and {len(verdict.problems) - SHOWN} more", file=output)
    return 1 if verdict.problems else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    verdict = check(Evidence.load(parser.parse_args().folder))
    print(", ".join(f"{count} {what}" for what, count in verdict.figures.items()))
    print(", ".join(f"{verdict.count(kind)} {kind}" for kind in (LOST, DOUBLED, STUCK)))
    return report(verdict)


if __name__ == "__main__":
    sys.exit(main())
