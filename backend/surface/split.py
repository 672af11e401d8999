"""Large Gaussians as several points.

Captures cover a plain wall with a few large flat Gaussians and a detailed corner with many small ones. For the surface
a Gaussian is worth as many points as small ones would take its place.
"""

from __future__ import annotations

import numpy as np

from ..shapes.gaussians import rotation_matrices

MOST = 12  # points along one axis of a Gaussian
REACH = 1.1  # standard deviations from its middle to the border of what it is cut into
GROWTH = 2.0  # times as many points as Gaussians may come of it


def split(
    means: np.ndarray, scales: np.ndarray, rotations: np.ndarray, flat: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gaussians (N, 3), (N, 3), (N, 4) → points (M, 3) float32 and the Gaussian (M,) that each comes from.

    Those that are much longer than the typical one become a row of points along their longest axis, and ``flat`` (N,)
    ones a grid of them in their plane. The others stay one point, in the same order first.
    """
    order = np.argsort(scales, axis=1)
    lengths = np.take_along_axis(scales, order, axis=1).astype(np.float64)
    typical = float(np.median(lengths[:, 2]))
    if not typical > 0:
        return means.astype(np.float32), np.arange(len(means))
    while True:
        along = np.clip(np.rint(lengths[:, 2] / typical), 1, MOST).astype(int)
        across = np.where(flat, np.clip(np.rint(lengths[:, 1] / typical), 1, MOST), 1).astype(int)
        if (along * across).sum() <= (1 + GROWTH) * len(means):
            break
        typical *= 1.5
    rows = np.flatnonzero(along * across > 1)
    axes = rotation_matrices(rotations[rows].astype(np.float64))
    number = np.arange(len(rows))
    first = axes[number, :, order[rows, 2]] * lengths[rows, 2, None]
    second = axes[number, :, order[rows, 1]] * lengths[rows, 1, None]
    alone = np.flatnonzero(along * across == 1)
    points, origins = [means[alone]], [alone]
    for m, n in np.unique(np.stack([along[rows], across[rows]], axis=1), axis=0):
        some = np.flatnonzero((along[rows] == m) & (across[rows] == n))
        u, v = np.meshgrid(_even(m), _even(n), indexing="ij")
        places = means[rows[some], None] + u.reshape(-1, 1) * first[some, None] + v.reshape(-1, 1) * second[some, None]
        points.append(places.reshape(-1, 3).astype(np.float32))
        origins.append(np.repeat(rows[some], m * n))
    return np.concatenate(points).astype(np.float32), np.concatenate(origins)


def _even(count: int) -> np.ndarray:
    """Middles of ``count`` equal parts of −REACH…REACH."""
    return ((np.arange(count) + 0.5) / count * 2 - 1) * REACH
