# SPDX-License-Identifier: MIT
"""`quarry storage copy` from SQLite to PostgreSQL, beside psql that loads the same rows from files of text.

psql gets what pg_dump writes of a queue that was copied: the tables without an index, COPY of every row, and then all indexes,
references and triggers. So both leave equal tables behind, and neither keeps indexes up to date while rows come. psql reads no
SQLite and compares nothing; the command reads everything back and compares counts and checksums before it says that it is done."""
import re
import time

from .programs import BenchError, copy_file, queue_file
from .queue import private_server
from .table import Line, at_most, count_text, median, paired_ratio

OURS, PEER = "ours", "peer"
FULL_ROWS = 1_000_000  # the bar is for so many
MOST_SECONDS = 60
COPY_SECONDS = 600
SECTIONS = ("pre-data", "data", "post-data")
TABLES = ("lane", "duty", "download_state", "download_origin", "metainfo", "event")


class CopyBench:
    def __init__(self, bench, rows, server):
        self.bench = bench
        self.rows = rows
        self.server = server
        self.files = [bench.folder / f"{section}.sql" for section in SECTIONS]
        source = bench.folder / "source.db"
        copy_file(queue_file(bench, rows), source)
        self.source = self.manifest("sqlite", f'path = "{source}"')
        self.target = self.manifest("postgres", 'url = "${env:DATABASE_URL}"')

    def manifest(self, storage, setting):
        file = self.bench.folder / f"{storage}.toml"
        file.write_text(f'[[plugin]]\nid = "store"\nlibrary = "quarry-storage-{storage}.so"\n[plugin.config]\n{setting}\n')
        return file

    def ours(self):
        """Seconds from before the command's start to its end."""
        command = [self.bench.program("quarry"), "storage", "copy", "--from", self.source, "--to", self.target, "--plugin-dir",
                   self.bench.build / "plugins"]
        variables = {"DATABASE_URL": self.server.create_database(OURS)}
        begin = self.begin()
        output = self.bench.output_of(command, variables, seconds=COPY_SECONDS)
        seconds = time.monotonic() - begin
        for table in ("download", "event"):
            if not re.search(rf"^ *{table} +{self.rows} rows ", output, re.MULTILINE):
                raise BenchError(f"not {self.rows} rows of {table} were copied:\n{output}")
        return seconds

    def peer(self):
        self.server.create_database(PEER)
        files = [word for file in self.files for word in ("-f", file)]
        begin = self.begin()
        self.bench.output_of([*self.server.psql(PEER), "-X", "-q", "-v", "ON_ERROR_STOP=1", *files], seconds=COPY_SECONDS)
        return time.monotonic() - begin

    def begin(self):
        """What was written before is on the disk, and costs nothing now."""
        self.server.query("CHECKPOINT", seconds=COPY_SECONDS)
        return time.monotonic()

    def export(self):
        """Makes the files for psql from a queue that was copied."""
        for section, file in zip(SECTIONS, self.files):
            self.bench.output_of([self.server.bin / "pg_dump", *self.server.psql(OURS)[1:], f"--section={section}",
                                  f"--file={file}"], seconds=COPY_SECONDS)

    def left(self, name):
        """What a side left behind: equal sums of equal rows, whatever their order, and the names of all indexes."""
        sums = ", ".join(f"(SELECT count(*) || '/' || coalesce(sum(hashtextextended(cast(t AS text), 0)), 0) FROM {table} t)"
                         for table in TABLES)
        indexes = "(SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'public')"
        return self.server.query(f"SELECT {sums}, {indexes}", name, seconds=COPY_SECONDS)

    def check_same_work(self):
        left = {side: self.left(side) for side in (OURS, PEER)}
        if left[OURS] != left[PEER]:
            raise BenchError(f"psql does not leave what the copy leaves: {left}")

    def round(self, number):
        """{side: seconds}. The first round begins with the copy, from which psql gets its files."""
        times = {}
        for side in (OURS, PEER) if number % 2 == 0 else (PEER, OURS):
            times[side] = self.ours() if side == OURS else self.peer()
            if number == 0 and side == OURS:
                self.export()
        self.check_same_work()
        for side in times:
            self.server.query(f'DROP DATABASE "{side}" WITH (FORCE)', seconds=COPY_SECONDS)
        return times


def measure_storage_copy(bench, scale):
    with private_server(bench, "pg") as server:
        copy = CopyBench(bench, scale.copy_rows, server)
        rounds = [copy.round(number) for number in range(scale.copy_rounds)]
    ours, peer = ([times[side] for times in rounds] for side in (OURS, PEER))
    bars = [at_most(median(ours), MOST_SECONDS, f"≤ {MOST_SECONDS} s")] if scale.copy_rows >= FULL_ROWS else []
    return [Line(f"copy SQLite to PostgreSQL, {count_text(scale.copy_rows)} downloads and events", f"{median(ours):.1f} s",
                 f"{median(peer):.1f} s psql", paired_ratio(ours, peer), bars)]
