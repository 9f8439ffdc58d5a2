# SPDX-License-Identifier: MIT
"""The state table, read from the header that host and stores use, so that the checker cannot have one of its own."""
import re
from dataclasses import dataclass

from lab_path import REPOSITORY

HEADER = REPOSITORY / "sdk/include/quarry/sdk/abi/queue_states.hpp"
CHANGE = re.compile(r"StateChange\{DownloadState::(\w+),\s*DownloadState::(\w+),\s*detail::by\(([^)]*)\),\s*(true|false)\}")


@dataclass(frozen=True)
class Table:
    names: dict         # number -> name of each state
    actors: dict        # number -> name of each actor
    changes: dict       # (from, to) -> (actors, raises the epoch), by number
    leased: frozenset
    slots: frozenset    # states that count against the limit of their lane
    live: frozenset     # states that hold the release key and the hash

    def name(self, state):
        return self.names.get(state, f"state {state}")

    def number(self, name):
        return next(number for number, each in self.names.items() if each == name)


def enumerators(text, name):
    body = re.search(rf"enum class {name}\b[^{{]*\{{(.*?)\}};", text, re.DOTALL)
    return {int(value): each for each, value in re.findall(r"(\w+)\s*=\s*(\d+)", re.sub(r"//.*", "", body[1]))}


def body_of(text, function):
    """The body of the function of one state."""
    return re.search(rf"constexpr bool {function}\(DownloadState s\) noexcept \{{([^}}]*)\}}", text)[1]


def read_table(path=HEADER):
    text = path.read_text(encoding="utf-8")
    names, actors = enumerators(text, "DownloadState"), enumerators(text, "Actor")
    number = {name: value for value, name in names.items()}
    actor = {name: value for value, name in actors.items()}
    changes = {(number[old], number[new]): (frozenset(actor[each] for each in re.findall(r"Actor::(\w+)", by)), raises == "true")
               for old, new, by, raises in CHANGE.findall(text)}
    if len(changes) != text.count("StateChange{DownloadState::"):
        raise ValueError(f"{path}: only {len(changes)} changes of state were understood")
    chosen = {function: frozenset(number[each] for each in re.findall(r"DownloadState::(\w+)", body_of(text, function)))
              for function in ("is_leased", "takes_slot", "is_live")}
    if not all(chosen.values()):
        raise ValueError(f"{path}: one of {', '.join(chosen)} was not understood")
    # is_live lists the states that are not.
    return Table(names, actors, changes, chosen["is_leased"], chosen["takes_slot"], frozenset(names) - chosen["is_live"])
