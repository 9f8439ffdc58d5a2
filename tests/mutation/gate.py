#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Takes each guard out of the stores in turn, and demands that a test notices.

  gate.py [--only REGEX] [--jobs N] [--build FOLDER] [--folder FOLDER]

mutants.toml names the guards: the text that guards, what stands there instead, and the tests that must fail then. A guard in SQL
is overwritten in a copy of the built test program, where the statements stand as they are: nothing is compiled. A guard in C++
(`file`) is compiled once, all of them into one program that is told which to leave out.

Only a failing assertion counts: SQL that the database does not take, a crash or a timeout is told as a mistake of the mutant.
FOLDER (build/mutation) keeps the output of each run. Exits 1 when a mutant lives, or is none: its text is not found when the code
has changed, and it must change, too.
"""
import argparse
import os
import re
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lab"))
from pgbouncer import PrivatePgBouncer  # noqa: E402
from postgres import MAINTENANCE, NotInstalled, PrivatePostgres  # noqa: E402

SOURCES = ("CMakeLists.txt", "CMakePresets.json", "cmake", "completions", "sdk", "host", "plugins", "tests", "quarry.sample.toml")
TEST_SECONDS = 300
SHOWN_LINES = 40
# What a test says when it met no wrong answer, but a statement that cannot be run at all.
BROKEN = re.compile(r".*(?:syntax error|no such (?:table|column|function)|does not exist|could not determine|datatype mismatch|"
                    r"incomplete input|thrown in SetUp).*")
ASSERTION = re.compile(r"^\S+:\d+: Failure$", re.MULTILINE)
FAILED = re.compile(r"^\[  FAILED  \] (\S+?)[, ]", re.MULTILINE)
# Of all files the first that the compiler sees has it.
SWITCH = """#ifndef QUARRY_MUTANT
#define QUARRY_MUTANT
#include <cstdlib>
inline const int quarry_mutant = std::getenv("QUARRY_MUTANT") == nullptr ? 0 : std::atoi(std::getenv("QUARRY_MUTANT"));
#endif
"""


class GateError(Exception):
    """The gate itself cannot work."""


class Mutant:
    """`before` and `after` are what the guard stands between, where its own text is elsewhere, too."""

    def __init__(self, number, entry):
        self.number = number
        self.name = entry["name"]
        self.file = entry.get("file")
        self.guard = entry["guard"]
        self.instead = entry["instead"]
        self.before = entry.get("before", "")
        self.after = entry.get("after", "")
        self.tests = entry["tests"]
        self.filter = entry["filter"]
        self.statements = entry.get("statements", 1)
        self.log = re.sub(r"\W+", "-", self.name) + ".log"

    def whole(self, middle):
        return self.before + middle + self.after

    def check_found(self, times, where):
        if times != self.statements:
            raise GateError(f"{where} has {times} times instead of {self.statements}: {self.whole(self.guard)!r}")

    def in_program(self, image):
        """The program with another SQL. A statement may be there several times, once for each source file that has it."""
        if len(self.instead.encode()) > len(self.guard.encode()):
            raise GateError("what stands instead is longer than the guard")
        old = self.whole(self.guard).encode()
        new = self.whole(self.instead.ljust(len(self.guard))).encode()
        texts, at = set(), image.find(old)
        while at >= 0:
            inside = at + len(self.before.encode())
            texts.add(image[image.rfind(b"\0", 0, inside) + 1:image.find(b"\0", inside)])
            at = image.find(old, at + 1)
        most = max((text.count(old) for text in texts), default=0)
        if most > 1:
            raise GateError(f"one statement has it {most} times: {self.whole(self.guard)!r}")
        migrations = sum(text.startswith(b"\n") for text in texts)
        self.check_found(len(texts) - max(0, migrations - 1), f"{self.tests}_test")
        return image.replace(old, new)

    def in_source(self, text):
        """Both, and the program chooses."""
        self.check_found(text.count(self.whole(self.guard)), self.file)
        either = f"(quarry_mutant == {self.number} ? ({self.instead}) : ({self.guard}))"
        return text.replace(self.whole(self.guard), self.whole(either))


def copy_sources(target, changed):
    """Files that did not change keep their time, so that a second run compiles little."""
    for name in SOURCES:
        source = ROOT / name
        for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if not file.is_file() or "__pycache__" in file.parts:
                continue
            path = file.relative_to(ROOT)
            copy = target / path
            content = changed[str(path)].encode() if str(path) in changed else file.read_bytes()
            copy.parent.mkdir(parents=True, exist_ok=True)
            if not copy.exists() or copy.read_bytes() != content:
                copy.write_bytes(content)


def keep_url(path, url):
    """The file, for its owner's eyes only."""
    path.touch(0o600)
    path.write_text(url + "\n")
    return path


def run(command, folder, what):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise GateError(f"{what} failed:\n" + "\n".join(done.stdout.splitlines()[-SHOWN_LINES:]))


def build(folder, mutants, jobs):
    programs = sorted({f"{mutant.tests}_test" for mutant in mutants})
    run(["cmake", "--build", str(folder), "--parallel", str(jobs), "--target", *programs], ROOT, f"building in {folder}")


def build_sources(folder, mutants, jobs):
    """The build folder of the programs with all guards in C++ that can be left out."""
    changed = {}
    for mutant in mutants:
        text = changed.get(mutant.file) or (ROOT / mutant.file).read_text().replace("\n", "\n" + SWITCH, 1)
        changed[mutant.file] = mutant.in_source(text)
    tree = folder / "tree"
    copy_sources(tree, changed)
    run(["cmake", "--preset", "debug", "-DCMAKE_BUILD_TYPE=", "-DCMAKE_UNITY_BUILD=ON", "-DQUARRY_WERROR=OFF"], tree, "configuring")
    build(tree / "build" / "debug", mutants, jobs)
    return tree / "build" / "debug"


def killer_in(said):
    """The test that noticed, by what a run said; None when all tests passed."""
    if broken := BROKEN.search(said):
        raise GateError(f"this is no wrong answer, but no answer at all: {broken.group().strip()}")
    failed = FAILED.search(said)
    if failed and ASSERTION.search(said):
        return failed.group(1)
    if failed or "[  PASSED  ]" not in said:
        raise GateError(f"no assertion has failed, and the tests did not pass within {TEST_SECONDS} s:\n{said[-2000:]}")
    return None


class Gate:
    def __init__(self, folder, built, built_sources, server_file):
        self.folder = folder
        self.built = built
        self.built_sources = built_sources
        self.server_file = server_file
        self.images = {}
        # A program cannot be started while somebody has it open for writing, as a process between its fork and its exec may.
        self.one_at_a_time = Lock()

    def program(self, mutant):
        return (self.built_sources if mutant.file else self.built) / "tests" / f"{mutant.tests}_test"

    def image(self, program):
        """The program without what a debugger is told, which has the statements once more."""
        if program not in self.images:
            stripped = self.folder / f"{program.name}-stripped"
            run(["strip", "--strip-debug", "-o", str(stripped), str(program)], self.folder, f"stripping {program}")
            self.images[program] = stripped.read_bytes()
            stripped.unlink()
        return self.images[program]

    def run_tests(self, program, only, log, number=0):
        """What was said, after all tests passed or the first has failed."""
        environment = dict(os.environ, QUARRY_TEST_POSTGRES=str(self.server_file), QUARRY_MUTANT=str(number))
        command = [str(program), f"--gtest_filter={only}", "--gtest_fail_fast", "--gtest_brief=1"]
        with open(self.folder / log, "w+", encoding="utf-8", errors="replace") as output:
            with self.one_at_a_time:
                process = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
            try:
                process.wait(TEST_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            output.seek(0)
            said = output.read()
        if "] 0 tests from" in said or ("[  SKIPPED ]" in said and not FAILED.search(said)):
            raise GateError(f"{program.name}: nothing of {only} was run:\n{said[-2000:]}")
        return said

    def check_without_mutant(self, mutants):
        """All tests that are to fail pass as long as nothing is taken out."""
        filters = {}
        for mutant in mutants:
            filters.setdefault(self.program(mutant), set()).add(mutant.filter)
        for program, some in filters.items():
            said = self.run_tests(program, ":".join(sorted(some)), f"{program.name}.log")
            if (failed := killer_in(said)) is not None:
                raise GateError(f"{program.name} fails without any mutant: {failed}")

    def killer(self, mutant):
        """The test that notices, or None."""
        program, copy = self.program(mutant), None
        try:
            if not mutant.file:
                copy = self.folder / f"{program.name}-{mutant.number}"
                with self.one_at_a_time:
                    copy.write_bytes(mutant.in_program(self.image(program)))
                    copy.chmod(0o755)
            said = self.run_tests(copy or program, mutant.filter, mutant.log, mutant.number)
        finally:
            if copy:
                copy.unlink(missing_ok=True)
        return killer_in(said)

    def verdict(self, mutant):
        """What there is to tell, and whether the mutant lives."""
        begin = time.monotonic()
        try:
            test = self.killer(mutant)
            told = "LIVES: no test notices" if test is None else f"noticed by {test}"
        except GateError as error:
            test, told = None, f"IS NO MUTANT: {error}"
        return f"{time.monotonic() - begin:4.0f} s  {mutant.name}: {told}", test is None


def judge(gate, mutants, jobs):
    gate.check_without_mutant(mutants)
    alive = 0
    with ThreadPoolExecutor(jobs) as runs:
        for number, (told, lives) in enumerate(runs.map(gate.verdict, mutants), 1):
            alive += lives
            print(f"{number:3}/{len(mutants)} {told}", flush=True)
    return alive


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="mutants whose name matches this regular expression")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release", help="a configured build with its tests")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "mutation")
    args = parser.parse_args(arguments)
    entries = tomllib.loads((Path(__file__).parent / "mutants.toml").read_text())["mutant"]
    mutants = [mutant for mutant in map(Mutant, range(1, len(entries) + 1), entries) if re.search(args.only, mutant.name)]
    begin = time.monotonic()
    try:
        args.folder.mkdir(parents=True, exist_ok=True)
        for log in args.folder.glob("*.log"):
            log.unlink()
        built_sources = None
        if in_sources := [mutant for mutant in mutants if mutant.file]:
            built_sources = build_sources(args.folder.resolve(), in_sources, args.jobs)
        if in_programs := [mutant for mutant in mutants if not mutant.file]:
            build(args.build, in_programs, args.jobs)
        built_after = time.monotonic() - begin
        # Its idle connections would look like somebody's.
        with PrivatePostgres() as server, PrivatePgBouncer(server, server_idle_timeout=30) as pooler:
            server_file = keep_url(args.folder.resolve() / "url", server.url())
            keep_url(server_file.with_name("pooler"), pooler.url(MAINTENANCE))
            alive = judge(Gate(args.folder.resolve(), args.build.resolve(), built_sources, server_file), mutants, args.jobs)
    except (GateError, NotInstalled) as error:
        print(f"mutation gate: {error}", file=sys.stderr)
        return 1
    print(f"{len(mutants)} mutants, {len(mutants) - alive} noticed, {alive} alive; {time.monotonic() - begin:.0f} s, "
          f"{built_after:.0f} s of them to build")
    return 1 if alive or not mutants else 0


if __name__ == "__main__":
    sys.exit(main())
