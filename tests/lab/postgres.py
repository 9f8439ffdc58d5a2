# SPDX-License-Identifier: MIT
"""A private PostgreSQL on loopback, beside any that the machine has of its own.

  with PrivatePostgres() as server:
      url = server.create_database("quarry")
      server.query("select 1", "quarry")      # [("1",)]
      server.restart("immediate")             # a crash, and recovery from it

Who may connect: over TCP whoever knows the password, over the socket whoever may walk into the cluster's folder, which is
its owner alone.
"""
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from processes import Process, Reaper, free_port, tail_of, wait_until

# Debian keeps each version's programs in a folder of its own; those in PATH are wrappers for the machine's own clusters.
VERSIONS = Path("/usr/lib/postgresql")
USER = "quarry"
MAINTENANCE = "postgres"
PREFIX = "quarry-pg-"
SKIPPED = 77  # the exit code that CTest shows so
STOP_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
SETTINGS = {"listen_addresses": "127.0.0.1", "max_connections": 200, "log_line_prefix": "%m [%p] %a ", "ssl": "off"}
# Nothing is flushed to the disk: what was committed outlives a crash of the server, but not one of the machine.
FAST_SETTINGS = {"fsync": "off", "full_page_writes": "off"}
SEPARATOR = "\x1f"
SOCKET_PATH_LIMIT = 107


class NotInstalled(RuntimeError):
    pass


def programs(versions=None):
    """The folder of the newest server's programs; NotInstalled when there is none."""
    folders = [path.parent for path in (versions or VERSIONS).glob("*/bin/initdb")]
    if not folders:
        raise NotInstalled(f"PostgreSQL is not installed (no {versions or VERSIONS}/*/bin/initdb): "
                           "apt-get install postgresql-15")
    return max(folders, key=lambda folder: [int(part) for part in re.findall(r"\d+", folder.parent.name)])


def skip_without_postgres():
    """For test programs: ends them as skipped, with the reason."""
    try:
        programs()
    except NotInstalled as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)


def server_user():
    """PostgreSQL refuses to run as root, so that root runs it as the user that its package made; None: as ourselves."""
    return "postgres" if os.geteuid() == 0 else None


def run_as(user):
    """Options for Popen. The group is named too: a process keeps root's otherwise."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


def environment():
    """Ours without what would lead libpq or the server elsewhere, and with messages in English."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("PG")}, "LC_ALL": "C.UTF-8"}


def can_enter(user, folder):
    """Whether `user` may walk through `folder` and everything above it."""
    return subprocess.run(["test", "-x", folder], cwd="/", check=False, **run_as(user)).returncode == 0


def temporary_parent(user):
    """Where new folders are made, such that the server's user can reach them."""
    candidates = [tempfile.gettempdir(), "/tmp", "/var/tmp"]
    for candidate in candidates:
        if can_enter(user, candidate):
            return candidate
    raise PermissionError(f"user {user} can enter none of {', '.join(candidates)}: set TMPDIR to a folder that it can")


class PrivatePostgres:
    """`folder`: where the cluster is made, or found again; by default a new one, deleted by close().
    `durable`: flushes to the disk as a user's would. `log`: the server's log, in the folder by default.
    `reaper`: who ends the server when this program dies; by default one of its own. `variables`: more environment for
    the server; `settings`: of each start, over those it has anyway; `initdb`: more options for that."""

    def __init__(self, folder=None, durable=False, log=None, reaper=None, variables=None, settings=None, initdb=()):
        self.bin = programs()
        self.durable = durable
        self.settings = dict(settings or {})
        self._initdb = initdb
        self.variables = variables or {}
        self.process = None
        self._user = server_user()
        self._own_reaper = None if reaper else Reaper()
        self.reaper = reaper or self._own_reaper
        self._own_folder = folder is None
        try:
            self.folder = self._prepare_folder(folder)
            self.data = self.folder / "data"
            self.password_file = self.folder / "password"
            self.log = Path(log) if log else self.folder / "log"
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            self.password = self.password_file.read_text().strip()
            self.port = free_port()
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _prepare_folder(self, folder):
        if folder is None:
            folder = tempfile.mkdtemp(prefix=PREFIX, dir=temporary_parent(self._user))
            self.reaper.watch_folder(folder)
        self.folder = folder = Path(folder).resolve()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if len(os.fsencode(folder / ".s.PGSQL.00000")) > SOCKET_PATH_LIMIT:
            raise ValueError(f"{folder} is too long a path for a socket: choose a shorter one")
        if self._user:
            shutil.chown(folder, self._user, pwd.getpwnam(self._user).pw_gid)
            if not can_enter(self._user, folder):
                raise PermissionError(f"user {self._user} cannot walk to {folder}: give the folders above it o+x, or choose another")
        folder.chmod(0o700)
        return folder

    def _initialise(self):
        self.password_file.touch(mode=0o600)
        self.password_file.write_text(secrets.token_hex(16) + "\n")
        if self._user:
            shutil.chown(self.password_file, self._user)
        command = [self.bin / "initdb", "--pgdata", self.data, "--username", USER, "--pwfile", self.password_file,
                   "--auth-host=scram-sha-256", "--auth-local=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                   "--no-instructions", *([] if self.durable else ["--no-sync"]), *self._initdb]
        made = subprocess.run(command, cwd=self.folder, env=environment(), capture_output=True, text=True, timeout=120,
                              check=False, **run_as(self._user))
        if made.returncode != 0:
            raise RuntimeError(f"initdb ended with {made.returncode}:\n{made.stdout}{made.stderr}")

    # Its life

    def start(self, wait=True):
        """Also after stop() or a crash: at the same port, with the same data."""
        settings = {**SETTINGS, **({} if self.durable else FAST_SETTINGS), "port": self.port,
                    "unix_socket_directories": self.folder, **self.settings}
        command = [self.bin / "postgres", "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        # A session of its own: Ctrl-C is for those who use it, and they end it in their order.
        self.process = Process("postgres", command, self.log, STOP_SIGNALS["fast"],
                               env={**environment(), **self.variables}, cwd=self.folder,
                               start_new_session=True, **run_as(self._user))
        self.reaper.watch(self.process)
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds=60):
        wait_until("PostgreSQL accepts connections", self._ready, seconds, process=self.process)

    def _ready(self):
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"

    def stop(self, mode="fast"):
        """fast: connections are cut, nothing is left to recover; immediate: as a crash. True when it went by itself."""
        self.process.signal(STOP_SIGNALS[mode])
        return self.process.join(30)

    def restart(self, mode="immediate"):
        self.stop(mode)
        self.start()

    def alive(self):
        return self.process is not None and self.process.alive()

    def close(self):
        """Ends it, and deletes its folder if nobody chose one."""
        if self.alive():
            self.stop()
        if self._own_folder and getattr(self, "folder", None):
            shutil.rmtree(self.folder, ignore_errors=True)
        if self._own_reaper:
            self._own_reaper.close()
            self._own_reaper = None

    def tail(self, lines=30):
        return tail_of(self.log, lines)

    def keep_file(self, name, text):
        """The path of a new file in its folder that the server alone may read, such as a key."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        if self._user:
            shutil.chown(path, self._user, pwd.getpwnam(self._user).pw_gid)
        return path

    def standby(self):
        """A hot standby that follows it, to be closed before it."""
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=temporary_parent(self._user)))
        self.reaper.watch_folder(folder)
        if self._user:
            shutil.chown(folder, self._user)
        command = [self.bin / "pg_basebackup", "-h", self.folder, "-p", str(self.port), "-U", USER, "-D", folder / "data",
                   "--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
        made = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=120, check=False,
                              **run_as(self._user))
        if made.returncode != 0:
            raise RuntimeError(f"pg_basebackup ended with {made.returncode}: {made.stderr}")
        shutil.copy(self.password_file, folder)
        follower = PrivatePostgres(folder, reaper=self.reaper)
        follower._own_folder = True  # nobody else knows of it
        return follower

    # Its use

    def url(self, database=MAINTENANCE):
        """With the password: for an environment variable or a file, never for a command line."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    def psql(self, database=MAINTENANCE):
        """The command that connects over the socket, without a password."""
        return [str(self.bin / "psql"), "-h", str(self.folder), "-p", str(self.port), "-U", USER, database]

    def query(self, sql, database=MAINTENANCE, seconds=60):
        """Runs statements and gives their rows: tuples of text, in which NULL is empty and no line may break."""
        options = ["-X", "-q", "-A", "-t", "-F", SEPARATOR, "-v", "ON_ERROR_STOP=1", "-f", "-"]
        done = subprocess.run(self.psql(database) + options, input=sql, env=environment(), capture_output=True, text=True,
                              timeout=seconds, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"psql ended with {done.returncode}: {done.stderr.strip()}")
        return [tuple(line.split(SEPARATOR)) for line in done.stdout.split("\n")[:-1]]

    def value(self, sql, database=MAINTENANCE):
        """The one value of the one row."""
        (only,), = self.query(sql, database)
        return only

    def create_database(self, name):
        """The URL of the new database."""
        self.query(f'create database "{name.replace(chr(34), chr(34) * 2)}"')
        return self.url(name)

    def terminate_backends(self, application_name=None):
        """Cuts the connections of that name, or all but its own; how many there were."""
        chosen = "" if application_name is None else "and application_name = '" + application_name.replace("'", "''") + "'"
        return int(self.value("select count(pg_terminate_backend(pid)) from pg_stat_activity "
                              f"where backend_type = 'client backend' and pid <> pg_backend_pid() {chosen}"))
