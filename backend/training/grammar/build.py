"""The bench on which a family puts an object together: primitives with labels, and the words that are true of it.

Lengths are in whatever unit suits the family (the object is normalised at the end), angles in degrees: this is the
surface that people write families on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from .colours import COLOURS, MATERIALS, Paint, paint
from .dice import Dice
from .solids import Kind, Solids

Vec = Sequence[float]
Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
_UPRIGHT: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True)
class Clause:
    """Something the object has (or lacks): "four thin brown legs", "a pointed roof", "no back"."""

    noun: str
    plural: str = ""  # empty: never counted, taken as it stands ("armrests", "a handle" needs ``count`` 1)
    count: int = 0  # 0: not told
    colour: str = ""
    adjective: str = ""
    lacking: bool = False
    verb: str = "with"  # or a preposition of its own: "carrying", "on"
    parts: tuple[str, ...] = ()  # labels whose number is ``count``; the noun itself where nothing is said


@dataclass
class Words:
    nouns: tuple[str, ...] = ()
    colour: str = ""
    material: str = ""
    adjectives: list[str] = field(default_factory=list)
    clauses: list[Clause] = field(default_factory=list)
    phrases: tuple[str, ...] = ()  # ready captions, for families whose grammar is their own


class Build:
    def __init__(self, dice: Dice):
        self.dice = dice
        self.words = Words()
        self.labels: list[str] = []
        self._rows: list[tuple] = []
        self._label = "body#1"
        self._counts: dict[str, int] = {"body": 1}

    # ---- words ----------------------------------------------------------------------------------------------------
    def noun(self, *nouns: str) -> None:
        """What it is called, the family's usual word first; all must be true of every specimen."""
        self.words.nouns = nouns

    def main(self, usual: Sequence[str] = (), materials: Sequence[str] = (), faithful: float = 0.5) -> Paint:
        """The colour of the part ``body``, as captioned: one of ``usual`` in a share ``faithful``, else any."""
        dice = self.dice
        if materials and dice.chance(0.35):
            self.words.material = dice.pick(materials)
            name = dice.pick(MATERIALS[self.words.material])
        else:
            name = dice.pick(usual) if usual and dice.chance(faithful) else dice.pick(tuple(COLOURS))
        self.words.colour = name
        return paint(dice, name)

    def paint(self, *names: str) -> Paint:
        """A colour for a part: one of ``names``, or any."""
        return paint(self.dice, self.dice.pick(names or tuple(COLOURS)))

    def other(self, main: Paint, share: float = 0.5, usual: Sequence[str] = ()) -> Paint:
        """The main paint again, or (in ``share``) one of another name."""
        if not self.dice.chance(share):
            return main
        names = [n for n in (usual or COLOURS) if n != main.name]
        return paint(self.dice, self.dice.pick(names)) if names else main

    def say(self, adjective: str) -> None:
        """A proportion or shape that holds: "tall", "round"."""
        if adjective:
            self.words.adjectives.append(adjective)

    def has(self, noun: str, plural: str = "", count: int = 0, paint: Paint | None = None, adjective: str = "",
            verb: str = "with", parts: str = "") -> None:  # fmt: skip
        """A part that is there. Its colour is told only where it differs from the main one. ``parts``: the labels
        (words) that ``count`` counts, if they are not called by the noun.
        """
        colour = paint.name if paint and paint.name != self.words.colour else ""
        self.words.clauses.append(
            Clause(noun, plural, count, colour, adjective, verb=verb, parts=tuple(parts.split(",")) if parts else ())
        )

    def first(self) -> None:
        """What was told last is the most telling: it is said first."""
        self.words.clauses.insert(0, self.words.clauses.pop())

    def wears(self, noun: str, paint: Paint) -> None:
        """A part that has the main colour and is where one would look for it: a person's shirt, a pot's plant."""
        self.words.clauses.append(Clause(noun, f"{noun}s", 1, paint.name))

    def lacks(self, noun: str) -> None:
        self.words.clauses.append(Clause(noun, lacking=True))

    # ---- shape ----------------------------------------------------------------------------------------------------
    def part(self, name: str) -> None:
        """What follows belongs to the next ``name``; each call counts one more."""
        self._counts[name] = self._counts.get(name, 0) + (name != "body" or "body#1" in self.labels)
        self._label = f"{name}#{max(self._counts[name], 1)}"

    def again(self, name: str = "body") -> None:
        """What follows belongs to the last ``name`` once more."""
        self._label = f"{name}#{self._counts[name]}"

    def box(self, size: Vec, at: Vec, paint: Paint, round: float = 0.0, top: float = 1.0, turn: Vec = (), cut=False):
        """Half extents ``size``; ``top``: its upper face's share of the lower (0 = pyramid)."""
        self._add(Kind.BOX, size, (min(round, 0.95 * min(size)), top), at, paint, turn, cut)

    def ball(self, size: Vec | float, at: Vec, paint: Paint, turn: Vec = (), cut=False):
        size = (size, size, size) if isinstance(size, (int, float)) else size
        self._add(Kind.ELLIPSOID, size, (0, 1), at, paint, turn, cut)

    def cylinder(self, radius: float | Vec, half: float, at: Vec, paint: Paint, top: float = 1.0, round: float = 0.0,
                 turn: Vec = (), cut=False):  # fmt: skip
        """Bottom ``radius`` (or a pair of half axes), half height; ``top``: upper radius over lower (0 = cone)."""
        rx, ry = (radius, radius) if isinstance(radius, (int, float)) else radius
        wide = max(top, 1.0)
        size = (rx * wide, ry * wide, half)
        self._add(Kind.CYLINDER, size, (min(round, 0.95 * min(size)), top), at, paint, turn, cut)

    def torus(self, radius: float | Vec, tube: float, at: Vec, paint: Paint, turn: Vec = (), arc: float = 360.0):
        """Ring about local z; ``radius`` to the tube's middle. ``arc`` degrees of it, about local +y."""
        rx, ry = (radius, radius) if isinstance(radius, (int, float)) else radius
        half_arc = 0.0 if arc >= 360 else math.radians(arc / 2)
        self._add(Kind.TORUS, (rx + tube, ry + tube, tube), (half_arc, 1), at, paint, turn, False)

    def gable(self, size: Vec, at: Vec, paint: Paint, top: float = 0.0, round: float = 0.0, turn: Vec = (), cut=False):
        """A roof with its ridge along local y; ``top``: the ridge's share of the width."""
        self._add(Kind.PRISM, size, (min(round, 0.95 * min(size)), top), at, paint, turn, cut)

    def dome(self, size: Vec | float, at: Vec, paint: Paint, turn: Vec = (), cut=False):
        """Half a ball with half axes ``size``, its flat side at ``at``; turn (180, 0, 0) makes a bowl of it."""
        a, b, c = (size, size, size) if isinstance(size, (int, float)) else size
        up = _turned(_matrix(turn), (0, 0, c / 2))
        self._add(Kind.DOME, (a, b, c / 2), (0, 1), [p + u for p, u in zip(at, up, strict=True)], paint, turn, cut)

    def rod(self, start: Vec, end: Vec, radius: float, paint: Paint, taper: float = 1.0):
        """A capsule whose ends' middles are ``start`` and ``end``; ``taper``: radius at the end over that at start."""
        middle, half, turn = _between(start, end)
        wide = radius * max(taper, 1.0)
        shift = radius * (taper - 1) / 2  # the two balls differ, so the middle of the whole is not that of the axis
        axis = [row[2] for row in turn]
        at = [m + a * shift for m, a in zip(middle, axis, strict=True)]
        self._add(Kind.CAPSULE, (wide, wide, half + radius * (1 + taper) / 2), (0, taper), at, paint, turn, False)

    def pole(self, start: Vec, end: Vec, radius: float, paint: Paint, top: float = 1.0, round: float = 0.0):
        """A flat-ended cylinder from ``start`` to ``end``."""
        middle, half, turn = _between(start, end)
        wide = radius * max(top, 1.0)
        self._add(Kind.CYLINDER, (wide, wide, half), (min(round, 0.9 * radius), top), middle, paint, turn, False)

    def beam(self, start: Vec, end: Vec, thick: Vec, paint: Paint, round: float = 0.0):
        """A box from ``start`` to ``end`` with half sides ``thick`` across."""
        middle, half, turn = _between(start, end)
        size = (thick[0], thick[1], half)
        self._add(Kind.BOX, size, (min(round, 0.9 * min(size)), 1), middle, paint, turn, False)

    @contextmanager
    def pair(self, name: str = "") -> Iterator[None]:
        """What is built inside, twice: as it is and mirrored in x, as two parts ``name`` (or of the current one)."""
        if name:
            self.part(name)
        begin, before = len(self._rows), self._label
        yield
        rows, labels = self._rows[begin:], self.labels[begin:]
        if name:
            self.part(name)
        twin = {before: self._label if name else before, self._label_of("body"): self._label_of("body")}
        for row, label in zip(rows, labels, strict=True):
            if label not in twin:
                self.part(label.split("#")[0])
                twin[label] = self._label
            kind, size, shape, turn, at, colour, cut = row
            flip = tuple(tuple(v * (-1 if (i == 0) != (j == 0) else 1) for j, v in enumerate(r))
                         for i, r in enumerate(turn))  # fmt: skip
            self._rows.append((kind, size, shape, flip, (-at[0], at[1], at[2]), colour, cut))
            self.labels.append(twin[label])

    def _label_of(self, name: str) -> str:
        return f"{name}#{self._counts[name]}"

    def _add(self, kind: Kind, size: Vec, shape: Vec, at: Vec, paint: Paint, turn: Vec | Matrix, cut: bool) -> None:
        self._rows.append((kind, tuple(size), tuple(shape), _matrix(turn), tuple(at), paint.rgb, cut))
        self.labels.append(self._label)

    def solids(self) -> Solids:
        """Everything so far, in the family's own unit."""
        kind, size, shape, turn, at, colour, cut = zip(*self._rows, strict=True)
        return Solids(
            np.array(kind, np.int32), np.array(size, np.float32), np.array(shape, np.float32),
            np.array(turn, np.float32), np.array(at, np.float32), np.array(colour, np.float32), np.array(cut, bool),
        )  # fmt: skip


def _matrix(turn: Vec | Matrix) -> Matrix:
    """Local → world from degrees about x, then y, then z (world axes); a matrix passes through."""
    if not turn:
        return _UPRIGHT
    a, b, c = turn
    if isinstance(a, tuple) or isinstance(b, tuple) or isinstance(c, tuple):
        return turn  # type: ignore[return-value]
    (sa, ca), (sb, cb), (sc, cc) = ((math.sin(math.radians(t)), math.cos(math.radians(t))) for t in (a, b, c))
    return (
        (cc * cb, cc * sb * sa - sc * ca, cc * sb * ca + sc * sa),
        (sc * cb, sc * sb * sa + cc * ca, sc * sb * ca - cc * sa),
        (-sb, cb * sa, cb * ca),
    )


def _turned(matrix: Matrix, v: Vec) -> list[float]:
    return [sum(m * c for m, c in zip(row, v, strict=True)) for row in matrix]


def _between(start: Vec, end: Vec) -> tuple[list[float], float, Matrix]:
    """Middle, half length and a frame whose z leads from ``start`` to ``end`` and whose x lies level."""
    way = [e - s for s, e in zip(start, end, strict=True)]
    length = math.sqrt(sum(w * w for w in way)) or 1e-6
    z = [w / length for w in way]
    level = math.hypot(z[0], z[1])
    x = (1.0, 0.0, 0.0) if level < 1e-6 else (-z[1] / level, z[0] / level, 0.0)
    y = (z[1] * x[2] - z[2] * x[1], z[2] * x[0] - z[0] * x[2], z[0] * x[1] - z[1] * x[0])
    turn = ((x[0], y[0], z[0]), (x[1], y[1], z[1]), (x[2], y[2], z[2]))
    return [(s + e) / 2 for s, e in zip(start, end, strict=True)], length / 2, turn
