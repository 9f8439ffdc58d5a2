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
    """One running program. Its output goes to a file."""

    def __init__(self, name, command, log, env=None):
        self.name = name
        self.log = Path(log)
        with open(self.log, "ab") as output:
            self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                          env=env)
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
        """SIGTERM, and SIGKILL when that did not help. True when it went by itself."""
        self.signal(signal.SIGTERM)
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


REAPER = r"""
import os, signal, sys, time
from processes import start_ticks
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
tracked = set()
for line in sys.stdin:
    pid, ticks = map(int, line.split())
    tracked.add((pid, ticks))
def running():
    return [pid for pid, ticks in tracked if start_ticks(pid) == ticks]
for number, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
    for pid in running():
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
    end = time.monotonic() + seconds
    while running() and time.monotonic() < end:
        time.sleep(0.05)
"""


class Reaper:
    """A helper that ends what was started when the one who started it died without doing so: it reads process ids from
    a pipe, and the pipe's end is its sign."""

    def __init__(self):
        self.popen = subprocess.Popen([sys.executable, "-c", REAPER], stdin=subprocess.PIPE, text=True,
                                      cwd=Path(__file__).parent, start_new_session=True)

    def watch(self, process):
        if process.ticks is not None:
            self.popen.stdin.write(f"{process.pid} {process.ticks}\n")
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
