# SPDX-License-Identifier: MIT
"""The fake client as a process, where the laboratory expects a qBittorrent."""
import sys
from pathlib import Path

import lab_path  # noqa: F401
from processes import wait_until
from web import request


class FakeClient:
    """fake_qbittorrent.py, and what it can be told from outside."""

    username, password = "admin", "fake-client-password"

    def __init__(self, lab, seed, journal, item_seconds):
        command = [sys.executable, "-u", str(Path(__file__).parent / "fake_qbittorrent.py"), "--journal", str(journal),
                   "--seed", str(seed), "--films-seed", str(seed), "--item-seconds", str(item_seconds)]
        self.process = lab.start("client", command)
        line = wait_until("the fake client says where it listens", self._first_line, process=self.process)
        self.address = line.removeprefix("listening on ")
        self.url = f"http://{self.address}"

    def _first_line(self):
        return next((line for line in self.process.log.read_text().splitlines() if line.startswith("listening on ")), None)

    def fault_share(self, share):
        request("POST", f"{self.url}/control/fault_rate/{share}")

    def told(self):
        return request("GET", f"{self.url}/control", timeout=30).json()
