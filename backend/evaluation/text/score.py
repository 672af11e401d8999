"""One row of the table: what is said of the objects that one maker made for the prompts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .colours import measured_colour
from .judge import Judge
from .makers import Made
from .measures import Interval, diversity, interval, rank
from .nearest import Nearest, Shelf
from .solid import Solid, is_apart, is_empty
from .specimens import Asked, make, palette
from .views import views

MEASURES = (
    "family",
    "colour",
    "colour, measured",
    "caption first of 100",
    "caption rank of 100",
    "caption first of 20 in its family",
    "spread, chamfer",
    "spread, 1 − IoU",
    "nearest trained, chamfer",
    "empty",
    "apart",
    "processor seconds",
)
COMPARED = 3  # objects of one prompt that are held against what was trained on


@dataclass
class Row:
    """``values``: measure → one number a prompt, of those prompts that it was taken for."""

    title: str
    values: dict[str, list[float]] = field(default_factory=dict)
    nearest: list[Nearest] = field(default_factory=list)

    @staticmethod
    def from_json(text: str) -> Row:
        """The row whose ``dataclasses.asdict`` the text is."""
        told = json.loads(text)
        return Row(told["title"], told["values"], [Nearest(**n) for n in told["nearest"]])

    def figures(self) -> dict[str, Interval]:
        """Mean and 95 % interval over prompts; measures that were not taken are left out."""
        return {m: interval(self.values[m]) for m in MEASURES if self.values.get(m)}


def score(
    title: str,
    asked: Sequence[Asked],
    made: Sequence[Sequence[Made]],
    judge: Judge,
    pool: Sequence[str],
    others: Sequence[Sequence[str]],
    shelves: Mapping[str, Shelf] | None = None,
) -> Row:
    """``made``: for each prompt its objects, one a seed. Spread is over those prompts that have four or more; all else
    is of the first. ``pool``: a hundred different captions that begin with the prompts. ``others``: for each prompt,
    other captions of its family. Every object whose family has one of the ``shelves`` is held against it.
    """
    first = [m[0] for m in made]
    verdict = judge.judge(np.stack([views(m.solid) for m in first]))
    captions = judge.read(pool)
    ranks = [rank(row, i) for i, row in enumerate(verdict.embedding @ captions.T)]
    colours = palette()
    row = Row(title)
    row.values = {
        "family": [float(said == a.family) for said, a in zip(verdict.family, asked, strict=True)],
        "colour": [float(said == a.colour) for said, a in zip(verdict.colour, asked, strict=True) if a.colour],
        "colour, measured": [
            float(measured_colour(m.solid, colours) == a.colour) for m, a in zip(first, asked, strict=True) if a.colour
        ],
        "caption first of 100": [float(r <= 1) for r in ranks],
        "caption rank of 100": ranks,
        "caption first of 20 in its family": [
            float(rank(judge.read([a.prompt, *wrong]) @ seen, 0) <= 1)
            for a, wrong, seen in zip(asked, others, verdict.embedding, strict=True)
        ],
        "empty": [float(np.mean([is_empty(m.solid) for m in seeds])) for seeds in made],
        "apart": [float(np.mean([is_apart(m.solid) for m in seeds])) for seeds in made],
        "processor seconds": [s for seeds in made for s in [float(np.mean([m.seconds for m in seeds]))] if s == s],
    }
    spread = [diversity([m.solid for m in seeds]) for seeds in made if len(seeds) >= 4]
    row.values["spread, chamfer"] = [s.chamfer for s in spread]
    row.values["spread, 1 − IoU"] = [s.difference for s in spread]
    for a, seeds in zip(asked, made, strict=True):
        if shelves and a.family in shelves:
            found = [shelves[a.family].nearest(m.solid, _maker(a.family)) for m in seeds[:COMPARED]]
            row.nearest += found
            row.values.setdefault("nearest trained, chamfer", []).append(float(np.mean([n.chamfer for n in found])))
    return row


def _maker(family: str) -> Callable[[int], Solid]:
    return lambda seed: make(seed, family)


def table(rows: Sequence[Row]) -> str:
    """Markdown: a column a row, because there are more measures than makers. Intervals are 95 %."""
    figures = [row.figures() for row in rows]
    lines = ["| | " + " | ".join(row.title for row in rows) + " |", "|---" * (len(rows) + 1) + "|"]
    for measure in MEASURES:
        cells = [_cell(measure, f.get(measure)) for f in figures]
        if any(c != "–" for c in cells):
            lines.append(f"| {measure} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(measure: str, value: Interval | None) -> str:
    if value is None:
        return "–"
    if measure in ("caption rank of 100", "processor seconds"):
        return f"{value.mean:.1f} [{value.low:.1f}, {value.high:.1f}]"
    if "chamfer" in measure or "IoU" in measure:
        return f"{value.mean:.3f} [{value.low:.3f}, {value.high:.3f}]"
    return f"{value.mean:.0%} [{value.low:.0%}, {value.high:.0%}]"
