# SPDX-License-Identifier: MIT
"""The one table that a run prints, and the arithmetic behind its lines."""
import statistics
from dataclasses import dataclass, field


def median(values):
    return statistics.median(values)


def paired_ratio(ours, peers):
    """The median of ours / peer, round by round: what disturbs a whole round disturbs both sides alike."""
    return median([mine / theirs for mine, theirs in zip(ours, peers)])


def count_text(n):
    """1000000 -> "1 M", 10000 -> "10 k"."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if n >= size and n % size == 0:
            return f"{n // size} {unit}"
    return f"{n:,}"


def rate_text(value):
    return f"{value:,.0f}/s"


def us_text(us):
    return f"{us / 1000:.2f} ms" if us >= 1000 else f"{us:.0f} µs"


def ms_text(ms):
    return f"{ms:,.1f} ms"


def mib_text(kib):
    return f"{kib / 1024:.1f} MiB"


@dataclass(frozen=True)
class Bar:
    """A demand and whether it is met."""
    text: str
    met: bool


def at_least(value, bar, text=None):
    return Bar(text or f"≥ {bar:,g}", value >= bar)


def at_most(value, bar, text=None):
    return Bar(text or f"≤ {bar:,g}", value <= bar)


@dataclass
class Line:
    name: str
    ours: str
    peer: str = ""
    ratio: float | None = None
    bars: list = field(default_factory=list)

    @property
    def verdict(self):
        if not self.bars:
            return ""
        return "ok" if all(bar.met for bar in self.bars) else "MISS"

    def cells(self):
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return [self.name, self.ours, self.peer, ratio, ", ".join(bar.text for bar in self.bars), self.verdict]

    def as_dict(self):
        keys = ("name", "ours", "peer", "ratio", "bar", "verdict")
        return dict(zip(keys, self.cells()))


HEAD = ["what", "ours", "peer", "ratio", "bar", ""]


def text_table(lines):
    rows = [HEAD, *(line.cells() for line in lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    rows.insert(1, ["-" * width for width in widths])
    # Figures stand to the right, words to the left.
    return "\n".join("  ".join(cell.rjust(width) if i in (1, 3) else cell.ljust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows)


def markdown_table(lines):
    rows = [HEAD, ["---", "---:", "---", "---:", "---", "---"], *(line.cells() for line in lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
