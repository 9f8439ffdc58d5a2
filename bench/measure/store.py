# SPDX-License-Identifier: MIT
"""The queue in SQLite, through the plugin's library, beside a plain C loop that runs the same statements."""
import os
import sqlite3
import time

from .programs import BATCH, BenchError, copy_file, queue_file, remove_database
from .table import Line, at_least, at_most, count_text, median, paired_ratio, rate_text, us_text

OURS, FLOOR = "store", "floor"
CLAIM = 100  # rows of a large claim
# (mode, count, first, per) of what both sides must do alike.
SAME_WORK = (("enqueue", 7, 1_000_000, 1), ("enqueue", 1100, 2_000_000, BATCH), ("claim", 15, 0, 1), ("claim", 30, 9, 10))
# Differ between two runs that did the same work at different times.
TIMES = {"enqueued_at_ms", "updated_at_ms", "ended_at_ms", "due_at_ms", "lease_until_ms", "rank", "claim_rank", "at_ms"}


class StoreBench:
    def __init__(self, bench, scale):
        self.bench = bench
        self.scale = scale
        self.file = bench.folder / "measured.db"

    def run(self, side, mode, count, synchronous, first, per):
        seconds = self.scale.store_seconds
        if side == OURS:
            config = {"path": str(self.file), "synchronous": synchronous}
            return self.bench.store_figures("storage-sqlite", config, mode, count, seconds, first, per=per)
        return self.bench.figures_of([self.bench.program("quarry-bench-floor"), self.file, mode, count, seconds,
                                      synchronous, first, per])

    def measure(self, side, rows, mode, count, synchronous, per):
        """One measurement on a fresh copy of a queue."""
        copy_file(queue_file(self.bench, rows), self.file)
        try:
            return self.run(side, mode, count, synchronous, rows, per)
        finally:
            remove_database(self.file)

    def rounds(self, cases):
        """{case: {side: [figures of each round]}}; each round in the opposite order of the one before."""
        found = {case: {OURS: [], FLOOR: []} for case in cases}
        for number in range(self.scale.rounds):
            order = [(case, side) for case in cases for side in (OURS, FLOOR)]
            for case, side in order if number % 2 == 0 else reversed(order):
                found[case][side].append(self.measure(side, *case))
        return found

    def check_same_work(self):
        """Both sides leave the same rows behind; otherwise the ratio would compare different work."""
        left = {}
        for side in (OURS, FLOOR):
            copy_file(queue_file(self.bench, self.scale.small_rows), self.file)
            try:
                for mode, count, first, per in SAME_WORK:
                    done = self.run(side, mode, count, "full", first, per)
                    if done["count"] != count:
                        raise BenchError(f"{side} {mode}: {done['count']:.0f} of {count} done")
                left[side] = content_of(self.file)
            finally:
                remove_database(self.file)
        compare(left)


def compare(left):
    """`left`: {side: {table: rows}}"""
    for table, rows in left[OURS].items():
        if rows != left[FLOOR][table]:
            different = next((pair for pair in zip(rows, left[FLOOR][table]) if pair[0] != pair[1]), "their number")
            raise BenchError(f"the floor does not do what the store does; table {table} differs: {different}")


def content_of(file):
    """{table: rows} without what is a time."""
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        content = {}
        for table, order in (("download", "id"), ("event", "sequence"), ("status_count", "state, status")):
            cursor = database.execute(f"SELECT * FROM {table} ORDER BY {order}")
            kept = [i for i, column in enumerate(cursor.description) if column[0] not in TIMES]
            content[table] = [tuple(row[i] for i in kept) for row in cursor]
        return content
    finally:
        database.close()


def rates(sides, side):
    return [figures["rate"] for figures in sides[side]]


def rate_line(name, sides, least=None, least_rate=None):
    ours, floor = rates(sides, OURS), rates(sides, FLOOR)
    ratio = paired_ratio(ours, floor)
    bars = []
    if least is not None:
        bars.append(at_least(ratio, least))
    if least_rate is not None:
        bars.append(at_least(median(ours), least_rate, f"≥ {least_rate:,}/s"))
    return Line(name, rate_text(median(ours)), f"{rate_text(median(floor))} C loop", ratio, bars)


def latency_line(name, key, sides, most_us=None):
    ours = [figures[key] for figures in sides[OURS]]
    floor = [figures[key] for figures in sides[FLOOR]]
    bars = [] if most_us is None else [at_most(median(ours), most_us, f"≤ {us_text(most_us)}")]
    return Line(name, us_text(median(ours)), f"{us_text(median(floor))} C loop", paired_ratio(ours, floor), bars)


def flush_times(folder, count, seconds):
    """Microseconds of each "append 8 KiB and flush": what the disk alone costs a transaction, sorted."""
    times = []
    with open(folder / "flushed", "wb", buffering=0) as file:
        end = time.monotonic() + seconds
        while len(times) < count and time.monotonic() < end:
            begin = time.perf_counter()
            file.write(bytes(8192))
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - begin) * 1e6)
    return sorted(times)


def flush_line(times):
    return Line("the disk alone: append 8 KiB and flush, p50, p99",
                f"{us_text(times[len(times) // 2])}, {us_text(times[len(times) * 99 // 100])}")


def measure_store(bench, scale):
    store = StoreBench(bench, scale)
    store.check_same_work()
    small, big = scale.small_rows, scale.big_rows
    one = (small, "enqueue", scale.single_rows, "full", 1)
    batch = (small, "enqueue", scale.batch_rows, "full", BATCH)
    claim_small = (small, "claim", scale.claims, "full", 1)
    claim_big = (big, "claim", scale.claims, "full", 1)
    claim_fast = (small, "claim", scale.claims, "normal", 1)
    claim_many = (small, "claim", scale.claims, "full", CLAIM)
    flushes = flush_times(bench.folder, scale.claims, scale.store_seconds)
    found = store.rounds([one, batch, claim_small, claim_big, claim_fast, claim_many])
    # Time at many rows by time at few, of ours alone.
    slower = paired_ratio(rates(found[claim_small], OURS), rates(found[claim_big], OURS))
    few, many = count_text(small), count_text(big)
    return [
        flush_line(flushes),
        rate_line("enqueue one by one", found[one]),
        rate_line("enqueue, batches of 1,000", found[batch], 0.5, 10_000),
        rate_line(f"claim + finish, {few} queued", found[claim_small], 0.6),
        rate_line(f"claim + finish, {many} queued", found[claim_big], 0.6),
        rate_line(f"claim + finish, {few}, synchronous=normal", found[claim_fast]),
        rate_line(f"claim + finish by {CLAIM}, {few} queued", found[claim_many], 0.5),
        Line(f"claim + finish, time at {many} : {few}", rate_text(median(rates(found[claim_big], OURS))),
             f"{rate_text(median(rates(found[claim_small], OURS)))} ours", slower, [at_most(slower, 1.5)]),
        latency_line(f"claim p50, {few} queued", "claim.p50", found[claim_small]),
        latency_line(f"claim p99, {few} queued", "claim.p99", found[claim_small]),
        latency_line(f"claim p50, {many} queued", "claim.p50", found[claim_big]),
        latency_line(f"claim p99, {many} queued", "claim.p99", found[claim_big], 2000),
    ]
