#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of indexer.py and make_catalog.py, each against a server of its own on a free port."""

import hashlib
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
PASSKEY = "canary-passkey-1"
INFO = b"d6:lengthi5e4:name5:a.mkv12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae"
TORRENT = b"d8:announce9:udp://x:14:info" + INFO + b"e"
INFO_HASH = hashlib.sha1(INFO).hexdigest().upper()


def start(releases, *options, environment=None):
    return subprocess.Popen([sys.executable, str(HERE / "indexer.py"), str(releases), "--username", "alice", *options],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env={**os.environ, "INDEXER_PASSKEY": PASSKEY, **(environment or {})})


class Lab(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "a.torrent").write_bytes(TORRENT)
        releases = [
            {"id": 1, "name": "Old Film 1999 720p", "torrent": "a.torrent", "age_minutes": 500, "type_codec": 5,
             "imdb": {"id": 133093}},
            {"id": "2", "name": "New Film", "filename": "New.Film.2001.DTS-HD.mkv.torrent", "size": 77, "age_minutes": 5},
        ] + [{"id": 10 + n, "name": f"Other {n}", "type_category": 2, "age_minutes": 1000 + n} for n in range(120)]
        (self.folder / "r.json").write_text(json.dumps(releases))
        self.server = None

    def serve(self, *options, **more):
        self.server = start(self.folder / "r.json", *options, **more)
        self.addCleanup(self.end)
        line = self.server.stdout.readline()
        self.assertRegex(line, r"^listening on 127\.0\.0\.1:\d+\n$")
        self.port = int(line.rsplit(":", 1)[1])

    def end(self):
        """Stops the server and gives what it wrote to stderr."""
        if self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
        _, errors = self.server.communicate(timeout=10)
        self.assertEqual(self.server.returncode, 0, errors)
        self.assertNotIn(PASSKEY, errors)
        return errors

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def api(self, method="torrents", **members):
        body = {"username": "alice", "passkey": PASSKEY, **members}
        response, data = self.request("POST", "/api/" + method, json.dumps(body))
        self.assertEqual(response.status, 200)
        return json.loads(data)

    def ids(self, **members):
        answer = self.api(**members)
        self.assertEqual(answer["status"], 0, answer)
        return [int(row["id"]) for row in answer["data"]]

    def test_rows_have_the_members_of_the_api(self):
        self.serve()
        row = self.api(search="old film")["data"][0]
        self.assertEqual((row["hash"], row["size"], row["filename"]), (INFO_HASH, 5, "Old Film 1999 720p.torrent"))
        self.assertRegex(row["added"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$")
        self.assertEqual(row["freeleech"], "no")
        self.assertNotIn("torrent", row)
        self.assertNotIn("age_minutes", row)
        other = self.api(search="new film")["data"][0]
        self.assertEqual((other["id"], other["size"], len(other["hash"])), ("2", 77, 40))

    def test_search_and_filters(self):
        self.serve()
        self.assertEqual(self.ids(search="FILM"), [2, 1])
        self.assertEqual(self.ids(search="film 1999"), [1])
        self.assertEqual(self.ids(search="dts"), [2])
        self.assertEqual(self.ids(search="ts"), [])
        self.assertEqual(self.ids(imdb={"id": 133093}), [1])
        self.assertEqual(self.ids(category=[1], codec=[5, 1]), [2, 1])
        self.assertEqual(self.ids(category=1, codec=[5]), [1])
        self.assertEqual(self.ids(hash=INFO_HASH.lower()), [1])
        self.assertEqual(self.ids(id=2), [2])

    def test_pages(self):
        self.serve()
        self.assertEqual(len(self.ids()), 30)
        self.assertEqual(len(self.ids(limit=1000)), 100)
        self.assertEqual(len(self.ids(limit=100, page=1)), 22)
        self.assertEqual(self.ids(limit=1, page=1), [1])
        self.assertEqual(self.ids(page=99), [])

    def test_statuses(self):
        self.serve()
        self.assertEqual(self.api("test")["status"], 0)
        self.assertEqual(self.api("test", passkey="wrong")["status"], 5)
        self.assertEqual(self.api(username=None)["status"], 5)
        self.assertEqual(self.api(limit="many")["status"], 7)
        self.assertEqual(self.api(category=["x"])["status"], 7)
        self.assertEqual(self.api(imdb=5)["status"], 7)
        self.assertEqual(self.api(category=[2], imdb={"id": 5})["status"], 9)
        for body, status in (("{", 3), ("[]", 3), ("{}", 4)):
            self.assertEqual(json.loads(self.request("POST", "/api/torrents", body)[1])["status"], status)

    def test_download(self):
        self.serve()
        path = "/download.php?passkey=" + PASSKEY + "&id="
        response, data = self.request("GET", path + "1")
        self.assertEqual((response.status, data), (200, TORRENT))
        self.assertEqual(self.request("GET", "/download.php/x.torrent?id=1&passkey=" + PASSKEY)[1], TORRENT)
        for number in ("2", "99", "", "x"):
            self.assertEqual(self.request("GET", path + number)[0].status, 404)
        response, data = self.request("GET", "/download.php?id=1&passkey=wrong")
        self.assertEqual(response.status, 403)
        self.assertIn(b"Invalid passkey", data)
        self.assertEqual(self.request("GET", "/nothing")[0].status, 404)
        errors = self.end()
        self.assertIn("GET /download.php 200 id 1", errors)

    def test_faults_hit_as_often_as_told(self):
        self.serve("--fault", "search=500:2", "--fault", "search=429:1:30", "--fault", "test=api5:*",
                   environment={"INDEXER_FAULTS": "download=html,download=truncated,download=half,download=slow:1:0.01"})
        statuses = [self.request("POST", "/api/torrents", "{}")[0] for _ in range(4)]
        self.assertEqual([r.status for r in statuses], [500, 500, 429, 200])
        self.assertEqual(statuses[2].getheader("Retry-After"), "30")
        self.assertEqual([self.api("test")["status"] for _ in range(3)], [5, 5, 5])
        path = "/download.php?id=1&passkey=" + PASSKEY
        self.assertTrue(self.request("GET", path)[1].startswith(b"<!DOCTYPE html>"))
        with self.assertRaises(http.client.IncompleteRead) as broken:
            self.request("GET", path)
        self.assertEqual(broken.exception.partial, TORRENT[:len(TORRENT) // 2])
        self.assertEqual(self.request("GET", path)[1], TORRENT[:len(TORRENT) // 2])
        self.assertEqual(self.request("GET", path)[1], TORRENT)
        self.assertEqual(self.request("GET", path)[1], TORRENT)
        self.assertEqual(json.loads(self.request("GET", "/lab/counts")[1]), {"search": 4, "test": 3, "download": 5})

    def test_faults_can_be_set_while_it_runs(self):
        self.serve()
        self.assertEqual(self.request("POST", "/lab/faults", "search=503:*\ntest=html")[0].status, 200)
        self.assertEqual(self.request("POST", "/api/torrents", "{}")[0].status, 503)
        self.assertEqual(self.request("POST", "/lab/faults", "search=sometimes")[0].status, 400)
        self.assertEqual(self.request("POST", "/api/torrents", "{}")[0].status, 503)
        self.assertEqual(self.request("POST", "/lab/faults", "")[0].status, 200)
        self.assertEqual(self.request("POST", "/api/torrents", "{}")[0].status, 200)

    def test_bad_input_is_told_at_the_start(self):
        (self.folder / "broken.json").write_text("[{")
        (self.folder / "noname.json").write_text('[{"id": 1}]')
        (self.folder / "notorrent.json").write_text('[{"id": 1, "name": "x", "torrent": "r.json"}]')
        for releases, *options in (["absent.json"], ["broken.json"], ["noname.json"], ["notorrent.json"],
                                   ["r.json", "--fault", "sleep=5"], ["r.json", "--fault", "search=500:x"]):
            server = start(self.folder / releases, *options)
            _, errors = server.communicate(timeout=10)
            self.assertEqual(server.returncode, 1, errors)
            self.assertIn("indexer.py: ", errors)
            self.assertNotIn("Traceback", errors)

    def make_catalogue(self, *options):
        return subprocess.run([sys.executable, str(HERE / "make_catalog.py"), str(self.folder / "lab"),
                               str(self.folder / "a.torrent"), *options], capture_output=True, text=True, check=False)

    def test_catalogue(self):
        made = self.make_catalogue()
        self.assertEqual(made.returncode, 0, made.stderr)
        path, name = made.stdout.strip().split("\t")
        self.assertTrue(name.endswith("-FraMeSToR"))
        os.replace(path, self.folder / "r.json")
        self.serve()
        rows = self.api(search="The Quarry Test Film 2023")["data"]
        self.assertEqual(len(rows), 8)
        real = [row for row in rows if row["hash"] == INFO_HASH]
        self.assertEqual([row["filename"] for row in real], [name + ".torrent"])
        self.assertGreater(real[0]["size"], 50 * 1000 ** 3)
        self.assertEqual(len(self.ids(imdb={"id": 99000001})), 8)
        status = {row["id"]: self.request("GET", f"/download.php?id={row['id']}&passkey={PASSKEY}")[0].status for row in rows}
        self.assertEqual(sorted(status.values()), [200] + [404] * 7)

    def test_catalogue_choice(self):
        by_index = self.make_catalogue("--real", "2", "--true-size").stdout.strip().split("\t")[1]
        self.assertIn("DTS-HD", by_index)
        self.assertNotIn("size", json.loads((self.folder / "lab/catalog.json").read_text())[2])
        self.assertEqual(self.make_catalogue(by_index).stdout.strip().split("\t")[1], by_index)
        self.assertIn("the names are", self.make_catalogue("Nonsense").stderr)
        self.assertEqual(self.make_catalogue("--real", "8").returncode, 1)


if __name__ == "__main__":
    unittest.main()
