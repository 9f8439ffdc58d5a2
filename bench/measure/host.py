# SPDX-License-Identifier: MIT
"""The whole host, seen from outside: how soon it answers, and what memory it takes, beside nginx."""
import time

from .programs import Nginx, QuarryHost, held_queue_file
from .table import Line, at_most, count_text, median, mib_text, ms_text, paired_ratio


def timed_start(server):
    ms = server.start()
    server.stop()
    return ms


def start_line(name, ours, peers, most_ms=None):
    bars = [] if most_ms is None else [at_most(median(ours), most_ms, f"≤ {most_ms:,} ms")]
    return Line(name, ms_text(median(ours)), f"{ms_text(median(peers))} nginx", paired_ratio(ours, peers), bars)


def measure_start(bench, scale):
    nginx = Nginx(bench)
    empty = QuarryHost(bench, "quarry-empty")
    many = QuarryHost(bench, "quarry-many", held_queue_file(bench, scale.many_rows))
    # Programs and libraries come into memory once, before anything is measured.
    for server in (nginx, empty, many):
        timed_start(server)
    first, again, with_rows, peers = [], [], [], []
    for number in range(scale.starts):
        fresh = QuarryHost(bench, f"quarry-first-{number}")
        order = [(first, fresh), (again, empty), (with_rows, many), (peers, nginx)]
        for times, server in order if number % 2 == 0 else reversed(order):
            times.append(timed_start(server))
    return [
        start_line("first start: makes database and API key", first, peers),
        start_line("start to first answer, empty store", again, peers, 50),
        start_line(f"start to first answer, {count_text(scale.many_rows)} rows", with_rows, peers, 1000),
    ]


def memory_lines(name, ours, peer, most_mib):
    bar = at_most(ours[0] / 1024, most_mib, f"≤ {most_mib} MiB")
    return [Line(f"resident memory, {name}", mib_text(ours[0]), f"{mib_text(peer[0])} nginx", ours[0] / peer[0], [bar]),
            Line(f"  of it, shared pages divided (PSS), {name}", mib_text(ours[1]), f"{mib_text(peer[1])} nginx",
                 ours[1] / peer[1])]


def measure_memory(bench, scale):
    servers = [Nginx(bench), QuarryHost(bench, "quarry-idle"),
               QuarryHost(bench, "quarry-idle-many", held_queue_file(bench, scale.many_rows))]
    for server in servers:
        server.start()
    time.sleep(scale.idle_seconds)
    nginx, empty, many = (server.memory() for server in servers)
    for server in servers:
        server.stop()
    return [*memory_lines("idle, empty store", empty, nginx, 20),
            *memory_lines(f"idle, {count_text(scale.many_rows)} rows", many, nginx, 100)]
