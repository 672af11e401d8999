"""Where a cloud stands: like a mesh on the ground, or where its file has it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .errors import EmptySurface
from .shapes import GaussianCloud, PointCloud

SEEN = 0.1  # opacity of a Gaussian that counts for the size of its cloud
STRAY = 0.001  # part of a large cloud, on either end of an axis, that is taken for floating about
MANY = 1000  # Gaussians from which on strays are expected at all


def stand(cloud: GaussianCloud | PointCloud, height: float) -> GaussianCloud | PointCloud:
    """The cloud about x = y = 0, on z = 0, ``height`` metres tall (0: longest side 1 m), in its own proportions.

    Captured Gaussians float about in the air, faint and far away: the size is measured without those, which may
    therefore lie outside of it. Raises EmptySurface where there is nothing to measure.
    """
    lower, upper = bounds(cloud)
    sides = upper - lower
    longest = max(float(sides.max()), 1e-9)
    scale = height / max(float(sides[2]), 1e-3 * longest) if height > 0 else 1.0 / longest
    return moved(cloud, np.array([(lower[0] + upper[0]) / 2, (lower[1] + upper[1]) / 2, lower[2]]), scale)


def moved(cloud: GaussianCloud | PointCloud, origin: np.ndarray, scale: float) -> GaussianCloud | PointCloud:
    """The cloud with ``origin`` (3,) at 0, ``scale`` times as large."""
    if isinstance(cloud, PointCloud):
        return replace(cloud, points=((cloud.points - origin) * scale).astype(np.float32))
    means = ((cloud.means - origin) * scale).astype(np.float32)
    return replace(cloud, means=means, scales=(cloud.scales * scale).astype(np.float32))


def bounds(cloud: GaussianCloud | PointCloud) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper corner (3,) float64 of what is to be seen of a cloud."""
    points = cloud.points if isinstance(cloud, PointCloud) else cloud.means
    points = points.astype(np.float64)
    if isinstance(cloud, GaussianCloud) and (cloud.opacities > SEEN).any():
        points = points[cloud.opacities > SEEN]
    if not len(points):
        raise EmptySurface("There is nothing in the cloud.", "Choose another file.")
    if isinstance(cloud, GaussianCloud) and len(points) >= MANY:
        lower, upper = np.quantile(points, [STRAY, 1 - STRAY], axis=0)
        return lower, upper
    return points.min(axis=0), points.max(axis=0)
