"""Depth pictures → points with normals: each pixel one point, which faces the camera that saw it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import EmptySurface
from ..render.cameras import Camera
from ..shapes import DepthView, PointCloud
from ..watch import Watch

GRAZING = 0.15  # least cosine between a pixel's ray and its surface's normal: less is an edge or no measurement


def points_of(views: Sequence[DepthView], watch: Watch) -> PointCloud:
    """The points that ``views`` see, in the world, with outward normals and colours.

    A pixel counts where it and its four neighbours see something and together make a plane that it does not only
    graze. Raises EmptySurface where there is none, Cancelled where the watch says so.
    """
    found = []
    for number, view in enumerate(views):
        watch.step(number / len(views), "reading depths")
        found.append(_points(view))
    points, normals, colours = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if not len(points):
        raise EmptySurface("The depths show nothing.", "Make sure that the object is in the picture.")
    rgba = np.full((len(points), 4), 255, np.uint8)
    rgba[:, :3] = np.rint(np.clip(colours, 0, 1) * 255)
    return PointCloud(points.astype(np.float32), rgba, normals.astype(np.float32))


def camera_of(view: DepthView) -> Camera:
    """The camera that took a view."""
    height, width = view.depth.shape
    return Camera(np.asarray(view.to_world, np.float64), width, height, view.fov, view.extent)


def _points(view: DepthView) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    camera = camera_of(view)
    places = camera.unproject(view.depth)
    _, rays = camera.rays()
    with np.errstate(invalid="ignore", divide="ignore"):
        right = places[1:-1, 2:] - places[1:-1, :-2]
        up = places[:-2, 1:-1] - places[2:, 1:-1]
        normals = np.cross(right, up)
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
        inner = rays[1:-1, 1:-1]
        facing = -np.einsum("hwc,hwc->hw", normals, inner) / np.linalg.norm(inner, axis=-1)
    good = np.isfinite(facing) & (facing > GRAZING) & (view.depth[1:-1, 1:-1] > 0)
    return places[1:-1, 1:-1][good], normals[good], view.rgba[1:-1, 1:-1, :3][good]
