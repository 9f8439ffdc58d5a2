# SPDX-License-Identifier: MIT
"""The flags of torture.py."""
import argparse
import os
import random
import shlex
from pathlib import Path

from lab_path import REPOSITORY

KINDS = ("kill", "stop", "pg-restart", "pg-terminate", "pg-freeze", "commit-reset", "client", "cancel", "disk-full")
POSTGRES_KINDS = ("pg-restart", "pg-terminate", "pg-freeze", "commit-reset")
PROXY_KINDS = ("pg-freeze", "commit-reset")


def parse(description, arguments=None):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--storage", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--hosts", type=int, default=None, help="how many share the store (default 3; 1 on SQLite)")
    parser.add_argument("--grabs", type=int, default=200, help="films asked for, at least (default 200)")
    parser.add_argument("--kills", type=int, default=100, help="kill -9 of a host (default 100)")
    parser.add_argument("--resets", type=int, default=100, help="connections lost inside COMMIT, at least (default 100)")
    parser.add_argument("--fills", type=int, default=20, help="a file system filled to the last byte (default 20)")
    parser.add_argument("--seed", type=int, default=None, help="default: a random one, which is printed")
    parser.add_argument("--faults", default="kill", help=f"some of {','.join(KINDS)} (default kill)")
    parser.add_argument("--calm", type=float, default=1, metavar="N", help="N times longer pauses between faults (not kills)")
    parser.add_argument("--limit", type=int, default=10, help="downloads at once, 1 to 10 (default 10)")
    parser.add_argument("--lease-ms", type=int, default=2000, help="default 2000; users have 30000")
    parser.add_argument("--backlog", type=int, default=40, help="films asked for ahead of the client (default 40)")
    parser.add_argument("--item-seconds", type=float, default=0.3, help="the longest an item of the client takes (default 0.3)")
    parser.add_argument("--seconds", type=float, default=None,
                        help="the longest the faults may take (default: by kills and grabs)")
    parser.add_argument("--build", type=Path, default=os.environ.get("QUARRY_BUILD_DIR", REPOSITORY / "build" / "release"),
                        help="build folder with bin/ and plugins/")
    parser.add_argument("--keep", action="store_true", help="keep the folder of the run, with logs and evidence")
    args = parser.parse_args(arguments)
    args.faults = [kind for kind in args.faults.split(",") if kind]
    unknown = [kind for kind in args.faults if kind not in KINDS]
    if unknown:
        parser.error(f"no such fault: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    if args.storage == "sqlite":
        if args.hosts not in (None, 1):
            parser.error("one host owns a SQLite file: --hosts 1")
        if set(args.faults) & set(POSTGRES_KINDS):
            parser.error(f"{', '.join(POSTGRES_KINDS)} need --storage postgres")
    elif {"disk-full", "pg-restart"} <= set(args.faults):
        parser.error("disk-full needs PostgreSQL to itself: not with pg-restart")
    args.hosts = args.hosts or (1 if args.storage == "sqlite" else 3)
    args.seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 32)
    args.seconds = args.seconds or 120 + 3 * args.kills + args.resets + 6 * args.fills + args.grabs / 3
    args.again = command_of(args)
    return args


def command_of(args):
    words = ["python3", "tests/torture/torture.py", "--storage", args.storage, "--faults", ",".join(args.faults)]
    for name in ("hosts", "grabs", "kills", "resets", "fills", "seed", "limit", "lease_ms", "backlog", "item_seconds", "calm"):
        words += [f"--{name.replace('_', '-')}", str(getattr(args, name))]
    return shlex.join(words)
