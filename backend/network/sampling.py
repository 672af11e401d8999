"""Reading feature maps and volumes between their cells. Samples lie at cell centres; borders repeat outwards."""

from __future__ import annotations

from itertools import product

import numpy as np


def sample(grid: np.ndarray, points: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Multilinear interpolation: grid (*S, C), points (N, n) in [−1, 1] along each axis of S → (N, C).

    ``out`` may be any float32 view of that shape. Points outside read the border.
    """
    size, channels = grid.shape[:-1], grid.shape[-1]
    flat = grid.reshape(-1, channels)
    first = np.zeros(len(points), np.intp)  # the corner with the lowest coordinates, as an index into flat
    weights = []  # per axis: of the lower and of the upper neighbour
    strides = []
    for axis, n in enumerate(size):
        at = points[:, axis] * np.float32(n / 2)
        at += np.float32((n - 1) / 2)
        np.clip(at, 0, n - 1, out=at)
        low = np.minimum(at.astype(np.intp), n - 2)
        at -= low
        weights.append((1 - at, at))
        strides.append(int(np.prod(size[axis + 1 :])))
        low *= strides[-1]
        first += low
    total = np.empty((len(points), channels), np.float32)
    corner = np.empty_like(total)
    for i, offset in enumerate(product((0, 1), repeat=len(size))):
        index = first + sum(o * s for o, s in zip(offset, strides, strict=True))
        weight = weights[0][offset[0]]
        for axis in range(1, len(size)):
            weight = weight * weights[axis][offset[axis]]
        target = corner if i else total
        flat.take(index, 0, out=target, mode="clip")  # the indices are valid; "clip" spares a buffer
        target *= weight[:, None]
        if i:
            total += corner
    if out is None:
        return total
    out[...] = total
    return out
