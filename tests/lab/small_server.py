# SPDX-License-Identifier: MIT
"""PostgreSQL on a disk that is filled: it refuses what does not fit, and ends when its write-ahead log cannot grow."""

DISK_MIB = 64
# What a new cluster takes, and its write-ahead log, must leave room for the queue. The log is to need new files.
OPTIONS = {"initdb": ("--wal-segsize=1",), "settings": {"min_wal_size": "2MB", "max_wal_size": "4MB", "wal_recycle": "off"}}
LOG_BYTES = 3 << 20


class SmallServer:
    """Starts `server` again when it has ended and there is space on `disk`, as its service manager would."""

    def __init__(self, server, disk):
        self.server = server
        self.disk = disk
        self.ends = 0

    def revive(self):
        if not self.server.alive() and not self.disk.full():
            self.ends += 1
            self.server.start(wait=False)

    def is_back(self):
        self.revive()
        return self._ask("select 1") == "1"

    def use_log(self):
        """More than fits into the files of the log that are there."""
        self._ask(f"select pg_logical_emit_message(true, 'torture', repeat('x', {LOG_BYTES}))")

    def _ask(self, sql):
        """None: it is away, or has no space."""
        try:
            return self.server.value(sql)
        except RuntimeError:
            return None
