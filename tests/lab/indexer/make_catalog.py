#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes DIR/catalog.json: eight releases of one film, "The Quarry Test Film (2023)", for indexer.py.

One of them is backed by TORRENT_FILE, so it can be downloaded; which one is told by its NAME or by
--real INDEX (default 0, the best). Prints the path of the catalogue, a tab, and that release's name.
"""

import argparse
import json
import os
import sys
from pathlib import Path

GB = 1000 ** 3
TITLE, YEAR, IMDB = "The Quarry Test Film", 2023, 99000001
# (name behind title and year, size, seeders, leechers, codec, medium, freeleech, internal, age in hours)
RELEASES = [
    ("2160p.UHD.BluRay.REMUX.HDR.HEVC.TrueHD.7.1.Atmos-FraMeSToR", 68.4, 41, 3, 5, 5, "no", 0, 240),
    ("2160p.UHD.BluRay.x265.10bit.HDR.DTS-HD.MA.5.1-QTF", 24.7, 33, 5, 5, 3, "no", 0, 200),
    ("1080p.BluRay.DTS-HD.MA.5.1.x264-LoRD", 16.2, 58, 2, 1, 3, "yes", 1, 220),
    ("1080p.WEB-DL.DDP5.1.H.264-FLUX", 6.9, 120, 9, 1, 6, "no", 0, 900),
    ("720p.HDTV.x264-BATV", 2.9, 14, 1, 1, 4, "no", 0, 700),
    ("DVDRip.XviD-SAPHiRE", 1.4, 6, 0, 4, 3, "no", 0, 600),
    ("HDCAM.x264.AAC-NoGRP", 1.9, 210, 75, 1, 4, "no", 0, 1900),
    ("1080p.TS.x264.AAC-NoGRP", 3.1, 160, 40, 1, 4, "no", 0, 1700),
]


def catalogue():
    prefix = f"{TITLE} {YEAR}".replace(" ", ".")
    imdb = {"id": IMDB, "englishtitle": TITLE, "originaltitle": TITLE, "year": YEAR, "genres": ["Drama"], "rating": 7.4}
    out = []
    for number, (rest, size, seeders, leechers, codec, medium, freeleech, internal, hours) in enumerate(RELEASES):
        name = f"{prefix}.{rest}"
        out.append({"id": 700101 + number, "name": name.replace(".", " "), "filename": name + ".torrent",
                    "size": int(size * GB), "seeders": seeders, "leechers": leechers, "times_completed": seeders * 7,
                    "type_category": 1, "type_codec": codec, "type_medium": medium, "type_origin": internal,
                    "freeleech": freeleech, "age_minutes": hours * 60, "imdb": imdb})
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", metavar="DIR")
    parser.add_argument("torrent", metavar="TORRENT_FILE")
    parser.add_argument("name", metavar="NAME", nargs="?", help="name of the release that is real")
    parser.add_argument("--real", type=int, default=0, metavar="INDEX", help="its place in the list, from 0")
    parser.add_argument("--true-size", action="store_true",
                        help="say the torrent's own size for it, rather than one that fits its name")
    args = parser.parse_args()
    releases = catalogue()
    names = [release["filename"].removesuffix(".torrent") for release in releases]
    if args.name is not None and args.name not in names:
        sys.exit(f"make_catalog.py: no release is named '{args.name}'; the names are:\n  " + "\n  ".join(names))
    index = names.index(args.name) if args.name is not None else args.real
    if not 0 <= index < len(releases):
        sys.exit(f"make_catalog.py: --real must be 0 to {len(releases) - 1}")
    if not Path(args.torrent).is_file():
        sys.exit(f"make_catalog.py: {args.torrent} is no file")
    releases[index]["torrent"] = os.path.abspath(args.torrent)
    if args.true_size:
        del releases[index]["size"]
    folder = Path(args.dir)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "catalog.json"
    path.write_text(json.dumps(releases, indent=2) + "\n", encoding="utf-8")
    print(f"{path}\t{names[index]}")


if __name__ == "__main__":
    main()
