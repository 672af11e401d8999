"""Marching cubes over any set of cells (Lorensen and Cline 1987), vectorised.

The cells need not fill a box: whoever calls passes the cells that the surface crosses and the values at their
corners, and vertices that cells share are welded by the lattice edge they lie on.
"""

from __future__ import annotations

import numpy as np

from .tables import CORNERS, COUNTS, EDGES, TRIANGLES

# A vertex stays this far (in cells) from either end of its edge, so that the several vertices about a corner
# whose value is exactly the level remain distinct points. Far below what anyone sees, and what float32 keeps.
MARGIN = 2.0**-18

_CORNERS = np.array(CORNERS, np.int64)
_TAIL = np.array([min(a, b, key=lambda c: CORNERS[c]) for a, b in EDGES])  # the end with the lower coordinates
_HEAD = np.array([max(a, b, key=lambda c: CORNERS[c]) for a, b in EDGES])
_AXIS = np.argmax(_CORNERS[_HEAD] - _CORNERS[_TAIL], axis=1)


def cell_cases(corners: np.ndarray, level: float = 0.0) -> np.ndarray:
    """Corner values (N, 8) → which of the 256 cases (N,) uint8 each cell is: bit ``c`` where corner c is inside.

    Inside means above the level; a value exactly at it is outside.
    """
    cases = np.zeros(len(corners), np.uint8)
    for corner in range(8):
        cases |= (corners[:, corner] > level).astype(np.uint8) << np.uint8(corner)
    return cases


def marching_cubes(cells: np.ndarray, corners: np.ndarray, level: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """The surface where values cross ``level``, in lattice coordinates.

    ``cells`` (N, 3) integers ≥ 0: the lattice index of each cell's lowest corner, each cell once; ``corners``
    (N, 8) finite values at its corners in the order of ``tables.CORNERS``. Cells that do not cross are ignored.
    Returns ``vertices`` (V, 3) float64, in order of (z, y, x, axis) of the edge they lie on, and ``faces`` (F, 3)
    int32, counter-clockwise seen from where values are low. The surface is closed wherever both cells beside each
    crossed lattice face are given; a lattice edge has one vertex, shared by the cells around it.
    """
    cases = cell_cases(corners, level)
    crossing = np.flatnonzero((cases != 0) & (cases != 255))
    cells, corners, cases = np.asarray(cells, np.int64)[crossing], corners[crossing], cases[crossing]
    if not len(cells):
        return np.zeros((0, 3)), np.zeros((0, 3), np.int32)

    shape = cells.max(axis=0) + 2
    nodes = cells[:, 0] + shape[0] * (cells[:, 1] + shape[1] * cells[:, 2])
    step = _CORNERS @ np.array([1, shape[0], shape[0] * shape[1]])
    offset = 3 * step[_TAIL] + _AXIS  # of an edge's name from three times the name of the cell's lowest node

    # Names of the three edges of every triangle, then of every edge once.
    count = COUNTS[cases].astype(np.int64)
    owner = np.repeat(np.arange(len(cells)), count)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    edges = TRIANGLES[cases[owner], nth].astype(np.intp)
    names, first, faces = np.unique(3 * nodes[owner][:, None] + offset[edges], return_index=True, return_inverse=True)

    # Where the values, linear along the edge, reach the level.
    edge, cell = edges.reshape(-1)[first], owner[first // 3]
    low = corners[cell, _TAIL[edge]].astype(np.float64) - level
    high = corners[cell, _HEAD[edge]].astype(np.float64) - level
    along = np.clip(low / (low - high), MARGIN, 1 - MARGIN)
    vertices = (cells[cell] + _CORNERS[_TAIL[edge]]).astype(np.float64)
    vertices[np.arange(len(vertices)), _AXIS[edge]] += along
    return vertices, faces.reshape(-1, 3).astype(np.int32)


def dense_cells(values: np.ndarray, level: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """The crossed cells of a full array: ``values`` (X, Y, Z) → cells (N, 3) int32 and corners (N, 8), for
    ``marching_cubes``; in order of z, then y, then x.
    """
    inside = np.transpose(values > level)  # (Z, Y, X)
    x, y, z = (side - 1 for side in values.shape)
    votes = sum(inside[c : c + z, b : b + y, a : a + x].astype(np.uint8) for a, b, c in CORNERS)
    cells = np.argwhere((votes > 0) & (votes < 8))[:, ::-1].astype(np.int32)
    at = cells[:, None, :] + _CORNERS.astype(np.int32)
    return cells, values[at[..., 0], at[..., 1], at[..., 2]]
