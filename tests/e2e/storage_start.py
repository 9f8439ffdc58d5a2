# SPDX-License-Identifier: MIT
"""What the tests of a start share that meets a storage which is not there, or not as it should be: what is worth waiting for is
waited for, in the open; all else ends the start at once with a sentence and an exit code of its own."""
import time
from urllib.parse import urlsplit

from e2e import E2eTest, wait_until
from web import is_ready

UNAVAILABLE, CREDENTIALS, RIGHTS, TLS, READ_ONLY, FULL_DISK, DAMAGED, FILE_SYSTEM, IN_USE, NEWER, MISSING, FOREIGN = range(10, 22)
AT_ONCE = 20  # seconds; far below the five minutes that a database that is down is waited for


class StorageTest(E2eTest):
    def manifest(self, store, **host):
        return self.lab.manifest([store, self.lab.scorer_plugin()], host=host)

    def start(self, store, env=None, name="quarry", under=(), **host):
        return self.lab.quarry(self.manifest(store, **host), env, name=name, wait=False, under=under)

    def start_on(self, url, env=None, name="quarry", **host):
        """A host on that database; its password is nowhere to be seen when the test ends."""
        quarry = self.start(self.lab.postgres_plugin(), {**(env or {}), "DATABASE_URL": url}, name, **host)
        password = urlsplit(url).password
        self.addCleanup(lambda: self.assertNotIn(password, quarry.process.tail(10_000)))
        return quarry

    def assert_refused(self, quarry, code, *words):
        """It has ended at once with this code and a sentence that holds these words; the sentence."""
        end = time.monotonic() + AT_ONCE
        self.assertEqual(quarry.process.popen.wait(AT_ONCE), code, quarry.process.tail())
        self.assertLess(time.monotonic(), end)
        sentence = quarry.process.tail(1)
        for word in words:
            self.assertIn(word, sentence)
        return sentence

    def check_set_aside(self, quarry, spoil):
        """`spoil(values)` writes into the table behind the host's back."""
        def notes(source):
            return [note["message"] for note in quarry.api.ok("GET", "/api/v3/health") if note["source"] == source]

        unknown, negative, sound = (quarry.api.grab(title=f"film {number}", magnet_url=f"magnet:?xt=urn:btih:{number:040x}")["id"]
                                    for number in (1, 2, 3))
        for each in (unknown, negative, sound):
            quarry.api.ok("PUT", f"/api/v3/queue/{each}/pause")  # so that nobody works on them
        spoil(f"state = 99 where id = {unknown}")
        spoil(f"size_bytes = -7 where id = {negative}")

        for each, words in ((unknown, "its state is 99"), (negative, "its size_bytes is -7")):
            for method, path in (("GET", ""), ("PUT", "/resume"), ("DELETE", "")):
                answer = quarry.api.call(method, f"/api/v3/queue/{each}{path}")
                self.assertEqual(answer.status, 409, answer.text)
                self.assertIn(f"download {each} is set aside", answer.text)
                self.assertIn(words, answer.text)
        for status in ("all", "paused"):
            self.assertEqual([row["id"] for row in quarry.api.ok("GET", f"/api/v3/queue?status={status}")["records"]], [sound])
        self.assertEqual(len(notes("QueueRowCheck")), 2)
        self.assertIn(f"id = {unknown} of download", notes("QueueRowCheck")[0])
        self.assertTrue(is_ready(quarry.url))
        quarry.api.ok("PUT", f"/api/v3/queue/{sound}/resume")
        wait_until("the engine goes on", lambda: "no download client" in quarry.api.item(sound).get("errorMessage", ""),
                   process=quarry.process)

        # At the next start nobody asks for them, and they are found all the same.
        quarry.stop()
        quarry.start()
        wait_until("they are found", lambda: len(notes("QueueRowCheck")) == 2, process=quarry.process)
        for each in (unknown, negative):
            told = [line for line in quarry.process.tail(10_000).splitlines() if f"download {each} is set aside" in line]
            self.assertEqual(len(told), 2, "once for each start")
        spoil(f"state = 0 where id = {unknown}")
        spoil(f"size_bytes = -1 where id = {negative}")
        self.assertEqual([quarry.api.item(each)["status"] for each in (unknown, negative)], ["paused", "paused"])
        self.assertEqual(notes("QueueRowCheck"), [])
