"""The object's own colour where a matte lets the background through."""

from __future__ import annotations

import numpy as np

from .grids import at, block_means, carried

_COARSE = 512  # longer side of the maps of what object and background look like
_SURE = 8  # power of alpha by which a pixel speaks for the object, and of what is left of it for the background
_STRIP = 128  # rows of blocks at a time, to need little memory
_FULL, _NONE = 0.996, 0.004  # beyond them a pixel is all object, or all background


def apply_matte(rgba: np.ndarray, alpha: np.ndarray) -> None:
    """``rgba`` (H, W, 4) float32 straight sRGB: ``alpha`` (H, W) float32 in [0, 1] is written, and where it is
    partial the object's own colour.

    F̂ and B̂ are the colours of object and background, carried from where each is sure to where both show; of all
    colours that mix to the pixel's, or nearly so, F̂ + α (I − α F̂ − (1 − α) B̂) is the nearest to them, the closed
    form of blur fusion (Forte 2021). Other than a division by α it does not magnify noise in thin hair.
    """
    rgba[..., 3] = alpha
    y, x = np.nonzero((alpha > _NONE) & (alpha < _FULL))
    if not y.size:
        return
    block = max(1, -(-max(alpha.shape) // _COARSE))
    block = min(block, *alpha.shape)
    front, back = _colours(rgba, block)
    maps = np.concatenate([front, back], -1)
    for begin in range(0, len(y), 1 << 20):
        rows, columns = y[begin : begin + (1 << 20)], x[begin : begin + (1 << 20)]
        near = at(maps, (rows + 0.5) / block - 0.5, (columns + 0.5) / block - 0.5)
        share, seen = alpha[rows, columns][:, None], rgba[rows, columns, :3]
        clean = near[:, :3] + share * (seen - share * near[:, :3] - (1 - share) * near[:, 3:])
        rgba[rows, columns, :3] = np.clip(clean, 0, 1)


def _colours(rgba: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray]:
    """Object's and background's colours, (h, w, 3) each, over blocks of ``block``² pixels; known everywhere."""
    rows = rgba.shape[0] // block
    means = np.empty((rows, rgba.shape[1] // block, 7), np.float32)
    for row in range(0, rows, _STRIP):
        part = rgba[row * block : min(row + _STRIP, rows) * block]
        share = part[..., 3:]
        front = part[..., :3] * share
        mixed = np.concatenate([front, part[..., :3] - front, share], -1)
        means[row : row + _STRIP] = block_means(mixed, block)
    share = np.clip(means[..., 6:], 0, 1)
    front = means[..., :3] / np.maximum(share, 1e-4)
    back = means[..., 3:6] / np.maximum(1 - share, 1e-4)
    return carried(front, share[..., 0] ** _SURE), carried(back, (1 - share[..., 0]) ** _SURE)
