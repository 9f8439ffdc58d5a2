# SPDX-License-Identifier: MIT
"""A proxy in front of a real HTTP server that goes wrong on purpose."""
import http.server
import threading
from urllib.parse import unquote_plus

from e2e import QuietServer, request

# What can happen to one request. Those that `REACHES` names are carried out by the server behind all the same.
PASS, REFUSE_500, LOSE_ANSWER, HALF_ANSWER, FAIL_AFTER, HANG_AFTER = "pass", "500", "lose", "half", "500-after", "hang-after"
REACHES = (PASS, LOSE_ANSWER, HALF_ANSWER, FAIL_AFTER, HANG_AFTER)
KEPT_HEADERS = ("content-type", "cookie")


class FaultyProxy:
    """`choose(method, path)` says what happens to each request; it is called under a lock, one request at a time."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.choose = lambda method, path: PASS
        self.seen = []  # (method, path, decoded body, fault), in order
        self.lock = threading.Lock()
        self.ended = threading.Event()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def handle_any(self):
                owner.handle(self)

            do_GET = do_POST = handle_any

            def log_message(self, *_):
                pass

        self.server = QuietServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def handle(self, client):
        body = client.rfile.read(int(client.headers.get("Content-Length") or 0))
        with self.lock:
            fault = self.choose(client.command, client.path)
            self.seen.append((client.command, client.path, unquote_plus(body.decode("latin-1")), fault))
        if fault == REFUSE_500:
            self.answer(client, 500, {}, b"Internal Server Error")
            return
        # The Host header is made anew: qBittorrent refuses one with another port than its own.
        headers = {name: value for name, value in client.headers.items() if name.lower() in KEPT_HEADERS}
        try:
            real = request(client.command, self.upstream + client.path, body or None, headers, timeout=20)
        except OSError:
            client.close_connection = True
            return
        if fault == PASS:
            self.answer(client, real.status, real.headers, real.body)
        elif fault == FAIL_AFTER:
            self.answer(client, 500, {}, b"Internal Server Error")
        elif fault == HALF_ANSWER:
            self.answer(client, real.status, real.headers, real.body, cut=True)
        elif fault == HANG_AFTER:
            self.ended.wait(60)
        client.close_connection = fault != PASS

    @staticmethod
    def answer(client, status, headers, body, cut=False):
        client.send_response(status)
        for name, value in headers.items():
            if name in ("content-type", "set-cookie"):
                client.send_header(name, value)
        client.send_header("Content-Length", str(len(body)))
        client.end_headers()
        client.wfile.write(body[:len(body) // 2] if cut else body)

    def count(self, path_part, body_part="", faults=REACHES):
        """How many requests of that kind went through to the server."""
        with self.lock:
            return sum(path_part in path and body_part in body and fault in faults for _, path, body, fault in self.seen)

    def close(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
