"""What is measured: an object as two grids, the same for what was generated and for what the grammar says.

Frame: the grammar's, +Z up, front −Y, the box [−1, 1]³, longest side 1.8; values stand at cell centres, index order
x, y, z. Nothing is centred, scaled or turned before it is measured: an object counts as it is delivered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

EMPTY = 27  # cells of 64³: a cube of three cells (0.09 across) is the least that passes for an object
LOOSE = 0.05  # of the volume outside of the largest part, above which an object has come apart
_TOUCHING = np.ones((3, 3, 3), bool)


@dataclass(frozen=True)
class Solid:
    """``sdf`` (R, R, R) float32 in [−1, 1], positive inside; ``rgb`` (R/2, R/2, R/2, 3) float32 sRGB in [0, 1]."""

    sdf: np.ndarray
    rgb: np.ndarray

    @staticmethod
    def of(sdf: np.ndarray, rgb: np.ndarray) -> Solid:
        """From grids of any float type and colours as uint8 or floats in [0, 1]; clipped to their ranges."""
        scale = 255.0 if rgb.dtype == np.uint8 else 1.0
        colours = np.clip(np.asarray(rgb, np.float32) / scale, 0, 1)
        return Solid(np.clip(np.asarray(sdf, np.float32), -1, 1), colours)

    @property
    def inside(self) -> np.ndarray:
        """(R, R, R) bool."""
        return self.sdf > 0


def is_empty(solid: Solid) -> bool:
    """Fewer cells inside than a cube of three."""
    return int(np.count_nonzero(solid.inside)) < EMPTY


def largest_part(solid: Solid) -> float:
    """The largest connected part's share of the volume; parts that touch at a corner are one. 0 where empty."""
    labels, count = ndimage.label(solid.inside, _TOUCHING)
    if not count:
        return 0.0
    cells = np.bincount(labels.ravel())[1:]
    return float(cells.max() / cells.sum())


def is_apart(solid: Solid) -> bool:
    """More than LOOSE of the volume lies outside of the largest part."""
    return not is_empty(solid) and largest_part(solid) < 1 - LOOSE


def surface_points(solid: Solid, count: int = 2000, seed: int = 0) -> np.ndarray:
    """``count`` points (count, 3) float64 of the surface, drawn without order, with repetition where there are fewer.

    They are the places where lines through the cell centres, along each axis, cross zero. Their density per area
    varies with the direction of the surface by up to √3, in the same way for every object. (0, 3) where nothing
    crosses.
    """
    sdf, size = solid.sdf, solid.sdf.shape[0]
    found = []
    for axis in range(3):
        low, high = _pairs(sdf, axis)
        place = np.nonzero((low > 0) != (high > 0))
        before, after = low[place], high[place]
        points = np.stack(place, 1).astype(np.float64)
        points[:, axis] += before / (before - after)
        found.append(points)
    points = (np.concatenate(found) + 0.5) * (2 / size) - 1
    if not len(points):
        return points
    rng = np.random.default_rng(seed)
    return points[rng.choice(len(points), count, replace=len(points) < count)]


def surface_colours(solid: Solid) -> np.ndarray:
    """Colours (n, 3) of the cells inside that have one outside beside them, each as often as it is such a cell."""
    skin = solid.inside & ~ndimage.binary_erosion(solid.inside, border_value=0)
    step = solid.sdf.shape[0] // solid.rgb.shape[0]
    x, y, z = (i // step for i in np.nonzero(skin))
    return solid.rgb[x, y, z]


def coarse(solid: Solid, size: int = 32) -> np.ndarray:
    """(size, size, size) bool: whether at least half of each block of cells is inside."""
    step = solid.sdf.shape[0] // size
    blocks = solid.inside.reshape(size, step, size, step, size, step)
    return blocks.mean((1, 3, 5)) >= 0.5


def _pairs(sdf: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Every cell but the last of an axis, and the one after it."""
    moved = np.moveaxis(sdf, axis, 0)
    return np.moveaxis(moved[:-1], 0, axis), np.moveaxis(moved[1:], 0, axis)
