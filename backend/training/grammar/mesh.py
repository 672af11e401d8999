"""The surface of an object as one closed coloured mesh, for pictures."""

from __future__ import annotations

import numpy as np

from ...surface.marching_cubes import dense_cells, marching_cubes
from .field import centres, distance, grids
from .solids import Solids


def mesh(solids: Solids, resolution: int = 96) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (n, 3) float32, faces (m, 3) int32 counter-clockwise outside, colours (n, 3) uint8 sRGB, by marching
    cubes in the cells of ``resolution``³ over [-1, 1]³: what is carved is carved, and hidden walls are gone.
    """
    values, _ = grids(solids, resolution)
    lattice, faces = marching_cubes(*dense_cells(values))
    axis = centres(resolution)
    vertices = (lattice * (axis[1] - axis[0]) + axis[0]).astype(np.float32)
    _, colours = distance(solids, vertices)
    return vertices, faces, np.round(colours * 255).astype(np.uint8)
