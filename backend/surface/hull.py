"""The visual hull of a cloud (Laurentini 1994): what its silhouettes from all sides leave standing.

A cloud with a side missing says nothing of where the solid ends there; Poisson's equation then lets it swell far
beyond the cloud. Silhouettes of the points bound it: what lies beside all points, seen from somewhere, is empty.
"""

from __future__ import annotations

import numpy as np

from .normals import fibonacci, frame_of
from .poisson import Grid, between

AXES = 32  # directions that silhouettes are taken along
PIXEL = 3.0  # spacings: larger than any hole between points
COARSE = 3  # cells between the nodes that are looked at
DOUBT = 1.5  # silhouettes that may be wrong


def hull(points: np.ndarray, spacing: float, grid: Grid) -> np.ndarray:
    """Positive inside the hull of points (N, 3), negative outside, between −1 and 1; float32 of the grid's shape.
    ``spacing`` is the distance of neighbours where they are far apart. The hull is some spacings too wide.
    """
    sides = [-(-side // COARSE) + 1 for side in grid.shape]
    axes = [np.arange(side) * (COARSE * grid.cell) + low for side, low in zip(sides, grid.lower, strict=True)]
    # No point may slip between the nodes: the nearest node to it must be in every silhouette.
    pixel = max(PIXEL * spacing, COARSE * grid.cell)
    inside = np.zeros(sides, np.float32)
    for axis in fibonacci(AXES):
        right, up, _ = frame_of(axis).astype(np.float64)
        flat = points @ np.stack([right, up], axis=1).astype(np.float32)
        low = flat.min(axis=0) - 2 * pixel
        width, height = ((flat.max(axis=0) + 2 * pixel - low) / pixel).astype(int) + 1
        column, row = ((flat - low) / pixel).astype(np.int64).T
        shape = np.zeros((height, width), bool)
        shape[row, column] = True
        shape = _widened(shape)
        across, along = (
            (axes[0][:, None, None] * way[0] + axes[1][:, None] * way[1] + axes[2] * way[2] - start) / pixel
            for way, start in ((right, low[0]), (up, low[1]))
        )
        within = (across >= 0) & (across < width) & (along >= 0) & (along < height)
        at = np.where(within, along.astype(np.int64) * width + across.astype(np.int64), 0)
        inside += within & shape.reshape(-1)[at]
    field = np.where(_widened(inside > AXES - DOUBT), np.float32(1), np.float32(-1))
    for axis, side in enumerate(grid.shape):
        field = np.moveaxis(np.tensordot(between(side, COARSE), field, (1, axis)), 0, axis)
    return field


def _widened(mask: np.ndarray) -> np.ndarray:
    """A mask with its neighbours along every axis, corners too."""
    for axis in range(mask.ndim):
        wide = np.moveaxis(np.pad(mask, [(int(a == axis),) * 2 for a in range(mask.ndim)]), axis, 0)
        mask = np.moveaxis(wide[:-2] | wide[1:-1] | wide[2:], 0, axis)
    return mask
