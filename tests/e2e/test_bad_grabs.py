#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What cannot become a download is refused with a reason, and the good one beside it arrives."""
import hashlib

from e2e import MIB, E2eTest, FileServer, main, wait_until
from torrent import bencode


def torrent_named(*path, single=None):
    """A well-formed .torrent of one file at this path, or one single file of this name."""
    info = {"piece length": 16384, "pieces": hashlib.sha1(b"x").digest()}
    if single is not None:
        info |= {"name": single, "length": 1}
    else:
        info |= {"name": "folder", "files": [{"length": 1, "path": list(path)}]}
    return bencode({"announce": "http://127.0.0.1:1/announce", "info": info})


NESTED = b"d4:info" + b"l" * 10_000 + b"e" * 10_000 + b"e"
TRUNCATED = torrent_named(single="cut.mkv")[:-10]
# What each bad URL serves, and words of which the reason holds at least one.
BAD_FILES = {
    "html": (b"<!DOCTYPE html><html><body>Please log in</body></html>", ["html", "web page", "torrent"]),
    "empty": (b"", ["empty", "torrent"]),
    "truncated": (TRUNCATED, ["torrent"]),
    "huge": (b"d4:infod6:pieces" + b"%d:" % (33 * MIB) + b"\0" * (33 * MIB) + b"ee", ["32 MiB", "large"]),
    "parent": (torrent_named("..", "..", "etc", "passwd"), ["name", "path"]),
    "parent-single": (torrent_named(single="../evil.mkv"), ["name", "path"]),
    "absolute": (torrent_named("/etc/passwd"), ["name", "path"]),
    "absolute-single": (torrent_named(single="/etc/passwd"), ["name", "path"]),
    "nul": (torrent_named("a\0b.mkv"), ["name", "path"]),
    "nul-single": (torrent_named(single="a\0b.mkv"), ["name", "path"]),
    "nested": (NESTED, ["deep", "nest", "torrent"]),
}
# Refused before anything is queued: the body of the request, and a word of the reason.
BAD_REQUESTS = [
    ({"title": "no source at all"}, "download_url"),
    ({"title": "empty", "download_url": "", "magnet_url": ""}, "download_url"),
    ({"title": "no hash", "magnet_url": "magnet:?dn=Some.Film.2023"}, "hash"),
    ({"title": "short hash", "magnet_url": "magnet:?xt=urn:btih:1234"}, "hash"),
    ({"title": "no hash", "download_url": "magnet:?dn=Some.Film.2023"}, "hash"),
    ({"title": "no web address", "download_url": "file:///etc/passwd"}, "http"),
    ({"title": "no web address", "download_url": "gopher://example.org/x"}, "http"),
]


class BadGrabs(E2eTest):
    def test_each_is_refused_with_its_reason_and_the_good_one_arrives(self):
        self.swarm()
        files = FileServer()
        self.addCleanup(files.close)
        good, = self.torrents(1, lambda _: 2 * MIB)
        quarry = self.lab.quarry(self.lab.manifest(
            [self.lab.sqlite_plugin(), self.lab.scorer_plugin(), self.lab.qbittorrent_plugin(self.client)],
            queue={"retry_base_s": 0.05, "retry_cap_s": 0.1}, allow=[files.address]))
        api = quarry.api

        for fields, word in BAD_REQUESTS:
            with self.subTest(request=fields):
                answer = api.call("POST", "/api/v3/queue/grab", fields)
                self.assertIn(answer.status, (400, 422), answer.text)
                self.assertIn(word, answer.text)
        answer = api.call("POST", "/api/v3/queue/grab", {"release_id": "of no search"})
        self.assertEqual(answer.status, 404, answer.text)
        self.assertEqual(api.queue(), [], "what was refused is not in the queue")

        for name, (body, _) in BAD_FILES.items():
            api.grab(release_id=f"bad-{name}", title=f"bad {name}", download_url=files.add(f"/{name}", body))
        api.grab(release_id="bad-404", title="bad 404", download_url=files.url("/nothing-here"))
        api.grab(release_id="good", title="good", download_url=files.add("/good", good.data))

        def settled():
            rows = api.queue()
            return rows if all(row["status"] in ("failed", "completed", "seeding") for row in rows) else None

        rows = wait_until("every download has ended", settled, 90, process=quarry.process)
        by_title = {row["title"]: row for row in rows}
        self.assertEqual(len(by_title), len(BAD_FILES) + 2)
        self.assertIn(by_title.pop("good")["status"], ("completed", "seeding"))
        for title, row in by_title.items():
            with self.subTest(title=title):
                self.assertEqual(row["status"], "failed", row)
                words = BAD_FILES.get(title.removeprefix("bad "), (None, ["404"]))[1]
                reason = row.get("errorMessage", "")
                self.assertTrue(any(word.lower() in reason.lower() for word in words), f"{title}: {reason!r}")
                self.assertGreater(len(reason), 20, f"{title}: a sentence for a person")
        self.assert_arrived_once(good)
        for name in (*BAD_FILES, "nothing-here"):
            self.assertEqual(files.asked.count(f"/{name}"), 1, f"{name}: hopeless, so it is not fetched again")


if __name__ == "__main__":
    main()
