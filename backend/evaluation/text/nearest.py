"""How far an object is from anything that was trained on: a model that memorises comes too near.

Thousands of training objects are kept as 32³ bits; those that overlap most are made again from their seeds and
compared surface to surface. The distance found is that of the nearest among the candidates, so it can be a little too
large, in the same way for what was generated and for what the grammar would have made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .measures import NOTHING, chamfer
from .solid import Solid, surface_points

SIZE = 32
CANDIDATES = 16
_BITS = np.array([bin(i).count("1") for i in range(256)], np.uint8)


def bits(sdf: np.ndarray) -> np.ndarray:
    """Distances (R, R, R) → which of the 32³ cells are inside, packed: (4096,) uint8."""
    step = sdf.shape[0] // SIZE
    at_centre = sdf.reshape(SIZE, step, SIZE, step, SIZE, step).mean((1, 3, 5))
    return np.packbits(at_centre > 0)


@dataclass(frozen=True)
class Nearest:
    """``seed`` of the training object that is nearest, its Chamfer distance, and the best overlap at 32³."""

    seed: int
    chamfer: float
    overlap: float


@dataclass(frozen=True)
class Shelf:
    """Training objects of one family: ``seeds`` (n,) int64 and ``packed`` (n, 4096) uint8."""

    seeds: np.ndarray
    packed: np.ndarray

    @staticmethod
    def fill(seeds: Sequence[int], make: Callable[[int], np.ndarray]) -> Shelf:
        """``make``: seed → distances (32, 32, 32)."""
        return Shelf(np.array(seeds, np.int64), np.stack([bits(make(s)) for s in seeds]))

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, seeds=self.seeds, packed=self.packed)

    @staticmethod
    def load(path: Path) -> Shelf:
        with np.load(path) as z:
            return Shelf(z["seeds"], z["packed"])

    def overlaps(self, sdf: np.ndarray) -> np.ndarray:
        """(n,) intersection over union with each object, at 32³."""
        own = bits(sdf)
        both = _BITS[self.packed & own].sum(1, dtype=np.int64)
        either = _BITS[self.packed | own].sum(1, dtype=np.int64)
        return both / np.maximum(either, 1)

    def nearest(self, solid: Solid, make: Callable[[int], Solid]) -> Nearest:
        """``make``: seed → that training object. Mirror images count as the same: training mirrors every other one."""
        ways = (solid, Solid(solid.sdf[::-1], solid.rgb[::-1]))
        shares = np.stack([self.overlaps(way.sdf) for way in ways])
        points = [surface_points(way) for way in ways]
        best = Nearest(-1, NOTHING, float(shares.max()))
        for i in np.argsort(-shares.max(0), kind="stable")[:CANDIDATES]:
            found = chamfer(points[int(shares[:, i].argmax())], surface_points(make(int(self.seeds[i])), seed=1))
            if found < best.chamfer:
                best = Nearest(int(self.seeds[i]), found, best.overlap)
        return best
