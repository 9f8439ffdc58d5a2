#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Takes each guard out of the stores in turn, and demands that a test notices.

  gate.py [--only REGEX] [--jobs N] [--folder FOLDER]

mutants.toml names the guards: a file, the text that guards, what stands there instead, and the test program that must fail
then. Works on a copy of the sources in FOLDER (build/mutation), which is built once; each mutant costs a compilation of its
file and a run of its tests until the first failure. Exits 1 when a mutant lives, or when the text of one is not found (the
code has changed: so must its mutant).
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lab"))
from postgres import NotInstalled, PrivatePostgres  # noqa: E402

SOURCES = ("CMakeLists.txt", "CMakePresets.json", "cmake", "completions", "sdk", "host", "plugins", "tests", "quarry.sample.toml")
TEST_SECONDS = 300
SHOWN_LINES = 40


class GateError(Exception):
    """The gate itself cannot work."""


class Mutant:
    def __init__(self, entry):
        self.name = entry["name"]
        self.file = entry["file"]
        self.guard = entry["guard"]
        self.instead = entry["instead"]
        self.tests = entry["tests"]
        self.filter = entry.get("filter", "*")
        self.times = entry.get("times", 1)

    def applied_to(self, text):
        found = text.count(self.guard)
        if found != self.times:
            raise GateError(f"{self.name}: {self.file} has its guard {found} times instead of {self.times}: {self.guard!r}")
        return text.replace(self.guard, self.instead)


def copy_sources(target):
    """Files that did not change keep their time, so that a second run compiles little."""
    for name in SOURCES:
        source = ROOT / name
        for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if file.is_file() and "__pycache__" not in file.parts:
                copy = target / file.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                if not copy.exists() or copy.read_bytes() != file.read_bytes():
                    shutil.copyfile(file, copy)


def run(command, folder, what):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise GateError(f"{what} failed:\n" + "\n".join(done.stdout.splitlines()[-SHOWN_LINES:]))


class Gate:
    def __init__(self, folder, jobs, server_file):
        self.tree = folder / "tree"
        self.build = self.tree / "build" / "debug"
        self.jobs = str(jobs)
        self.server_file = server_file

    def prepare(self, programs):
        copy_sources(self.tree)
        run(["cmake", "--preset", "debug", "-DCMAKE_BUILD_TYPE=", "-DQUARRY_WERROR=OFF"], self.tree, "configuring")
        self.compile(programs, "building the tests")

    def compile(self, programs, what):
        run(["cmake", "--build", str(self.build), "--parallel", self.jobs, "--target", *[f"{name}_test" for name in programs]],
            self.tree, what)

    def run_tests(self, program, only):
        """None when all pass, else what failed first."""
        environment = dict(os.environ, QUARRY_TEST_POSTGRES=str(self.server_file))
        command = [str(self.build / "tests" / f"{program}_test"), f"--gtest_filter={only}", "--gtest_fail_fast", "--gtest_brief=1"]
        try:
            done = subprocess.run(command, cwd=self.build, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, errors="replace", timeout=TEST_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return f"no end within {TEST_SECONDS} s"
        if done.returncode == 0 and "[  PASSED  ] 0 tests" in done.stdout:
            raise GateError(f"{program}: no test of {only} was run:\n{done.stdout[-2000:]}")
        if done.returncode == 0:
            return None
        failed = re.search(r"\[  FAILED  \] (\S+?)[, ]", done.stdout)
        return failed.group(1) if failed else f"exit {done.returncode}"

    def killer(self, mutant):
        """The test that notices, or None."""
        path = self.tree / mutant.file
        text = path.read_text()
        try:
            path.write_text(mutant.applied_to(text))
            self.compile([mutant.tests], f"{mutant.name}: building")
            return self.run_tests(mutant.tests, mutant.filter)
        finally:
            path.write_text(text)


def judge(gate, mutants):
    programs = sorted({mutant.tests for mutant in mutants})
    gate.prepare(programs)
    for program, only in sorted({(mutant.tests, mutant.filter) for mutant in mutants}):
        if (failed := gate.run_tests(program, only)) is not None:
            raise GateError(f"{program} fails without any mutant: {failed}")
    alive = 0
    for number, mutant in enumerate(mutants, 1):
        begin = time.monotonic()
        test = gate.killer(mutant)
        alive += test is None
        verdict = "LIVES: no test notices" if test is None else f"noticed by {test}"
        print(f"{number:3}/{len(mutants)} {time.monotonic() - begin:4.0f} s  {mutant.name}: {verdict}", flush=True)
    return alive


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="mutants whose name matches this regular expression")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "mutation")
    args = parser.parse_args(arguments)
    entries = tomllib.loads((Path(__file__).parent / "mutants.toml").read_text())["mutant"]
    mutants = [mutant for mutant in map(Mutant, entries) if re.search(args.only, mutant.name)]
    try:
        # Before anything is built: a guard that is not there any more is quickly told.
        for mutant in mutants:
            mutant.applied_to((ROOT / mutant.file).read_text())
        args.folder.mkdir(parents=True, exist_ok=True)
        with PrivatePostgres() as server:
            server_file = args.folder / "url"
            server_file.touch(0o600)
            server_file.write_text(server.url() + "\n")
            alive = judge(Gate(args.folder, args.jobs, server_file), mutants)
    except (GateError, NotInstalled) as error:
        print(f"mutation gate: {error}", file=sys.stderr)
        return 1
    print(f"{len(mutants)} mutants, {len(mutants) - alive} noticed, {alive} alive")
    return 1 if alive or not mutants else 0


if __name__ == "__main__":
    sys.exit(main())
