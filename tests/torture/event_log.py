# SPDX-License-Identifier: MIT
"""What the event log has to show: numbers that rise, histories that follow the state table, one live row of each release,
and never more at work than the limit."""
from evidence import DOUBLED, HOLD, LOST


class EventLog:
    """`events_of`: the events of each row, by its id; `rows`: the rows by id."""

    def __init__(self, evidence, table, verdict, rows, events_of):
        self.evidence = evidence
        self.table = table
        self.verdict = verdict
        self.rows = rows
        self.events_of = events_of

    def check(self):
        self.check_sequence()
        self.count_crashes_met()
        for row_id in sorted(self.events_of):
            self.check_history(row_id, self.events_of[row_id])
        self.check_one_live_row()
        self.check_limit()

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
                        self.verdict.add(DOUBLED, f"event {event['sequence']}: downloads {holder} and {row['id']} both hold "
                                                  f"{key}")
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
