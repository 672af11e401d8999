"""Mesh → truncated signed distance and colours on a grid, on the CPU (NumPy, SciPy); ``fields_torch`` is its twin.

Meshes of the wild are open, doubled and wound either way, so that the sign cannot come from them: a point is
*outside* where it is seen from infinitely far away in at least one of many directions, *inside* everywhere else
(visibility carving; Kutulakos & Seitz 2000 is the same idea with pictures). Sheets have no inside, so they
are given a thickness. World frame, cells over [-1, 1]³, index order x, y, z.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, maximum_filter, uniform_filter
from scipy.spatial import cKDTree

from .dice import dice, nearest_on

VIEWS = 48
REACH_OF_A_CELL = 0.87  # from its centre to its corner
MOST = 300_000  # samples of one object; the area of a house full of furniture asks for more than it is worth


@dataclass(frozen=True)
class Field:
    """``sdf`` (R, R, R) float32, positive inside, clipped to ±``band``, at the cells' centres; ``rgb``
    (Q, Q, Q, 3) uint8 sRGB of the nearest seen surface; ``seen`` (m,) bool: faces that are seen from outside."""

    sdf: np.ndarray
    rgb: np.ndarray
    seen: np.ndarray
    band: float


def field(
    V: np.ndarray,
    F: np.ndarray,
    C: np.ndarray,
    resolution: int = 64,
    band: float = 0.1,
    thick: float = 0.006,
    peak: float | None = None,
    colour_resolution: int | None = None,
) -> Field:
    """``V`` (n, 3) in [-1, 1]³, ``F`` (m, 3), ``C`` (n, 3) uint8 → the Field of the mesh.

    The surface is moved outwards by ``thick`` everywhere and, where that leaves a sheet or a wire without a cell
    that is inside by ``peak`` (None: a quarter of a cell), by as much as that takes. Raises ValueError where
    the mesh has no area. About 0.3 s at 64³ on one core.
    """
    step = 2 / resolution
    edge = _edge(V[F], step)
    attributes = np.concatenate([V[F], C[F].astype(np.float32)], 2)
    small, owner = dice(attributes, edge)
    samples = small.mean(1)
    weight = np.linalg.norm(np.cross(small[:, 1, :3] - small[:, 0, :3], small[:, 2, :3] - small[:, 0, :3]), axis=1)
    if not weight.sum() > 0:
        raise ValueError("the mesh has no area")
    outside, visible = visibility(samples[:, :3], cell_centres(resolution), 1.5 * edge)
    outside = outside.reshape((resolution,) * 3)
    distance = _distance(V[F].astype(np.float32), samples[visible, :3], owner[visible], resolution, band + thick)
    signed = np.where(outside, -distance, distance)
    seen = np.zeros(len(F), bool)
    seen[owner[visible]] = True
    weight = weight * np.where(visible, 1, 1e-3)  # what is hidden lends its colour only where nothing else is
    return Field(
        sdf=np.clip(thicken(signed, step, thick, step / 4 if peak is None else peak), -band, band),
        rgb=colours(samples[:, :3], samples[:, 3:], weight, colour_resolution or resolution),
        seen=seen,
        band=band,
    )


def cell_centres(resolution: int) -> np.ndarray:
    """(R³, 3) float32, the last axis (z) fastest."""
    axis = ((np.arange(resolution) + 0.5) * (2 / resolution) - 1).astype(np.float32)
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)


def directions(count: int = VIEWS) -> np.ndarray:
    """Towards which the object is looked at from: the six axes, then a spiral over the sphere.

    (6 + count, 3, 3) float64, rows right, up, to the camera. The axes come first because most things are made of
    upright walls and level floors, which they show exactly.
    """
    turn = np.arange(count) + 0.5
    height, angle = 1 - 2 * turn / count, np.pi * (1 + 5**0.5) * turn
    ring = np.sqrt(1 - height**2)
    spiral = np.stack([ring * np.cos(angle), ring * np.sin(angle), height], 1)
    toward = np.concatenate([np.eye(3), -np.eye(3), spiral])
    side = np.where(np.abs(toward[:, 2:]) > 0.9, [[1.0, 0, 0]], [[0, 0, 1.0]])
    right = np.cross(side, toward)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    return np.stack([right, np.cross(toward, right), toward], 1)


def visibility(
    samples: np.ndarray, cells: np.ndarray, pixel: float, count: int = VIEWS
) -> tuple[np.ndarray, np.ndarray]:
    """Which ``cells`` (n, 3) lie outside, and which ``samples`` (m, 3) of the surface are seen from outside.

    Each view keeps the nearest sample of every pixel (size ``pixel``): a cell before it is outside. Samples that
    stand for pieces no longer than pixel / 1.5 leave no pixel of the surface empty, and the nearest of a pixel errs
    by its slope, towards inside.
    """
    size = int(np.ceil(2 * 3**0.5 / pixel)) + 2
    outside, visible = np.zeros(len(cells), bool), np.zeros(len(samples), bool)
    undecided = np.arange(len(cells))
    samples, left = np.ascontiguousarray(samples.T), np.ascontiguousarray(cells.T)
    for axes in directions(count).astype(np.float32):
        pixels, depth = _look(samples, axes, pixel, size)
        nearest = np.full(size * size, np.inf, np.float32)
        np.minimum.at(nearest, pixels, depth)
        visible |= depth <= nearest[pixels] + pixel
        pixels, depth = _look(left, axes, pixel, size)
        free = depth < nearest[pixels]
        outside[undecided[free]] = True
        undecided, left = undecided[~free], left[:, ~free]
    return outside, visible


def _look(points: np.ndarray, axes: np.ndarray, pixel: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """``points`` (3, n) → their pixels' numbers and their depths. Written out: a BLAS would wake all its threads."""
    right, up, toward = (axis[0] * points[0] + axis[1] * points[1] + axis[2] * points[2] for axis in axes)
    scale, middle = np.float32(1 / pixel), np.float32(size / 2)
    column, row = (right * scale + middle).astype(np.int32), (up * scale + middle).astype(np.int32)
    return column * size + row, -toward


def _edge(corners: np.ndarray, step: float) -> float:
    """Longest edge of a sample's piece: half a cell, or more where the object would give more than MOST of them."""
    sides = np.linalg.norm(corners - np.roll(corners, 1, 1), axis=2).max(1)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    edge = step / 2
    while np.maximum(1, 6 * area / edge**2 + 2 * sides / edge).sum() > MOST:
        edge *= 1.2
    return edge


def _distance(faces: np.ndarray, samples: np.ndarray, owner: np.ndarray, resolution: int, band: float) -> np.ndarray:
    """Unsigned distance at the cells, exact where below ``band``, ``band`` elsewhere.

    The two nearest samples, of which a third of a cell holds one at most, name two faces, and these give the
    distance. Where yet another face is nearer, at creases, the error is some hundredths of a cell.
    """
    step = 2 / resolution
    third = ((samples + 1) * (3 / step)).astype(np.int64)
    _, few = np.unique((third[:, 0] * 3 * resolution + third[:, 1]) * 3 * resolution + third[:, 2], return_index=True)
    samples, owner = samples[few], owner[few]
    cell = np.clip(third[few] // 3, 0, resolution - 1)
    empty = np.ones((resolution,) * 3, bool)
    empty[tuple(cell.T)] = False
    near = (distance_transform_edt(empty) * step < band + step).reshape(-1)
    centres = cell_centres(resolution)[near]
    _, which = cKDTree(samples, leafsize=32).query(centres, k=2, distance_upper_bound=band + step)
    away = np.full(len(centres), band, np.float32)
    for sample in which.T:
        found = sample < len(samples)
        squared, _ = nearest_on(centres[found], faces[owner[sample[found]]])
        away[found] = np.minimum(away[found], np.sqrt(squared))
    out = np.full(resolution**3, band, np.float32)
    out[near] = away
    return out.reshape((resolution,) * 3)


def thicken(signed: np.ndarray, step: float, thick: float, peak: float) -> np.ndarray:
    """``signed`` distance raised by ``thick``, and by more where nothing near the surface is inside by ``peak``.

    A sheet half-way between two layers of cells is at most half a cell from both, so that half a cell and
    ``peak`` is the most it takes; a solid wall keeps its faces where they were, and so does what is far from both.
    """
    deepest = maximum_filter(signed, 5, mode="nearest")
    here = np.abs(signed) < REACH_OF_A_CELL * step  # only beside the surface can be told how thick what lies there is
    raised = np.where(here, np.clip(peak - deepest, thick, step * 0.5 + peak), thick)
    return signed + uniform_filter(maximum_filter(raised, 5, mode="nearest"), 3, mode="nearest")


def colours(samples: np.ndarray, rgb: np.ndarray, weight: np.ndarray, resolution: int) -> np.ndarray:
    """Mean colour of the surface in each cell, (R, R, R, 3) uint8; cells without surface take the nearest cell's."""
    step = 2 / resolution
    cell = np.clip(((samples + 1) / step).astype(np.int64), 0, resolution - 1)
    index = (cell[:, 0] * resolution + cell[:, 1]) * resolution + cell[:, 2]
    total = np.bincount(index, weight, resolution**3)
    sums = np.stack([np.bincount(index, weight * rgb[:, channel], resolution**3) for channel in range(3)], 1)
    mean = sums / np.maximum(total, 1e-12)[:, None]
    shape = (resolution,) * 3
    source = distance_transform_edt(total.reshape(shape) == 0, return_distances=False, return_indices=True)
    return np.clip(mean + 0.5, 0, 255).astype(np.uint8).reshape(*shape, 3)[tuple(source)]
