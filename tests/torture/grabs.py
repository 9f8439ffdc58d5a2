# SPDX-License-Identifier: MIT
"""The users of a run: programs that ask for films over the HTTP API, again and again until they are told that a film is in
the queue, and that remember what they were told."""
import collections
import http.client
import random
import threading
import time

from films import film

REQUEST_SECONDS = 2
PAUSE = 0.03
# What a 503 says of the grab: one of both, or nobody could tell whether to ask again.
UNCHANGED, PERHAPS = "nothing was changed", "may have been made"
# How often a film is asked for at two hosts at the same moment, and how often by .torrent file and by magnet link.
RACE_SHARE, TWIN_SHARE = 0.1, 0.05


def promises_nothing_changed(text):
    """Whether a 503 says that the grab left no trace; None when it does not say."""
    unchanged, perhaps = (words in text.lower() for words in (UNCHANGED, PERHAPS))
    return unchanged if unchanged != perhaps else None


class Grabs:
    """`least` films, and more until `enough()`; never more than `backlog` ahead of those that are settled."""

    def __init__(self, hosts, seed, least, backlog, files_url, enough):
        self.hosts = hosts
        self.seed = seed
        self.least = least
        self.backlog = backlog
        self.files_url = files_url
        self.enough = enough
        self.accepted = []
        self.counts = collections.Counter()
        self.refused = []     # attempts that were told that nothing was changed, or told nothing
        self.unexpected = []  # answers that no grab may get
        self.settled = 0      # given to the client, or cancelled; told from outside
        self.next_number = 1
        self.lock = threading.Lock()
        self.giving_up = threading.Event()
        self.threads = []

    def start(self, threads):
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def alive(self):
        return any(thread.is_alive() for thread in self.threads)

    def join(self, seconds):
        """Gives up what has not been accepted by then. True when everything was."""
        end = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0, end - time.monotonic()))
        done = not self.alive()
        self.giving_up.set()
        for thread in self.threads:
            thread.join(2 * REQUEST_SECONDS)
        return done

    def films(self):
        with self.lock:
            return len({grab["name"] for grab in self.accepted})

    def _take(self):
        """The number of the next film; None: come again, 0: there are enough."""
        with self.lock:
            if self.next_number > self.least and self.enough():
                return 0
            if self.next_number - 1 - self.settled >= self.backlog:
                return None
            self.next_number += 1
            return self.next_number - 1

    def _work(self):
        while not self.giving_up.is_set():
            number = self._take()
            if number == 0:
                return
            if number is None:
                time.sleep(PAUSE)
                continue
            self._ask_for(number)

    def _ask_for(self, number):
        chance = random.Random(f"grab {self.seed} {number}")
        wanted = film(self.seed, number)
        way = chance.choice(("magnet", "url"))
        others = [threading.Thread(target=self._until_accepted, args=(wanted, each, chance.randrange(1 << 30)), daemon=True)
                  for each in (([way] if chance.random() < RACE_SHARE else []) +
                               ([{"magnet": "url", "url": "magnet"}[way]] if chance.random() < TWIN_SHARE else []))]
        for other in others:
            other.start()
        self._until_accepted(wanted, way, chance.randrange(1 << 30))
        for other in others:
            other.join()

    def _until_accepted(self, wanted, way, seed):
        chance = random.Random(seed)
        source = {"magnet_url": wanted.magnet} if way == "magnet" else \
            {"download_url": f"{self.files_url}/films/{wanted.number}.torrent"}
        fields = {"title": wanted.name, "size": wanted.size, **source}
        while not self.giving_up.is_set():
            host = chance.choice(self.hosts)
            if self._try(host, fields, wanted, way):
                return
            time.sleep(chance.uniform(0, 2 * PAUSE))

    def _refuse(self, wanted, began, answered, told):
        with self.lock:
            self.refused.append({"name": wanted.name, "from": began, "to": time.time(), "answered": answered, "told": told})

    def _try(self, host, fields, wanted, way):
        began = time.time()
        try:
            answer = host.api.call("POST", "/api/v3/queue/grab", fields, timeout=REQUEST_SECONDS)
            told = answer.json()
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._count(type(error).__name__)
            if not isinstance(error, ConnectionRefusedError):
                self._refuse(wanted, began, False, type(error).__name__)
            return False
        self._count(str(answer.status))
        row_id = told.get("id") if answer.status == 201 else told.get("existingId") if answer.status == 409 else None
        if row_id is None:
            unchanged = promises_nothing_changed(answer.text) if answer.status == 503 else None
            if unchanged is not None:
                self._refuse(wanted, began, unchanged, answer.text[:300])
            else:
                with self.lock:
                    self.unexpected.append(f"{answer.status} {answer.text[:300]}")
                time.sleep(10 * PAUSE)
            return False
        with self.lock:
            self.accepted.append({"film": wanted.number, "name": wanted.name, "hash": wanted.infohash, "by": way,
                                  "status": answer.status, "id": row_id, "host": host.number, "wall": time.time()})
        return True

    def _count(self, what):
        with self.lock:
            self.counts[what] += 1
