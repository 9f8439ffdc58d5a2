# SPDX-License-Identifier: MIT
"""How much is measured: enough for a figure, for the bars, or only for a sign of life."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    rounds: int          # of each pair, in turns: ours, peer, peer, ours, ...
    small_rows: int      # queued rows of the two stores that are compared
    big_rows: int
    page_rows: int       # queued rows of the host that answers pages
    many_rows: int       # queued rows of the host whose start and memory are looked at
    claims: int          # claim + finish, each round
    single_rows: int     # enqueued one by one, each round
    batch_rows: int      # enqueued in batches of 1,000, each round
    store_seconds: float  # no measurement of the store takes longer
    starts: int          # rounds of starting a program
    idle_seconds: float  # between a start and a look at the memory
    wrk_seconds: int
    queue_seconds: float  # no measurement of a queue in PostgreSQL takes longer
    queue_rows: tuple    # the backlogs of these queues; the first stands for "few", the last for "many"
    ended_rows: int      # in the queue that holds mostly downloads that ended
    peers: bool          # whether queues that run on Node are measured, too
    copy_rows: int       # downloads that are copied into another store, each with its event
    copy_rounds: int
    names_seconds: float  # for each of the readers of names, each round


FULL = Scale(rounds=5, small_rows=10_000, big_rows=1_000_000, page_rows=100_000, many_rows=1_000_000, claims=4_000,
             single_rows=5_000, batch_rows=100_000, store_seconds=4, starts=9, idle_seconds=5, wrk_seconds=3,
             queue_seconds=2, queue_rows=(10_000, 100_000, 1_000_000), ended_rows=1_000_000, peers=True,
             copy_rows=1_000_000, copy_rounds=3, names_seconds=0.5)
DEFAULT = Scale(rounds=3, small_rows=10_000, big_rows=100_000, page_rows=100_000, many_rows=100_000, claims=3_000,
                single_rows=4_000, batch_rows=60_000, store_seconds=3, starts=7, idle_seconds=5, wrk_seconds=2,
                queue_seconds=1, queue_rows=(10_000, 100_000), ended_rows=100_000, peers=True,
                copy_rows=100_000, copy_rounds=3, names_seconds=0.3)
SMOKE = Scale(rounds=1, small_rows=200, big_rows=400, page_rows=300, many_rows=300, claims=20, single_rows=20,
              batch_rows=1_500, store_seconds=2, starts=1, idle_seconds=0, wrk_seconds=1,
              queue_seconds=2, queue_rows=(200, 400), ended_rows=100, peers=False,
              copy_rows=300, copy_rounds=1, names_seconds=0.01)
