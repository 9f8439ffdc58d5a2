#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The disk under the queue fills up: reads go on, writes answer 503 and change nothing, and when there is space again
everything works as before. Needs no privilege: it moves itself into a namespace of its own to mount a small file system."""
import errno

from e2e import E2eTest, main, request, wait_until

from postgres import NotInstalled, programs
from small_disk import SmallDisk, enter_namespace
from small_server import DISK_MIB as SERVER_DISK_MIB
from small_server import OPTIONS as SERVER_OPTIONS
from storage_start import FULL_DISK

FAILED = 1
DISK_MIB = 8


class DiskFull(E2eTest):
    def setUp(self):
        super().setUp()
        self.disk = self.lab.subfolder("quarry")  # the data folder of the host
        self.space = SmallDisk(self.disk, DISK_MIB)
        self.addCleanup(self.space.close)
        self.hash = 0

    def grab(self, api):
        self.hash += 1
        magnet = f"magnet:?xt=urn:btih:{self.hash:040x}&dn=Film.{self.hash}.2023.1080p.BluRay.x264-LAB"
        return api.call("POST", "/api/v3/queue/grab", {"release_id": f"r{self.hash}", "title": f"film {self.hash}",
                                                       "magnet_url": magnet})

    def test_reads_go_on_writes_answer_503_and_it_heals(self):
        quarry = self.lab.quarry(self.lab.manifest([self.lab.sqlite_plugin(), self.lab.scorer_plugin()]))
        api = quarry.api
        first = self.grab(api)
        self.assertLess(first.status, 300, first.text)
        first_id = first.json()["id"]

        accepted = {first_id}
        self.space.fill()
        # What is already allotted to the database may take a few more.
        for _ in range(2000):
            answer = self.grab(api)
            if answer.status > 299:
                break
            accepted.add(answer.json()["id"])
        self.assertEqual(answer.status, 503, answer.text)
        self.assertTrue(answer.json(), "an error answer has a body that says why")
        changed = api.call("PUT", f"/api/v3/queue/{first_id}/pause")
        self.assertEqual(changed.status, 503, changed.text)

        self.assertEqual({row["id"] for row in api.queue()}, accepted, "a refused write left nothing behind")
        self.assertEqual(api.item(first_id)["status"], "queued")
        self.assertEqual(request("GET", f"{quarry.url}/ping").status, 200)

        self.space.free()
        answer = wait_until("writes work again", lambda: (a := self.grab(api)).status < 300 and a, 30, process=quarry.process)
        accepted.add(answer.json()["id"])
        self.assertLess(api.call("PUT", f"/api/v3/queue/{first_id}/pause").status, 300)

        self.space.fill()
        quarry.kill9()
        self.space.free()
        quarry.start()
        self.assertEqual({row["id"] for row in quarry.api.queue()}, accepted, "and all of it survives a crash on a full disk")
        self.assertEqual(quarry.api.item(first_id)["status"], "paused")

    def test_a_start_on_a_full_disk_says_so(self):
        """The data folder lies elsewhere: the disk under the queue's file is the full one."""
        self.space.fill()
        self.refused("new.db")
        self.space.free()
        quarry = self.lab.quarry(self.manifest("old.db"), name="elsewhere")
        quarry.stop()
        self.space.fill()
        self.refused("old.db")
        self.space.free()
        quarry.start()

    def test_a_first_start_without_space_for_its_data_folder_says_so(self):
        """Here the queue's file lies elsewhere."""
        self.space.fill()
        store = {**self.lab.sqlite_plugin(), "config": {"path": str(self.lab.subfolder("elsewhere") / "queue.db")}}
        quarry = self.lab.quarry(self.lab.manifest([store, self.lab.scorer_plugin()]), wait=False)
        self.assertEqual(quarry.process.popen.wait(20), FAILED, quarry.process.tail())
        self.assertIn("No space left on device", quarry.process.tail(1))
        self.assertIn(str(self.disk), quarry.process.tail(1))
        self.space.free()
        quarry.start()

    def manifest(self, file):
        store = {"id": "store", "library": "quarry-storage-sqlite.so", "config": {"path": str(self.disk / file)}}
        return self.lab.manifest([store, self.lab.scorer_plugin()])

    def refused(self, file):
        quarry = self.lab.quarry(self.manifest(file), name="elsewhere", wait=False)
        self.assertEqual(quarry.process.popen.wait(20), FULL_DISK, quarry.process.tail())
        self.assertIn("free some space", quarry.process.tail(1))
        self.assertIn(str(self.disk / file), quarry.process.tail(1))


class PostgresDiskFull(E2eTest):
    """A server that cannot keep what each new connection to a database looks up first refuses the connection, and before
    version 17 in words of its own."""

    def setUp(self):
        super().setUp()
        try:
            programs()
        except NotInstalled as reason:
            self.skipTest(str(reason))
        self.folder.chmod(0o711)  # the user that runs PostgreSQL walks through it
        self.space = SmallDisk(self.lab.subfolder("disk"), SERVER_DISK_MIB, "mode=711")
        self.addCleanup(self.space.close)
        try:
            self.server = self.lab.postgres(folder=self.lab.subfolder("disk", "postgres"), **SERVER_OPTIONS)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            self.skipTest("PostgreSQL does not run as root, and only root's own namespace has other users: run this as root")
        self.addCleanup(self.server.close)  # before its disk goes
        self.url = self.server.create_database("queue")

    def start(self, wait):
        manifest = self.lab.manifest([self.lab.postgres_plugin(), self.lab.scorer_plugin()])
        return self.lab.quarry(manifest, {"DATABASE_URL": self.url}, wait=wait)

    def while_full(self, what, condition):
        """Whatever the server frees meanwhile is taken at once."""
        def met():
            self.space.fill()
            return condition()

        return wait_until(what, met, 20)

    def forget_first_look(self):
        """The server does so itself now and then, and makes the file again for the next connection."""
        number = self.server.value("select oid from pg_database where datname = 'queue'")
        (self.server.data / "base" / number / "pg_internal.init").unlink(missing_ok=True)

    def test_a_start_on_a_full_disk_says_so(self):
        self.forget_first_look()
        self.space.fill()
        quarry = self.start(wait=False)
        self.while_full("it has ended", lambda: not quarry.process.alive())
        self.assertEqual(quarry.process.popen.returncode, FULL_DISK, quarry.process.tail())
        self.assertIn("PostgreSQL (127.0.0.1:", quarry.process.tail(1))
        self.assertIn("disk is full (nothing was changed); free some space", quarry.process.tail(1))
        self.space.free()
        quarry.start()

    def test_a_connection_that_is_made_anew_is_refused_until_there_is_space(self):
        quarry = self.start(wait=True)
        self.assertEqual(quarry.api.queue(), [])

        def refused():
            self.forget_first_look()
            self.space.fill()
            self.server.terminate_backends("quarry")
            answer = quarry.api.call("GET", "/api/v3/queue")
            self.assertIn(answer.status, (200, 503), answer.text)
            # The first one may be told of the connection that was ended.
            return answer.status == 503 and "disk is full" in answer.text and answer

        answer = self.while_full("reads are refused, and why", refused)
        self.assertGreater(int(answer.headers["retry-after"]), 0)
        self.space.free()
        wait_until("reads work again", lambda: quarry.api.call("GET", "/api/v3/queue").status == 200, process=quarry.process)


if __name__ == "__main__":
    enter_namespace()
    main()
