"""What an object looks like along the axes: the first surface each ray meets, straight from the grids."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from .solid import Solid

SIZE = 32  # cells and pixels
OUTSET = 0.25  # bands by which the surface is moved out, so that legs thinner than a cell are still met
VIEWS = ("front", "right", "back", "top")
CHANNELS = 5  # sRGB of the surface, shading, nearness
_LAMP = np.array([-0.35, 0.55, 0.75]) / np.linalg.norm([-0.35, 0.55, 0.75])  # right, up, toward the camera
_AMBIENT = 0.35


def shrunk(solid: Solid) -> Solid:
    """The object on SIZE³ cells: what ``views`` looks at, for who wants to change it before. Distances of blocks of
    cells are averaged, which is nearly the distance at their middle.
    """
    step, fine = solid.sdf.shape[0] // SIZE, solid.rgb.shape[0] // SIZE
    sdf = solid.sdf.reshape(SIZE, step, SIZE, step, SIZE, step).mean((1, 3, 5))
    return Solid(sdf, solid.rgb.reshape(SIZE, fine, SIZE, fine, SIZE, fine, 3).mean((1, 3, 5)))


def views(solid: Solid) -> np.ndarray:
    """Four pictures (4, CHANNELS, SIZE, SIZE) uint8, row 0 on top, 0 where a ray meets nothing.

    Parallel rays through the cell centres of the shrunk object; the hit is refined by linear interpolation between
    cells. Shading is Lambert's, from the field's gradient, with a lamp that stands with the camera; nearness is 255
    where the surface touches the near side of the box.
    """
    small = shrunk(solid)
    soft = ndimage.uniform_filter(small.sdf, 3)
    frames = []
    for name in VIEWS:
        hit, first, depth = _first(_along(small.sdf, name) + np.float32(OUTSET))
        picture = np.zeros((CHANNELS, SIZE, SIZE), np.float32)
        rows, columns = np.nonzero(hit)
        cell = first[rows, columns]
        picture[:3, rows, columns] = _along(small.rgb, name)[rows, columns, cell].T
        outward = _outward(_along(soft, name), rows, columns, cell)
        picture[3, rows, columns] = _AMBIENT + (1 - _AMBIENT) * np.clip(outward @ _LAMP, 0, None)
        picture[4, rows, columns] = 1 - 0.9 * depth[rows, columns] / SIZE
        frames.append(picture)
    return (np.clip(np.stack(frames), 0, 1) * 255 + 0.5).astype(np.uint8)


def _along(grid: np.ndarray, name: str) -> np.ndarray:
    """The grid as (row, column, depth, …): row 0 on top, depth growing away from the camera."""
    if name == "top":  # up in the picture is +Y
        return grid.swapaxes(0, 1)[::-1, :, ::-1]
    side = {"front": grid, "back": grid[::-1, ::-1], "right": grid.swapaxes(0, 1)[:, ::-1]}[name]
    return side.transpose(2, 0, 1, *range(3, grid.ndim))[::-1]  # (x′, y′, z) → (z, x′, y′)


def _outward(field: np.ndarray, row: np.ndarray, column: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Unit normals (n, 3) in camera axes (right, up, toward the camera) at cells of a field (row, column, depth)."""
    last = field.shape[0] - 1

    def step(r: int, c: int, d: int) -> np.ndarray:
        return field[tuple(np.clip(i + s, 0, last) for i, s in ((row, r), (column, c), (depth, d)))]

    slope = np.stack(
        [step(0, -1, 0) - step(0, 1, 0), step(1, 0, 0) - step(-1, 0, 0), step(0, 0, 1) - step(0, 0, -1)], 1
    )
    return slope / (np.linalg.norm(slope, axis=1, keepdims=True) + 1e-9)


def _first(field: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(R, C, D) → whether a ray hits (R, C), its first cell inside, and the depth of the crossing in cells."""
    inside = field > 0
    first = inside.argmax(2)
    hit = np.any(inside, 2)
    here = np.take_along_axis(field, first[..., None], 2)[..., 0]
    before = np.take_along_axis(field, np.maximum(first - 1, 0)[..., None], 2)[..., 0]
    part = np.where((first > 0) & hit, here / np.maximum(here - before, 1e-9), 0)
    return hit, first, first - part
