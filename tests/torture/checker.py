#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Proves from what a torture run left that no download was lost, doubled or stuck.

  checker.py FOLDER

FOLDER holds downloads.jsonl and events.jsonl (the store's tables), journal.jsonl (what the fake client was told),
accepted.jsonl (what the clients of the API were promised) and facts.json (the limit of the lane). Each broken promise is one
line. Exits with 1 when there is one.
"""
import argparse
import collections
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from records import read_lines
from states import read_table

HOLD = 1  # bit of a row's flags
CLOCK_SLACK_S = 0.005  # milliseconds are rounded
LOST, DOUBLED, STUCK = "lost", "doubled", "stuck"
SHOWN = 40


@dataclass
class Evidence:
    downloads: list
    events: list
    journal: list
    accepted: list
    limit: int

    @classmethod
    def load(cls, folder):
        folder = Path(folder)
        return cls(*(read_lines(folder / f"{name}.jsonl") for name in ("downloads", "events", "journal", "accepted")),
                   json.loads((folder / "facts.json").read_text())["limit"])


@dataclass
class Verdict:
    problems: list = field(default_factory=list)  # (invariant, text)
    figures: collections.Counter = field(default_factory=collections.Counter)

    def add(self, invariant, text):
        self.problems.append((invariant, text))

    def count(self, invariant):
        return sum(each == invariant for each, _ in self.problems)


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
        self.taken = set()  # every hash it ever took

    def run(self):
        self.check_sequence()
        self.count_crashes_met()
        for row_id in sorted(self.events_of):
            self.check_history(row_id, self.events_of[row_id])
        self.check_one_live_row()
        self.check_limit()
        self.check_client()
        self.check_grabs()
        self.check_at_rest()
        return self.verdict

    # The event log

    def check_sequence(self):
        """Event numbers rise and are used once."""
        for before, after in zip(self.evidence.events, self.evidence.events[1:]):
            if after["sequence"] <= before["sequence"]:
                self.verdict.add("sequence", f"event {after['sequence']} comes after event {before['sequence']}")
        self.verdict.figures["events"] = len(self.evidence.events)

    def count_crashes_met(self):
        """How often a crash hit a download on its way, before and after its intent, and how often it had to be sent again:
        a run without any of them proves little."""
        rescue = next(number for number, name in self.table.actors.items() if name == "rescue")
        verifying, queued = self.table.number("verifying"), self.table.number("queued")
        figures = self.verdict.figures
        for event in self.evidence.events:
            figures["rescued before their intent"] += event["actor"] == rescue and event["to_state"] == queued
            figures["rescued after it"] += event["actor"] == rescue and event["to_state"] == verifying
            figures["sent again"] += (event["from_state"], event["to_state"]) == (verifying, queued)

    def check_history(self, row_id, events):
        """Every change is in the table, starts where the one before ended, and raises the epoch when it has to."""
        state, epoch = -1, None
        for event in events:
            what = f"download {row_id}, event {event['sequence']}: {self.change_text(event)}"
            if event["from_state"] != state:
                self.verdict.add("chain", f"{what}, but it was {self.table.name(state)}")
            if event["from_state"] == -1:
                if event["to_state"] != self.table.number("queued"):
                    self.verdict.add("table", f"{what}: a new download is queued")
                expected = [0]
            else:
                expected = self.check_change(event, what, epoch)
            if epoch is not None and event["epoch"] < epoch or event["epoch"] not in expected:
                self.verdict.add("epoch", f"{what}: epoch {event['epoch']} after {epoch}")
            state, epoch = event["to_state"], event["epoch"]
        self.check_row_agrees(row_id, state, epoch)

    def check_change(self, event, what, epoch):
        """The epochs that may follow."""
        change = self.table.changes.get((event["from_state"], event["to_state"]))
        if change is None:
            self.verdict.add("table", f"{what}: no such change of state")
            return [event["epoch"]]
        actors, raises = change
        if event["actor"] not in actors:
            self.verdict.add("table", f"{what}: not for the {self.table.actors.get(event['actor'], event['actor'])} to make")
        return [(epoch or 0) + (1 if raises else 0)]

    def change_text(self, event):
        old = "nothing" if event["from_state"] == -1 else self.table.name(event["from_state"])
        return f"{old} -> {self.table.name(event['to_state'])}"

    def check_row_agrees(self, row_id, state, epoch):
        row = self.rows.get(row_id)
        if row is None:
            self.verdict.add(LOST, f"download {row_id} has events and no row")
        elif (row["state"], row["epoch"]) != (state, epoch):
            self.verdict.add("chain", f"download {row_id} is {self.table.name(row['state'])} in epoch {row['epoch']}, but its "
                                      f"last event says {self.table.name(state)} in epoch {epoch}")

    def check_one_live_row(self):
        """At any moment at most one live row holds a release key or a hash."""
        holders = {}
        for event in self.evidence.events:
            row = self.rows.get(event["download_id"])
            for key in self.keys_held(row, event) if row else ():
                holder = holders.get(key)
                if event["to_state"] in self.table.live:
                    if holder not in (None, row["id"]):
                        self.verdict.add(DOUBLED, f"event {event['sequence']}: downloads {holder} and {row['id']} both hold {key}")
                    holders[key] = row["id"]
                elif holder == row["id"]:
                    del holders[key]

    def keys_held(self, row, event):
        """Of a download by URL the hash is known from its intent on, which is no event: it is surely there once a client
        may have it."""
        yield row["release_key"]
        hashes = {f"hash {row[name]}" for name in ("infohash_v1", "infohash_v2") if row[name]}
        at_enqueue = row["release_key"].startswith(("btih:", "btmh:"))
        after_intent = event["from_state"] == self.table.number("dispatching") and event["to_state"] in self.table.slots
        if at_enqueue or after_intent or event["from_state"] in self.table.slots - self.table.leased \
                or event["to_state"] not in self.table.live:
            yield from hashes

    def check_limit(self):
        """A claim never makes more rows take a slot than the limit. Rows on hold take none and are left out; events do not say
        when a hold was set, so a row that is on hold at the end is left out altogether."""
        active, most = set(), 0
        claim = next(number for number, name in self.table.actors.items() if name == "claim")
        for event in self.evidence.events:
            row = self.rows.get(event["download_id"])
            if row is None or row["flags"] & HOLD:
                continue
            if event["to_state"] not in self.table.slots:
                active.discard(row["id"])
                continue
            active.add(row["id"])
            most = max(most, len(active))
            if event["actor"] == claim and len(active) > self.evidence.limit:
                self.verdict.add("limit", f"event {event['sequence']}: the claim of download {row['id']} makes {len(active)} "
                                          f"active, and the limit is {self.evidence.limit}")
        self.verdict.figures["most active"] = most

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
        for tag, hashes in takers.items():
            if len(hashes) > 1:
                self.verdict.add(DOUBLED, f"{tag} was added {len(hashes)} times: {', '.join(hashes)}")

    def check_add(self, entry, takers):
        if not entry["accepted"]:
            self.verdict.figures["adds of what was there"] += entry["existed"]
            if not entry["existed"]:
                self.verdict.add("client", f"an add that no client can take: {entry.get('why')}")
            return
        self.verdict.figures["items"] += 1
        if entry["hash"] in self.taken:
            self.verdict.add(DOUBLED, f"{entry['hash']} was added twice, the second time for {entry['tags']}")
        self.taken.add(entry["hash"])
        takers[entry["tags"]].append(entry["hash"])
        self.items[entry["hash"]] = entry
        self.check_item_has_row(entry)

    def check_item_has_row(self, entry):
        row = self.rows.get(int(entry["tags"].removeprefix("quarry.") or 0)) if entry["tags"].startswith("quarry.") else None
        if row is None:
            self.verdict.add("orphan", f"the client has {entry['hash']} with the tag {entry['tags']!r}, of which there is no row")
        elif entry["hash"] not in (row["infohash_v1"], row["infohash_v2"]):
            self.verdict.add("orphan", f"the client has {entry['hash']} for download {row['id']}, which is {row['infohash_v1']}")
        else:
            claims = [event["at_ms"] for event in self.events_of[row["id"]] if event["to_state"] in self.table.leased]
            if not claims or min(claims) / 1000 > entry["wall"] + CLOCK_SLACK_S:
                self.verdict.add("intent", f"the client got {entry['hash']} before download {row['id']} was claimed")

    # The promises

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
        if len(live) > 1:
            self.verdict.add(DOUBLED, f"{name} is in the queue as downloads {live}")
        if rows and not live:
            ends = ", ".join(f"{row['id']} {self.table.name(row['state'])}: {row['error']}" for row in rows)
            self.verdict.add(LOST, f"{name} was accepted and did not arrive: {ends}")
        for row_id in completed:
            if not {self.rows[row_id]["infohash_v1"], self.rows[row_id]["infohash_v2"]} & self.items.keys():
                self.verdict.add(LOST, f"{name} is completed as download {row_id}, and the client does not have it")
        self.verdict.figures["completed"] += len(completed)
        if live:
            self.check_refused([row for row in rows if row["id"] not in live], live[0])

    def check_refused(self, rows, arrives):
        """What failed beside the one that arrives was refused for it, and says so."""
        for row in rows:
            if f"as download {arrives}" in row["error"]:
                self.verdict.figures["refused twins"] += 1
            else:
                self.verdict.add(LOST, f"{row['title']} as download {row['id']} is {self.table.name(row['state'])}, and not for "
                                       f"download {arrives}: {row['error']}")

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
