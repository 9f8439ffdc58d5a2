# SPDX-License-Identifier: MIT
"""A small file system that can be filled to the last byte. Needs no privilege: whoever wants one moves into a mount
namespace of its own first, which nobody else sees and which ends with it.

  enter_namespace()                        # at the start of a program: runs it again, inside
  disk = SmallDisk(folder, mib=64)
  disk.fill()
  disk.free()
  disk.close()
"""
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

INSIDE = "QUARRY_OWN_MOUNTS"
SKIPPED = 77  # the exit code that CTest shows so
BALLAST = "ballast"
SIZES = (1 << 20, 1 << 12, 1)


def namespace_command():
    """The prefix that gives a program a mount namespace in which it may mount, or None."""
    for prefix in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
        probe = [*prefix, "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"]
        try:
            if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
                return prefix
        except FileNotFoundError:
            return None
    return None


def enter_namespace():
    """Starts this program again in a mount namespace of its own, and returns inside of it. Ends it as skipped where that is
    not allowed."""
    if INSIDE in os.environ:
        return
    prefix = namespace_command()
    if prefix is None:
        print("skipped: this system lets us mount no file system, not even in a namespace of our own (unshare --mount)")
        sys.exit(SKIPPED)
    sys.stdout.flush()
    command = [*prefix, sys.executable, str(Path(sys.argv[0]).resolve()), *sys.argv[1:]]
    os.execvpe(prefix[0], command, {**os.environ, INSIDE: "yes"})


class SmallDisk:
    """A tmpfs of `mib` MiB at `folder`; `options`: more of mount's. Every time is one of time.monotonic()."""

    def __init__(self, folder, mib, options="mode=700"):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._full = False
        self._freed_at = 0.0
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m,{options}", "tmpfs", str(self.folder)], check=True)

    def fill(self):
        """Leaves not one byte free; again and again, where others free some meanwhile."""
        with self._lock:
            self._full = True
            with open(self.folder / BALLAST, "ab", buffering=0) as file:
                for size in SIZES:
                    self._write_all(file, b"\0" * size)

    @staticmethod
    def _write_all(file, piece):
        try:
            while file.write(piece):
                pass
        except OSError:
            pass

    def free(self):
        with self._lock:
            (self.folder / BALLAST).unlink(missing_ok=True)
            self._full, self._freed_at = False, time.monotonic()

    def full(self):
        with self._lock:
            return self._full

    def full_since(self, moment):
        """Whether it was full at any time after `moment`."""
        with self._lock:
            return self._full or self._freed_at > moment

    def close(self, kept=None):
        """Takes it away with all that is on it; `kept`: where a copy of that is left, without ballast and sockets."""
        if kept is not None:
            shutil.copytree(self.folder, kept, ignore=shutil.ignore_patterns(BALLAST, ".s.*"), dirs_exist_ok=True)
        subprocess.run(["umount", "-l", str(self.folder)], check=False)
