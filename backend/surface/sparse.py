"""Looks for the surface of a field without asking everywhere.

A lattice of isotropic cells covers the field's box, with one layer of outside cells around it so that what the box
cuts off is closed. The search goes from coarse cells to fine ones and drops a cell only where the field's Lipschitz
bound proves that the surface cannot pass through it; it always looks near the field's seeds; and at last it follows
the surface itself: where a crossed cell's surface leads into a cell that was dropped, that cell is asked after all.
On a field that keeps its bound the outcome is exactly that of asking everywhere (``dense``, the plain reference).
"""

from __future__ import annotations

import numpy as np

from ..shapes import SignedDistanceField
from ..watch import Watch
from .lattice import Crossing, Field, Lattice, Nodes
from .marching_cubes import cell_cases, dense_cells
from .tables import CORNERS

SLACK = 1.001  # stretches the bound, so that rounding in float32 cannot make it lie
CHUNK = 1 << 18  # cells looked at together
COARSEST = 6  # cells along x at the first level, at least

_CORNERS = np.array(CORNERS, np.int64)


def dense(field: Field, resolution: int, watch: Watch) -> Crossing:
    """Asks at every node. Same arrays as ``sparse`` on a field that keeps its Lipschitz bound."""
    nodes = Nodes(field, Lattice.over(field.lower, field.upper, resolution), watch)
    nodes.ask(np.flatnonzero(np.isnan(nodes.values)), 0.0, 1.0)
    cells, corners = dense_cells(nodes.values.reshape(nodes.lattice.shape[::-1]).transpose())
    return Crossing(nodes.lattice, cells, corners, nodes.evaluated, 0, nodes.undefined)


def sparse(field: SignedDistanceField, resolution: int, watch: Watch) -> Crossing:
    """Asks where the surface may be: ``resolution`` cells across the x side of the field's box."""
    nodes = Nodes(field, Lattice.over(field.lower, field.upper, resolution), watch)
    lattice = nodes.lattice
    cells = _descend(nodes, field.lipschitz * lattice.spacing * SLACK)
    if field.seeds is not None and len(field.seeds):
        cells = np.union1d(cells, _about(lattice, np.asarray(field.seeds, np.float64)))
    nodes.ask(_corner_nodes(lattice, cells), 0.5, 1.0)
    cells = cells[_crossed(nodes, cells)]
    found = len(cells)
    cells = _grow(nodes, np.sort(cells))
    return Crossing(
        lattice,
        lattice.index(cells).astype(np.int32),
        nodes.values[_corners(lattice, cells)],
        nodes.evaluated,
        len(cells) - found,
        nodes.undefined,
    )


def _descend(nodes: Nodes, bound: float) -> np.ndarray:
    """Numbers of the finest cells that the bound cannot rule out; ``bound`` is the most that the value can change
    along one finest cell.
    """
    lattice, shape = nodes.lattice, np.array(nodes.lattice.shape)
    top = max(1, int(np.log2(max(1, (lattice.shape[0] - 3) // COARSEST))))
    cells = np.argwhere(np.ones(-(-(shape - 1) // (1 << top)), bool)).astype(np.int64)
    for level in range(top, 0, -1):
        size = 1 << level
        centres = cells * size + size // 2
        known = lattice.inner(centres)
        numbers = centres[known] @ lattice.strides
        nodes.ask(numbers, 0.3 * 0.25**level, 0.3 * 0.25 ** (level - 1))
        values, reach = nodes.values[numbers], bound * size * np.sqrt(3) / 2
        lidded = np.any((cells <= 0) | ((cells + 1) * size >= shape - 1), axis=1)  # the outer layer is a part of it
        keep = np.all(cells * size <= shape - 2, axis=1)
        keep[known] &= (values >= -reach) & ((values <= reach) | lidded[known])
        parents = cells[keep]
        cells = (parents[:, None] * 2 + _CORNERS).reshape(-1, 3)
    return _last_level(nodes, parents, bound)


def _last_level(nodes: Nodes, parents: np.ndarray, bound: float) -> np.ndarray:
    """The halving of the last coarse cells (N, 3), with a sharper test: each finest cell has a corner in its
    parent's centre, known by now, and opposite to it one of the parent's corners, which up to eight parents share.
    Together these two say more of the six corners between them than a centre could.
    """
    lattice, strides = nodes.lattice, nodes.lattice.strides
    last = np.array(lattice.shape) - 1
    kept = [np.zeros(0, np.int64)]
    for start in range(0, len(parents), CHUNK // 8):  # in parts, because a loose bound leaves nearly all cells
        some = parents[start : start + CHUNK // 8, None] * 2
        cells, opposite = (some + _CORNERS).reshape(-1, 3), (some + 2 * _CORNERS).reshape(-1, 3)
        valid = np.all(cells < last, axis=1)
        cells, opposite = cells[valid], np.minimum(opposite[valid], last)
        centres = np.repeat(some[:, 0] + 1, 8, axis=0)[valid]
        within_a, within_b = lattice.inner(centres), lattice.inner(opposite)
        done = 0.3 + 0.2 * start / len(parents)
        nodes.ask(distinct(opposite @ strides), done, done)
        a, b = nodes.values[centres @ strides], nodes.values[opposite @ strides]
        # Three corners are one cell away from the one and √2 from the other, and three the other way round.
        far, further = bound, bound * np.sqrt(2)
        sure = ((np.abs(a) > far) | (np.abs(b) > further)) & ((np.abs(b) > far) | (np.abs(a) > further))
        drop = within_a & within_b & ((a > 0) == (b > 0)) & sure
        # A cell of the outer layer is crossed as soon as one of its nodes in the box is inside.
        known = np.where(within_a, a, np.where(within_b, b, np.float32(np.inf)))
        drop |= ~(within_a & within_b) & (known < -bound * np.sqrt(3))
        kept.append(cells[~drop] @ strides)
    return np.concatenate(kept)


def _about(lattice: Lattice, seeds: np.ndarray) -> np.ndarray:
    """Numbers of the eight cells about the node nearest to each seed (N, 3); seeds outside the box are passed over."""
    nodes = np.rint((seeds - lattice.lower) / lattice.spacing + 1.0)
    nodes = nodes[lattice.inner(nodes)].astype(np.int64)
    return distinct((nodes @ lattice.strides)[:, None] - _CORNERS @ lattice.strides)


def _corners(lattice: Lattice, cells: np.ndarray) -> np.ndarray:
    """Cell numbers (N,) → numbers (N, 8) of their corners."""
    return cells[:, None] + _CORNERS @ lattice.strides


def _corner_nodes(lattice: Lattice, cells: np.ndarray) -> np.ndarray:
    """The corners of cells (N,), each once and in order. A mark per node is quicker than sorting."""
    marks = np.zeros(lattice.nodes, bool)
    for step in _CORNERS @ lattice.strides:
        marks[cells + step] = True
    return np.flatnonzero(marks)


def _crossed(nodes: Nodes, cells: np.ndarray) -> np.ndarray:
    """Which of the cells (N,), whose corners are known, the surface passes through."""
    crossed = np.zeros(len(cells), bool)
    for start in range(0, len(cells), CHUNK):
        cases = cell_cases(nodes.values[_corners(nodes.lattice, cells[start : start + CHUNK])])
        crossed[start : start + CHUNK] = (cases != 0) & (cases != 255)
    return crossed


def _grow(nodes: Nodes, cells: np.ndarray) -> np.ndarray:
    """Follows the surface from the crossed cells (N,) until it is closed. Returns all crossed cells, sorted.

    The surface leaves a cell through each face whose four corners do not agree, and the cell beyond such a face is
    crossed as well, because it has the same four corners. The outer layer stops the search: its outermost corners
    are all outside.
    """
    lattice, seen = nodes.lattice, np.zeros(nodes.lattice.nodes, bool)
    seen[cells] = True
    front, grown = cells, False
    while len(front):
        inside = nodes.values[_corners(lattice, front)] > 0
        beyond = []
        for axis in range(3):
            for side in (0, 1):
                face = inside[:, _CORNERS[:, axis] == side]
                mixed = face.any(axis=1) & ~face.all(axis=1)
                beyond.append(front[mixed] + (2 * side - 1) * lattice.strides[axis])
        reached = np.concatenate(beyond)
        front = distinct(reached[~seen[reached]])
        nodes.ask(_corner_nodes(lattice, front), 1.0, 1.0) if len(front) else None
        seen[front] = True
        grown = grown or len(front) > 0
    return np.flatnonzero(seen) if grown else cells


def distinct(names: np.ndarray) -> np.ndarray:
    """The distinct integers, sorted. ``np.unique`` without counts hashes in NumPy 2.3 and later: 100 × slower here."""
    names = np.sort(names, axis=None)
    return names[np.concatenate([[True], names[1:] != names[:-1]])] if len(names) else names
