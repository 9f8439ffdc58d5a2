# SPDX-License-Identifier: MIT
"""What goes wrong in a run, at moments a seed chooses. Which moment of the hosts' work they hit, nobody can repeat."""
import http.client
import random
import signal
import threading
import time

import lab_path  # noqa: F401
from tcp_proxy import PASS, RESET_AFTER, RESET_BEFORE

EARLY_SHARE = 0.7
EARLY_SECONDS = (0.005, 0.5)  # after a host's start
LATER_SECONDS = (0.0, 1.5)    # after the last kill


class Fault:
    """One kind of fault, in a thread of its own, until it was done often enough or the phase of faults is over. `calm`: by how
    much longer than usual it pauses."""

    calm = 1.0

    def __init__(self, name, seed):
        self.name = name
        self.chance = random.Random(f"{name} {seed}")
        self.over = threading.Event()
        self.done = 0
        self.error = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        try:
            self.run()
        except Exception as error:  # told by the main thread, which ends the run  # pylint: disable=broad-except
            self.error = error

    def start(self):
        self.thread.start()

    def stop(self):
        self.over.set()
        if self.thread.ident:
            self.thread.join(90)

    def pause(self, least, most):
        """True when the phase of faults is over."""
        return self.over.wait(self.calm * self.chance.uniform(least, most))

    def enough(self):
        """Whether the phase of faults need not wait for it."""
        return True


class Kills(Fault):
    """kill -9 of a host, 5 to 500 ms after its start or at any moment, and a new start at once. With `films` to be grabbed
    they are spread over all of them."""

    def __init__(self, seed, hosts, count, films, films_so_far):
        super().__init__("kill", seed)
        self.hosts = hosts
        self.count = count
        self.films = films
        self.films_so_far = films_so_far

    def run(self):
        while self.done < self.count and not self.over.is_set():
            host = self.chance.choice(self.hosts)
            early = self.chance.random() < EARLY_SHARE
            delay = self.chance.uniform(*(EARLY_SECONDS if early else LATER_SECONDS))
            moment = host.started + delay if early else time.monotonic() + delay
            if self.over.wait(max(0.0, moment - time.monotonic())):
                return
            with host.lock:
                self.done += host.kill9()
                host.start()
            while self.films_so_far() < 0.9 * self.films * self.done / self.count and not self.over.wait(0.1):
                pass

    def enough(self):
        return self.done >= self.count


class Stops(Fault):
    """SIGSTOP of a host for 0.03 to 2 leases, and SIGCONT: now and then it wakes when its work is somebody else's. `number`: of
    several that stop hosts at the same time."""

    def __init__(self, seed, number, hosts, lease_seconds):
        super().__init__("stop", f"{seed} {number}")
        self.hosts = hosts
        self.lease_seconds = lease_seconds

    def run(self):
        while not self.pause(0.2, 1.5):
            self.chance.choice(self.hosts).freeze(self.lease_seconds * self.chance.choice((0.03, 0.3, 1.3, 2)), self.over)
            self.done += 1


class DiskFulls(Fault):
    """The file system under the store has not one byte left for 0.2 to 3 s, while everything else goes on. Now and then a
    host is killed meanwhile, and starts without space. `made_anew`: a file that a start makes again where it is missing;
    `use_log`: writes so much to the store that its write-ahead log must grow."""

    KILL_SHARE = 0.3
    LOG_SHARE = 0.4
    LEAST_AFTER_KILL = 1.0  # a start must meet it

    def __init__(self, seed, disk, hosts, count, made_anew=None, use_log=None):
        super().__init__("disk-full", seed)
        self.disk = disk
        self.hosts = hosts
        self.count = count
        self.made_anew = made_anew
        self.use_log = use_log

    def run(self):
        while self.done < self.count and not self.pause(0.2, 1.5):
            self._be_full(self.chance.uniform(0.2, 3), kill=self.chance.random() < self.KILL_SHARE)
            self.done += 1

    def _be_full(self, seconds, kill):
        end = time.monotonic() + seconds
        try:
            self.disk.fill()
            if self.use_log and self.chance.random() < self.LOG_SHARE:
                self.use_log()
            # It is to be met in the middle of the work, too, and not only after all was refused.
            if kill and not self.over.wait(self.chance.uniform(0, seconds)):
                self._kill_one()
                end = max(end, time.monotonic() + self.LEAST_AFTER_KILL)
            # Whatever is freed is taken at once: it is to stay full.
            while time.monotonic() < end and not self.over.wait(0.01):
                self.disk.fill()
        finally:
            self.disk.free()

    def _kill_one(self):
        host = self.chance.choice(self.hosts)
        with host.lock:
            host.kill9()
            if self.made_anew and self.chance.random() < 0.5:
                self.made_anew.unlink(missing_ok=True)
            self.disk.fill()
            host.start()

    def enough(self):
        return self.done >= self.count


class Restarts(Fault):
    """PostgreSQL ends as in a crash, and recovers."""

    def __init__(self, seed, server):
        super().__init__("pg-restart", seed)
        self.server = server

    def run(self):
        while not self.pause(2, 8):
            self.server.restart("immediate")
            self.done += 1


class Terminations(Fault):
    """Backends of PostgreSQL are ended, one or all."""

    def __init__(self, seed, server, database):
        super().__init__("pg-terminate", seed)
        self.server = server
        self.database = database

    def run(self):
        one = "select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity where datname = " \
              f"'{self.database}' and pid <> pg_backend_pid() order by random() limit 1) as chosen"
        while not self.pause(0.2, 1.5):
            try:
                self.done += int(self.server.value(one)) if self.chance.random() < 0.7 else self.server.terminate_backends()
            except (RuntimeError, ValueError):
                pass  # the server is being restarted


class CommitResets(Fault):
    """The connection is reset inside COMMIT, before the server hears of it or after it has carried it out."""

    def __init__(self, seed, proxy, count, share=0.06):
        super().__init__("commit-reset", seed)
        self.proxy = proxy
        self.count = count
        self.share = share

    def start(self):
        self.proxy.choose = self._fate
        super().start()

    def run(self):
        self.over.wait()

    def _fate(self, _number):
        if self.over.is_set() or self.chance.random() >= self.share:
            return PASS
        self.done += 1
        return self.chance.choice((RESET_BEFORE, RESET_AFTER))

    def enough(self):
        return self.done >= self.count


class Freezes(Fault):
    """The network between the hosts and PostgreSQL lets nothing pass for 0.1 to 2 leases, and closes no connection."""

    def __init__(self, seed, proxy, lease_seconds):
        super().__init__("pg-freeze", seed)
        self.proxy = proxy
        self.lease_seconds = lease_seconds

    def run(self):
        while not self.pause(2, 6):
            self.proxy.freeze()
            self.over.wait(self.lease_seconds * self.chance.choice((0.1, 0.5, 1.3, 2)))
            self.proxy.thaw()
            self.done += 1


class Cancels(Fault):
    """Users remove downloads that are on their way, with and without their data, and ask again until they are answered."""

    RECENT = 30  # of what was accepted

    def __init__(self, seed, hosts, accepted):
        super().__init__("cancel", seed)
        self.hosts = hosts
        self.accepted = accepted
        self.asked = {}  # id -> whether it was answered: done

    def run(self):
        while not self.pause(0.1, 0.8):
            recent = [grab["id"] for grab in self.accepted()[-self.RECENT:]]
            row_id = self.chance.choice(recent) if recent else None
            if row_id is None or row_id in self.asked:
                continue
            self.asked[row_id] = False
            with_data = self.chance.choice(("true", "false"))
            while not self.over.is_set() and not self._cancel(row_id, with_data):
                time.sleep(0.05)
            self.done += self.asked[row_id]

    def _cancel(self, row_id, with_data):
        """Whether there was an answer."""
        host = self.chance.choice(self.hosts)
        try:
            answer = host.api.call("DELETE", f"/api/v3/queue/{row_id}?deleteFiles={with_data}", timeout=2)
        except (OSError, http.client.HTTPException, ValueError):
            return False
        self.asked[row_id] = answer.status == 200
        return answer.status != 503


def all_awake(hosts):
    for host in hosts:
        host.process.signal(signal.SIGCONT)
