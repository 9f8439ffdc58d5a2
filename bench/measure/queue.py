# SPDX-License-Identifier: MIT
"""The queue in PostgreSQL, through the plugin's library, beside a plain libpq loop that runs the same statements, and
beside two queues that people use with Node."""
import itertools
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass

from .node import Peer, PeersMissing, node_peers
from .programs import BATCH, FILL_SECONDS, BenchError
from .store import CLAIM, FLOOR, OURS, SAME_WORK, TIMES, compare, rates
from .table import Bar, Line, at_least, at_most, count_text, median, paired_ratio, rate_text, us_text

from postgres import NotInstalled, PrivatePostgres  # noqa: E402  (tests/lab, whose path .programs has added)

SLOW_FLUSH_US = 1000
CALLERS = 64  # who enqueue at the same time while flushes are slow


@dataclass(frozen=True)
class Case:
    name: str
    mode: str
    threads: int
    per: int
    least: float  # of the loop's rate


ENQUEUES = (Case("enqueue one by one", "enqueue", 1, 1, 0.6), Case("enqueue, 8 at a time", "enqueue", 8, 1, 0.6),
            Case("enqueue, batches of 1,000", "enqueue", 1, BATCH, 0.5))
CLAIMS = (Case("claim + finish, 1 worker", "claim", 1, 1, 0.6), Case("claim + finish, 4 workers", "claim", 4, 1, 0.6),
          Case(f"claim + finish by {CLAIM}, 1 worker", "claim", 1, CLAIM, 0.5),
          Case(f"claim + finish by {CLAIM}, 4 workers", "claim", 4, CLAIM, 0.5))
ONE_WORKER = CLAIMS[0]


class Queue:
    """A database that the store and the loop use in turns."""

    def __init__(self, bench, scale, server, name):
        self.bench = bench
        self.scale = scale
        self.server = server
        self.name = name
        self.url = server.create_database(name)
        self.numbers = itertools.count(1)  # of rows and commands: each run begins at another ten million
        self.run(OURS, "fill", 0, 1, 1)

    def run(self, side, mode, count, threads, per, first=None, seconds=None):
        seconds = seconds or self.scale.queue_seconds
        if first is None:
            first = next(self.numbers) * 10_000_000
        if side == OURS:
            return self.bench.store_figures("storage-postgres", {"url": self.url}, mode, count, seconds, first, threads, per)
        return self.bench.figures_of([self.bench.program("quarry-bench-postgres-floor"), mode, count, seconds, first,
                                      threads, per], {"DATABASE_URL": self.url})

    def prepare(self, rows):
        """At least so many rows wait, and what was done before costs nothing now."""
        waiting = int(self.server.value("SELECT count(*) FROM download_state WHERE ready = 1", self.name))
        if waiting < rows:
            made = self.run(OURS, "fill", rows - waiting, 1, BATCH, seconds=FILL_SECONDS)
            if made["count"] != rows - waiting:
                raise BenchError(f"{rows - waiting} rows were not written within {FILL_SECONDS} s")
        self.server.query("VACUUM (ANALYZE)", self.name, seconds=300)

    def end(self, rows):
        """So many more rows that ended, as if they had been finished long ago."""
        self.prepare(rows)
        self.server.query(f"""
            WITH ended AS (UPDATE download_state SET state = 7, status = 6, ready = 0, ended_at_ms = 1, version = 2 WHERE id IN (
              SELECT id FROM download_state WHERE ready = 1 ORDER BY id LIMIT {rows}) RETURNING id)
            INSERT INTO status_count AS c (shard, state, status, n)
              SELECT 0, k.state, k.status, k.sign * count(*) FROM ended, (VALUES (0, 0, -1), (7, 6, 1)) AS k (state, status, sign)
              GROUP BY k.state, k.status, k.sign ON CONFLICT (shard, state, status) DO UPDATE SET n = c.n + excluded.n""",
                          self.name, seconds=300)

    def content(self):
        """{table: rows} without what is a time."""
        content = {}
        for table, order in (("download", "id"), ("event", "sequence")):
            columns = [name for name, in self.server.query(
                f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position",
                self.name) if name not in TIMES]
            content[table] = self.server.query(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}", self.name)
        content["status_count"] = self.server.query(
            "SELECT state, status, sum(n) FROM status_count GROUP BY state, status HAVING sum(n) <> 0 ORDER BY state, status",
            self.name)
        return content

    def drop(self):
        self.server.query(f'DROP DATABASE "{self.name}" WITH (FORCE)')


def check_same_work(bench, scale, server):
    """The store and the loop leave the same rows behind; otherwise the ratio would compare different work."""
    left = {}
    for side in (OURS, FLOOR):
        queue = Queue(bench, scale, server, f"same_{side}")
        queue.run(OURS, "fill", scale.queue_rows[0], 1, BATCH, first=0, seconds=FILL_SECONDS)
        for mode, count, first, per in SAME_WORK:
            done = queue.run(side, mode, count, 1, per, first=first, seconds=FILL_SECONDS)
            if done["count"] != count:
                raise BenchError(f"{side} {mode}: {done['count']:.0f} of {count} done")
        left[side] = queue.content()
        queue.drop()
    compare(left)


def most(scale, case, rows):
    """How many rows a measurement handles at most."""
    if case.mode == "enqueue":
        return scale.single_rows if case.per == 1 else scale.batch_rows
    return min(rows * 6 // 10, scale.claims * (1 if case.per == 1 else 10))


def measure_cases(bench, scale, server, peers, cases, rows):
    """{case: {side: [figures of each round]}} at a backlog of so many rows."""
    queue = Queue(bench, scale, server, f"queue_{cases[0].mode}_{rows}")
    others = [Peer(bench, scale, server, name, f"{name}_{cases[0].mode}_{rows}") for name in peers]
    found = {case: {side: [] for side in (OURS, FLOOR, *peers)} for case in cases}
    for number in range(scale.rounds):
        for case in cases:
            sides = [(side, queue) for side in (OURS, FLOOR)] + [(other.name, other) for other in others]
            for side, database in sides if number % 2 == 0 else reversed(sides):
                database.prepare(rows)
                figures = database.run(side, case.mode, most(scale, case, rows), case.threads, case.per)
                found[case][side].append(figures)
    queue.drop()
    for other in others:
        other.drop()
    return found


def lines_of(case, suffix, sides):
    """One line beside the loop, and one beside each of the others."""
    ours = rates(sides, OURS)
    lines = []
    for side in sides:
        if side == OURS:
            continue
        theirs = rates(sides, side)
        ratio = paired_ratio(ours, theirs)
        bar = at_least(ratio, case.least) if side == FLOOR else Bar("> 1", ratio > 1)
        name = "libpq loop" if side == FLOOR else side
        lines.append(Line(f"{case.name}{suffix}" if side == FLOOR else "  the same", rate_text(median(ours)),
                          f"{rate_text(median(theirs))} {name}", ratio, [bar]))
    return lines


def claim_lines(found, rows):
    few, many = rows[0], rows[-1]
    at_few, at_many = found[few][ONE_WORKER], found[many][ONE_WORKER]
    lines = []
    for n, sides in ((few, at_few), (many, at_many)):
        for point in ("p50", "p99"):
            ours, floor = ([figures[f"claim.{point}"] for figures in sides[side]] for side in (OURS, FLOOR))
            bars = [at_most(median(ours), 5000, "≤ 5 ms")] if (n, point) == (many, "p99") else []
            lines.append(Line(f"claim {point}, {count_text(n)} queued", us_text(median(ours)),
                              f"{us_text(median(floor))} libpq loop", paired_ratio(ours, floor), bars))
    p50 = [[figures["claim.p50"] for figures in sides[OURS]] for sides in (at_many, at_few)]
    slower = paired_ratio(*p50)
    lines.append(Line(f"claim, time at {count_text(many)} : {count_text(few)}", us_text(median(p50[0])),
                      f"{us_text(median(p50[1]))} ours", slower, [at_most(slower, 1.5)]))
    return lines


def ended_line(bench, scale, server):
    """Whether rows that ended cost the others anything: the same queue with and without, in turns."""
    few = scale.queue_rows[0]
    empty, full = (Queue(bench, scale, server, name) for name in ("few_ended", "many_ended"))
    full.end(scale.ended_rows)
    times = {empty: [], full: []}
    for number in range(scale.rounds):
        for queue in (empty, full) if number % 2 == 0 else (full, empty):
            queue.prepare(few)
            figures = queue.run(OURS, "claim", most(scale, ONE_WORKER, few), 1, 1)
            times[queue].append(figures["claim.p50"])
    slower = paired_ratio(times[full], times[empty])
    for queue in (empty, full):
        queue.drop()
    return Line(f"claim, {count_text(few)} queued beside {count_text(scale.ended_rows)} that ended", us_text(median(times[full])),
                f"{us_text(median(times[empty]))} without them", slower, [at_most(slower, 1.5)])


def slow_flush_line(bench, scale, server):
    """What it is worth that those who wait share a flush."""
    queue = Queue(bench, scale, server, "slow")
    alone, together = [], []
    for number in range(scale.rounds):
        order = [(alone, 1), (together, CALLERS)]
        for rates_of, threads in order if number % 2 == 0 else reversed(order):
            rates_of.append(queue.run(OURS, "enqueue", scale.single_rows * (1 if threads == 1 else 10), threads, 1)["rate"])
    gain = paired_ratio(together, alone)
    return Line(f"enqueue one by one, flushes 1 ms slower, {CALLERS} callers : 1", rate_text(median(together)),
                f"{rate_text(median(alone))} one caller", gain, [at_least(gain, 10)])


@contextmanager
def private_server(bench, name, variables=None):
    # The server's user, who is not root, must be able to walk to its folder.
    for folder in (bench.folder, bench.folder.parent):
        folder.chmod(0o711)
    try:
        server = PrivatePostgres(bench.folder / name, durable=True, reaper=bench.reaper, variables=variables)
    except (NotInstalled, PermissionError, ValueError, RuntimeError) as error:
        raise BenchError(str(error)) from error
    try:
        yield server
    finally:
        server.close()


def available_peers(bench, scale):
    if not scale.peers:
        return ()
    try:
        return node_peers(bench)
    except PeersMissing as reason:
        print(f"-- queue: nothing beside graphile-worker and pg-boss: {reason}", file=sys.stderr, flush=True)
        return ()


def measure_queue(bench, scale):
    peers = available_peers(bench, scale)
    lines, found = [], {}
    with private_server(bench, "pg") as server:
        check_same_work(bench, scale, server)
        enqueued = measure_cases(bench, scale, server, peers, ENQUEUES, scale.queue_rows[0])
        for case in ENQUEUES:
            lines += lines_of(case, "", enqueued[case])
        for rows in scale.queue_rows:
            found[rows] = measure_cases(bench, scale, server, peers, CLAIMS, rows)
            for case in CLAIMS:
                lines += lines_of(case, f", {count_text(rows)}", found[rows][case])
        lines += claim_lines(found, scale.queue_rows)
        lines.append(ended_line(bench, scale, server))
    # Where the server's user can read it.
    slow = bench.folder / "slow_flush.so"
    shutil.copyfile(bench.program("quarry-bench-slow-flush.so"), slow)
    slow.chmod(0o644)
    with private_server(bench, "slow", {"LD_PRELOAD": str(slow), "BENCH_FLUSH_DELAY_US": str(SLOW_FLUSH_US)}) as server:
        lines.append(slow_flush_line(bench, scale, server))
    for line in lines:
        line.name = line.name if line.name.startswith(" ") else f"PostgreSQL: {line.name}"
    return lines
