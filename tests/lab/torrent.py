# SPDX-License-Identifier: MIT
"""Makes .torrent files: a bencoder and just enough of BEP 3."""
import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

PIECE_LENGTH = 256 * 1024


def bencode(value):
    """bytes of an int, bytes, str, list or dict with str or bytes keys."""
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    items = sorted((key.encode() if isinstance(key, str) else key, item) for key, item in value.items())
    return b"d" + b"".join(bencode(key) + bencode(item) for key, item in items) + b"e"


@dataclass
class Torrent:
    name: str
    data: bytes      # the .torrent file
    infohash: str    # v1, lower-case hex
    magnet: str
    size: int
    payload: Path    # the file it was made of


def piece_hashes(path):
    hashes = []
    with open(path, "rb") as file:
        while piece := file.read(PIECE_LENGTH):
            hashes.append(hashlib.sha1(piece).digest())
    return b"".join(hashes)


def make_torrent(path, announce, private=False):
    """The torrent of one file. The tracker is no part of the info hash. A private one cannot be had by magnet: its seeders
    do not hand out its metadata."""
    path = Path(path)
    size = path.stat().st_size
    info = {"name": path.name, "length": size, "piece length": PIECE_LENGTH, "pieces": piece_hashes(path)}
    infohash = hashlib.sha1(bencode(info)).hexdigest()
    magnet = f"magnet:?xt=urn:btih:{infohash}&dn={quote(path.name)}&tr={quote(announce, safe='')}"
    return Torrent(path.name, bencode({"announce": announce, "info": info}), infohash, magnet, size, path)


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
