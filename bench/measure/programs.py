# SPDX-License-Identifier: MIT
"""Starting what is measured: the build's own programs, Quarry, nginx, wrk. All of it on loopback and in a folder that
is deleted afterwards; whatever is started is also ended here, by its process id."""
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE.parent / "tests" / "lab"))

from processes import Process, Reaper, free_port  # noqa: E402  (the path above must come first)

START_SECONDS = 30
PROGRAM_SECONDS = 240
FILL_SECONDS = 200
BATCH = 1000


class BenchError(Exception):
    """A measurement that could not be taken, and why."""


def tool(name, package):
    # nginx lies in sbin, which not everybody has in the path.
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is None:
        raise BenchError(f"{name} is not installed; on Debian: apt-get install {package}")
    return found


class Bench:
    """The programs of one build, a folder to work in, one for files that parts share, and the processes under way."""

    def __init__(self, build, folder, shared):
        self.build = Path(build).resolve()
        self.folder = Path(folder)
        self.shared = Path(shared)
        self.processes = []
        self.reaper = Reaper()
        for program in ("quarry", "quarry-bench-store", "quarry-bench-floor", "quarry-bench-postgres-floor", "quarry-bench-names"):
            if not self.program(program).exists():
                raise BenchError(f"{self.program(program)} is missing; build the target quarry_bench there")

    def program(self, name):
        return self.build / "bin" / name

    def plugin(self, name):
        return self.build / "plugins" / f"quarry-{name}.so"

    def close(self):
        for process in reversed(self.processes):
            process.stop()
        self.reaper.close()

    def start(self, name, command):
        process = Process(name, [str(part) for part in command], self.folder / f"{name}.log")
        self.processes.append(process)
        self.reaper.watch(process)
        return process

    def stop(self, process):
        process.stop()
        self.processes.remove(process)

    def output_of(self, command, variables=None, seconds=PROGRAM_SECONDS):
        """What a program printed; BenchError with its complaint when it failed. `variables`: more environment."""
        command = [str(part) for part in command]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False,
                                  env={**os.environ, **(variables or {})})
        except subprocess.TimeoutExpired as late:
            raise BenchError(f"{' '.join(command)} did not end within {seconds} s") from late
        if done.returncode != 0:
            raise BenchError(f"{' '.join(command)} failed with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def figures_of(self, command, variables=None):
        """The lines "NAME VALUE" that a program printed."""
        pairs = (line.split() for line in self.output_of(command, variables).splitlines())
        return {pair[0]: float(pair[1]) for pair in pairs if len(pair) == 2}

    def store_figures(self, plugin, config, mode, count, seconds, first, threads=1, per=1):
        """What quarry-bench-store prints; see its head."""
        command = [self.program("quarry-bench-store"), self.plugin(plugin), mode, count, seconds, first, threads, per]
        return self.figures_of(command, {"BENCH_CONFIG": json.dumps(config)})

    def first_answer_ms(self, name, command, port, path):
        """Starts a server; the process, and the time from before its start to the end of its first good answer."""
        begin = time.monotonic()
        process = self.start(name, command)
        while not answers(port, path):
            if not process.alive():
                raise BenchError(f"{name} ended with {process.popen.returncode}:\n{process.tail()}")
            if time.monotonic() - begin > START_SECONDS:
                raise BenchError(f"{name} did not answer for {START_SECONDS} s:\n{process.tail()}")
            time.sleep(0.0003)
        return process, (time.monotonic() - begin) * 1000


def answers(port, path):
    """Whether GET `path` is answered with 200."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS) as connection:
            request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def queue_file(bench, rows):
    """A queue of so many downloads that wait, made by the store; closed, so that a copy of the file is whole."""
    file = bench.shared / f"queue-{rows}.db"
    if not file.exists():
        made = bench.store_figures("storage-sqlite", {"path": str(file), "synchronous": "normal"}, "fill", rows,
                                   FILL_SECONDS, 0, per=BATCH)
        if made["count"] != rows or file.with_name(file.name + "-wal").exists():
            raise BenchError(f"{file} was not filled with {rows} rows within {FILL_SECONDS} s and closed")
    return file


def held_queue_file(bench, rows):
    """The same with the queue on hold, so that a host does nothing but what is measured."""
    file = bench.shared / f"held-{rows}.db"
    if not file.exists():
        copy_file(queue_file(bench, rows), file)
        bench.store_figures("storage-sqlite", {"path": str(file), "synchronous": "normal"}, "held", 0, 1, 0)
    return file


class QuarryHost:
    """A host with SQLite and nothing else, in a folder of its own. `database`: a file to start from."""

    def __init__(self, bench, name, database=None):
        self.bench = bench
        self.name = name
        self.folder = bench.folder / name
        self.folder.mkdir()
        self.port = free_port()
        self.process = None
        if database is not None:
            copy_file(database, self.folder / "queue.db")
        (self.folder / "quarry.toml").write_text(f"""\
[host]
listen = "127.0.0.1:{self.port}"
data_dir = "data"
log_level = "warning"

[[plugin]]
id = "store"
library = "quarry-storage-sqlite.so"
[plugin.config]
path = "{self.folder}/queue.db"
""")

    def start(self):
        """Milliseconds to the first answer."""
        command = [self.bench.program("quarry"), "serve", "--manifest", self.folder / "quarry.toml", "--plugin-dir",
                   self.bench.build / "plugins"]
        self.process, ms = self.bench.first_answer_ms(self.name, command, self.port, "/readyz")
        return ms

    def stop(self):
        self.bench.stop(self.process)

    @property
    def key(self):
        return (self.folder / "data" / "api_key").read_text().strip()

    def memory(self):
        return memory_of([self.process.pid])


class Nginx:
    """One worker that serves the files of a folder."""

    def __init__(self, bench):
        self.bench = bench
        self.folder = bench.folder / "nginx"
        self.files = self.folder / "files"
        self.files.mkdir(parents=True)
        (self.files / "ping").write_text("{}")
        self.port = free_port()
        self.process = None
        # Started by root the worker would change to a user who may not read the folder.
        user = "user root;" if os.geteuid() == 0 else ""
        spool = "".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(f"""\
{user} daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; tcp_nodelay on; keepalive_requests 100000000; {spool}
  default_type application/json; open_file_cache max=16;
  server {{ listen 127.0.0.1:{self.port}; root {self.files}; }}
}}
""")

    def start(self):
        command = [tool("nginx", "nginx-light"), "-e", self.folder / "error.log", "-p", self.folder, "-c",
                   self.folder / "nginx.conf"]
        self.process, ms = self.bench.first_answer_ms("nginx-server", command, self.port, "/ping")
        return ms

    def stop(self):
        self.bench.stop(self.process)

    def memory(self):
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return memory_of([pid, *map(int, children)])


def memory_of(pids):
    """(resident, proportional) of these processes together, in KiB."""
    resident = proportional = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name == "Rss":
                resident += int(rest.split()[0])
            elif name == "Pss":
                proportional += int(rest.split()[0])
    return resident, proportional


def copy_file(source, target):
    """A copy that is on the disk, so that no measurement pays for writing it."""
    shutil.copyfile(source, target)
    with open(target, "rb") as copied:
        os.fsync(copied.fileno())


def remove_database(file):
    for suffix in ("", "-wal", "-shm", ".lock"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)
