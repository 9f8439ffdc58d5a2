#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the code keeps to the architecture, from the text of the sources alone.

  check_arrows.py [ROOT]            who may include what, which library lives where, house rules
  check_arrows.py --headers [ROOT]  every header of ours compiles alone (slower)

Prints "file:line: what is wrong and what is allowed" for each breach, and exits 1 if there is one.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
from pathlib import Path

# Arrows between the folders of host/. A folder may always include its own headers and the SDK.
# app is the composition root: it sees every part in order to wire it.
CORE = {"queue", "search", "release", "records"}
ARROWS = {
    "main": {"app", "cli"},
    "app": {"api", "http", "plugins", "manifest", "ops", "cli"} | CORE,
    "api": CORE,
    "search": {"release"},
    "queue": set(),
    "records": set(),
    "release": set(),
    "http": set(),
    "plugins": set(),
    "manifest": set(),
    "ops": set(),
    "cli": set(),
}

# Where a library's headers may be included; in .cpp files only, so that nobody else pays for it.
# Prefix of the include -> prefixes of paths.
LIBRARIES = {
    "boost/asio": ["host/http/"],
    "boost/beast": ["host/http/"],
    "boost/dll": ["host/plugins/"],
    "curl/": ["host/plugins/", "host/cli/"],
    "CLI/": ["host/main.cpp", "host/cli/"],
    "libtorrent/": ["host/queue/", "plugins/"],
    "openssl/": ["host/http/", "host/plugins/"],
    "rapidjson/": ["sdk/src/"],
    "soci": ["plugins/storage-"],
    "spdlog/": ["host/ops/"],
    "fmt/": ["host/ops/"],
    "sqlite3.h": ["plugins/storage-", "bench/"],
    "toml++/": ["host/manifest/"],
}
# Of these a header may speak too, if only its own folder includes it.
IN_PRIVATE_HEADERS = ("curl/", "soci", "sqlite3.h", "toml++/")

# Text that may not stand in some folders: prefix of path, pattern, why.
CORE_PATHS = tuple(f"host/{folder}/" for folder in sorted(CORE))
FORBIDDEN_CODE = [
    (CORE_PATHS, r"\b(system_clock|steady_clock|high_resolution_clock)\b|\bstd::time\(|\bgettimeofday\b|\bclock_gettime\b",
     "the core reads no clock of its own: use sdk::Clock"),
    (CORE_PATHS, r"<sys/socket\.h>|<netinet/|<arpa/|<netdb\.h>", "the core opens no socket"),
    (("sdk/", "plugins/", *(f"host/{folder}/" for folder in ARROWS if folder != "http")),
     r"\bco_(await|return|yield)\b", "coroutines live in host/http/ only"),
    (("plugins/",), r"<sys/socket\.h>|<netdb\.h>|<netinet/", "plugins speak HTTP through the host's client only"),
]
# Words that no file of the project may hold. Spelled in pieces, so that this list does not find itself.
HOUSE_WORDS = [
    (r"/(wo" r"rk|fa" r"rm)/[a-z.]", "a path outside the repository"),
    (r"\.\./sha" r"red\b", "a path outside the repository"),
    (r"\b(TO" r"DO|FIX" r"ME)\b", "an unfinished place"),
    (r"(?i)\bnot (yet )?implem" r"ented\b", "an unfinished place"),
    (r"(?i)\b(chat" r"gpt|clau" r"de|copi" r"lot)\b", "the project speaks of itself alone"),
    (r"(?i)\biss" r"ue #?\d+\b", "the project does not cite issue numbers"),
]

TEXT_SUFFIXES = {".cpp", ".hpp", ".h", ".py", ".sh", ".txt", ".cmake", ".md", ".toml", ".json", ".yml", ".map", ""}
SKIPPED_FOLDERS = {"build", ".git", ".cache", "node_modules", "__pycache__", "corpus", "testdata"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def source_files(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        for name in sorted(names):
            path = Path(folder, name)
            if path.suffix in TEXT_SUFFIXES and path.is_file() and not path.is_symlink():
                yield path.relative_to(root).as_posix()


def strip_comment(line):
    """The code of a line; good enough for one without // inside a string."""
    return line.split("//", 1)[0]


def host_part(path):
    """The folder of host/ a path lies in; "main" for files directly in host/; None outside."""
    pieces = path.split("/")
    if pieces[0] != "host":
        return None
    return pieces[1] if len(pieces) > 2 else "main"


def is_test_code(path):
    """Tests may use any library."""
    name = path.rsplit("/", 1)[-1]
    return "_test." in name or "_test_" in name or name.startswith("test_") or "/testing/" in path or path.startswith(("tests/", "bench/"))


def check_include(path, kind, target, shared_headers):
    part = host_part(path)
    first = target.split("/")[0]

    if path.startswith("sdk/include/quarry/sdk/abi/"):
        if "/" in target and not target.startswith("quarry/sdk/abi/"):
            yield f"sdk/abi depends on the C++ standard library alone, not on {target}"
    if target.startswith("quarry/sdk/testing/"):
        if not is_test_code(path):
            yield f"{target} is for tests only"
    if part is not None and "/" in target and first in ARROWS and first != part and first not in ARROWS.get(part, set()):
        allowed = ", ".join(sorted(ARROWS.get(part, set()))) or "no other folder of host/"
        yield f"host/{part} may not include {target}; it may include {allowed} and the SDK"
    if part is not None and part not in ARROWS:
        yield f"host/{part} is not in the architecture: add it to ARROWS in tests/arrows/check_arrows.py"
    if path.startswith(("plugins/", "sdk/")) and first in ARROWS and first != "plugins" and kind == '"':
        yield f"a plugin sees the SDK and its own folder, not host/{target}"

    for prefix, folders in LIBRARIES.items():
        if not target.startswith(prefix) or is_test_code(path):
            continue
        if not path.startswith(tuple(folders)):
            yield f"{target} belongs into {', '.join(folders)} only"
        elif not path.endswith(".cpp") and not target.startswith(IN_PRIVATE_HEADERS):
            yield f"{target} may be included by .cpp files only"
        elif path in shared_headers:
            yield f"{target} may not stand in a header that other folders include"


def headers_seen_elsewhere(files):
    """Headers of ours that a file of another folder includes. `files`: path -> lines."""
    shared = set()
    for path, lines in files.items():
        for line in lines:
            match = INCLUDE.match(line)
            if match and "/" in match.group(2):
                target = next((t for t in (match.group(2), "host/" + match.group(2)) if t in files), None)
                if target and os.path.dirname(target) != os.path.dirname(path):
                    shared.add(target)
    return shared


def check_code(path, lines, shared_headers):
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if match:
            for text in check_include(path, match.group(1), match.group(2), shared_headers):
                yield number, text
        code = strip_comment(line)
        for prefixes, pattern, why in FORBIDDEN_CODE:
            if path.startswith(prefixes) and not is_test_code(path) and re.search(pattern, code):
                yield number, why
    if not lines or lines[0].strip() != "// SPDX-License-Identifier: MIT":
        yield 1, 'the first line must be "// SPDX-License-Identifier: MIT"'
    if path.endswith(".hpp") and "#pragma once" not in (line.strip() for line in lines):
        yield 1, "a header needs #pragma once"


def plugin_names(root):
    folder = root / "plugins"
    return sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []


def check_plugin_names(path, lines, names):
    if not names or not path.startswith("host/") or is_test_code(path):
        return
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b", re.IGNORECASE)
    for number, line in enumerate(lines, 1):
        match = pattern.search(strip_comment(line))
        if match:
            yield number, f'nothing in host/ knows the name of a plugin ("{match.group(0)}")'


def check(root):
    names = plugin_names(root)
    files = {}
    for path in source_files(root):
        try:
            files[path] = (root / path).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            yield path, 1, "is not UTF-8 text"
    shared_headers = headers_seen_elsewhere(files)
    for path, lines in files.items():
        breaches = []
        if path.endswith((".cpp", ".hpp")):
            breaches += check_code(path, lines, shared_headers)
            breaches += check_plugin_names(path, lines, names)
        for number, line in enumerate(lines, 1):
            breaches += [(number, f"{why}: {match.group(0)!r}") for pattern, why in HOUSE_WORDS
                         if (match := re.search(pattern, line))]
        for number, text in breaches:
            yield path, number, text


def compile_alone(root, header):
    """The compiler's complaint about a file that includes nothing but this header, or None."""
    command = [os.environ.get("CXX", "g++"), "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic",
               "-I", "sdk/include", "-I", "host", "-I", "plugins", "-I", ".", "-isystem", "/usr/include/postgresql", "-x", "c++", "-include", header, "/dev/null"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return result.stderr.strip() if result.returncode != 0 or result.stderr else None


def check_headers(root):
    headers = [path for path in source_files(root)
               if path.endswith(".hpp") and path.startswith(("sdk/include/", "host/", "plugins/"))]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, complaint in zip(headers, pool.map(lambda h: compile_alone(root, h), headers)):
            if complaint:
                yield header, 1, "does not compile alone:\n" + complaint


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--headers", action="store_true", help="compile each header alone")
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).resolve().parents[2])
    args = parser.parse_args()
    breaches = list(check_headers(args.root) if args.headers else check(args.root))
    for path, number, text in breaches:
        print(f"{path}:{number}: {text}")
    if breaches:
        print(f"{len(breaches)} breaches")
        return 1
    print("every header compiles alone" if args.headers else "all arrows point the right way")
    return 0


if __name__ == "__main__":
    sys.exit(main())
