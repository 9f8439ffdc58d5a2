#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A fake qBittorrent (Web API 2.8, that of 4.4) for thousands of torrents that download nothing and finish soon.

  fake_qbittorrent.py --journal FILE --seed N [--port P] [--films-seed N] [--item-seconds 0.3] [--fault-rate 0]

Whatever changes its items, or is refused, is written to the journal before it is answered: one JSON object a line. It forgets
nothing, and as the real one it takes each info-hash once. A share of its answers goes wrong on purpose; which, the seed
says. GET /films/N.torrent serves the film of that number. POST /control/fault_rate/R sets the share, GET /control tells what
it has.
"""
import argparse
import asyncio
import json
import random
import re
import sys
import time
from urllib.parse import parse_qs, unquote, unquote_plus, urlsplit

import metainfo
from films import film

API_VERSION = "2.8.19"
COOKIE = "SID=torture"
FOREIGN = 40  # items of the user's own: a client that lists nothing is not believed to have forgotten
MAGNET = re.compile(r"magnet:\?.*xt=urn:btih:([0-9a-fA-F]{40})")
# What can go wrong with a request, and how often compared to the others. Those of `EFFECTIVE` are carried out all the same.
FAULTS = {"500": 3, "reset": 3, "500-after": 3, "reset-after": 4, "half-after": 3, "slow": 3, "late": 1}
EFFECTIVE = {"500-after", "reset-after", "half-after", "slow", "late"}
SLOW_SECONDS = (0.05, 0.6)
LATE_SECONDS = (1.2, 6.0)  # later than the hosts of a torture run wait; some come when it was sent again
ADD_RISK = 4  # how much oftener than others an add goes wrong
META_SECONDS = 0.03


class Journal:
    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8", buffering=1)
        self.sequence = 0

    def write(self, action, **fields):
        self.sequence += 1
        entry = {"sequence": self.sequence, "wall": time.time(), "monotonic": time.monotonic(), "action": action, **fields}
        self.file.write(json.dumps(entry) + "\n")


class Item:
    def __init__(self, infohash, name, size, tags, category, seconds, by_magnet):
        self.infohash, self.name, self.size = infohash, name, size
        self.tags, self.category = tags, category
        self.added = time.monotonic()
        self.added_on = int(time.time())
        self.seconds = seconds
        self.by_magnet = by_magnet
        self.stopped_at = None
        self.final_row = None  # its row once nothing changes any more

    def age(self):
        return (self.stopped_at or time.monotonic()) - self.added

    def stop(self):
        self.stopped_at = self.stopped_at or time.monotonic()
        self.final_row = None

    def go_on(self):
        if self.stopped_at:
            self.added += time.monotonic() - self.stopped_at
        self.stopped_at = None
        self.final_row = None

    def row(self):
        if self.final_row:
            return self.final_row
        age = self.age()
        known = not self.by_magnet or age > META_SECONDS
        progress = min(1.0, age / self.seconds) if known else 0.0
        done = progress >= 1
        state = "pausedUP" if done else "pausedDL" if self.stopped_at else "downloading" if known else "metaDL"
        completed = int(self.size * progress)
        row = json.dumps({
            "hash": self.infohash, "infohash_v1": self.infohash, "infohash_v2": "", "name": self.name,
            "size": self.size if known else 0, "total_size": self.size if known else -1, "completed": completed,
            "progress": progress, "state": state, "tags": self.tags, "category": self.category, "save_path": "/films",
            "content_path": f"/films/{self.name}", "dlspeed": 0 if done else 1 << 20, "upspeed": 0,
            "eta": 8640000 if done else 1, "added_on": self.added_on, "num_seeds": 0 if done else 3, "num_leechs": 0,
            "num_complete": 3, "num_incomplete": 0, "ratio": 0})
        if done:
            self.final_row = row
        return row


class Client:
    """The items, and what one request does to them."""

    def __init__(self, journal, chance, item_seconds):
        self.journal = journal
        self.chance = chance
        self.item_seconds = item_seconds
        self.items = {}
        self.adds = 0  # that were accepted
        for number in range(FOREIGN):
            infohash = f"{0xf0_0000 + number:040x}"
            self.items[infohash] = Item(infohash, f"foreign {number}", 1000, "", "", 0.001, by_magnet=False)
            self.journal.write("foreign", hash=infohash)

    def add(self, fields):
        """The text of the answer."""
        tags = fields.get("tags", b"").decode()
        try:
            if "torrents" in fields:
                infohash, name, size = metainfo.read(fields["torrents"])
                by_magnet = False
            else:
                link = fields.get("urls", b"").decode()
                match = MAGNET.match(link)
                if not match:
                    raise ValueError(f"no magnet link: {link[:60]}")
                infohash, by_magnet = match[1].lower(), True
                name = parse_qs(urlsplit(link).query).get("dn", [infohash])[0]
                size = 100_000 + int(infohash[:4], 16)
        except ValueError as error:
            self.journal.write("add", hash="", tags=tags, accepted=False, existed=False, why=str(error))
            return b"Fails."
        existed = infohash in self.items
        if not existed:
            seconds = self.chance.uniform(0.01, self.item_seconds)
            item = Item(infohash, name, size, tags, fields.get("category", b"").decode(), seconds, by_magnet)
            if b"true" in (fields.get("paused"), fields.get("stopped")):
                item.stop()
            self.items[infohash] = item
            self.adds += 1
        self.journal.write("add", hash=infohash, tags=tags, accepted=not existed, existed=existed)
        return b"Fails." if existed else b"Ok."

    def chosen(self, hashes):
        if hashes is None or hashes == "all":
            return list(self.items.values())
        return [self.items[each] for each in hashes.lower().split("|") if each in self.items]

    def change(self, action, form):
        for item in self.chosen(form.get("hashes", "")):
            if action == "delete":
                del self.items[item.infohash]
            elif action == "pause":
                item.stop()
            elif action == "resume":
                item.go_on()
            elif action == "setCategory":
                item.category, item.final_row = form.get("category", ""), None
            self.journal.write(action, hash=item.infohash, tags=item.tags)

    def answer(self, method, path, query, body, content_type):
        """(status, content type, body) of one call of the Web API."""
        group, _, action = path.partition("/")
        if path == "auth/login":
            return 200, "text/plain", b"Ok."
        if path == "app/version":
            return 200, "text/plain", b"v4.4.5"
        if path == "app/webapiVersion":
            return 200, "text/plain", API_VERSION.encode()
        if path == "app/defaultSavePath":
            return 200, "text/plain", b"/films"
        if path == "torrents/info":
            rows = ",".join(item.row() for item in self.chosen(query.get("hashes")))
            return 200, "application/json", f"[{rows}]".encode()
        if path == "torrents/files":
            item = self.items.get(query.get("hash", ""))
            if item is None:
                return 404, "text/plain", b"Not Found"
            file = {"index": 0, "name": item.name, "size": item.size, "progress": 1, "priority": 1}
            return 200, "application/json", json.dumps([file]).encode()
        if method == "POST" and path == "torrents/add":
            return 200, "text/plain", self.add(multipart(body, content_type))
        if method == "POST" and group == "torrents" and action in ("pause", "resume", "delete", "setCategory", "topPrio",
                                                                    "increasePrio", "bottomPrio"):
            self.change(action, {key: values[0] for key, values in parse_qs(body.decode(), True).items()})
            return 200, "text/plain", b""
        return 404, "text/plain", b"Not Found"


def multipart(body, content_type):
    """The fields of a form, by name."""
    boundary = re.search(r'boundary="?([^";]+)', content_type or "")
    fields = {}
    if not boundary:
        return {key: values[0].encode() for key, values in parse_qs(body.decode()).items()}
    for part in body.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if name:
            fields[name[1].decode()] = value.removesuffix(b"\r\n")
    return fields


class Server:
    def __init__(self, client, chance, films_seed, fault_rate):
        self.client = client
        self.chance = chance
        self.films_seed = films_seed
        self.fault_rate = fault_rate
        self.faults = dict.fromkeys(FAULTS, 0)

    def choose_fault(self, path):
        if self.chance.random() >= self.fault_rate * (ADD_RISK if path.endswith("/torrents/add") else 1):
            return None
        fault, = self.chance.choices(list(FAULTS), list(FAULTS.values()))
        self.faults[fault] += 1
        return fault

    async def serve(self, reader, writer):
        try:
            while await self.one_request(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            pass  # a host that was killed, or hung up
        finally:
            writer.close()

    async def one_request(self, reader, writer):
        """False when the connection is to be closed."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except asyncio.IncompleteReadError:
            return False
        method, target, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        if headers.get("expect"):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(int(headers.get("content-length") or 0))
        parts = urlsplit(target)
        if parts.path.startswith("/control"):
            self.send(writer, *self.control(method, parts.path))
            return True
        return await self.faulty(writer, method, parts, headers, body)

    async def faulty(self, writer, method, parts, headers, body):
        fault = self.choose_fault(parts.path)
        if fault in ("slow", "late"):
            await asyncio.sleep(self.chance.uniform(*(SLOW_SECONDS if fault == "slow" else LATE_SECONDS)))
        answer = (500, "text/plain", b"Internal Server Error")
        if fault is None or fault in EFFECTIVE:
            real = self.answer(method, parts, headers, body)
            answer = answer if fault == "500-after" else real
        if fault in ("reset", "reset-after"):
            writer.transport.abort()
            return False
        self.send(writer, *answer, cut=fault == "half-after")
        await writer.drain()
        return fault != "half-after"

    def answer(self, method, parts, headers, body):
        if parts.path.startswith("/films/"):
            number = parts.path.removeprefix("/films/").removesuffix(".torrent")
            if not number.isdigit():
                return 404, "text/plain", b"Not Found"
            return 200, "application/x-bittorrent", film(self.films_seed, int(number)).data
        path = unquote(parts.path).removeprefix("/api/v2/")
        query = {}
        for pair in filter(None, parts.query.split("&")):
            key, _, value = pair.partition("=")
            query[unquote_plus(key)] = unquote_plus(value)
        return self.client.answer(method, path, query, body, headers.get("content-type", ""))

    def control(self, method, path):
        if method == "POST" and path.startswith("/control/fault_rate/"):
            self.fault_rate = float(path.rpartition("/")[2])
        told = {"tags": [item.tags for item in self.client.items.values() if item.tags], "adds": self.client.adds,
                "faults": self.faults}
        return 200, "application/json", json.dumps(told).encode()

    @staticmethod
    def send(writer, status, kind, body, cut=False):
        cookie = f"Set-Cookie: {COOKIE}; HttpOnly; path=/\r\n" if body == b"Ok." else ""
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{cookie}Content-Length: {len(body)}\r\n\r\n".encode())
        writer.write(body[:len(body) // 2] if cut else body)


async def run(args):
    client = Client(Journal(args.journal), random.Random(f"items {args.seed}"), args.item_seconds)
    server = Server(client, random.Random(f"faults {args.seed}"), args.films_seed, args.fault_rate)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", args.port, limit=1 << 20, backlog=512)
    print(f"listening on 127.0.0.1:{listener.sockets[0].getsockname()[1]}", flush=True)
    async with listener:
        await listener.serve_forever()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--journal", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--films-seed", type=int, default=0)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--item-seconds", type=float, default=0.3)
    parser.add_argument("--fault-rate", type=float, default=0)
    try:
        asyncio.run(run(parser.parse_args()))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
