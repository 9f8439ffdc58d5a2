#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures a build beside its peers and prints one table. docs/performance.md explains each line.

Exit codes: 0 everything was measured, 1 something could not be measured (or, with --strict, a bar was missed),
2 the arguments are wrong."""
import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from measure import scale
from measure.programs import Bench, BenchError
from measure.host import measure_memory, measure_start
from measure.names import measure_names
from measure.pages import measure_pages
from measure.queue import measure_queue
from measure.storage_copy import measure_storage_copy
from measure.store import measure_store
from measure.table import markdown_table, text_table

PARTS = {"store": measure_store, "queue": measure_queue, "copy": measure_storage_copy, "start": measure_start,
         "memory": measure_memory, "pages": measure_pages, "names": measure_names}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path, help="build folder with the target quarry_bench, such as build/bench")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--full", action="store_true", help="a million rows and more rounds: up to 50 minutes")
    size.add_argument("--smoke", action="store_true", help="tiny counts: whether everything still works, no figures")
    parser.add_argument("--only", help="some parts, separated by commas: " + ", ".join(PARTS))
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a bar is missed")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the lines there")
    parser.add_argument("--folder", type=Path, help="where to work; a folder on the disk to be measured [TMPDIR]")
    arguments = parser.parse_args()
    arguments.parts = arguments.only.split(",") if arguments.only else list(PARTS)
    unknown = [part for part in arguments.parts if part not in PARTS]
    if unknown:
        parser.error(f"unknown part {unknown[0]}; there are {', '.join(PARTS)}")
    return arguments


def say(text):
    print(f"-- {text}", file=sys.stderr, flush=True)


def measure(arguments, chosen, folder):
    """(lines, parts that failed)"""
    lines, failed = [], []
    shared = folder / "shared"
    shared.mkdir()
    for part in PARTS:
        if part not in arguments.parts:
            continue
        begin = time.monotonic()
        (folder / part).mkdir()
        bench = None
        try:
            bench = Bench(arguments.build, folder / part, shared)
            lines += PARTS[part](bench, chosen)
            say(f"{part}: {time.monotonic() - begin:.0f} s")
        except BenchError as error:
            failed.append(part)
            say(f"{part} could not be measured: {error}")
        finally:
            if bench is not None:
                bench.close()
    return lines, failed


def main():
    arguments = parse_arguments()
    chosen = scale.FULL if arguments.full else scale.SMOKE if arguments.smoke else scale.DEFAULT
    load = os.getloadavg()[0]
    say(f"{os.cpu_count()} cores, load {load:.1f}" +
        (": the machine is busy, so trust the ratios more than the figures" if load > 0.7 else ""))
    with tempfile.TemporaryDirectory(prefix="quarry-bench-", dir=arguments.folder) as folder:
        lines, failed = measure(arguments, chosen, Path(folder))
    if arguments.smoke:
        lines = [replace(line, bars=[]) for line in lines]  # no verdict on figures that mean nothing
    print(markdown_table(lines) if arguments.markdown else text_table(lines))
    if arguments.json:
        arguments.json.write_text(json.dumps([line.as_dict() for line in lines], indent=1, ensure_ascii=False) + "\n")
    verdicts = [line.verdict for line in lines]
    missed = verdicts.count("MISS")
    if arguments.smoke:
        print("\nsmoke test: the counts are too small for the figures to mean anything")
    else:
        print(f"\n{verdicts.count('ok')} bars held, {missed} missed; load was {load:.1f} before, "
              f"{os.getloadavg()[0]:.1f} after")
    return 1 if failed or (arguments.strict and missed) else 0


if __name__ == "__main__":
    sys.exit(main())
