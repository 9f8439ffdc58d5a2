#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the code blocks of README.md and docs/*.md.

  check_snippets.py ROOT [--compiler c++] [--include DIR]   prints "file:line: what is wrong", exits 1 if anything is
  check_snippets.py ROOT --update                           writes the files' parts into the pages

A block whose first line is `// from FILE [NAME]` (or `# from …`) equals the part of FILE between `// [snippet: NAME]`
and the next `[/snippet]`, without its common indentation; without [NAME], it equals the whole file. Of the rest,
cpp compiles (after PRELUDE), toml and json parse, sh passes `bash -n`.
"""
import argparse
import json
import re
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = {"", "cmake", "console", "cpp", "json", "sh", "text", "toml"}
FENCE = re.compile(r"^(\s*)```(.*)$")
FROM = re.compile(r"^(?://|#) from (\S+?)(?: \[([\w-]+)\])?$")
MARK = re.compile(r"^\s*(?://|#) \[(?:snippet: ([\w-]+)|(/snippet))\]$")

PRELUDE = """
#include <quarry/sdk/abi/download_client.hpp>
#include <quarry/sdk/abi/indexer.hpp>
#include <quarry/sdk/abi/queue_store.hpp>
#include <quarry/sdk/abi/scorer.hpp>
#include <quarry/sdk/abi/storage_admin.hpp>
#include <quarry/sdk/helpers/http_client.hpp>
#include <quarry/sdk/helpers/plugin.hpp>
#include <quarry/sdk/helpers/record_store_rules.hpp>
#include <quarry/sdk/helpers/sinks.hpp>
using namespace quarry::sdk;
"""


class Wrong(Exception):
    """What is wrong with a block, and how many lines below its first line."""

    def __init__(self, text, offset=0):
        super().__init__(text)
        self.offset = offset


@dataclass
class Block:
    page: Path
    line: int  # of its first line of content, from 1
    language: str
    text: str


def blocks_of(page):
    """All fenced blocks. Raises Wrong for a fence that is never closed."""
    found, start, language, indent = [], None, "", ""
    lines = page.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        fence = FENCE.match(line)
        if fence and start is None:
            start, indent = number + 1, fence[1]
            language = fence[2].split()[0] if fence[2].strip() else ""
        elif fence and not fence[2].strip():
            content = [text.removeprefix(indent) for text in lines[start - 1:number - 1]]
            found.append(Block(page, start, language, "".join(text + "\n" for text in content)))
            start = None
    if start is not None:
        raise Wrong("the block that begins here is never closed", start - 1)
    return found


def part_of(root, name, snippet):
    """The text of a file, or of one part of it. Raises Wrong."""
    path = root / name
    if not path.is_file():
        raise Wrong(f"there is no file {name}")
    lines = path.read_text(encoding="utf-8").splitlines()
    if snippet is None:
        return "\n".join(lines).strip("\n") + "\n"
    starts = [i for i, line in enumerate(lines) if (m := MARK.match(line)) and m[1] == snippet]
    if len(starts) != 1:
        raise Wrong(f"{name} has {len(starts)} parts [snippet: {snippet}], not one")
    part = []
    for line in lines[starts[0] + 1:]:
        mark = MARK.match(line)
        if mark and mark[2]:
            return textwrap.dedent("\n".join(part)).strip("\n") + "\n"
        if not mark:
            part.append(line)
    raise Wrong(f"{name}: [snippet: {snippet}] has no end [/snippet]")


def source_of(block):
    """The match of the `from` line, or None."""
    return FROM.match(block.text.split("\n", 1)[0])


def check_part(block, root):
    source = source_of(block)
    shown = block.text.split("\n", 1)[1].splitlines()
    real = part_of(root, source[1], source[2]).splitlines()
    for i in range(max(len(shown), len(real))):
        here = shown[i] if i < len(shown) else "(nothing)"
        there = real[i] if i < len(real) else "(nothing)"
        if here != there:
            raise Wrong(f"differs from {source[1]}: here\n    {here}\n  there\n    {there}\n"
                        "  (check_snippets.py --update writes the file's part here)", i + 1)


def check_cpp(block, compiler, includes):
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder) / "block.cpp"
        unit.write_text(f'{PRELUDE}#line {block.line} "{block.page}"\n{block.text}', encoding="utf-8")
        command = [compiler, "-std=c++20", "-fsyntax-only", *(f"-I{i}" for i in includes), str(unit)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Wrong("does not compile:\n" + done.stderr)


def check_toml(block):
    try:
        tomllib.loads(block.text)
    except tomllib.TOMLDecodeError as e:
        raise Wrong(f"is not TOML: {e}") from None


def check_json(block):
    try:
        json.loads(block.text)
    except json.JSONDecodeError as e:
        raise Wrong(f"is not JSON: {e.msg}", e.lineno - 1) from None


def check_sh(block):
    done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Wrong(f"is not a shell script: {done.stderr.strip()}")


def check(block, root, compiler, includes):
    if block.language not in LANGUAGES:
        raise Wrong(f'"{block.language}" is none of the languages known here: {", ".join(sorted(LANGUAGES - {""}))}', -1)
    if source_of(block):
        check_part(block, root)
    elif block.language == "cpp":
        check_cpp(block, compiler, includes)
    elif block.language == "toml":
        check_toml(block)
    elif block.language == "json":
        check_json(block)
    elif block.language == "sh":
        check_sh(block)


def pages_of(root):
    return [page for page in [root / "README.md", *sorted((root / "docs").glob("*.md"))] if page.is_file()]


def check_all(root, compiler, includes):
    """The number of blocks, and what is wrong with them."""
    count, wrong = 0, []
    for page in pages_of(root):
        name = page.relative_to(root)
        try:
            blocks = blocks_of(page)
        except Wrong as e:
            wrong.append(f"{name}:{e.offset}: {e}")
            continue
        for block in blocks:
            count += 1
            try:
                check(block, root, compiler, includes)
            except Wrong as e:
                wrong.append(f"{name}:{block.line + e.offset}: {e}")
    return count, wrong


def update(root):
    for page in pages_of(root):
        old = page.read_text(encoding="utf-8")
        lines = old.splitlines()
        for block in reversed(blocks_of(page)):
            source = source_of(block)
            if source:
                end = block.line - 1 + len(block.text.splitlines())
                lines[block.line:end] = part_of(root, source[1], source[2]).splitlines()
        new = "\n".join(lines) + "\n"
        if new != old:
            page.write_text(new, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("--include", action="append", default=[], help="folder of headers; the SDK's is there already")
    parser.add_argument("--update", action="store_true", help="write the files' parts into the pages")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    if arguments.update:
        try:
            update(root)
        except Wrong as e:
            sys.exit(str(e))
        return
    includes = [str(root / "sdk" / "include"), *arguments.include]
    count, wrong = check_all(root, arguments.compiler, includes)
    for line in wrong:
        print(line)
    print(f"{count} code blocks, {len(wrong)} wrong")
    sys.exit(1 if wrong or count == 0 else 0)


if __name__ == "__main__":
    main()
