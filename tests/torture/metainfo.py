# SPDX-License-Identifier: MIT
"""As much of a .torrent file as a download client needs: the info hash, the name and the length."""
import hashlib


def end_of(data, at):
    """Where the bencoded value that starts at `at` ends."""
    head = data[at:at + 1]
    if head == b"i":
        return data.index(b"e", at) + 1
    if head in (b"l", b"d"):
        at += 1
        while data[at:at + 1] != b"e":
            at = end_of(data, at)
        return at + 1
    colon = data.index(b":", at)
    return colon + 1 + int(data[at:colon])


def members(data, at=0):
    """The values of a bencoded dictionary, by key, each as its raw bytes."""
    if data[at:at + 1] != b"d":
        raise ValueError("no bencoded dictionary")
    found = {}
    at += 1
    while data[at:at + 1] != b"e":
        key_end = end_of(data, at)
        value_end = end_of(data, key_end)
        found[data[at:key_end].partition(b":")[2]] = data[key_end:value_end]
        at = value_end
    return found


def read(data):
    """(info hash, name, length) of the .torrent of one file; ValueError for what is none."""
    try:
        info = members(data)[b"info"]
        inner = members(info)
        return hashlib.sha1(info).hexdigest(), inner[b"name"].partition(b":")[2].decode(), int(inner[b"length"][1:-1])
    except (KeyError, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"no .torrent of one file: {error}") from error
