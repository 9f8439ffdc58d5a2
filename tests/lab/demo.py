#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Quarry at work: it searches for a film, grabs the best release, and a real qBittorrent downloads it from another one.
Ends with 0 when the file that arrived is the file that was sent, otherwise with 1."""
import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lab import Lab
from processes import wait_until
from torrent import sha256_of

FILM = "The Quarry Test Film 2023"
# The best release of the indexer's catalogue.
FILE = "The.Quarry.Test.Film.2023.2160p.UHD.BluRay.REMUX.HDR.HEVC.TrueHD.7.1.Atmos-FraMeSToR.mkv"
DATABASE = "quarry"
UPLOAD_KIB = 16 * 1024  # slow enough to watch
DONE = ("completed", "seeding")


def step(text):
    print(f"\n\033[1m== {text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def run(quarry, *arguments):
    """A command of the command line, shown as a person would type it."""
    print("$ quarry " + " ".join(shlex.quote(argument) for argument in arguments), flush=True)
    if (status := subprocess.run(quarry.client(*arguments), check=False).returncode) != 0:
        sys.exit(f"demo: quarry {arguments[0]} ended with {status}\n\nThe end of the host's log:\n{quarry.process.tail()}")


def watch(quarry, seconds):
    """`quarry queue --watch` until every download has ended."""
    print("$ quarry queue --watch", flush=True)
    watcher = subprocess.Popen(quarry.client("queue", "--watch"))
    try:
        wait_until("every download has ended",
                   lambda: all(row["status"] in (*DONE, "failed", "cancelled") for row in quarry.api.queue()),
                   seconds, pause=0.2, process=quarry.process)
        # It ends by itself when there is nothing left to watch.
        watcher.wait(5)
    except subprocess.TimeoutExpired:
        pass
    finally:
        if watcher.poll() is None:
            watcher.send_signal(signal.SIGINT)
            watcher.wait()
    print(flush=True)


def verdict(sent, arrived):
    """Compares the two files; the exit code."""
    ours, theirs = sha256_of(sent), sha256_of(arrived)
    print(f"sent     sha256 {ours}  {Path(sent).name}")
    print(f"arrived  sha256 {theirs}  {arrived}")
    if ours != theirs:
        print("The files DIFFER.")
        return 1
    print("The files are equal.")
    return 0


def start_parts(lab, size):
    step("Starting a tracker, two qBittorrents and an indexer on loopback")
    tracker = lab.tracker()
    seeder = lab.qbittorrent("seeder", upload_kib=UPLOAD_KIB)
    client = lab.qbittorrent("client")
    film = lab.make_torrent(lab.payload(FILE, size), tracker.announce)
    lab.seed(seeder, film)
    indexer = lab.indexer(film)
    print(f"tracker  {tracker.announce}\nseeder   {seeder.url}  has {size >> 20} MiB of random bytes as the film\n"
          f"client   {client.url}  is empty\nindexer  {indexer.url}  knows eight releases of the film")
    return film, client, indexer


def start_database(lab):
    step("Starting a private PostgreSQL on loopback")
    server = lab.postgres(durable=True)
    server.create_database(DATABASE)
    print(f"postgres 127.0.0.1:{server.port}  database {DATABASE}, empty; the password goes to Quarry in DATABASE_URL")
    return server


def write_manifest(lab, storage, client, indexer):
    """The stores differ in one [[plugin]] table, the first."""
    store = {"sqlite": lab.sqlite_plugin, "postgres": lab.postgres_plugin}[storage]()
    return lab.manifest([store, lab.scorer_plugin(), lab.qbittorrent_plugin(client), lab.hdbits_plugin(indexer)])


def start_quarry(lab, manifest, database):
    step("Starting quarry serve")
    quarry = lab.quarry(manifest, env={"DATABASE_URL": database.url(DATABASE)} if database else None)
    print(f"quarry   {quarry.url}  from {quarry.manifest}")
    return quarry


def how_to_try(quarry, client, database):
    step("Everything goes on running. Try it:")
    print(f"export QUARRY_URL={quarry.url} QUARRY_API_KEY=$(cat {quarry.api_key_file})\n"
          f"{quarry.command()[0]} queue\n"
          f'{quarry.command()[0]} search "{FILM}"   (only the first of these has a .torrent)\n'
          f'curl -H "X-Api-Key: $QUARRY_API_KEY" {quarry.url}/api/v3/queue\n'
          f"qBittorrent's own page: {client.url} (user {client.username}, password {client.password})\n"
          f"the host's log: {quarry.process.log}", flush=True)
    if database:
        # Over the socket, where no password is asked.
        print(f"the database: {shlex.join(database.psql(DATABASE))}")
    print("\nCtrl-C ends it all.", flush=True)
    try:
        while quarry.process.alive():
            time.sleep(1)
    except KeyboardInterrupt:
        print()


def demo(lab, args):
    start = time.monotonic()
    film, client, indexer = start_parts(lab, args.size << 20)
    database = start_database(lab) if args.storage == "postgres" else None
    quarry = start_quarry(lab, write_manifest(lab, args.storage, client, indexer), database)
    step(f"Searching for {FILM}")
    run(quarry, "search", FILM)
    step("Grabbing the best")
    run(quarry, "grab", "--best", FILM)
    step("Downloading")
    watch(quarry, seconds=120)
    step("Comparing")
    rows = quarry.api.queue()
    failed = [row for row in rows if row["status"] not in DONE]
    if failed or not rows:
        print("\n".join(f'{row["title"]}: {row["status"]}: {row.get("errorMessage", "")}' for row in failed) or "Nothing was queued.")
        return 1
    held, = client.api.torrents(hashes=film.infohash)
    status = verdict(film.payload, held["content_path"])
    print(f"{time.monotonic() - start:.1f} s from the first part's start to here.")
    if args.keep:
        how_to_try(quarry, client, database)
    else:
        print("`script/demo --keep` leaves everything running, to be tried by hand.")
    return status


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, type=Path, help="build folder with bin/ and plugins/")
    parser.add_argument("--size", type=int, default=64, metavar="MIB", help="size of the film (default 64)")
    parser.add_argument("--storage", choices=("sqlite", "postgres"), default="sqlite",
                        help="where Quarry keeps its queue: a file, or a database in a private PostgreSQL (default sqlite)")
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C")
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="quarry-demo-", dir=os.environ.get("TMPDIR")))
    try:
        with Lab(folder, args.build) as lab:
            return demo(lab, args)
    except KeyboardInterrupt:
        return 130
    except (AssertionError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
