"""Where a cloud stands: like a mesh on the ground, or where its file has it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .errors import EmptySurface
from .shapes import GaussianCloud, PointCloud
from .shapes.gaussians import rotation_matrices

SEEN = 0.1  # opacity of a Gaussian that counts for the size of its cloud
STRAY = 0.001  # part of a large cloud, on either end of an axis, whose middles are taken for floating about
VAST = 0.005  # the same of the edges: a few Gaussians of a captured sky or haze are as wide as the whole thing
MANY = 1000  # Gaussians from which on strays are expected at all
EDGE = 2.0  # standard deviations from its middle to where a Gaussian that is seen well fades away
LEAST = 1e-30  # metres; what is smaller cannot be scaled up within single precision
AT_ONCE = 1 << 18  # Gaussians whose rotations are held as matrices at a time


def stand(cloud: GaussianCloud | PointCloud, height: float) -> GaussianCloud | PointCloud:
    """The cloud about x = y = 0, on z = 0, ``height`` metres tall (0: longest side 1 m), in its own proportions.

    Captured Gaussians float about in the air, faint and far away: the size is measured without those, which may
    therefore lie outside of it. Points that are all in one place have no size and keep it. Raises EmptySurface where
    there is nothing to measure.
    """
    lower, upper = bounds(cloud)
    sides = upper - lower
    longest = float(sides.max())
    if longest < LEAST and isinstance(cloud, GaussianCloud):
        raise EmptySurface("The Gaussians are all in one place and have no size.", "Choose another file.")
    longest = longest if longest >= LEAST else 1.0
    scale = height / max(float(sides[2]), 1e-3 * longest) if height > 0 else 1.0 / longest
    return moved(cloud, np.array([(lower[0] + upper[0]) / 2, (lower[1] + upper[1]) / 2, lower[2]]), scale)


def moved(cloud: GaussianCloud | PointCloud, origin: np.ndarray, scale: float) -> GaussianCloud | PointCloud:
    """The cloud with ``origin`` (3,) at 0, ``scale`` times as large."""
    if isinstance(cloud, PointCloud):
        return replace(cloud, points=((cloud.points - origin) * scale).astype(np.float32))
    means = ((cloud.means - origin) * scale).astype(np.float32)
    return replace(cloud, means=means, scales=(cloud.scales.astype(np.float64) * scale).astype(np.float32))


def bounds(cloud: GaussianCloud | PointCloud) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper corner (3,) float64 of what is to be seen of a cloud; Gaussians reach as far as their edges."""
    if not len(cloud.points if isinstance(cloud, PointCloud) else cloud.means):
        raise EmptySurface("There is nothing in the cloud.", "Choose another file.")
    if isinstance(cloud, PointCloud):
        points = cloud.points.astype(np.float64)
        return points.min(axis=0), points.max(axis=0)
    means, reach = cloud.means.astype(np.float64), _reach(cloud)
    seen = cloud.opacities > SEEN
    if seen.any():
        means, reach = means[seen], reach[seen]
    if len(means) < MANY:
        return (means - reach).min(axis=0), (means + reach).max(axis=0)
    lower, upper = np.quantile(means, [STRAY, 1 - STRAY], axis=0)
    lower = np.minimum(lower, np.quantile(means - reach, VAST, axis=0))
    return lower, np.maximum(upper, np.quantile(means + reach, 1 - VAST, axis=0))


def _reach(cloud: GaussianCloud) -> np.ndarray:
    """From each middle to the edge along x, y, z, (N, 3) float64: the square roots of the covariance's diagonal."""
    reach = np.empty(cloud.scales.shape)
    for start in range(0, len(reach), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        spread = rotation_matrices(cloud.rotations[part].astype(np.float64)) * cloud.scales[part][:, None, :]
        reach[part] = EDGE * np.linalg.norm(spread, axis=2)
    return reach
