"""Where points and cells of Pocket's frame F lie in its feature maps and volumes."""

from __future__ import annotations

import numpy as np

from ...network.sampling import sample as sample


def project(points: np.ndarray, k: float) -> np.ndarray:
    """Frame F (N,3) → (N,2) in [−1, 1]: row (downwards) and column of the crop, seen with k = tan(half angle)."""
    shrink = 1 / np.maximum(1 - np.float32(k) * points[:, 2], np.float32(0.2))
    return np.stack([-points[:, 1] * shrink, points[:, 0] * shrink], -1)


def cell_centres(x: int, y: int, z: int) -> np.ndarray:
    """Centres of x·y·z cells that fill the box of frame F: (x·y·z, 3) float32, z fastest."""
    axes = [(np.arange(n, dtype=np.float32) + 0.5) / n * (2 * e) - e for n, e in ((x, 1), (y, 1), (z, 1.5))]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3).astype(np.float32)
