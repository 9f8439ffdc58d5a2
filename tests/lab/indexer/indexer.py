#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A small indexer on loopback that speaks the HDBits JSON API, for the demo and for tests.

  POST /api/torrents   list and search; POST /api/test   checks user name and passkey
  GET  /download.php?id=N&passkey=K   the .torrent file
  POST /lab/faults     sets faults at run time, one per line, as --fault takes them; an empty body clears all
  GET  /lab/counts     {"search":n,"test":n,"download":n}: requests since the start, faulty ones included

The releases are a JSON array of objects with the members of an answer of the API (id, name, filename,
size, seeders, leechers, type_category, imdb …) and two of our own: "torrent" (path of the .torrent,
relative to the JSON file; hash, and size when absent, come from it) and "age_minutes". A release
without "torrent" gets a made-up hash, and its download answers 404.
"""

import argparse
import hashlib
import json
import os
import re
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

FAULTS_HELP = """faults: KIND=WHAT[:COUNT[:VALUE]], KIND is search, test or download; COUNT how many requests
of that kind it hits (default 1, * for ever). Several of one kind are used up in order.
  search=500:3        the first 3 searches answer HTTP 500 (any status 300-599)
  download=429:1:60   one download answers 429 with Retry-After: 60
  search=api5:*       every search answers API status 5
  download=html       one download answers 200 with a web page
  download=truncated  one answer breaks off in the middle, its length promising more
  download=half       one answer is complete by its length, but holds only half the bytes
  search=slow:2:5     two searches answer after 5 seconds
also in the environment: INDEXER_FAULTS="search=500:3,download=html"."""

API_MESSAGES = {1: "Failure", 2: "SSL required", 3: "JSON malformed", 4: "Auth data missing", 5: "Auth failed",
                6: "Missing required parameters", 7: "Invalid parameter", 8: "IMDb import failed", 9: "IMDb TV not allowed"}


class ApiError(Exception):
    """An answer with a status other than 0."""

    def __init__(self, status):
        super().__init__(API_MESSAGES.get(status, "Unknown"))
        self.status = status


class PageError(Exception):
    """An answer that is a web page with an HTTP status."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


# --- bencode: just enough to find the info dictionary and the sizes in it -------------------------

def bdecode(data, at=0):
    """The value at `at`, and the place behind it."""
    lead = data[at:at + 1]
    if lead == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1:end]), end + 1
    if lead in (b"l", b"d"):
        items, at = [], at + 1
        while data[at:at + 1] != b"e":
            item, at = bdecode(data, at)
            items.append(item)
        return (items if lead == b"l" else dict(zip(items[::2], items[1::2]))), at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    if end > len(data):
        raise ValueError("a string reaches past the end")
    return data[colon + 1:end], end


def read_torrent(data):
    """(info-hash in upper-case hex, total size) of a .torrent; ValueError when it is none."""
    if data[:1] != b"d":
        raise ValueError("not a .torrent file")
    at = 1
    while data[at:at + 1] not in (b"e", b""):
        key, start = bdecode(data, at)
        value, at = bdecode(data, start)
        if key == b"info":
            files = value.get(b"files")
            size = sum(f[b"length"] for f in files) if files is not None else value[b"length"]
            return hashlib.sha1(data[start:at]).hexdigest().upper(), size
    raise ValueError("the .torrent file holds no info dictionary")


# --- releases -------------------------------------------------------------------------------------

def words(text):
    return re.findall(r"\w+", text.lower())


class Catalogue:
    """The releases, newest first."""

    OWN = ("torrent", "age_minutes")

    def __init__(self, path, now):
        self.rows, self.torrents, self.words = [], {}, {}
        folder = Path(path).resolve().parent
        for release in json.loads(Path(path).read_text(encoding="utf-8")):
            self._add(dict(release), folder, now)
        self.rows.sort(key=lambda row: (-row["utadded"], -int(row["id"])))

    def _add(self, release, folder, now):
        number = int(release["id"])
        if number in self.words:
            raise ValueError(f"two releases have the id {number}")
        torrent, age = release.get("torrent"), release.get("age_minutes", 60)
        row = {k: v for k, v in release.items() if k not in self.OWN}
        if torrent:
            self.torrents[number] = (folder / torrent).read_bytes()
            row["hash"], size = read_torrent(self.torrents[number])
            row.setdefault("size", size)
        row.setdefault("hash", hashlib.sha1(f"release {number}".encode()).hexdigest().upper())
        row.setdefault("filename", row["name"] + ".torrent")
        for key, default in (("seeders", 1), ("leechers", 0), ("times_completed", 0), ("size", 0), ("numfiles", 1),
                             ("comments", 0), ("freeleech", "no"), ("type_category", 1), ("type_codec", 1),
                             ("type_medium", 3), ("type_origin", 0), ("type_exclusive", 0), ("torrent_status", ""),
                             ("bookmarked", 0), ("wishlisted", 0), ("tags", []), ("descr", ""),
                             ("username", "uploader"), ("owner", 1)):
            row.setdefault(key, default)
        row["utadded"] = int(now - 60 * age)
        row["added"] = time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(row["utadded"]))
        self.words[number] = set(words(row["name"] + " " + row["filename"]))
        self.rows.append(row)

    def find(self, body):
        """One page of what the request asks for."""
        limit, page = number_of(body, "limit", 30), number_of(body, "page", 0)
        if limit < 1 or page < 0:
            raise ApiError(7)
        limit = min(limit, 100)
        wanted = [test for key, make in FILTERS.items() if (test := make(body.get(key))) is not None]
        text = body.get("search")
        if text is not None:
            if not isinstance(text, str):
                raise ApiError(7)
            asked = set(words(text))
            wanted.append(lambda row: asked <= self.words[int(row["id"])])
        rows = [row for row in self.rows if all(test(row) for test in wanted)]
        return rows[page * limit:(page + 1) * limit]


def number_of(body, key, default):
    value = body.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ApiError(7)
    return value


def list_filter(field):
    def make(value):
        if value is None or value == []:
            return None
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(v, int) for v in values):
            raise ApiError(7)
        return lambda row: row[field] in values
    return make


def object_id_filter(field):
    def make(value):
        if value is None:
            return None
        if not isinstance(value, dict) or not isinstance(value.get("id"), int):
            raise ApiError(7)
        return lambda row: (row.get(field) or {}).get("id") == value["id"]
    return make


def text_filter(field):
    def make(value):
        return None if value is None else lambda row: str(row[field]).lower() == str(value).lower()
    return make


FILTERS = {"category": list_filter("type_category"), "codec": list_filter("type_codec"),
           "medium": list_filter("type_medium"), "origin": list_filter("type_origin"),
           "exclusive": list_filter("type_exclusive"), "imdb": object_id_filter("imdb"),
           "tvdb": object_id_filter("tvdb"), "id": text_filter("id"), "hash": text_filter("hash")}


# --- faults ---------------------------------------------------------------------------------------

class Faults:
    KINDS = ("search", "test", "download")

    def __init__(self, texts):
        self.lock = threading.Lock()
        self.counts = dict.fromkeys(self.KINDS, 0)
        self.set(texts)

    def set(self, texts):
        pending = {kind: [] for kind in self.KINDS}
        for text in texts:
            kind, _, rest = text.partition("=")
            parts = rest.split(":", 2)
            what, count, value = parts[0], *(parts[1:2] or ["1"]), *(parts[2:3] or [""])
            known = what in ("html", "truncated", "half", "slow") or re.fullmatch(r"[345]\d\d|api[1-9]\d?", what)
            if kind not in pending or not known or not re.fullmatch(r"\*|\d+", count):
                raise ValueError(f"'{text}' is no fault; see --help")
            float(value or 0)
            pending[kind].append([what, float("inf") if count == "*" else int(count), value])
        with self.lock:
            self.pending = pending

    def take(self, kind):
        """(what, value) of the fault that hits this request, or (None, "")."""
        with self.lock:
            self.counts[kind] += 1
            queue = self.pending[kind]
            while queue and queue[0][1] <= 0:
                queue.pop(0)
            if not queue:
                return None, ""
            queue[0][1] -= 1
            return queue[0][0], queue[0][2]


# --- the server -----------------------------------------------------------------------------------

PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><p>{0}</p></body></html>"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "lab-indexer"
    sys_version = ""
    disable_nagle_algorithm = True  # head and body are two writes

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass  # the base class would log the query, passkey included; see note()

    def note(self, status, text=""):
        path = urlsplit(self.path).path
        print(f"{self.command} {path} {status} {text}".rstrip(), file=sys.stderr, flush=True)

    def answer(self, status, body, content_type, headers=(), promise=None, note=""):
        self.note(status, note)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if promise is None else promise))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if promise is not None:
            self.close_connection = True

    def answer_json(self, value, **more):
        self.answer(200, json.dumps(value).encode(), "application/json", **more)

    def answer_page(self, status, text, **more):
        self.answer(status, PAGE.format(text).encode(), "text/html; charset=utf-8", **more)

    def faulty(self, kind, make):
        """Answers with what make() gives (body, type, note), or with the fault that is due."""
        what, value = self.server.faults.take(kind)
        if what == "slow":
            time.sleep(float(value or 1))
        elif what == "html":
            return self.answer_page(200, "This page is not what you asked for.", note="fault html")
        elif what and what.startswith("api"):
            error = ApiError(int(what[3:]))
            return self.answer_json({"status": error.status, "message": str(error)}, note=f"fault {what}")
        elif what and what.isdigit():
            headers = [("Retry-After", value)] if value else []
            text = "Rate limit exceeded, please retry in 15 minutes." if what == "403" else f"Error {what}"
            return self.answer_page(int(what), text, headers=headers, note="fault")
        try:
            body, content_type, note = make()
        except ApiError as error:
            return self.answer_json({"status": error.status, "message": str(error)}, note=f"api status {error.status}")
        except PageError as error:
            return self.answer_page(error.status, str(error))
        if what == "truncated":
            return self.answer(200, body[:len(body) // 2], content_type, promise=len(body), note="fault truncated")
        if what == "half":
            return self.answer(200, body[:len(body) // 2], content_type, note="fault half")
        return self.answer(200, body, content_type, note=note)

    def do_POST(self):
        length = self.headers.get("Content-Length", "0")
        data = self.rfile.read(int(length) if length.isdigit() else 0)
        path = urlsplit(self.path).path
        if path == "/lab/faults":
            return self.set_faults(data)
        if path == "/api/torrents":
            return self.faulty("search", lambda: self.search(data))
        if path == "/api/test":
            return self.faulty("test", lambda: self.credentials(data))
        return self.answer_page(404, "Not found")

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/lab/counts":
            return self.answer_json(self.server.faults.counts)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if url.path == "/download.php" or url.path.startswith("/download.php/"):
            return self.faulty("download", lambda: self.download(query))
        if url.path == "/details.php":
            return self.answer_page(200, "A release.")
        return self.answer_page(404, "Not found")

    def set_faults(self, data):
        try:
            self.server.faults.set(data.decode().split())
        except ValueError as error:
            return self.answer(400, str(error).encode(), "text/plain")
        return self.answer_json({"status": 0})

    def body_of(self, data):
        try:
            body = json.loads(data)
        except ValueError:
            raise ApiError(3) from None
        if not isinstance(body, dict):
            raise ApiError(3)
        if "username" not in body or "passkey" not in body:
            raise ApiError(4)
        if (body["username"], body["passkey"]) != (self.server.username, self.server.passkey):
            raise ApiError(5)
        return body

    def credentials(self, data):
        self.body_of(data)
        return b'{"status": 0, "data": {}}', "application/json", ""

    def search(self, data):
        body = self.body_of(data)
        if body.get("imdb") and body.get("category") in ([2], 2):
            raise ApiError(9)
        rows = self.server.catalogue.find(body)
        shown = {key: body[key] for key in ("search", "imdb", "id", "hash", "limit", "page") if key in body}
        note = f"{json.dumps(shown)} -> {len(rows)} rows"
        return json.dumps({"status": 0, "data": rows}).encode(), "application/json", note

    def download(self, query):
        if query.get("passkey") != self.server.passkey:
            raise PageError(403, "Invalid passkey.")
        number = query.get("id", "")
        data = self.server.catalogue.torrents.get(int(number) if number.isdecimal() else -1)
        if data is None:
            raise PageError(404, "There is no torrent with this id.")
        return data, "application/x-bittorrent", f"id {number}"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, port, catalogue, username, passkey, faults):
        super().__init__(("127.0.0.1", port), Handler)
        self.catalogue, self.username, self.passkey, self.faults = catalogue, username, passkey, faults

    def handle_error(self, request, client_address):
        print(f"a client went away: {sys.exc_info()[0].__name__}", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, epilog=FAULTS_HELP,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", help="JSON file with the releases")
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free port")
    parser.add_argument("--username", default=os.environ.get("INDEXER_USERNAME", "lab"),
                        help="default: $INDEXER_USERNAME, else lab")
    parser.add_argument("--passkey", default=os.environ.get("INDEXER_PASSKEY", "lab-passkey"),
                        help="default: $INDEXER_PASSKEY, else lab-passkey")
    parser.add_argument("--fault", action="append", default=[], metavar="KIND=WHAT[:COUNT[:VALUE]]",
                        help="see below; may be given several times")
    args = parser.parse_args()
    from_environment = [f for f in os.environ.get("INDEXER_FAULTS", "").split(",") if f]
    try:
        faults = Faults(args.fault + from_environment)
        catalogue = Catalogue(args.releases, time.time())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        sys.exit(f"indexer.py: {args.releases}: {type(error).__name__}: {error}")
    try:
        server = Server(args.port, catalogue, args.username, args.passkey, faults)
    except OSError as error:
        sys.exit(f"indexer.py: cannot listen on 127.0.0.1:{args.port}: {error.strerror}")

    def stop(*_):
        # shutdown() waits for serve_forever(), which runs in this very thread.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"listening on 127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main()
