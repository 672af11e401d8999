"""Which way the surface of an unconnected cloud faces.

The direction is the one in which a point's neighbours spread least (Hoppe et al. 1992). Its sign is voted for: from
many directions a coarse depth picture of the points themselves says which of them would be seen, and a point votes
for the sides it is seen from. Then neighbours agree, the surer ones with more weight.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..watch import Watch

DIRECTIONS = 32  # axes looked along, each from both of its ends
BEHIND = 1.8  # spacings behind the nearest point of a pixel at which a point is no longer seen
PIXEL = 1 / 1.1  # of a spacing … and
PICTURE = (16, 320)  # … no fewer and no more pixels across than this
SURE_VIEWS = 4  # sides that a point must be seen from to be sure of its own
TRUST = 2.0  # what all neighbours together say, beside a point's own votes
ROUNDS = 100
SETTLED = 1e-5  # part of the points that may still change their mind
BATCH = 1 << 15


def spread(points: np.ndarray, neighbours: np.ndarray, step: Callable[[float], None] = lambda f: None) -> np.ndarray:
    """The direction (N, 3), of either sign, in which each of points (N, 3) and its neighbours (N, K) spread least."""
    normals = np.empty((len(points), 3), np.float32)
    batch = max(1, (1 << 20) // max(1, neighbours.shape[1]))
    for start in range(0, len(points), batch):
        step(start / len(points))
        rows = slice(start, start + batch)
        around = points[neighbours[rows]] - points[rows, None]
        # The point itself is the origin of its row: it counts in the mean without being there.
        mean = around.sum(axis=1) / (around.shape[1] + 1)
        moments = np.matmul(around.transpose(0, 2, 1), around) / (around.shape[1] + 1)
        normals[rows] = least_axis(moments - mean[:, :, None] * mean[:, None, :])
    return normals


def least_axis(matrices: np.ndarray) -> np.ndarray:
    """Unit eigenvectors (N, 3) of the least eigenvalue of symmetric positive matrices (N, 3, 3)."""
    scale = np.maximum(np.trace(matrices, axis1=1, axis2=2), 1e-30)
    return np.linalg.eigh(matrices / scale[:, None, None])[1][:, :, 0].astype(np.float32)


def fibonacci(count: int) -> np.ndarray:
    """Directions (count, 3) spread evenly over the half sphere z ≥ 0."""
    turn = np.pi * (3 - np.sqrt(5)) * np.arange(count)
    z = (np.arange(count) + 0.5) / count
    flat = np.sqrt(1 - z * z)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1).astype(np.float32)


def frame_of(axis: np.ndarray) -> np.ndarray:
    """Rows right, up, axis: an orthonormal frame (3, 3) about a unit vector."""
    other = np.eye(3, dtype=np.float32)[np.argmin(np.abs(axis))]
    right = np.cross(other, axis)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(axis, right), axis]).astype(np.float32)


def votes(points: np.ndarray, spacing: float, watch: Watch) -> np.ndarray:
    """What sides points (N, 3) are seen from: the sum (N, 3) of the directions to the viewers, each by how clearly it
    sees the point. ``spacing`` is the typical distance of neighbours.
    """
    lower, upper = points.min(axis=0), points.max(axis=0)
    reach = float(np.linalg.norm(upper - lower)) / 2 + 1e-9
    side = int(np.clip(2 * reach / (spacing * PIXEL * 1.2), *PICTURE))
    pixel = 2 * reach / side
    depth_range = max(BEHIND * spacing, pixel)
    centred = points - (lower + upper) / 2
    towards = np.zeros_like(points)
    for i, axis in enumerate(fibonacci(DIRECTIONS)):
        watch.step(i / DIRECTIONS, "looking at the points")
        x, y, z = frame_of(axis) @ centred.T
        column = np.clip(((x + reach) / pixel).astype(np.int32), 0, side - 1)
        row = np.clip(((y + reach) / pixel).astype(np.int32), 0, side - 1)
        at = row * side + column
        order = np.argsort(z)
        for end in (1.0, -1.0):
            # Of several assignments to one pixel the last stays: the point nearest to the viewer.
            picture = np.full(side * side, -np.inf, np.float32)
            picture[at[order]] = end * z[order]
            gap = _widened(picture.reshape(side, side)).reshape(-1)[at] - end * z
            weight = np.maximum(1 - gap / depth_range, 0)
            towards += weight[:, None] * (end * axis)
            order = order[::-1]
    return towards


def _widened(picture: np.ndarray) -> np.ndarray:
    """The nearest of each pixel and its eight neighbours (H, W)."""
    wide = np.pad(picture, 1, constant_values=-np.inf)
    wide = np.maximum(np.maximum(wide[:-2], wide[1:-1]), wide[2:])
    return np.maximum(np.maximum(wide[:, :-2], wide[:, 1:-1]), wide[:, 2:])


def orient(points: np.ndarray, normals: np.ndarray, towards: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Unit normals (N, 3) of either sign → outward ones: by the votes ``towards``, and by what neighbours (N, K) say.

    Each point has an opinion in −1…1 of whether its normal is right. It starts with its own votes and keeps adding
    what its neighbours hold, so that a point that nobody sees is told by those that are seen, over any distance.
    """
    ties = _ties(points, normals, neighbours)
    votes = np.clip(np.einsum("ij,ij->i", normals, towards) / SURE_VIEWS, -1, 1)
    opinion = votes
    for _ in range(ROUNDS):
        before = opinion < 0
        opinion = np.clip(votes + TRUST * np.einsum("nk,nk->n", ties, opinion[neighbours]), -1, 1)
        if np.count_nonzero(before != (opinion < 0)) <= SETTLED * len(opinion):
            break
    return np.where(opinion < 0, -1, 1).astype(np.float32)[:, None] * normals


def _ties(points: np.ndarray, normals: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """How much each neighbour (N, K) says of a point's sign: most where both lie in each other's plane, nothing
    where one is behind the other, as the two sides of a thin wall are. Rows sum to 1, signs left out.
    """
    ties = np.empty(neighbours.shape, np.float32)
    for start in range(0, len(points), BATCH):
        rows = slice(start, start + BATCH)
        away = points[neighbours[rows]] - points[rows, None]
        theirs = normals[neighbours[rows]]
        squares = np.einsum("nkc,nkc->nk", away, away) + np.float32(1e-20)
        off = np.einsum("nkc,nc->nk", away, normals[rows]) ** 2 + np.einsum("nkc,nkc->nk", away, theirs) ** 2
        tie = np.maximum(1 - 2 * off / squares, 0) * np.einsum("nc,nkc->nk", normals[rows], theirs)
        ties[rows] = tie / np.maximum(np.abs(tie).sum(axis=1, keepdims=True), np.float32(1e-6))
    return ties
