# SPDX-License-Identifier: MIT
"""A tiny HTTP client, and the two APIs the tests speak: Quarry's and qBittorrent's."""
import http.client
import json
import uuid
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode(errors="replace")

    def json(self):
        return json.loads(self.body)


def request(method, url, body=None, headers=None, timeout=10):
    """One request on a connection of its own. Raises OSError or http.client.HTTPException when no whole answer came."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body=body, headers=headers or {})
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def answers(url):
    """Whether anything speaks HTTP there."""
    try:
        request("GET", url, timeout=2)
        return True
    except (OSError, http.client.HTTPException):
        return False


def is_ready(url):
    """Whether the Quarry there can do its work."""
    try:
        return request("GET", f"{url}/readyz", timeout=10).status == 200
    except (OSError, http.client.HTTPException):
        return False


class ApiError(AssertionError):
    def __init__(self, answer, what):
        super().__init__(f"{what}: {answer.status} {answer.text[:500]}")
        self.answer = answer


class QuarryApi:
    """Quarry's HTTP API. Methods answer the decoded JSON, and raise ApiError for a status over 299."""

    def __init__(self, url, key):
        self.url = url
        self.key = key

    def call(self, method, path, body=None, timeout=30):
        """The Answer, whatever its status."""
        headers = {"X-Api-Key": self.key}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        return request(method, self.url + path, data, headers, timeout)

    def ok(self, method, path, body=None, timeout=30):
        answer = self.call(method, path, body, timeout)
        if answer.status > 299:
            raise ApiError(answer, f"{method} {path}")
        return answer.json() if answer.body else None

    def grab(self, **fields):
        return self.ok("POST", "/api/v3/queue/grab", fields)

    def queue(self, **filters):
        """All items that pass the filters, page by page."""
        records, page = [], 1
        while True:
            query = urlencode({"page": page, "pageSize": 100, **filters})
            answer = self.ok("GET", f"/api/v3/queue?{query}")
            records += answer["records"]
            if len(records) >= answer["totalRecords"] or not answer["records"]:
                return records
            page += 1

    def item(self, item_id):
        return self.ok("GET", f"/api/v3/queue/{item_id}")

    def history(self, **filters):
        """The latest page, the oldest entry first."""
        return self.ok("GET", f"/api/v3/history?{urlencode(filters)}")["records"][::-1]

    def releases(self, term):
        return self.ok("GET", f"/api/v3/release?term={quote(term)}")


class QBittorrentApi:
    """The few calls of the Web API that the tests need; logs in by itself, and again after a restart."""

    def __init__(self, url, username, password):
        self.url = url
        self.username = username
        self.password = password
        self.cookie = None

    def login(self):
        body = urlencode({"username": self.username, "password": self.password})
        answer = self._send("POST", "auth/login", body, {"Content-Type": "application/x-www-form-urlencoded"})
        if "set-cookie" not in answer.headers:
            raise ApiError(answer, "login to qBittorrent")
        self.cookie = answer.headers["set-cookie"].split(";")[0]

    def _send(self, method, action, body, headers):
        if self.cookie:
            headers = {**headers, "Cookie": self.cookie}
        return request(method, f"{self.url}/api/v2/{action}", body, headers)

    def call(self, method, action, body=None, headers=None):
        if self.cookie is None:
            self.login()
        answer = self._send(method, action, body, headers or {})
        if answer.status == 403:
            self.login()
            answer = self._send(method, action, body, headers or {})
        if answer.status > 299:
            raise ApiError(answer, f"qBittorrent {action}")
        return answer

    def post(self, action, **fields):
        return self.call("POST", action, urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"})

    def torrents(self, **filters):
        return self.call("GET", "torrents/info?" + urlencode(filters)).json()

    def add(self, torrent, **fields):
        """Adds a .torrent file; the fields are those of torrents/add."""
        boundary = uuid.uuid4().hex
        parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
                 for name, value in fields.items()]
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="torrents"; filename="a.torrent"\r\n'
                     "Content-Type: application/x-bittorrent\r\n\r\n".encode() + torrent.data + b"\r\n")
        parts.append(f"--{boundary}--\r\n".encode())
        answer = self.call("POST", "torrents/add", b"".join(parts),
                           {"Content-Type": f"multipart/form-data; boundary={boundary}"})
        if answer.text != "Ok.":
            raise ApiError(answer, "qBittorrent torrents/add")

    def seeds_known(self, infohash):
        """Whether the tracker has told this client of a seed, so that others will find it."""
        if not self.torrents(hashes=infohash):
            return False  # a busy server shows what it was given a moment later
        trackers = self.call("GET", f"torrents/trackers?hash={infohash}").json()
        return any(row["url"].startswith("http") and row["num_seeds"] >= 1 for row in trackers)
