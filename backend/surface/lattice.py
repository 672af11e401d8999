"""The lattice a field is asked on, and what is known of its values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import BadRequest
from ..shapes import DensityField, SignedDistanceField
from ..watch import Watch

Field = SignedDistanceField | DensityField

BATCH = 1 << 16  # points a call of the field
MAX_NODES = 1 << 28  # 1 GiB of values
OUTSIDE = np.float32(-1e30)  # so low that the lid over what the box cuts off lies in the box's side


@dataclass(frozen=True)
class Lattice:
    """Isotropic cells over a box and one layer around it. Node ``i`` of an axis lies at lower + (i − 1) · spacing;
    nodes 0 and the last of each axis are the layer outside the box, where nothing is.
    """

    lower: np.ndarray  # (3,) float64
    spacing: float
    shape: tuple[int, int, int]  # nodes along x, y, z, the outer layer included

    @classmethod
    def over(cls, lower: np.ndarray, upper: np.ndarray, resolution: int) -> Lattice:
        """``resolution`` cells along x; as many of the same size along y and z as it takes to reach ``upper``.

        Raises BadRequest where the box is empty or the grid would have more than ``MAX_NODES`` nodes.
        """
        lower = np.asarray(lower, np.float64)
        sides = np.asarray(upper, np.float64) - lower
        if resolution < 1 or not np.all(np.isfinite(sides)) or not np.all(sides > 0):
            raise BadRequest("The box to mesh in is empty.", "Choose another preset or another engine.")
        spacing = float(sides[0]) / resolution
        x, y, z = (float(n) for n in np.ceil(sides / spacing - 1e-4) + 3)
        if x * y * z > MAX_NODES:
            raise BadRequest("The grid to mesh on is too fine.", "Choose a coarser preset.")
        return cls(lower, spacing, (int(x), int(y), int(z)))

    @property
    def nodes(self) -> int:
        return self.shape[0] * self.shape[1] * self.shape[2]

    @property
    def strides(self) -> np.ndarray:
        """A node's number is its index times these: x runs fastest."""
        return np.array([1, self.shape[0], self.shape[0] * self.shape[1]], np.int64)

    def index(self, nodes: np.ndarray) -> np.ndarray:
        """Numbers (N,) → indices (N, 3) int64."""
        x, y, _ = self.shape
        return np.stack([nodes % x, nodes // x % y, nodes // (x * y)], axis=1)

    def inner(self, index: np.ndarray) -> np.ndarray:
        """Indices (N, 3) → which of them (N,) are nodes of the box itself."""
        return np.all((index >= 1) & (index <= np.array(self.shape) - 2), axis=1)

    def points(self, index: np.ndarray) -> np.ndarray:
        """Lattice coordinates (N, 3), whole or not → points (N, 3) float32 in the field's frame."""
        return (self.lower + (np.asarray(index, np.float64) - 1.0) * self.spacing).astype(np.float32)


@dataclass(frozen=True)
class Crossing:
    """The cells that the surface passes through, in order of z, y, x; input of ``marching_cubes`` at level 0.

    ``cells`` (N, 3) int32 lattice indices of their lowest nodes; ``corners`` (N, 8) float32 values minus the level.
    ``evaluated`` counts the points at which the field was asked, ``grown`` the crossed cells that only following
    the surface found, ``undefined`` the values that were not numbers (taken as outside).
    """

    lattice: Lattice
    cells: np.ndarray
    corners: np.ndarray
    evaluated: int
    grown: int = 0
    undefined: int = 0


class Nodes:
    """The lattice's values, less the field's level, as far as they are known: NaN where it was not asked yet."""

    def __init__(self, field: Field, lattice: Lattice, watch: Watch):
        self.lattice, self.watch, self._values = lattice, watch, field.values
        self._level = np.float32(field.level if isinstance(field, DensityField) else 0.0)
        self.values = np.full(lattice.nodes, np.nan, np.float32)
        grid = self.values.reshape(lattice.shape[::-1])
        grid[[0, -1]] = grid[:, [0, -1]] = grid[:, :, [0, -1]] = OUTSIDE
        self.evaluated = self.undefined = 0

    def ask(self, nodes: np.ndarray, begin: float, end: float) -> None:
        """Learns the values of nodes (N,), each named once, that are not known yet; reports from begin to end."""
        nodes = nodes[np.isnan(self.values[nodes])]
        for start in range(0, len(nodes), BATCH):
            self.watch.step(begin + (end - begin) * start / len(nodes))
            batch = nodes[start : start + BATCH]
            values = np.asarray(self._values(self.lattice.points(self.lattice.index(batch))), np.float32)
            if values.shape != batch.shape:
                raise ValueError(f"a field answered with shape {values.shape} to {len(batch)} points")
            values = values - self._level
            missing = np.isnan(values)
            self.undefined += int(np.count_nonzero(missing))
            self.values[batch] = np.clip(np.where(missing, OUTSIDE, values), OUTSIDE, -OUTSIDE)
            self.evaluated += len(batch)
