# SPDX-License-Identifier: MIT
"""Starts programs and ends exactly those: a process is known by its id and its start time together, so that an id the
kernel has given to somebody else meanwhile is left alone."""
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

STOP_SECONDS = 15


def start_ticks(pid):
    """When the process started, in kernel ticks; None when there is none, or only its exit status is left."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def tail_of(path, lines):
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


class Process:
    """One running program. Its output goes to a file. `stop_signal`: what asks it to end; `options`: for Popen."""

    def __init__(self, name, command, log, stop_signal=signal.SIGTERM, **options):
        self.name = name
        self.log = Path(log)
        self.stop_signal = stop_signal
        with open(self.log, "ab") as output:
            self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                          **options)
        self.pid = self.popen.pid
        self.ticks = start_ticks(self.pid)

    def alive(self):
        return self.popen.poll() is None

    def signal(self, number):
        if self.alive() and start_ticks(self.pid) == self.ticks:
            os.kill(self.pid, number)

    def kill9(self):
        """Ends it at once, as a power cut would, and waits until it is gone."""
        self.signal(signal.SIGKILL)
        self.popen.wait(STOP_SECONDS)

    def stop(self, seconds=STOP_SECONDS):
        """Its stop signal, and SIGKILL when that did not help. True when it went by itself."""
        self.signal(self.stop_signal)
        return self.join(seconds)

    def join(self, seconds=STOP_SECONDS):
        """Waits for a process that was told to stop; kills it in the end. True when that was not needed."""
        try:
            self.popen.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            self.kill9()
            return False

    def tail(self, lines=30):
        return tail_of(self.log, lines)


def end_process(pid, ticks, number=signal.SIGTERM, seconds=STOP_SECONDS):
    """Ends a process that need not be a child of ours; does nothing when it is gone already."""
    for each, limit in ((number, seconds), (signal.SIGKILL, 5)):
        end = time.monotonic() + limit
        try:
            if start_ticks(pid) == ticks:
                os.kill(pid, each)
        except ProcessLookupError:
            return
        while start_ticks(pid) == ticks and time.monotonic() < end:
            time.sleep(0.05)


REAPER = r"""
import shutil, signal, sys, threading
from processes import end_process
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
processes, folders = set(), set()
for line in sys.stdin:
    kind, rest = line.rstrip("\n").split(" ", 1)
    if kind == "process":
        processes.add(tuple(map(int, rest.split())))
    else:
        folders.add(rest)
enders = [threading.Thread(target=end_process, args=(*process, 5)) for process in processes]
for ender in enders:
    ender.start()
for ender in enders:
    ender.join()
for folder in folders:
    shutil.rmtree(folder, ignore_errors=True)
"""


class Reaper:
    """A helper that ends what was started when the one who started it died without doing so: it reads process ids from
    a pipe, and the pipe's end is its sign."""

    def __init__(self):
        self.popen = subprocess.Popen([sys.executable, "-c", REAPER], stdin=subprocess.PIPE, text=True,
                                      cwd=Path(__file__).parent, start_new_session=True)

    def watch(self, process):
        if process.ticks is not None:
            self._tell(f"process {process.pid} {process.ticks} {int(process.stop_signal)}")

    def watch_folder(self, folder):
        """Deletes it too, once the processes have ended."""
        self._tell(f"folder {folder}")

    def _tell(self, line):
        self.popen.stdin.write(line + "\n")
        self.popen.stdin.flush()

    def close(self):
        self.popen.stdin.close()
        self.popen.wait()


_given_ports = set()


def free_port():
    """A loopback TCP port nobody listens on, outside the range from which the kernel serves outgoing connections."""
    chooser = random.SystemRandom()
    while True:
        port = chooser.randrange(20000, 32000)
        if port in _given_ports:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given_ports.add(port)
        return port


class Timeout(AssertionError):
    pass


def wait_until(what, condition, seconds=30, pause=0.05, process=None):
    """The first true value of condition(); Timeout with `what` when none came. Fails at once when `process` ended."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if process is not None and not process.alive():
            raise Timeout(f"{process.name} ended with {process.popen.returncode} before {what}:\n{process.tail()}")
        if time.monotonic() > end:
            tail = f"\n{process.tail()}" if process is not None else ""
            raise Timeout(f"after {seconds} s still not: {what}{tail}")
        time.sleep(pause)
