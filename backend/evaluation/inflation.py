"""The baseline that knows nothing but the outline: the silhouette blown up like a cushion.

Each point of the outline's inside gets the half thickness of a ball whose radius is the largest distance to the
outline, so a disc becomes a ball. No camera is known: the view is taken as level and parallel.
"""

from __future__ import annotations

import numpy as np

from ..engines.pocket.filters import signed_distance
from ..engines.pocket.solid import round_half
from ..surface.marching_cubes import dense_cells, marching_cubes

ACROSS = 96


def inflate(rgba: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A framed picture (S, S, 4) in [0, 1] → vertices (N,3) in world axes, faces (M,3)."""
    size = rgba.shape[0]
    index = (np.arange(ACROSS) + 0.5) * size / ACROSS - 0.5
    near = np.clip(np.rint(index).astype(int), 0, size - 1)
    width = signed_distance(rgba[..., 3])[np.ix_(near, near)] * (2 / size)
    half = np.where(width > 0, round_half(width), -0.05)
    axis = (np.arange(ACROSS) + 0.5) * (2 / ACROSS) - 1
    values = np.full((ACROSS + 2,) * 3, -0.1, np.float32)
    values[1:-1, 1:-1, 1:-1] = half.T[:, None, ::-1] - np.abs(axis)[None, :, None]  # x, y = away from us, z up
    vertices, faces = marching_cubes(*dense_cells(values))
    return (vertices - 0.5) * (2 / ACROSS) - 1, faces
