"""Depth pictures from all around → one solid: either their signed distances' mean, or what none of them denies.

The mean is the truncated signed distance of Curless and Levoy (1996). The other, carving, takes at each place almost
the lowest of all views: a place is inside only if nearly every view has it behind what it sees. With median depths of
Gaussians that is the opacity field's half level of Yu et al. (2024, "Gaussian Opacity Fields"), in picture space; not
the very lowest counts, because one wrong pixel would drill a hole.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import EmptySurface
from ..render.cameras import Camera, around
from ..render.rasterise import rasterise, view
from ..shapes import DepthView, GaussianCloud, TriangleMesh
from ..watch import Watch, within
from .depth_points import camera_of, points_of
from .paint import paint
from .poisson import Grid
from .samples import gather
from .skin import skin_of

VIEWS, PICTURE = 24, 256  # of a cloud of Gaussians
DISTANCE, FOV = 4.6, np.deg2rad(34.0)  # of its cameras, in half longest sides
TRUNCATED = 3.0  # cells beyond which a distance says no more than its sign
JUMP = 0.04  # of the longest side: depths that differ so much within 3 × 3 pixels are an edge, and not believed
OUTVOTED = 16  # views to each one that may be wrong
SLAB = 1 << 19  # nodes looked at together


def fuse(views: Sequence[DepthView], grid: Grid, carve: bool, watch: Watch) -> np.ndarray:
    """The solid that ``views`` agree on, in cells from its surface: positive inside, float32 of the grid's shape.

    ``grid`` is in the views' world. What no view saw is inside.
    """
    cameras = [camera_of(one) for one in views]
    longest = max(grid.shape) * grid.cell
    pictures = [_trusted(one.depth, JUMP * longest) for one in views]
    rank = min(1 + round(len(views) / OUTVOTED), len(views)) if carve else 1
    field = np.empty(grid.shape, np.float32)
    thick = max(1, SLAB // (grid.shape[1] * grid.shape[2]))
    for start in range(0, grid.shape[0], thick):
        stop = min(start + thick, grid.shape[0])
        axes = [np.arange(*ends) * grid.cell + grid.lower[a] for a, ends in
                enumerate(((start, stop), (0, grid.shape[1]), (0, grid.shape[2])))]  # fmt: skip
        lowest = np.full((rank, (stop - start) * grid.shape[1] * grid.shape[2]), np.float32(TRUNCATED))
        total, count = np.zeros_like(lowest[0]), np.zeros_like(lowest[0])
        for number, (camera, picture) in enumerate(zip(cameras, pictures, strict=True)):
            watch.step((start + (stop - start) * number / len(cameras)) / grid.shape[0], "fusing depths")
            behind, known = _behind(camera, picture, axes, grid.cell)
            behind = np.maximum(behind, np.float32(-TRUNCATED))
            if carve:
                behind = np.where(known, behind, np.float32(TRUNCATED))
                for k in range(rank):  # insertion into the few lowest so far
                    lowest[k], behind = np.minimum(lowest[k], behind), np.maximum(lowest[k], behind)
            else:
                near = known & (behind < np.float32(TRUNCATED))
                total += np.where(near, behind, 0)
                count += near
        values = lowest[-1] if carve else np.where(count > 0, total / np.maximum(count, 1), np.float32(TRUNCATED))
        field[start:stop] = values.reshape(stop - start, *grid.shape[1:])
    return field


def _trusted(depth: np.ndarray, jump: float) -> np.ndarray:
    """Depths (H, W) with NaN where they are about to jump; infinite ones stay."""
    finite = np.isfinite(depth)
    wide = np.pad(np.where(finite, depth, np.nan), 1, constant_values=np.nan)
    around_it = np.stack([wide[y : y + depth.shape[0], x : x + depth.shape[1]] for y in range(3) for x in range(3)])
    high = np.where(np.isnan(around_it), -np.inf, around_it).max(axis=0)
    low = np.where(np.isnan(around_it), np.inf, around_it).min(axis=0)
    return np.where(finite & (high - low > jump), np.nan, depth).astype(np.float32)


def _behind(camera: Camera, picture: np.ndarray, axes: list[np.ndarray], cell: float) -> tuple[np.ndarray, np.ndarray]:
    """How many cells behind what ``camera`` sees the nodes of a box lie (M,), −∞ where it sees nothing there, and
    which of them (M,) it tells anything of.
    """
    rotation, shift = camera.view[:3, :3], camera.view[:3, 3]
    x, y, z = axes[0][:, None, None], axes[1][:, None], axes[2]
    column, row, depth = (
        (right * x + up * y + back * z + moved).astype(np.float32).reshape(-1)
        for (right, up, back), moved in zip(rotation, shift, strict=True)
    )
    slope = np.float32(camera.focal) / np.maximum(depth, np.float32(1e-6)) if camera.fov else np.float32(camera.focal)
    column = np.floor(column * slope + np.float32(camera.width / 2))
    row = np.floor(row * slope + np.float32(camera.height / 2))
    known = (column >= 0) & (column < camera.width) & (row >= 0) & (row < camera.height) & (depth > 0)
    at = np.where(known, row * camera.width + column, 0).astype(np.int32)
    seen = picture.reshape(-1)[at]
    known &= ~np.isnan(seen)
    return (depth - np.where(known, seen, 0)) / np.float32(cell), known


def looks(cloud: GaussianCloud, centre: np.ndarray, scale: float, watch: Watch) -> list[DepthView]:
    """Depth pictures of Gaussians from all around; ``scale`` is half the longest side, ``centre`` (3,) its middle."""
    views = []
    cameras = around(VIEWS, DISTANCE * scale, PICTURE, FOV, list(centre))
    for number, camera in enumerate(cameras):
        watch.step(number / len(cameras), "rendering depths")
        views.append(view(rasterise(cloud, camera, "numpy"), camera))
    return views


def mesh_depths(
    views: Sequence[DepthView],
    points: np.ndarray,
    colours: np.ndarray | None,
    resolution: int,
    carve: bool,
    watch: Watch,
) -> TriangleMesh:
    """The closed surface that depth views agree on, coloured by ``points`` (N, 3) with ``colours`` (N, 3) in [0, 1].

    ``points`` also say where it is. Raises EmptySurface where nothing is left of it.
    """
    grid = Grid.around(points, resolution)
    field = fuse(views, grid, carve, within(watch, 0.0, 0.8))
    mesh = skin_of(field, grid.lower, grid.cell)
    if not len(mesh.faces):
        raise EmptySurface("The views agree on nothing solid.", "Use views from all around, or the method poisson.")
    rgba = None
    if colours is not None:
        weights = np.ones(len(points), np.float32)
        rgba = paint(mesh.vertices, points, weights, colours, lambda f: watch.step(0.85 + 0.15 * f, "colouring"))
    return TriangleMesh(mesh.vertices, mesh.faces, rgba)


def mesh_carved(cloud: GaussianCloud, resolution: int, watch: Watch) -> TriangleMesh:
    """Gaussians → what 24 views of them leave standing, in the cloud's frame."""
    samples, frame = gather(cloud, resolution, within(watch, 0.0, 0.1))
    views = looks(cloud, frame.centre, frame.scale, within(watch, 0.1, 0.6))
    points = frame.back(samples.points)
    return mesh_depths(views, points, samples.colours, resolution, True, within(watch, 0.6, 1.0))


def mesh_fused(views: Sequence[DepthView], resolution: int, watch: Watch) -> TriangleMesh:
    """Depth views → what they leave standing, in the world."""
    cloud = points_of(views, within(watch, 0.0, 0.1))
    assert cloud.colours is not None
    colours = cloud.colours[:, :3].astype(np.float32) / 255
    return mesh_depths(views, cloud.points, colours, resolution, True, within(watch, 0.1, 1.0))
