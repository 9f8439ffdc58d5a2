#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a real host says of a grab whose storage goes away is what the users of a run understand."""
import os
import re
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import lab_path
from grabs import promises_nothing_changed

from lab import Lab
from postgres import skip_without_postgres
from processes import wait_until
from tcp_proxy import PASS, RESET_AFTER, RESET_BEFORE, TcpProxy
from write_protocol import ReadySide, WriterSide

SOURCE = {"title": "film", "magnet_url": f"magnet:?xt=urn:btih:{1:040x}"}


class EnqueueSide(WriterSide):
    """Marks the commit of a grab and of nothing else that the host may be doing."""

    writes = re.compile(rb"insert\s+into\s+download_state\b", re.IGNORECASE)


class StorageGoesAway(unittest.TestCase):
    """Before a grab, or in its COMMIT."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="quarry-grabs-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.lab = Lab(self.folder, os.environ.get("QUARRY_BUILD_DIR", lab_path.REPOSITORY / "build" / "release"))
        self.addCleanup(self.lab.stop)
        self.server = self.lab.postgres()
        self.proxy = TcpProxy(("127.0.0.1", self.server.port), sides=(EnqueueSide, ReadySide))
        self.addCleanup(self.proxy.close)
        url = self.proxy.through(self.server.create_database("quarry"))
        manifest = self.lab.manifest([self.lab.postgres_plugin(), self.lab.scorer_plugin()])
        self.quarry = self.lab.quarry(manifest, {"DATABASE_URL": url})

    def grab(self):
        return self.quarry.api.call("POST", "/api/v3/queue/grab", SOURCE)

    def rows(self):
        return int(self.server.value("select count(*) from download", "quarry"))

    def cut_in_a_grab(self, fate):
        """The answer to a grab whose connection is lost in its COMMIT, when no other can be made."""
        reached = self.proxy.target

        def choose(_number):
            self.proxy.target = (reached[0], 1)  # where nobody listens
            return fate

        self.proxy.choose = choose
        answer = self.grab()
        self.assertEqual(answer.status, 503, answer.text)
        self.proxy.choose = lambda _number: PASS
        self.proxy.target = reached
        return answer.text

    def test_a_commit_of_which_nobody_knows_is_not_told_as_nothing(self):
        text = self.cut_in_a_grab(RESET_AFTER)
        self.assertEqual(self.rows(), 1, "the server carried it out")
        self.assertIs(promises_nothing_changed(text), False, text)
        again = self.grab()
        self.assertEqual((again.status, self.rows()), (409, 1), again.text)

    def test_a_commit_that_never_arrived_looks_the_same_to_the_host(self):
        text = self.cut_in_a_grab(RESET_BEFORE)
        self.assertEqual(self.rows(), 0)
        self.assertIs(promises_nothing_changed(text), False, text)
        again = self.grab()
        self.assertEqual((again.status, self.rows()), (201, 1), again.text)

    def test_a_storage_that_is_away_changes_nothing(self):
        """Once the host has found its connections dead: what it had sent to one of them may have arrived."""
        self.server.stop()

        def is_sure():
            answer = self.grab()
            self.assertEqual(answer.status, 503, answer.text)
            promise = promises_nothing_changed(answer.text)
            self.assertIsNotNone(promise, answer.text)
            return promise

        wait_until("the host knows that its storage is away", is_sure, process=self.quarry.process)


if __name__ == "__main__":
    skip_without_postgres()
    sys.exit(unittest.main())
