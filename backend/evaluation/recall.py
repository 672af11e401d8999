"""How much of the surface the sparse search finds: dense evaluation beside it, cell by cell.

Where a field asks for finer cells, these are counted there in the place of the coarse ones, as they are meshed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ..engines.engine import Conditioning, Engine, Watch
from ..imaging.framing import Framed
from ..shapes import SignedDistanceField
from ..surface.lattice import Crossing
from ..surface.refine import Blocks
from ..surface.sparse import dense, sparse


@dataclass(frozen=True)
class Recall:
    """``missed`` of ``crossing`` cells that dense evaluation finds, ``fine`` of which are cells of a refinement;
    ``asked`` is the part of the nodes evaluated.
    """

    picture: str
    preset: str
    crossing: int
    fine: int
    missed: int
    asked: float

    @property
    def found(self) -> float:
        return 1 - self.missed / self.crossing if self.crossing else 1.0


def recall(shape: SignedDistanceField, resolution: int, picture: str = "", preset: str = "") -> Recall:
    """One field at one resolution. Dense evaluation asks at every node of the lattice, and of its refinement."""
    every, some = dense(shape, resolution, Watch()), sparse(shape, resolution, Watch())
    coarse, fine, asked = _crossed(shape, every, everywhere=True)
    found_coarse, found_fine, asked_some = _crossed(shape, some, everywhere=False)
    missed = np.setdiff1d(coarse, found_coarse, assume_unique=True).size
    missed += np.setdiff1d(fine, found_fine, assume_unique=True).size
    total = len(coarse) + len(fine)
    return Recall(picture, preset, total, len(fine), missed, (some.evaluated + asked_some) / (every.evaluated + asked))


def _crossed(shape: SignedDistanceField, crossing: Crossing, everywhere: bool) -> tuple[np.ndarray, np.ndarray, int]:
    """Numbers of the crossed cells outside the refinement, of the finer ones inside, and how often the field was
    asked for the latter.
    """
    numbers = crossing.cells.astype(np.int64) @ crossing.lattice.strides
    if shape.refinement is None:
        return numbers, np.zeros(0, np.int64), 0
    blocks = Blocks(shape, crossing, Watch(), everywhere)
    side = np.array(crossing.lattice.shape, np.int64) * shape.refinement.factor
    fine = blocks.cells()[0] @ np.array([1, side[0], side[0] * side[1]])
    return numbers[~blocks.within[numbers]], fine, blocks.evaluated


def recalls(engine: Engine, pictures: Iterable[tuple[str, np.ndarray]], presets: Iterable[str]) -> Iterator[Recall]:
    """Every picture (name, (256,256,4) framed) at every preset, each as soon as it is counted."""
    presets = tuple(presets)
    for name, rgba in pictures:
        for preset in presets:
            shape = engine.generate(Conditioning(images=(Framed(rgba),), preset=preset), Watch())
            if not isinstance(shape, SignedDistanceField):
                raise TypeError(f"{engine.info.title} makes no signed distance field")
            yield recall(shape, engine.resolution(preset), name, preset)
