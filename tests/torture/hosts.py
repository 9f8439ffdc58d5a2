# SPDX-License-Identifier: MIT
"""The hosts of a run: each with a data folder, a port and a log of its own, all on one store."""
import collections
import signal
import threading
import time

import lab_path  # noqa: F401
from processes import free_port, wait_until
from web import QuarryApi, is_ready


REVIVE_SECONDS = 0.5
WITHOUT_STORE = (0, 1)
FULL_DISK = 15  # how a host ends that cannot open its store for want of space


class Host:
    """One `quarry serve`, started again and again. Whoever starts, kills or ends it holds `lock`. `data`: its data folder;
    `full_since`: whether its store had no space at any time after a moment."""

    def __init__(self, lab, number, manifest, env, data, full_since=lambda moment: False):
        self.lab = lab
        self.number = number
        self.manifest = manifest
        self.env = env
        self.data = data
        self.full_since = full_since
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.lock = threading.Lock()
        self.process = None
        self.started = 0.0
        self.ended_by_itself = collections.Counter()  # by exit code
        self.crashes = []  # what a host that was not killed died of

    def start(self):
        command = [str(self.lab.binary("quarry")), "serve", "--manifest", str(self.manifest), "--data-dir", str(self.data),
                   "--plugin-dir", str(self.lab.build / "plugins"), "--listen", f"127.0.0.1:{self.port}"]
        self._forget_old_process()
        self.process = self.lab.start(f"host{self.number}", command, env=self.env)
        self.started = time.monotonic()

    def _forget_old_process(self):
        if self.process in self.lab.processes:
            self.lab.processes.remove(self.process)

    def kill9(self):
        """Whether there was one to kill."""
        alive = self.process.alive()
        if alive:
            self.process.kill9()
        else:
            self.note_end()
        return alive

    def note_end(self):
        """For a process that ended without being told to: without its store, or at a start without space for it, it may; by
        a signal never."""
        code = self.process.popen.returncode
        self.ended_by_itself[code] += 1
        if code not in WITHOUT_STORE and not (code == FULL_DISK and self.full_since(self.started)):
            self.crashes.append(f"host {self.number} ended with {code}:\n{self.process.tail(15)}")

    def revive(self):
        """Starts it if it has ended by itself, as a service manager would: not at once again and again. Whoever kills it
        starts it too."""
        with self.lock:
            if self.process.alive() or time.monotonic() - self.started < REVIVE_SECONDS:
                return
            self.note_end()
            self.start()

    def freeze(self, seconds, ended):
        """SIGSTOP, and SIGCONT after that time or as soon as `ended` is set. It may be killed meanwhile."""
        process = self.process
        process.signal(signal.SIGSTOP)
        ended.wait(seconds)
        process.signal(signal.SIGCONT)

    def stop(self):
        """True when it ended in time and in order."""
        with self.lock:
            if not self.process.alive():
                self.note_end()
                return False
            return self.process.stop() and self.process.popen.returncode == 0

    def wait_ready(self, seconds=60):
        def ready():
            self.revive()
            return is_ready(self.url)

        wait_until(f"host {self.number} is ready", ready, seconds)

    @property
    def api(self):
        return QuarryApi(self.url, (self.data / "api_key").read_text().strip())
