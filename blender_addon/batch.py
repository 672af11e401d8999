"""What was asked for together: its objects in rows on the ground, and what became of each. No bpy."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

GAP = 0.25  # between neighbours, as a part of the larger side of the newcomer
PICTURES, TEXTS, VARIATIONS = "pictures in", "texts in", "variations of"  # what a batch is made of, before its name


@dataclass
class Shelf:
    """Deals out places: rows of ``columns`` along +X, each row behind the last along +Y, fronts in line.

    Sizes are known only as results arrive, and what stands does not move again: a place is at least ``cell``
    metres wide, so that things of like size make an even grid, and more where a thing needs more. ``origin``
    is where the first thing's centre stands.
    """

    origin: tuple[float, float, float]
    columns: int
    cell: float = 1.0
    _count: int = 0
    _left: float = 0.0  # where every row begins
    _x: float = 0.0  # left edge of the next place
    _front: float = 0.0  # front edge of the row
    _depth: float = 0.0  # of the row so far, gap included

    def peek(self, width: float, depth: float) -> tuple[float, float, float]:
        """The place that ``next`` would deal out, which stays free."""
        return replace(self).next(width, depth)

    def next(self, width: float, depth: float) -> tuple[float, float, float]:
        """The place for a thing of that size in metres: where its centre goes, on the ground."""
        wide, deep = max(width, self.cell), max(depth, self.cell)
        gap = GAP * max(wide, deep)
        if not self._count:
            self._left = self.origin[0] - wide / 2
            self._front = self.origin[1] - deep / 2
        if self._count % self.columns == 0:
            self._x = self._left
            self._front += self._depth
            self._depth = 0.0
        place = (self._x + wide / 2, self._front + deep / 2, self.origin[2])
        self._x += wide + gap
        self._depth = max(self._depth, deep + gap)
        self._count += 1
        return place


@dataclass
class Batch:
    """A folder, a block of texts or the variations of one under way. ``skipped`` is (label, sentence) of what could not
    be done, ``warned`` of what came out doubtful.
    """

    name: str
    total: int
    shelf: Shelf
    what: str = PICTURES
    made: int = 0
    cancelled: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    warned: list[tuple[str, str]] = field(default_factory=list)

    @property
    def over(self) -> bool:
        return self.made + self.cancelled + len(self.skipped) >= self.total

    def reopen(self, label: str) -> None:
        """One that was skipped or cancelled is tried again."""
        for i, (other, _) in enumerate(self.skipped):
            if other == label:
                del self.skipped[i]
                return
        self.cancelled -= 1

    def summary(self) -> str:
        """One sentence; what was skipped by name."""
        parts = [f"{self.made} of {self.total} {self.what} “{self.name}” became objects"]
        if self.cancelled:
            parts.append(f"{self.cancelled} cancelled")
        if self.skipped:
            names = ", ".join(label for label, _ in self.skipped[:5])
            more = len(self.skipped) - 5
            parts.append(f"skipped {names}" + (f" and {more} more" if more > 0 else ""))
        if self.warned:
            count = len({label for label, _ in self.warned})
            parts.append(f"{count} with a warning, kept on the object")
        return "; ".join(parts) + "."


def new_batch(
    name: str, total: int, origin: tuple[float, float, float], height: float, what: str = PICTURES, columns: int = 0
) -> Batch:
    """A grid for ``total`` things, square unless a row has so many ``columns``; with height 0 each fits a cell of one
    metre exactly.
    """
    return Batch(name, total, Shelf(origin, columns or max(1, math.ceil(math.sqrt(total))), height or 1.0), what)


def pictures_in(folder: Path, suffixes: Iterable[str]) -> list[Path]:
    """The picture files lying in ``folder``, not deeper, in the order people count (2 before 10). OSError."""
    wanted = {suffix.lower() for suffix in suffixes}
    found = [
        path
        for path in folder.iterdir()
        if path.suffix.lower() in wanted and not path.name.startswith(".") and path.is_file()
    ]
    return sorted(found, key=lambda path: [int(p) if p.isdecimal() else p.casefold() for p in _split(path.name)])


def _split(name: str) -> list[str]:
    return re.split(r"(\d+)", name)
