"""Marching cubes over any set of cells (Lorensen and Cline 1987), vectorised.

The cells need not fill a box: whoever calls passes the cells that the surface crosses and the values at their
corners, and vertices that cells share are welded by the lattice edge they lie on.
"""

from __future__ import annotations

import numpy as np

from .tables import CORNERS, COUNTS, EDGES, TRIANGLES

_CORNERS = np.array(CORNERS, np.int64)
_TAIL = np.array([min(a, b, key=lambda c: CORNERS[c]) for a, b in EDGES])  # the end with the lower coordinates
_HEAD = np.array([max(a, b, key=lambda c: CORNERS[c]) for a, b in EDGES])
_AXIS = np.argmax(_CORNERS[_HEAD] - _CORNERS[_TAIL], axis=1)
_CUT = (np.arange(256)[:, None] >> _TAIL & 1) != (np.arange(256)[:, None] >> _HEAD & 1)  # (256, 12)


def cell_cases(corners: np.ndarray, level: float = 0.0) -> np.ndarray:
    """Corner values (N, 8) → which of the 256 cases (N,) uint8 each cell is: bit ``c`` where corner c is inside.

    Inside means above the level; a value exactly at it is outside.
    """
    cases = np.zeros(len(corners), np.uint8)
    for corner in range(8):
        cases |= (corners[:, corner] > level).astype(np.uint8) << np.uint8(corner)
    return cases


def marching_cubes(
    cells: np.ndarray, corners: np.ndarray, level: float = 0.0, margin: float = 2.0**-18
) -> tuple[np.ndarray, np.ndarray]:
    """The surface where values cross ``level``, in lattice coordinates.

    ``cells`` (N, 3) integers ≥ 0: the lattice index of each cell's lowest corner, each cell once; ``corners`` (N, 8)
    finite values at its corners in the order of ``tables.CORNERS``. Cells that do not cross are ignored. A vertex
    stays ``margin`` of a cell away from either end of its edge, so that vertices about a corner whose value is the
    level are distinct points and no face is without area.

    Returns ``vertices`` (V, 3) float64, in order of (z, y, x, axis) of the edge they lie on, and ``faces`` (F, 3)
    int32, counter-clockwise seen from where values are low. A lattice edge has one vertex, shared by the cells around
    it, and where all cells that the surface enters are given it is a closed manifold.
    """
    cases = cell_cases(corners, level)
    crossing = np.flatnonzero((cases != 0) & (cases != 255))
    cells, corners, cases = np.asarray(cells, np.int64)[crossing], corners[crossing], cases[crossing]
    if not len(cells):
        return np.zeros((0, 3)), np.zeros((0, 3), np.int32)

    # Every cut edge of every cell; an edge's name is three times the number of its lower node, plus its axis.
    shape = cells.max(axis=0) + 2
    strides = np.array([1, shape[0], shape[0] * shape[1]])
    cell, edge = np.nonzero(_CUT[cases])
    names = (3 * (cells @ strides))[cell] + (3 * (_CORNERS @ strides)[_TAIL] + _AXIS)[edge]
    once, vertex = np.unique(names, return_inverse=True)
    vertex = vertex.reshape(-1)
    some = np.empty(len(once), np.int64)
    some[vertex] = np.arange(len(names))  # any one of the cells that have the edge: all say the same of it

    # Where the values, linear along the edge, reach the level.
    at, side = cell[some], edge[some]
    low = corners[at, _TAIL[side]].astype(np.float64) - level
    high = corners[at, _HEAD[side]].astype(np.float64) - level
    vertices = (cells[at] + _CORNERS[_TAIL[side]]).astype(np.float64)
    vertices[np.arange(len(once)), _AXIS[side]] += np.clip(low / (low - high), margin, 1 - margin)

    # The triangles of each cell, as edges of the cell, as vertices.
    numbered = np.zeros((len(cells), 12), np.int32)
    numbered[cell, edge] = vertex
    count = COUNTS[cases].astype(np.int64)
    owner = np.repeat(np.arange(len(cells)), count)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    return vertices, numbered[owner[:, None], TRIANGLES[cases[owner], nth]]


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
