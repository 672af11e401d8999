"""Reading feature maps and volumes between their cells. Samples lie at cell centres; borders repeat outwards."""

from __future__ import annotations

from itertools import product

import numpy as np


def sample(grid: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Multilinear interpolation: grid (*S, C), points (N, n) in [−1, 1] along each axis of S → (N, C)."""
    size = grid.shape[:-1]
    flat = grid.reshape(-1, grid.shape[-1])
    corners, fractions = [], []
    for axis, n in enumerate(size):
        at = np.clip((points[:, axis] + 1) * np.float32(n / 2) - np.float32(0.5), 0, n - 1)
        low = np.minimum(at.astype(np.intp), n - 2)
        corners.append(low)
        fractions.append((at - low).astype(np.float32))
    result = np.zeros((len(points), grid.shape[-1]), np.float32)
    for offset in product((0, 1), repeat=len(size)):
        index = np.zeros(len(points), np.intp)
        weight = np.ones(len(points), np.float32)
        for low, fraction, o, n in zip(corners, fractions, offset, size, strict=True):
            index = index * n + low + o
            weight = weight * (fraction if o else 1 - fraction)
        result += flat.take(index, axis=0) * weight[:, None]
    return result


def project(points: np.ndarray, k: float) -> np.ndarray:
    """Frame F (N,3) → (N,2) in [−1, 1]: row (downwards) and column of the crop, seen with k = tan(half angle)."""
    shrink = 1 / np.maximum(1 - np.float32(k) * points[:, 2], np.float32(0.2))
    return np.stack([-points[:, 1] * shrink, points[:, 0] * shrink], -1)


def cell_centres(x: int, y: int, z: int) -> np.ndarray:
    """Centres of x·y·z cells that fill the box of frame F: (x·y·z, 3) float32, z fastest."""
    axes = [(np.arange(n, dtype=np.float32) + 0.5) / n * (2 * e) - e for n, e in ((x, 1), (y, 1), (z, 1.5))]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3).astype(np.float32)
