# SPDX-License-Identifier: MIT
"""A laboratory of real parts on loopback: tracker, qBittorrent, indexer and Quarry itself, under one folder.

  with Lab(folder, build="build/release") as lab:
      tracker = lab.tracker()
      seeder = lab.qbittorrent("seeder")
      film = lab.make_torrent(lab.payload("film.mkv", 1 << 20), tracker.announce)
      lab.seed(seeder, film)
      quarry = lab.quarry(lab.manifest([lab.sqlite_plugin(), lab.qbittorrent_plugin(client)]))
      quarry.api.grab(magnet_url=film.magnet)

Whatever happens inside the block, everything that was started is ended with it.
"""
import base64
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import torrent as torrent_file
from postgres import PrivatePostgres
from processes import Process, Reaper, free_port, wait_until
from web import QBittorrentApi, QuarryApi, answers, is_ready, request

REPOSITORY = Path(__file__).resolve().parents[2]
PASSWORD = "lab-password"


class Tracker:
    """opentracker. Debian's is built to serve only the hashes on a list, which it reads again on SIGHUP."""

    def __init__(self, lab):
        self.folder = lab.subfolder("tracker")
        self.allowed = self.folder / "allowed.txt"
        self.allowed.touch()
        # As root it becomes "nobody" inside this folder.
        for folder in (self.folder, *self.folder.parents):
            if folder == lab.folder.parent:
                break
            folder.chmod(0o755)
        port = free_port()
        # The list is named relatively: the tracker makes its folder the root before it opens it.
        self.process = lab.start("tracker", ["opentracker", "-i", "127.0.0.1", "-p", str(port), "-P", str(port),
                                             "-d", str(self.folder), "-u", "nobody", "-w", self.allowed.name])
        self.announce = f"http://127.0.0.1:{port}/announce"
        wait_until("the tracker answers", lambda: answers(f"http://127.0.0.1:{port}/stats"), process=self.process)

    def allow(self, *infohashes):
        with open(self.allowed, "a", encoding="ascii") as file:
            file.writelines(f"{infohash}\n" for infohash in infohashes)
        self.process.signal(signal.SIGHUP)


def password_hash(password):
    """What qBittorrent stores: base64(salt) ":" base64(PBKDF2-HMAC-SHA512 of 100,000 rounds)."""
    salt = os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 100_000, 64)
    return f"{base64.b64encode(salt).decode()}:{base64.b64encode(key).decode()}"


QBITTORRENT_CONF = r"""[LegalNotice]
Accepted=true

[Preferences]
WebUI\Address=127.0.0.1
WebUI\Port={port}
WebUI\Username=admin
WebUI\Password_PBKDF2="@ByteArray({password})"
WebUI\LocalHostAuth=true
WebUI\UseUPnP=false
Connection\UPnP=false
Connection\ResolvePeerCountries=false

[Network]
PortForwardingEnabled=false

[BitTorrent]
Session\Port={peer_port}
Session\Interface=lo
Session\InterfaceName=lo
Session\InterfaceAddress=127.0.0.1
Session\DefaultSavePath={downloads}
Session\DHTEnabled=false
Session\LSDEnabled=false
Session\PeXEnabled=false
Session\MultiConnectionsPerIp=true
Session\SSRFMitigation=false
Session\SaveResumeDataInterval=1
Session\StopTrackerTimeout=1
Session\RefreshInterval=100
Session\BTProtocol=TCP
Session\QueueingSystemEnabled=false
Session\GlobalUPSpeedLimit={upload_kib}
Session\IgnoreLimitsOnLAN=false
"""


class QBittorrent:
    """A real server with a profile of its own, reachable from this machine alone."""

    def __init__(self, lab, name, upload_kib=0):
        self.lab = lab
        self.name = name
        self.profile = lab.subfolder(name)
        self.downloads = lab.subfolder(name, "downloads")
        self.port = free_port()
        self.peer_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.username = "admin"
        self.password = PASSWORD
        self.api = QBittorrentApi(self.url, self.username, self.password)
        config = lab.subfolder(name, "qBittorrent", "config") / "qBittorrent.conf"
        config.write_text(QBITTORRENT_CONF.format(
            port=self.port, peer_port=self.peer_port, password=password_hash(self.password), downloads=self.downloads,
            upload_kib=upload_kib))
        self.process = None
        self.start()

    def start(self):
        """Also after stop(): the profile, and with it every torrent, is kept."""
        environment = {**os.environ, "HOME": str(self.profile), "QT_QPA_PLATFORM": "offscreen"}
        self.process = self.lab.start(self.name, ["qbittorrent-nox", f"--profile={self.profile}"], env=environment)
        wait_until(f"{self.name} answers", lambda: answers(f"{self.url}/api/v2/app/version"), process=self.process)

    def stop(self):
        self.process.stop()


class Indexer:
    """The small indexer that speaks the HDBits API, with a catalogue of one film of which one release is real."""

    def __init__(self, lab, torrent, arguments=()):
        folder = Path(__file__).parent / "indexer"
        file = lab.subfolder("indexer") / "film.torrent"
        file.write_bytes(torrent.data)
        subprocess.run([sys.executable, folder / "make_catalog.py", file.parent, file, *arguments], check=True,
                       stdout=subprocess.DEVNULL)
        self.username = "lab"
        self.passkey = "lab-passkey"
        self.process = lab.start("indexer", [sys.executable, "-u", str(folder / "indexer.py"),
                                             str(file.parent / "catalog.json"), "--username", self.username, "--port", "0"],
                                 env={**os.environ, "INDEXER_PASSKEY": self.passkey})
        line = wait_until("the indexer says where it listens", self._first_line, process=self.process)
        self.url = "http://" + line.removeprefix("listening on ").strip()

    def _first_line(self):
        return next((line for line in self.process.log.read_text().splitlines() if line.startswith("listening on ")), None)


class Quarry:
    """`quarry serve` with a data folder of its own. `env`: what it sees beside our own environment; `name`: of its folder
    and its log; `wait`: until it is ready; `under`: the command that becomes it, such as ["setpriv", …]."""

    def __init__(self, lab, manifest, env=None, name="quarry", wait=True, under=()):
        self.lab = lab
        self.under = list(under)
        self.name = name
        self.manifest = Path(manifest)
        self.env = {**os.environ, **(env or {})}
        self.data = lab.subfolder(name)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.start(wait)

    def command(self):
        return [str(self.lab.binary("quarry")), "serve", "--manifest", str(self.manifest), "--data-dir", str(self.data),
                "--plugin-dir", str(self.lab.build / "plugins"), "--listen", f"127.0.0.1:{self.port}"]

    def start(self, wait=True):
        """Also after kill9() or stop(): it finds its data again."""
        self.process = self.lab.start(self.name, self.under + self.command(), env=self.env)
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds=30):
        wait_until(f"{self.name} is ready", lambda: is_ready(self.url), seconds, process=self.process)

    @property
    def api_key_file(self):
        return self.data / "api_key"

    @property
    def api(self):
        return QuarryApi(self.url, self.api_key_file.read_text().strip())

    def client(self, *arguments):
        """The command line that asks this host, such as client("queue", "--watch")."""
        command, *rest = arguments
        return [str(self.lab.binary("quarry")), command, "--url", self.url, "--api-key-file", str(self.api_key_file), *rest]

    def kill9(self):
        self.process.kill9()

    def stop(self):
        return self.process.stop()


class Lab:
    def __init__(self, folder, build=None):
        self.folder = Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.build = Path(build).resolve() if build else None
        self.processes = []
        self.reaper = Reaper()
        self._trackers = []
        self._databases = []
        # SIGTERM ends the program as an exception does, so that what was started is ended too.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self, name, command, **options):
        process = Process(name, command, self.folder / f"{name}.log", **options)
        self.processes.append(process)
        self.reaper.watch(process)
        return process

    def stop(self):
        """Ends everything: the trackers last, since the clients say goodbye to them, and the databases after those who
        write to them."""
        trackers = [tracker.process for tracker in self._trackers]
        others = [process for process in self.processes if process not in trackers]
        for group in (others, trackers):
            for process in group:
                process.signal(process.stop_signal)
            for process in group:
                process.join()
        for database in self._databases:
            database.close()
        self.processes.clear()
        self._databases.clear()
        self.reaper.close()

    def subfolder(self, *names):
        folder = self.folder.joinpath(*names)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def binary(self, name):
        path = self.build / "bin" / name
        if not path.exists():
            raise FileNotFoundError(f"{path} is not built: run script/build {self.build.name}")
        return path

    # The parts

    def tracker(self):
        tracker = Tracker(self)
        self._trackers.append(tracker)
        return tracker

    def qbittorrent(self, name, **options):
        return QBittorrent(self, name, **options)

    def indexer(self, torrent, arguments=()):
        """`torrent`: what the best release of its film really is; `arguments`: for make_catalog.py."""
        return Indexer(self, torrent, arguments)

    def quarry(self, manifest, env=None, **options):
        return Quarry(self, manifest, env, **options)

    def postgres(self, durable=False, **options):
        """A PrivatePostgres whose log lies with the others."""
        server = PrivatePostgres(durable=durable, log=self.folder / "postgres.log", reaper=self.reaper, **options)
        self._databases.append(server)
        return server

    # Content

    def payload(self, name, size, seed=None, folder="content"):
        """A file of random bytes; the same ones each time when a seed is given."""
        path = self.subfolder(folder) / name
        source = random.Random(seed).randbytes if seed is not None else os.urandom
        with open(path, "wb") as file:
            for offset in range(0, size, 1 << 20):
                file.write(source(min(1 << 20, size - offset)))
        return path

    def make_torrent(self, path, announce):
        """The torrent of a file; every tracker of this laboratory lists it from now on."""
        made = torrent_file.make_torrent(path, announce)
        for tracker in self._trackers:
            tracker.allow(made.infohash)
        return made

    def seed(self, client, *torrents):
        """Has `client` seed them, and waits until the tracker knows: who asks it earlier finds no peer for minutes."""
        for made in torrents:
            client.api.add(made, skip_checking="true", savepath=str(made.payload.parent))
        last_announce = time.monotonic()

        def all_known():
            nonlocal last_announce
            unknown = [made for made in torrents if not client.api.seeds_known(made.infohash)]
            if unknown and time.monotonic() - last_announce > 2:
                client.api.post("torrents/reannounce", hashes="|".join(made.infohash for made in unknown))
                last_announce = time.monotonic()
            return not unknown

        wait_until("the tracker knows the seeder of every torrent", all_known, process=client.process)

    # Manifests

    def sqlite_plugin(self):
        return {"id": "store", "library": "quarry-storage-sqlite.so",
                "config": {"path": str(self.subfolder("quarry") / "queue.db")}}

    def postgres_plugin(self):
        """Where its database is stands in DATABASE_URL, since the password does not belong into a file."""
        return {"id": "store", "library": "quarry-storage-postgres.so", "config": {"url": "${env:DATABASE_URL}"}}

    def scorer_plugin(self):
        return {"id": "scorer", "library": "quarry-scorer-default.so", "config": {}}

    def qbittorrent_plugin(self, client, url=None, password=None):
        return {"id": "qbittorrent", "library": "quarry-qbittorrent.so",
                "config": {"url": url or client.url, "username": client.username, "password": password or client.password}}

    def hdbits_plugin(self, indexer):
        return {"id": "hdbits", "library": "quarry-hdbits.so",
                "config": {"url": indexer.url, "username": indexer.username, "passkey": indexer.passkey, "min_interval_ms": 0}}

    def manifest(self, plugins, queue=None, allow=(), name="quarry.toml", host=None):
        """Writes a manifest. `queue`: settings of its [queue] table; by default it looks at its clients more often than a
        user's would. `host`: settings of [host]. `allow`: addresses on this machine from which .torrent files may be fetched."""
        # The laboratory's films announce the size of real ones and are tiny.
        settings = {"poll_ms": 200, "check_announced_size": False, **(queue or {})}
        lines = ["[queue]"] + [f"{key} = {toml_value(value)}" for key, value in settings.items()]
        if host:
            lines += ["", "[host]"] + [f"{key} = {toml_value(value)}" for key, value in host.items()]
        if allow:
            lines += ["", "[http]", f"allow = {toml_value(list(allow))}"]
        for plugin in plugins:
            lines += ["", "[[plugin]]", f'id = {toml_value(plugin["id"])}', f'library = {toml_value(plugin["library"])}']
            if plugin["config"]:
                lines += ["[plugin.config]"] + [f"{key} = {toml_value(value)}" for key, value in plugin["config"].items()]
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n")
        return path


def toml_value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
