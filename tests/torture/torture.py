#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real hosts on a real store, which are killed, stopped and cut off while downloads go through. Afterwards a checker proves
from the store's event log and the client's journal that no download was lost, doubled or stuck.

  torture.py --storage postgres --hosts 3 --kills 500 --seed 7 --faults kill,stop,pg-restart

The seed chooses the faults and the films; which instruction a fault hits nobody can choose, so a seed does not repeat a run
step by step. The last line repeats the command. Exits with 0 when every promise was kept, 1 when not.
"""
import argparse
import collections
import os
import random
import shlex
import shutil
import sys
import tempfile
import time
from pathlib import Path

import checker
import faults
import records
from grabs import Grabs
from hosts import Host
from lab_path import REPOSITORY

from lab import Lab  # noqa: E402  (lab_path makes it known)
from postgres import skip_without_postgres
from processes import Timeout, tail_of, wait_until
from states import read_table
from tcp_proxy import PASS, TcpProxy
from web import request
from write_protocol import ReadySide, WriterSide

DATABASE = "quarry"
KINDS = ("kill", "stop", "pg-restart", "pg-terminate", "pg-freeze", "commit-reset", "client")
POSTGRES_KINDS = ("pg-restart", "pg-terminate", "pg-freeze", "commit-reset")
PROXY_KINDS = ("pg-freeze", "commit-reset")
HOSTS_A_STOPPER = 3
SETTLE_SECONDS = 120
CLIENT_FAULT_SHARE = 0.06
REQUEST_TIMEOUT_MS = 1000
SHOW_EVERY = 5
GRABBERS_A_HOST = 3


class FakeClient:
    """fake_qbittorrent.py as a process, where the laboratory expects a qBittorrent."""

    username, password = "admin", "fake-client-password"

    def __init__(self, lab, seed, journal, item_seconds):
        command = [sys.executable, "-u", str(Path(__file__).parent / "fake_qbittorrent.py"), "--journal", str(journal),
                   "--seed", str(seed), "--films-seed", str(seed), "--item-seconds", str(item_seconds)]
        self.process = lab.start("client", command)
        line = wait_until("the fake client says where it listens", self._first_line, process=self.process)
        self.address = line.removeprefix("listening on ")
        self.url = f"http://{self.address}"

    def _first_line(self):
        return next((line for line in self.process.log.read_text().splitlines() if line.startswith("listening on ")), None)

    def fault_share(self, share):
        request("POST", f"{self.url}/control/fault_rate/{share}")

    def told(self):
        return request("GET", f"{self.url}/control", timeout=30).json()


class Torture:
    def __init__(self, args, folder):
        self.args = args
        self.folder = folder
        self.began = time.monotonic()
        self.table = read_table()
        self.lab = Lab(folder, args.build)
        self.proxy = None
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

    # The world

    def build_world(self):
        args, lab = self.args, self.lab
        self.client = FakeClient(lab, args.seed, self.folder / "journal.jsonl", args.item_seconds)
        store, env = self.store()
        plugin = lab.qbittorrent_plugin(self.client)
        plugin["config"]["request_timeout_ms"] = REQUEST_TIMEOUT_MS
        settings = {"max_concurrent_downloads": args.limit, "default_max_retries": 10, "poll_ms": 100, "lease_ms": args.lease_ms,
                    "absence_span_ms": 1000, "retry_base_s": 0.1, "retry_cap_s": 2}
        manifest = lab.manifest([store, plugin], queue=settings, allow=[self.client.address])
        self.hosts = [Host(lab, number, manifest, {**os.environ, **env}) for number in range(args.hosts)]
        for host in self.hosts:
            host.start()
        for host in self.hosts:
            host.wait_ready()

    def store(self):
        """The plugin's entry in the manifest, and what its host must see in its environment."""
        if self.args.storage == "sqlite":
            path = self.lab.subfolder("store") / "queue.db"
            self.reader = records.SqliteReader(path)
            return {"id": "store", "library": "quarry-storage-sqlite.so", "config": {"path": str(path)}}, {}
        self.server = self.lab.postgres(durable=True)
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
            fault.start()
        end, next_show = self.began + args.seconds, 0.0
        while self.grabs.alive() or not all(fault.enough() for fault in self.faults):
            if time.monotonic() > end:
                self.trouble.append(f"the faults and grabs were not through after {args.seconds} s: {self.progress()}")
                break
            self.tend()
            if time.monotonic() > next_show:
                next_show = time.monotonic() + SHOW_EVERY
                print(f"{time.monotonic() - self.began:6.0f} s  {self.progress()}", flush=True)
            time.sleep(0.1)
        self.end_faults()

    def tend(self):
        self.grabs.items = self.client.told()["items"]
        for host in self.hosts:
            host.revive()
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
            return not any(counts.get(state) for state in at_work)

        try:
            wait_until("every download has ended", settled, SETTLE_SECONDS, pause=0.3)
        except Timeout:
            self.trouble.append("still at work after the faults: " +
                                ", ".join(f"{count} {self.table.name(state)}" for state, count in counts.items()))
        self.settled_after = time.monotonic() - began

    def stop_hosts(self):
        for host in self.hosts:
            if not host.stop():
                self.trouble.append(f"host {host.number} did not stop in order:\n{host.process.tail(15)}")

    # The outcome

    def progress(self):
        return f"{counted(self.done()) or 'no faults'}; {self.grabs.films()} films accepted, {self.grabs.items} in the client"

    def judge(self):
        records.export(self.reader, self.folder, self.grabs.accepted)
        verdict = checker.check(checker.Evidence.load(self.folder), self.table)
        broken = checker.report(verdict)
        self.trouble += [f"an answer that no grab may get: {answer}" for answer in self.grabs.unexpected[:5]]
        self.trouble += [crash for host in self.hosts for crash in host.crashes]
        for text in self.trouble:
            print(f"TROUBLE {text}", flush=True)
        print(self.figures(verdict))
        print(f"again: {self.args.again}", flush=True)
        return 1 if broken or self.trouble else 0

    def figures(self, verdict):
        happened = self.done()
        if self.proxy:
            happened.update({name: self.proxy.counts[name] for name in (faults.RESET_BEFORE, faults.RESET_AFTER)})
        if "client" in self.args.faults:
            happened["client"] = self.client_faults
        parts = [f"{self.args.storage}, {self.args.hosts} hosts, limit {self.args.limit}", counted(happened) or "no faults",
                 counted(verdict.figures), f"answers: {counted(self.grabs.counts)}",
                 f"{sum(host.ended_by_itself for host in self.hosts)} hosts ended without their store",
                 f"at rest {self.settled_after:.1f} s after the last fault, {time.monotonic() - self.began:.0f} s in all",
                 ", ".join(f"{verdict.count(kind)} {kind}" for kind in (checker.LOST, checker.DOUBLED, checker.STUCK))]
        return "; ".join(parts)


def counted(counter):
    return ", ".join(f"{count} {what}" for what, count in counter.items())


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--storage", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--hosts", type=int, default=None, help="how many share the store (default 3; 1 on SQLite)")
    parser.add_argument("--grabs", type=int, default=200, help="films asked for, at least (default 200)")
    parser.add_argument("--kills", type=int, default=100, help="kill -9 of a host (default 100)")
    parser.add_argument("--resets", type=int, default=100, help="connections lost inside COMMIT, at least (default 100)")
    parser.add_argument("--seed", type=int, default=None, help="default: a random one, which is printed")
    parser.add_argument("--faults", default="kill", help=f"some of {','.join(KINDS)} (default kill)")
    parser.add_argument("--limit", type=int, default=10, help="downloads at once, 1 to 10 (default 10)")
    parser.add_argument("--lease-ms", type=int, default=2000, help="default 2000; users have 30000")
    parser.add_argument("--backlog", type=int, default=40, help="films asked for ahead of the client (default 40)")
    parser.add_argument("--item-seconds", type=float, default=0.3, help="the longest an item of the client takes (default 0.3)")
    parser.add_argument("--seconds", type=float, default=None, help="the longest the faults may take (default: by kills and grabs)")
    parser.add_argument("--build", type=Path, default=os.environ.get("QUARRY_BUILD_DIR", REPOSITORY / "build" / "release"),
                        help="build folder with bin/ and plugins/")
    parser.add_argument("--keep", action="store_true", help="keep the folder of the run, with logs and evidence")
    args = parser.parse_args(arguments)
    args.faults = [kind for kind in args.faults.split(",") if kind]
    unknown = [kind for kind in args.faults if kind not in KINDS]
    if unknown:
        parser.error(f"no such fault: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    if args.storage == "sqlite":
        if args.hosts not in (None, 1):
            parser.error("one host owns a SQLite file: --hosts 1")
        if set(args.faults) & set(POSTGRES_KINDS):
            parser.error(f"{', '.join(POSTGRES_KINDS)} need --storage postgres")
    args.hosts = args.hosts or (1 if args.storage == "sqlite" else 3)
    args.seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 32)
    args.seconds = args.seconds or 120 + 3 * args.kills + args.resets + args.grabs / 3
    args.again = command_of(args)
    return args


def command_of(args):
    words = ["python3", f"tests/torture/{Path(__file__).name}", "--storage", args.storage, "--faults", ",".join(args.faults) or "''"]
    for name in ("hosts", "grabs", "kills", "resets", "seed", "limit", "lease_ms", "backlog", "item_seconds"):
        words += [f"--{name.replace('_', '-')}", str(getattr(args, name))]
    return shlex.join(words)


def main(arguments=None):
    args = parse(arguments)
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
