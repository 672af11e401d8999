"""The prototype's surface, for comparison only: the network's field on a lattice, carved and covered.

Written after the prototype that Pocket's weights were trained with. It asks the same weights through our network;
apart from that it differs in that the field is asked no farther than four cells outside the outline.
Colours are the picture's where a vertex is seen and faces the camera, the network's elsewhere.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from ..engines.pocket.network import Encoding, PocketNetwork
from ..engines.pocket.rays import DEPTH, Rays
from ..shapes import TriangleMesh
from ..surface.marching_cubes import dense_cells, marching_cubes

CELLS = 128  # along each side of the picture and along the rays
CELL = 2 / CELLS
THICKEST = 0.06  # no ray is filled thicker than this on either side, frame units
BESIDE = 4  # cells
SEEN = 0.06  # a vertex no farther behind its ray's foremost is seen, frame units
FACING = (0.1, 0.4)  # cosine to the view between which the picture's say grows from nothing to all
SURE = 0.95  # alpha over which the picture's pixel is the object's alone


def first_surface(network: PocketNetwork, rgba: np.ndarray) -> TriangleMesh:
    """A framed picture (256, 256, 4) in [0, 1] → a coloured mesh in world axes."""
    encoding = network.encode(rgba)
    rays = Rays(encoding.k, float(np.arcsin(np.clip(encoding.sin_elevation, -1, 1))))
    mask = _halved(rgba[..., 3]) > 0.5
    within, beyond = (distance_transform_edt(m) * CELL for m in (mask, ~mask))
    axis = ((np.arange(CELLS) + 0.5) * CELL - 1).astype(np.float32)
    depth = ((np.arange(CELLS) + 0.5) * (2 * DEPTH / CELLS) - DEPTH).astype(np.float32)
    row, column = np.nonzero(beyond <= BESIDE * CELL)
    points = np.empty((len(row), CELLS, 3), np.float32)
    points[..., 0], points[..., 1], points[..., 2] = axis[column][:, None], -axis[row][:, None], depth
    field = np.full((CELLS,) * 3, -0.1)
    field[row, column] = network.sdf_only(encoding, rays.to_frame(points.reshape(-1, 3))).reshape(-1, CELLS)
    field = _covered(field, mask, within, depth)
    field = np.minimum(field, np.where(mask, within, -beyond)[..., None])
    field = gaussian_filter(np.pad(field, 1, constant_values=-0.1), 0.6)
    # lattice order is row, column, depth; marching cubes wants a right-handed one: column, row upwards, depth
    vertices, faces = marching_cubes(*dense_cells(field[::-1].transpose(1, 0, 2)))
    spacing = np.array([CELL, CELL, 2 * DEPTH / CELLS])
    points = ((vertices - 0.5) * spacing - [1, 1, DEPTH]).astype(np.float32)
    colours = np.full((len(points), 4), 255, np.uint8)
    colours[:, :3] = _colours(network, encoding, rays, rgba, points, faces) * 255 + 0.5
    return TriangleMesh(rays.to_world(points), faces.astype(np.int32), colours)


def _colours(
    network: PocketNetwork, encoding: Encoding, rays: Rays, rgba: np.ndarray, points: np.ndarray, faces: np.ndarray
) -> np.ndarray:
    """sRGB (N,3) in [0, 1] of ``points`` in ray space."""
    framed = rays.to_frame(points)
    guessed = network.query(encoding, framed)[1]
    cell = np.clip(((points[:, :2] + 1) / CELL).astype(int), 0, CELLS - 1)
    foremost = np.full((CELLS, CELLS), -np.inf)
    np.maximum.at(foremost, (cell[:, 0], cell[:, 1]), points[:, 2])
    a, b, c = (framed[faces[:, i]] for i in range(3))
    flat = np.cross(b - a, c - a)
    normal = np.stack([np.bincount(faces.ravel(), np.repeat(flat[:, j], 3), len(points)) for j in range(3)], 1)
    towards = normal[:, 2] / np.maximum(np.linalg.norm(normal, axis=1), 1e-12)
    size = len(rgba)
    column, row = (np.clip((1 + s * points[:, i]) / 2 * size, 0, size - 1).astype(int) for i, s in ((0, 1), (1, -1)))
    share = np.clip((towards - FACING[0]) / (FACING[1] - FACING[0]), 0, 1)
    share *= (points[:, 2] > foremost[cell[:, 0], cell[:, 1]] - SEEN) & (rgba[row, column, 3] > SURE)
    return np.clip(guessed * (1 - share[:, None]) + rgba[row, column, :3] * share[:, None], 0, 1)


def _covered(field: np.ndarray, mask: np.ndarray, within: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Rays of the mask on which the network believes in too little get a slab where it, or its surer neighbours,
    would most likely have it.
    """
    peak = field.max(2)
    target = np.minimum(within * 0.5, THICKEST)
    trust = np.clip((peak + 0.1) / 0.1, 0.02, 1.0) * mask
    at = depth[field.argmax(2)].astype(float)
    own = np.clip(peak / 0.02 + 1, 0, 1)
    for reach in (1.5, 4, 10):
        around = gaussian_filter(trust * at, reach) / (gaussian_filter(trust, reach) + 1e-6)
        at = np.where(mask, own * at + (1 - own) * around, at)
    slab = target[..., None] - np.abs(depth - at[..., None])
    return np.where((mask & (target > peak))[..., None], np.maximum(field, slab), field)


def _halved(image: np.ndarray) -> np.ndarray:
    """Half as many pixels a side, each the tent-weighted mean of four by four."""
    for axis in (0, 1):
        lines = np.moveaxis(image, axis, 0)
        n, lines = len(lines), np.pad(lines, ((1, 1), (0, 0)), mode="edge")
        halved = 0.125 * (lines[:n:2] + lines[3 : n + 3 : 2]) + 0.375 * (lines[1 : n + 1 : 2] + lines[2 : n + 2 : 2])
        image = np.moveaxis(halved, 0, axis)
    return image
