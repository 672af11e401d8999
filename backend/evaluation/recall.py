"""How much of the surface the sparse search finds: dense evaluation beside it, cell by cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..engines.engine import Conditioning, Engine, Watch
from ..imaging.framing import Framed
from ..shapes import SignedDistanceField
from ..surface.sparse import dense, sparse


@dataclass(frozen=True)
class Recall:
    """``missed`` of ``crossing`` cells that dense evaluation finds; ``asked`` is the part of the nodes evaluated."""

    picture: str
    preset: str
    crossing: int
    missed: int
    asked: float

    @property
    def found(self) -> float:
        return 1 - self.missed / self.crossing if self.crossing else 1.0


def recall(shape: SignedDistanceField, resolution: int, picture: str = "", preset: str = "") -> Recall:
    """One field at one resolution."""
    every, some = dense(shape, resolution, Watch()), sparse(shape, resolution, Watch())
    shape_of_lattice = every.lattice.shape
    known = np.ravel_multi_index(tuple(every.cells.T), shape_of_lattice)
    found = np.ravel_multi_index(tuple(some.cells.T), shape_of_lattice)
    missed = len(np.setdiff1d(known, found, assume_unique=True))
    return Recall(picture, preset, len(known), missed, some.evaluated / every.evaluated)


def recalls(engine: Engine, pictures: Iterable[tuple[str, np.ndarray]], presets: Iterable[str]) -> list[Recall]:
    """Every picture (name, (256,256,4) framed) at every preset."""
    result = []
    for name, rgba in pictures:
        for preset in presets:
            shape = engine.generate(Conditioning(images=(Framed(rgba),), preset=preset), Watch())
            if not isinstance(shape, SignedDistanceField):
                raise TypeError(f"{engine.info.title} makes no signed distance field")
            result.append(recall(shape, engine.resolution(preset), name, preset))
    return result
