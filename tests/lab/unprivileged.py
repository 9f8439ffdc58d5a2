# SPDX-License-Identifier: MIT
"""Root may read and write everything. What is to be refused what its files' modes forbid runs without that privilege: as root
still, and so the owner of its files, but with none of root's capabilities."""
import os
import subprocess
import tempfile

PREFIX = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]


def unprivileged():
    """The prefix that becomes a program to which the modes of its own files apply; None: that cannot be had here."""
    if os.geteuid() != 0:
        return []
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0)
        try:
            # 1 is "no"; setpriv itself fails with another one.
            return PREFIX if subprocess.run([*PREFIX, "test", "-r", file.name], check=False).returncode == 1 else None
        except FileNotFoundError:
            return None
