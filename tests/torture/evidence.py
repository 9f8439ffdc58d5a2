# SPDX-License-Identifier: MIT
"""What a run left, and what the checker found in it."""
import collections
import json
from dataclasses import dataclass, field
from pathlib import Path

from records import read_lines

HOLD = 1  # bit of a row's flags
LOST, DOUBLED, STUCK = "lost", "doubled", "stuck"
FILES = ("downloads", "events", "journal", "accepted", "cancels", "refused")


@dataclass
class Evidence:
    downloads: list
    events: list
    journal: list
    accepted: list
    cancels: list
    refused: list
    limit: int

    @classmethod
    def load(cls, folder):
        folder = Path(folder)
        return cls(*(read_lines(folder / f"{name}.jsonl") for name in FILES),
                   json.loads((folder / "facts.json").read_text())["limit"])


@dataclass
class Verdict:
    problems: list = field(default_factory=list)  # (invariant, text)
    figures: collections.Counter = field(default_factory=collections.Counter)

    def add(self, invariant, text):
        self.problems.append((invariant, text))

    def count(self, invariant):
        return sum(each == invariant for each, _ in self.problems)
