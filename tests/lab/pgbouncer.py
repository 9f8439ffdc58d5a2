# SPDX-License-Identifier: MIT
"""A private PgBouncer on loopback in front of a private PostgreSQL, pooling by transaction.

  with PrivatePostgres() as server, PrivatePgBouncer(server, pool_size=2) as pooler:
      url = pooler.url("quarry")      # as server.url("quarry"), with the pooler between

It serves every database of the server, to the server's own user, with the same password.
"""
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from postgres import SKIPPED, USER, NotInstalled, environment, run_as, server_user, temporary_parent
from processes import Process, free_port, tail_of, wait_until

PREFIX = "quarry-pgb-"
PROGRAM = Path("/usr/sbin/pgbouncer")
SMALL_POOL = 3


def program():
    """NotInstalled when there is none."""
    found = shutil.which("pgbouncer") or (str(PROGRAM) if PROGRAM.exists() else None)
    if not found:
        raise NotInstalled("PgBouncer is not installed: apt-get install pgbouncer")
    return found


def skip_without_pgbouncer():
    """For test programs: ends them as skipped, with the reason."""
    try:
        program()
    except NotInstalled as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)


class PrivatePgBouncer:
    """`pool_size`: connections to the server for each database. `settings`: others of pgbouncer.ini, over the usual ones."""

    def __init__(self, server, pool_size=SMALL_POOL, **settings):
        self.program = program()
        self.server = server
        self.process = None
        self.port = free_port()
        # PgBouncer, too, refuses to run as root.
        self._user = server_user()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=temporary_parent(self._user)))
        server.reaper.watch_folder(self.folder)
        self.log = self.folder / "log"
        try:
            users = self._keep_file("users", f'"{USER}" "{server.password}"\n')
            self.settings = {"listen_addr": "127.0.0.1", "listen_port": self.port, "unix_socket_dir": "", "auth_type": "scram-sha-256",
                             "auth_file": users, "admin_users": USER, "pool_mode": "transaction", "default_pool_size": pool_size,
                             "max_client_conn": 1000, **settings}
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _keep_file(self, name, text):
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        if self._user:
            shutil.chown(path, self._user)
        return path

    def start(self):
        lines = ["[databases]", f"* = host=127.0.0.1 port={self.server.port}", "[pgbouncer]",
                 *(f"{name} = {value}" for name, value in self.settings.items())]
        configuration = self._keep_file("pgbouncer.ini", "\n".join(lines) + "\n")
        if self._user:
            shutil.chown(self.folder, self._user)
        self.process = Process("pgbouncer", [self.program, configuration], self.log, cwd=self.folder, env=environment(),
                               start_new_session=True, **run_as(self._user))
        self.server.reaper.watch(self.process)
        wait_until("PgBouncer accepts connections", self._answers, 20, process=self.process)

    def _answers(self):
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.kill9()

    def alive(self):
        return self.process is not None and self.process.alive()

    def close(self):
        if self.alive():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def tail(self, lines=30):
        return tail_of(self.log, lines)

    def url(self, database):
        """With the password: for an environment variable or a file, never for a command line."""
        return f"postgresql://{USER}:{self.server.password}@127.0.0.1:{self.port}/{quote(database, safe='')}"
