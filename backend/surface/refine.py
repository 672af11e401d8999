"""A finer lattice where a field says that it has parts or gaps too thin for the coarse one.

Cells of the coarse lattice that lie in the field's refinement are blocks of ``factor``³ finer cells; all others stay
as they are. Both meet in the faces of the coarse cells. There the finer nodes do not ask the field but take what the
coarse lattice believes, linear between its nodes, so that both surfaces end in the same places, and ``stitch`` sews
them. A face on which the coarse corners leave a choice of how to join them is never such a seam: the region grows
over it.
"""

from __future__ import annotations

import numpy as np

from ..shapes import SignedDistanceField
from ..watch import Watch
from .lattice import BATCH, OUTSIDE, Crossing, Field, Lattice
from .marching_cubes import marching_cubes
from .sparse import distinct
from .stitch import stitch
from .tables import CORNERS

SLACK = 1.001

_CORNERS = np.array(CORNERS, np.int64)


def refined(field: Field, crossing: Crossing, watch: Watch, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (V, 3) float64 in coordinates of ``crossing``'s lattice and faces (F, 3) int32 of the field's surface.

    ``crossing`` is what the search on the coarse lattice found; ``margin`` as in ``marching_cubes``. Closed and
    manifold where the coarse surface is. Without a refinement it is just marching cubes.
    """
    if not isinstance(field, SignedDistanceField) or field.refinement is None:
        return marching_cubes(crossing.cells, crossing.corners, margin=margin)
    blocks = Blocks(field, crossing, watch)
    kept = ~blocks.within[crossing.cells @ crossing.lattice.strides]
    return stitch(
        marching_cubes(*blocks.cells(), margin=margin),
        marching_cubes(crossing.cells[kept], crossing.corners[kept], margin=margin),
        field.refinement.factor,
    )


class Blocks:
    """The blocks of finer cells near the surface, and the field's values at their nodes.

    ``within`` (lattice nodes,) bool says which coarse cells, by the number of their lowest node, are refined;
    ``blocks`` (N,) are those of them that the surface may pass through: with ``everywhere`` all of them, the plain
    reference. ``evaluated`` is how often the field was asked.
    """

    def __init__(self, field: SignedDistanceField, crossing: Crossing, watch: Watch, everywhere: bool = False):
        if field.refinement is None:
            raise ValueError("the field has no refinement")
        self._field, self._watch, self._lattice = field, watch, crossing.lattice
        self._factor = field.refinement.factor
        shape = (np.array(crossing.lattice.shape, np.int64) - 1) * self._factor + 1
        self._strides = np.array([1, shape[0], shape[0] * shape[1]])
        steps = np.arange(self._factor + 1)
        x, y, z = np.meshgrid(steps, steps, steps, indexing="ij")
        self._steps = np.stack([x, y, z], -1).reshape(-1, 3) @ self._strides
        self.evaluated = 0
        # where both lattices have a node, the finer one believes the coarse one to the last bit
        names = (crossing.cells[:, None].astype(np.int64) + _CORNERS) * self._factor @ self._strides
        self._names, first = np.unique(names.ravel(), return_index=True)
        self._values = crossing.corners.ravel()[first]
        self.within = refined_cells(field, crossing.lattice)
        self.blocks = self._search(crossing, np.flatnonzero(self.within) if everywhere else self._first(crossing))

    def cells(self) -> tuple[np.ndarray, np.ndarray]:
        """The finer cells that the surface passes through: indices (N, 3) and corners (N, 8) for marching cubes."""
        at = self._at(self.blocks)
        values = self._seamed(at)[at]
        side = self._factor + 1
        grid = values.reshape(-1, side, side, side)
        lowest = self._lattice.index(self.blocks) * self._factor
        cells, corners = [np.zeros((0, 3), np.int64)], [np.zeros((0, 8))]
        n = self._factor
        for x, y, z in np.ndindex(n, n, n):
            some = np.stack([grid[:, x + a, y + b, z + c] for a, b, c in CORNERS], 1)
            inside = some > 0
            crossed = inside.any(1) & ~inside.all(1)
            cells.append(lowest[crossed] + (x, y, z))
            corners.append(some[crossed])
        return np.concatenate(cells), np.concatenate(corners)

    def _search(self, crossing: Crossing, front: np.ndarray) -> np.ndarray:
        """Follows the surface from block to block; the region grows where a seam would be unclear."""
        crossed = np.zeros(self._lattice.nodes, bool)
        crossed[crossing.cells @ self._lattice.strides] = True
        seen = np.zeros(self._lattice.nodes, bool)
        while len(front):
            seen[front] = True
            inside: np.ndarray = self._asked(front).reshape((-1, *(self._factor + 1,) * 3)) > 0
            reached = []
            for axis in range(3):
                for side in (0, 1):
                    face: np.ndarray = inside.take(-side, axis=1 + axis)
                    beyond = front + (2 * side - 1) * self._lattice.strides[axis]
                    refined = self.within.take(beyond, mode="clip")
                    corners = face[:, :: self._factor, :: self._factor].reshape(-1, 4)
                    unclear = (corners[:, 0] == corners[:, 3]) & (corners[:, 1] == corners[:, 2])
                    seam = _mixed(corners) & (unclear | ~crossed.take(beyond, mode="clip"))
                    reached.append(beyond[np.where(refined, _mixed(face.reshape(len(face), -1)), seam)])
            front = distinct(np.concatenate(reached))
            front = front[~seen[front]]
            self.within[front] = True
        return np.flatnonzero(seen)

    def _first(self, crossing: Crossing) -> np.ndarray:
        """Blocks that the bound cannot rule out, those with a seed, and where the coarse surface leads into."""
        lattice, strides = self._lattice, self._lattice.strides
        numbers = np.flatnonzero(self.within)
        reach = self._field.lipschitz * SLACK * lattice.spacing * np.sqrt(3) / 2
        centre = self._ask(lattice.points(lattice.index(numbers) + 0.5))
        first = [numbers[np.abs(centre) <= reach]]
        if self._field.seeds is not None and len(self._field.seeds):
            at = np.floor((np.asarray(self._field.seeds, np.float64) - lattice.lower) / lattice.spacing).astype(int) + 1
            seeds = at[np.all((at >= 0) & (at < np.array(lattice.shape) - 1), axis=1)] @ strides
            first.append(seeds[self.within[seeds]])
        numbers = crossing.cells @ strides
        first.append(numbers[self.within[numbers]])
        inside = crossing.corners > 0
        for axis in range(3):
            for side in (0, 1):
                beyond = numbers + (2 * side - 1) * strides[axis]
                leads = _mixed(inside[:, _CORNERS[:, axis] == side])
                leads &= self.within.take(beyond, mode="clip")
                first.append(beyond[leads])
        return distinct(np.concatenate(first))

    def _at(self, blocks: np.ndarray) -> np.ndarray:
        """Where the values of the blocks' nodes are kept: (N, (factor + 1)³), x slowest."""
        lowest = self._lattice.index(blocks) * self._factor @ self._strides
        return np.searchsorted(self._names, lowest[:, None] + self._steps)

    def _asked(self, blocks: np.ndarray) -> np.ndarray:
        """Values (N, (factor + 1)³) at the blocks' nodes; asks for those that are not known yet."""
        lowest = self._lattice.index(blocks) * self._factor @ self._strides
        names = distinct(lowest[:, None] + self._steps)
        names = names[~np.isin(names, self._names, assume_unique=True)]
        x = names % self._strides[1]
        y, z = names // self._strides[1] % (self._strides[2] // self._strides[1]), names // self._strides[2]
        index = np.stack([x, y, z], 1) / self._factor
        boxed = self._lattice.inner(index)
        values = np.full(len(names), OUTSIDE)
        values[boxed] = self._ask(self._lattice.points(index[boxed]))
        self._values = np.concatenate([self._values, values])
        self._names = np.concatenate([self._names, names])
        order = np.argsort(self._names, kind="stable")
        self._names, self._values = self._names[order], self._values[order]
        return self._values[self._at(blocks)]

    def _ask(self, points: np.ndarray) -> np.ndarray:
        result = np.empty(len(points), np.float32)
        for start in range(0, len(points), BATCH):
            self._watch.step(0.5)
            result[start : start + BATCH] = self._field.values(points[start : start + BATCH])
        self.evaluated += len(points)
        return np.clip(np.where(np.isnan(result), OUTSIDE, result), OUTSIDE, -OUTSIDE)

    def _seamed(self, at: np.ndarray) -> np.ndarray:
        """All values (float64), linear between the coarse nodes on faces that border on coarse cells."""
        result = self._values.astype(np.float64)
        side = self._factor + 1
        grid = at.reshape(-1, side, side, side)
        share = np.arange(side) / self._factor
        for axis in range(3):
            for end in (0, 1):
                beyond = self.blocks + (2 * end - 1) * self._lattice.strides[axis]
                face = grid.take(-end, axis=1 + axis)[~self.within.take(beyond, mode="clip")]
                corners = self._values[face[:, :: self._factor, :: self._factor]].astype(np.float64)
                low = corners[:, 0, :1] * (1 - share) + corners[:, 0, 1:] * share
                high = corners[:, 1, :1] * (1 - share) + corners[:, 1, 1:] * share
                result[face] = low[:, None] * (1 - share[:, None]) + high[:, None] * share[:, None]
        return result


def refined_cells(field: SignedDistanceField, lattice: Lattice) -> np.ndarray:
    """Which coarse cells of the box are in the field's refinement, by the number of their lowest node: (nodes,)."""
    result = np.zeros(lattice.nodes, bool)
    if field.refinement is None:
        return result
    x, y, z = lattice.shape
    layer = np.stack(np.meshgrid(np.arange(1, x - 2), np.arange(1, y - 2), indexing="ij"), -1).reshape(-1, 2)
    for height in range(1, z - 2):
        index = np.concatenate([layer, np.full((len(layer), 1), height)], 1)
        result[index @ lattice.strides] = field.refinement.where(lattice.points(index + 0.5))
    return result


def _mixed(inside: np.ndarray) -> np.ndarray:
    """(N, M) bool → which rows (N,) are neither all inside nor all outside."""
    return np.asarray(inside.any(1) & ~inside.all(1))
