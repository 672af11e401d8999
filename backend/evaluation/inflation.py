"""The baseline that knows nothing but the outline: the silhouette blown up like a cushion.

Each point of the outline's inside gets the half thickness of a ball whose radius is the largest distance to the
outline, so a disc becomes a ball. No camera is known: the view is taken as level and parallel. The picture is painted
on the front and, as on a cushion, once more on the back.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt

from ..engines.pocket.filters import signed_distance
from ..engines.pocket.solid import round_half
from ..shapes import TriangleMesh
from ..surface.marching_cubes import dense_cells, marching_cubes

ACROSS = 96
SURE = 0.95  # alpha over which a pixel's colour is the object's alone


def inflate(rgba: np.ndarray) -> TriangleMesh:
    """A framed picture (S, S, 4) in [0, 1] → a coloured mesh in world axes."""
    size = rgba.shape[0]
    index = (np.arange(ACROSS) + 0.5) * size / ACROSS - 0.5
    near = np.clip(np.rint(index).astype(int), 0, size - 1)
    width = signed_distance(rgba[..., 3])[np.ix_(near, near)] * (2 / size)
    half = np.where(width > 0, round_half(width), -0.05)
    axis = (np.arange(ACROSS) + 0.5) * (2 / ACROSS) - 1
    values = np.full((ACROSS + 2,) * 3, -0.1, np.float32)
    values[1:-1, 1:-1, 1:-1] = half.T[:, None, ::-1] - np.abs(axis)[None, :, None]  # x, y = away from us, z up
    vertices, faces = marching_cubes(*dense_cells(values))
    vertices = (vertices - 0.5) * (2 / ACROSS) - 1
    return TriangleMesh(vertices.astype(np.float32), faces.astype(np.int32), _through(rgba, vertices))


def _through(rgba: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """Colours (N,4) uint8 of the picture's pixels along parallel rays; at its edge, of the nearest sure one."""
    alpha = rgba[..., 3]
    sure = alpha > min(SURE, float(alpha.max()) - 1e-6)
    rows, columns = distance_transform_edt(~sure, return_distances=False, return_indices=True)
    size = len(rgba)
    column = np.clip((1 + vertices[:, 0]) / 2 * size, 0, size - 1).astype(int)
    row = np.clip((1 - vertices[:, 2]) / 2 * size, 0, size - 1).astype(int)
    colours = np.full((len(vertices), 4), 255, np.uint8)
    colours[:, :3] = rgba[rows[row, column], columns[row, column], :3] * 255 + 0.5
    return colours
