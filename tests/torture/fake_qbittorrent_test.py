#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The fake client takes what the real one takes, once, and writes down all of it."""
import json
import random
import tempfile
import time
import unittest
from pathlib import Path

import metainfo
from fake_qbittorrent import EFFECTIVE, FAULTS, Client, Journal, Server
from films import film

FORM = "multipart/form-data; boundary=xyz"


def form(**fields):
    parts = [b'--xyz\r\nContent-Disposition: form-data; name="' + name.encode() + b'"\r\n\r\n' + value + b"\r\n"
             for name, value in fields.items()]
    return b"".join(parts) + b"--xyz--\r\n"


class FakeQbittorrentTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name, "journal.jsonl")
        journal = Journal(self.path)
        self.addCleanup(journal.file.close)
        self.client = Client(journal, random.Random(1), item_seconds=0.01)

    def post(self, path, body, kind="application/x-www-form-urlencoded"):
        status, _, answer = self.client.answer("POST", path, {}, body, kind)
        self.assertEqual(status, 200)
        return answer

    def add(self, **fields):
        return self.post("torrents/add", form(**fields), FORM)

    def journal(self, *actions):
        entries = [json.loads(line) for line in self.path.read_text().splitlines()]
        return [entry for entry in entries if entry["action"] in actions]

    def rows(self, hashes):
        return json.loads(self.client.answer("GET", "torrents/info", {"hashes": hashes}, b"", "")[2])

    def test_a_torrent_and_its_magnet_are_one_item(self):
        wanted = film(7, 1)
        self.assertEqual(self.add(torrents=wanted.data, tags=b"quarry.1"), b"Ok.")
        self.assertEqual(self.add(urls=wanted.magnet.encode(), tags=b"quarry.2"), b"Fails.")
        first, second = self.journal("add")
        self.assertEqual((first["hash"], first["tags"], first["accepted"], first["existed"]),
                         (wanted.infohash, "quarry.1", True, False))
        self.assertEqual((second["hash"], second["accepted"], second["existed"]), (wanted.infohash, False, True))
        row, = self.rows(wanted.infohash)
        self.assertEqual((row["hash"], row["tags"], row["name"]), (wanted.infohash, "quarry.1", wanted.name))

    def test_an_item_finishes_and_a_removed_one_is_gone(self):
        wanted = film(7, 2)
        self.add(urls=wanted.magnet.encode(), tags=b"quarry.1")
        self.client.items[wanted.infohash].added = time.monotonic() - 10
        row, = self.rows(wanted.infohash.upper())
        self.assertEqual((row["progress"], row["state"]), (1, "pausedUP"))
        self.assertEqual(row["completed"], row["size"])
        self.post("torrents/delete", f"hashes={wanted.infohash}&deleteFiles=true".encode())
        self.assertEqual(self.rows(wanted.infohash), [])
        self.assertEqual([entry["hash"] for entry in self.journal("delete")], [wanted.infohash])

    def test_a_paused_item_stands_still(self):
        wanted = film(7, 3)
        self.client.item_seconds = 1000
        self.add(torrents=wanted.data)
        self.post("torrents/pause", f"hashes={wanted.infohash}".encode())
        self.assertEqual(self.rows(wanted.infohash)[0]["state"], "pausedDL")
        self.post("torrents/resume", f"hashes={wanted.infohash}".encode())
        self.assertEqual(self.rows(wanted.infohash)[0]["state"], "downloading")

    def test_what_is_no_torrent_is_refused_and_written_down(self):
        for fields in ({"torrents": b"<html>"}, {"urls": b"http://127.0.0.1/x"}, {"torrents": b"d4:infoi1ee"}):
            self.assertEqual(self.add(**fields), b"Fails.")
        self.assertEqual([(entry["accepted"], entry["existed"]) for entry in self.journal("add")], [(False, False)] * 3)

    def test_films_differ_and_are_what_they_say(self):
        films = [film(seed, number) for seed in (1, 2) for number in (1, 2)]
        self.assertEqual(len({each.infohash for each in films}), 4)
        for each in films:
            self.assertEqual(metainfo.read(each.data), (each.infohash, each.name, each.size))
        self.assertEqual(film(1, 1), films[0])

    def test_faults_come_by_seed_and_as_often_as_asked(self):
        def chosen(share, path="/api/v2/torrents/info"):
            server = Server(self.client, random.Random(5), 0, share)
            return [server.choose_fault(path) for _ in range(1000)]

        self.assertEqual(set(chosen(0)), {None})
        self.assertEqual(set(chosen(1)), set(FAULTS))
        self.assertEqual(chosen(0.2), chosen(0.2))
        self.assertAlmostEqual(sum(fault is not None for fault in chosen(0.2)) / 1000, 0.2, delta=0.05)
        self.assertGreater(sum(fault is not None for fault in chosen(0.2, "/api/v2/torrents/add")), 600)
        self.assertLessEqual(EFFECTIVE, set(FAULTS))


if __name__ == "__main__":
    unittest.main(verbosity=2)
