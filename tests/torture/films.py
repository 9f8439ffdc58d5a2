# SPDX-License-Identifier: MIT
"""The content of a torture run: film `number` of a run is the same torrent for everybody who asks, without a file on disk."""
import hashlib
from dataclasses import dataclass
from urllib.parse import quote

import lab_path  # noqa: F401  (makes the laboratory's modules known)
from torrent import bencode

PIECE_LENGTH = 1 << 20
LEAST_BYTES = 100_000


@dataclass(frozen=True)
class Film:
    number: int
    name: str
    size: int
    infohash: str  # v1, lower-case hex
    data: bytes    # the .torrent file

    @property
    def magnet(self):
        return f"magnet:?xt=urn:btih:{self.infohash}&dn={quote(self.name)}"


def film(seed, number):
    """One piece long, and different for each seed and number."""
    name = f"The.Torture.Film.{number}.2023.1080p.BluRay.x264-LAB.mkv"
    size = LEAST_BYTES + number % (PIECE_LENGTH - LEAST_BYTES)
    info = {"name": name, "length": size, "piece length": PIECE_LENGTH,
            "pieces": hashlib.sha1(f"{seed}:{number}".encode()).digest()}
    data = bencode({"announce": "http://127.0.0.1:9/announce", "info": info})
    return Film(number, name, size, hashlib.sha1(bencode(info)).hexdigest(), data)
