"""Oriented points → a closed surface, by one division in the frequency domain.

The indicator of a solid (1 inside, 0 outside) has a gradient that is known from the points: the inward normal on the
surface, nothing elsewhere. The field whose gradient comes nearest solves Poisson's equation (Kazhdan et al. 2006),
which on a periodic lattice is a division by the frequency's square (Peng et al. 2021, "Shape As Points"), smoothed by
a Gaussian because the points are only samples.

The surface is where the field has the value that it has at the points, there: smoothing lowers the field over thin
parts, and one level for all of it would lose them. So the level is a mean over the points nearby.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..watch import Watch

MARGIN = 0.1  # of the object's longest side, free on each side of it: the lattice is periodic
LOCAL = 3  # cells: how far a point's own value counts in the level
FAINT = 1e-3  # weight of the mean over all points in the level, relative to a place full of points


@dataclass(frozen=True)
class Grid:
    """Cubic cells; the value [i, j, k] belongs to the point lower + (i, j, k) · cell."""

    lower: np.ndarray  # (3,) float64
    cell: float
    shape: tuple[int, int, int]

    @classmethod
    def around(cls, points: np.ndarray, resolution: int) -> Grid:
        """``resolution`` cells across the longest side, margins included, and what the other sides need."""
        lower, upper = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
        longest = float(np.max(upper - lower))
        cell = longest * (1 + 2 * MARGIN) / resolution
        sides = [good_length(int(np.ceil(side / cell)) + int(np.ceil(2 * MARGIN * longest / cell)))
                 for side in upper - lower]  # fmt: skip
        first = (lower + upper) / 2 - (np.array(sides) - 1) / 2 * cell
        return cls(first, cell, (sides[0], sides[1], sides[2]))

    def index(self, points: np.ndarray) -> np.ndarray:
        """Points (N, 3) → where they lie among the cells, float32."""
        return ((points - self.lower) / self.cell).astype(np.float32)


def good_length(least: int) -> int:
    """The next even number without prime factors beyond 5: what the Fourier transform is quick for."""
    length = max(least + least % 2, 4)
    while True:
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 2


class Trilinear:
    """Points (N, 3), all at least one cell within the grid, and their shares of the eight nodes about each."""

    def __init__(self, grid: Grid, points: np.ndarray):
        self.shape = grid.shape
        index = grid.index(points)
        low = np.floor(index).astype(np.int64)
        part = index - low.astype(np.float32)
        strides = np.array([grid.shape[1] * grid.shape[2], grid.shape[2], 1])
        base = low @ strides
        self.nodes, self.shares = [], []
        for corner in range(8):
            offset = np.array([corner >> 2 & 1, corner >> 1 & 1, corner & 1])
            self.nodes.append(base + offset @ strides)
            self.shares.append(np.prod(np.where(offset, part, 1 - part), axis=1))

    def splat(self, values: np.ndarray) -> np.ndarray:
        """Values (N,) → their sums about each node, float32 of the grid's shape."""
        total = np.zeros(self.shape, np.float32).reshape(-1)
        for nodes, shares in zip(self.nodes, self.shares, strict=True):
            total += np.bincount(nodes, weights=shares * values, minlength=len(total)).astype(np.float32)
        return total.reshape(self.shape)

    def sample(self, field: np.ndarray) -> np.ndarray:
        """The field's values (N,) at the points."""
        flat = field.reshape(-1)
        return sum(shares * flat[nodes] for nodes, shares in zip(self.nodes, self.shares, strict=True))  # type: ignore


def indicator(
    grid: Grid, points: np.ndarray, normals: np.ndarray, areas: np.ndarray, smooth: float, watch: Watch
) -> np.ndarray:
    """The smoothed solid less its level: positive inside, 0 at the surface; float32 of the grid's shape.

    ``points`` (N, 3), outward unit ``normals`` (N, 3) and the ``areas`` (N,) they stand for; ``smooth`` is the
    Gaussian's standard deviation in cells.
    """
    watch.step(0.0, "solving")
    places = Trilinear(grid, points)
    source = np.zeros(grid.shape, np.float32)
    for axis in range(3):  # the divergence of normals · areas, by central differences
        some = places.splat(normals[:, axis] * (areas / np.float32(grid.cell**2)))
        ahead, behind = [slice(None)] * 3, [slice(None)] * 3
        ahead[axis], behind[axis] = slice(2, None), slice(None, -2)
        middle = list(ahead)
        middle[axis] = slice(1, -1)
        source[tuple(middle)] += (some[tuple(ahead)] - some[tuple(behind)]) / 2
    watch.step(0.3, "solving")
    waves = np.fft.rfftn(source)
    watch.step(0.55, "solving")
    squares = 0.0
    for axis, angle in enumerate(_angles(grid.shape)):
        # Central differences see the sine of a frequency; divided by it as well, the solution is exact along an axis.
        squares = squares + (angle * np.sin(angle)).reshape([-1 if a == axis else 1 for a in range(3)])
        waves *= np.exp(-0.5 * (smooth * angle) ** 2).reshape([-1 if a == axis else 1 for a in range(3)])
    waves /= np.where(squares > 1e-9, squares, np.inf)
    solid = np.fft.irfftn(waves, grid.shape, axes=(0, 1, 2)).astype(np.float32)
    watch.step(0.8, "solving")
    return solid - level(grid, points, places.sample(solid), areas)


def _angles(shape: tuple[int, int, int]) -> list[np.ndarray]:
    """Frequencies along each axis in radians a cell, the last axis halved as real transforms have it."""
    x, y, z = shape
    return [(2 * np.pi * f).astype(np.float32) for f in (np.fft.fftfreq(x), np.fft.fftfreq(y), np.fft.rfftfreq(z))]


def level(grid: Grid, points: np.ndarray, values: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """The mean of ``values`` (N,) over the points near each node, by area; over all points where none is near.

    It varies slowly, so it is gathered on a lattice LOCAL times coarser and interpolated.
    """
    sides = [-(-side // LOCAL) + 1 for side in grid.shape]
    coarse = Grid(grid.lower, grid.cell * LOCAL, (sides[0], sides[1], sides[2]))
    places = Trilinear(coarse, points)
    mean = float(np.average(values, weights=areas))
    weights = areas / np.float32(areas.mean())
    over, below = _blurred(places.splat(weights * (values - mean))), _blurred(places.splat(weights))
    typical = float(places.sample(below).mean())
    field = over / (below + np.float32(FAINT * typical)) + np.float32(mean)
    for axis, side in enumerate(grid.shape):
        field = np.moveaxis(np.tensordot(between(side, LOCAL), field, (1, axis)), 0, axis)
    return field


def _blurred(values: np.ndarray) -> np.ndarray:
    """Each value (X, Y, Z) a mean of itself and its neighbours, ¼ ½ ¼ along every axis, zero beyond the border."""
    for axis in range(3):
        wide = np.moveaxis(np.pad(values, [(1, 1) if a == axis else (0, 0) for a in range(3)]), axis, 0)
        values = np.moveaxis((wide[:-2] + wide[2:] + 2 * wide[1:-1]) / 4, 0, axis)
    return values


def between(side: int, step: int) -> np.ndarray:
    """The matrix (side, coarse nodes) that interpolates linearly along one axis, between nodes ``step`` cells apart."""
    at = np.arange(side) / step
    return np.maximum(1 - np.abs(at[:, None] - np.arange(-(-side // step) + 1)), 0).astype(np.float32)
