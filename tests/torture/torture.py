#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real hosts on a real store, which are killed, stopped and cut off while downloads go through. Afterwards a checker proves
from the store's event log and the client's journal that no download was lost, doubled or stuck.

  torture.py --storage postgres --hosts 3 --kills 500 --seed 7 --faults kill,stop,pg-restart

The seed chooses the faults and the films; which instruction a fault hits nobody can choose, so a seed does not repeat a run
step by step. The last line repeats the command. Exits with 0 when every promise was kept, 1 when not.
"""
import collections
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import checker
import evidence
import faults
import records
from client import FakeClient
from figures import counted, figures_of, not_tested
from grabs import Grabs
from hosts import Host
from options import PROXY_KINDS, parse

from lab import Lab
from postgres import skip_without_postgres
from processes import Timeout, tail_of, wait_until
from small_disk import SmallDisk, enter_namespace
from small_server import DISK_MIB, SmallServer
from small_server import OPTIONS as SERVER_OPTIONS
from states import read_table
from tcp_proxy import PASS, TcpProxy
from write_protocol import ReadySide, WriterSide

DATABASE = "quarry"
HOSTS_A_STOPPER = 3
SETTLE_SECONDS = 120
CLIENT_FAULT_SHARE = 0.06
REQUEST_TIMEOUT_MS = 1000
SHOW_EVERY = 5
GRABBERS_A_HOST = 3


class Torture:
    def __init__(self, args, folder):
        self.args = args
        self.folder = folder
        self.began = time.monotonic()
        self.table = read_table()
        self.lab = Lab(folder, args.build)
        self.proxy = None
        self.disk = None  # a small one that is filled
        self.server = None
        self.small_server = None  # the server, on such a disk
        self.wal_index = None  # of SQLite: made from the rest at each start
        self.faults = []
        self.grabs = None
        self.hosts = []
        self.trouble = []  # what went wrong beside what the checker finds
        self.settled_after = 0.0

    def run(self):
        try:
            self.build_world()
            self.fault_phase()
            self.settle()
            if "cancel" in self.args.faults:
                self.wait_for_orphans()
            self.stop_hosts()
            return self.judge()
        finally:
            for fault in self.faults:
                fault.over.set()
            faults.all_awake(self.hosts)
            if self.grabs:
                self.grabs.giving_up.set()
            self.lab.stop()
            if self.proxy:
                self.proxy.close()
            if self.disk:
                self.disk.close(kept=self.folder / "disk-at-the-end")

    # The world

    def build_world(self):
        args, lab = self.args, self.lab
        self.client = FakeClient(lab, args.seed, self.folder / "journal.jsonl", args.item_seconds)
        if "disk-full" in args.faults:
            self.folder.chmod(0o711)  # the user that runs PostgreSQL walks through it
            self.disk = SmallDisk(lab.subfolder("disk"), DISK_MIB, "mode=711")
        store, env = self.store()
        plugin = lab.qbittorrent_plugin(self.client)
        plugin["config"]["request_timeout_ms"] = REQUEST_TIMEOUT_MS
        settings = {"max_concurrent_downloads": args.limit, "default_max_retries": 10, "poll_ms": 100, "lease_ms": args.lease_ms,
                    "absence_span_ms": 1000, "retry_base_s": 0.1, "retry_cap_s": 2}
        manifest = lab.manifest([store, plugin], queue=settings, allow=[self.client.address])
        full_since = {"full_since": self.disk.full_since} if self.disk else {}
        self.hosts = [Host(lab, number, manifest, {**os.environ, **env}, self.subfolder(f"host{number}"), **full_since)
                      for number in range(args.hosts)]
        for host in self.hosts:
            host.start()
        for host in self.hosts:
            host.wait_ready()

    def subfolder(self, name):
        """On the disk that is filled, where there is one."""
        return self.lab.subfolder(*(["disk"] if self.disk else []), name)

    def store(self):
        """The plugin's entry in the manifest, and what its host must see in its environment."""
        if self.args.storage == "sqlite":
            path = self.subfolder("store") / "queue.db"
            self.reader = records.SqliteReader(path)
            self.wal_index = path.with_name(f"{path.name}-shm")
            return {"id": "store", "library": "quarry-storage-sqlite.so", "config": {"path": str(path)}}, {}
        small = {"folder": self.subfolder("postgres"), **SERVER_OPTIONS} if self.disk else {}
        self.server = self.lab.postgres(durable=True, **small)
        self.small_server = SmallServer(self.server, self.disk) if self.disk else None
        url = self.server.create_database(DATABASE)
        self.reader = records.PostgresReader(self.server, DATABASE)
        if set(self.args.faults) & set(PROXY_KINDS):
            self.proxy = TcpProxy(("127.0.0.1", self.server.port), sides=(WriterSide, ReadySide))
            url = self.proxy.through(url)
        return self.lab.postgres_plugin(), {"DATABASE_URL": url}

    def make_faults(self):
        args, lease_seconds = self.args, self.args.lease_ms / 1000
        stoppers = range(-(-args.hosts // HOSTS_A_STOPPER))
        makers = {
            "kill": lambda: [faults.Kills(args.seed, self.hosts, args.kills, args.grabs, lambda: self.grabs.films())],
            "stop": lambda: [faults.Stops(args.seed, number, self.hosts, lease_seconds) for number in stoppers],
            "pg-restart": lambda: [faults.Restarts(args.seed, self.server)],
            "pg-terminate": lambda: [faults.Terminations(args.seed, self.server, DATABASE)],
            "pg-freeze": lambda: [faults.Freezes(args.seed, self.proxy, lease_seconds)],
            "cancel": lambda: [faults.Cancels(args.seed, self.hosts, lambda: self.grabs.accepted)],
            "disk-full": lambda: [faults.DiskFulls(args.seed, self.disk, self.hosts, args.fills, self.wal_index,
                                                 self.small_server and self.small_server.use_log)],
            "commit-reset": lambda: [faults.CommitResets(args.seed, self.proxy, args.resets)],
        }
        return [fault for kind in args.faults if kind in makers for fault in makers[kind]()]

    def done(self):
        """How often each kind of fault has come."""
        counts = collections.Counter()
        for fault in self.faults:
            counts[fault.name] += fault.done
        return counts

    # The phases

    def fault_phase(self):
        args = self.args
        self.faults = self.make_faults()
        self.grabs = Grabs(self.hosts, args.seed, args.grabs, args.backlog, self.client.url,
                           lambda: all(fault.enough() for fault in self.faults))
        if "client" in args.faults:
            self.client.fault_share(CLIENT_FAULT_SHARE)
        self.grabs.start(GRABBERS_A_HOST * args.hosts)
        for fault in self.faults:
            fault.calm = args.calm
            fault.start()
        end, next_show = self.began + args.seconds, 0.0
        while self.grabs.alive() or not all(fault.enough() for fault in self.faults):
            if time.monotonic() > end:
                self.trouble.append(f"the faults and grabs were not through after {args.seconds} s: {self.progress()}")
                break
            self.tend()
            if time.monotonic() > next_show:
                next_show = time.monotonic() + SHOW_EVERY
                print(f"{self.seconds():6.0f} s  {self.progress()}", flush=True)
            time.sleep(0.1)
        self.end_faults()

    def tend(self):
        # A film that is cancelled may never get to the client; one that was there already counts twice, which does no harm.
        cancels = [fault for fault in self.faults if fault.name == "cancel"]
        self.grabs.settled = self.client.told()["adds"] + sum(sum(map(bool, list(fault.asked.values()))) for fault in cancels)
        for host in self.hosts:
            host.revive()
        if self.small_server:
            self.small_server.revive()
        for fault in self.faults:
            if fault.error:
                raise fault.error

    def end_faults(self):
        for fault in self.faults:
            fault.stop()
        if self.proxy:
            self.proxy.choose = lambda number: PASS
        self.client_faults = sum(self.client.told()["faults"].values())
        self.client.fault_share(0)
        faults.all_awake(self.hosts)
        if self.small_server:
            wait_until("PostgreSQL is back", self.small_server.is_back, 60, pause=0.3)
        for host in self.hosts:
            host.wait_ready()
        if not self.grabs.join(30):
            self.trouble.append("grabs were not accepted within 30 s of the last fault")

    def settle(self):
        """Until nothing is left to do by itself: bounded, and what is left is for the checker to judge."""
        began = time.monotonic()
        at_work = [self.table.number(name) for name in ("queued", "dispatching", "verifying", "downloading", "missing")]
        counts = {}

        def settled():
            nonlocal counts
            for host in self.hosts:
                host.revive()
            counts = records.state_counts(self.reader)
            return not any(counts.get(state) for state in at_work) and not self.reader.rows(records.CLEANUPS)[0]["n"]

        try:
            wait_until("every download has ended", settled, SETTLE_SECONDS, pause=0.3)
        except Timeout:
            self.trouble.append("still at work after the faults: " +
                                ", ".join(f"{count} {self.table.name(state)}" for state, count in counts.items()))
        self.settled_after = time.monotonic() - began

    def wait_for_orphans(self):
        """What arrived in the client after its download was cancelled is found by whole listings, the next of which comes
        after minutes, or with a start."""
        for host in self.hosts:
            host.kill9()
            host.start()
        for host in self.hosts:
            host.wait_ready()
        cancelled = self.table.number("cancelled")

        def gone():
            tags = set(self.client.told()["tags"])
            rows = self.reader.rows(f"SELECT id, infohash_v1 FROM download WHERE state = {cancelled}")
            left = {row["infohash_v1"] for row in rows if f"quarry.{row['id']}" in tags}
            others = self.reader.rows(f"SELECT infohash_v1 FROM download WHERE state <> {cancelled}")
            live = {row["infohash_v1"] for row in others}
            return not left - live

        try:
            wait_until("what was cancelled is out of the client", gone, 60, pause=0.5)
        except Timeout as error:
            self.trouble.append(str(error))

    def stop_hosts(self):
        for host in self.hosts:
            if not host.stop():
                self.trouble.append(f"host {host.number} did not stop in order:\n{host.process.tail(15)}")

    # The outcome

    def seconds(self):
        return time.monotonic() - self.began

    def progress(self):
        return f"{counted(self.done()) or 'no faults'}; {self.grabs.films()} films accepted, {self.grabs.settled} given to the client or cancelled"

    def judge(self):
        cancels = {row_id: done for fault in self.faults if fault.name == "cancel" for row_id, done in fault.asked.items()}
        records.export(self.reader, self.folder, self.grabs.accepted, self.grabs.refused, cancels)
        verdict = checker.check(evidence.Evidence.load(self.folder), self.table)
        broken = checker.report(verdict)
        self.trouble += [f"an answer that no grab may get: {answer}" for answer in self.grabs.unexpected[:5]]
        self.trouble += [f"not tested: {what}" for what in not_tested(self, verdict)]
        self.trouble += [crash for host in self.hosts for crash in host.crashes]
        for text in self.trouble:
            print(f"TROUBLE {text}", flush=True)
        print(figures_of(self, verdict))
        print(f"again: {self.args.again}", flush=True)
        return 1 if broken or self.trouble else 0


def main(arguments=None):
    args = parse(__doc__, arguments)
    if "disk-full" in args.faults:
        enter_namespace()
    if args.storage == "postgres":
        skip_without_postgres()
    print(f"seed {args.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="quarry-torture-", dir=os.environ.get("TMPDIR")))
    good = False
    try:
        good = Torture(args, folder).run() == 0
        return 0 if good else 1
    except KeyboardInterrupt:
        return 130
    except (AssertionError, OSError, RuntimeError) as error:
        for log in sorted(folder.glob("*.log")):
            print(f"\n--- the end of {log.name}:\n{tail_of(log, 20)}", file=sys.stderr)
        print(f"torture: {error}\nagain: {args.again}", file=sys.stderr)
        return 1
    finally:
        if args.keep or not good:
            print(f"kept: {folder}", flush=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
