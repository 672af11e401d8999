"""Small tools on pictures as arrays: shrinking, smoothing, looking up between pixels, naming parts."""

from __future__ import annotations

import numpy as np


def resample_rows(
    source: np.ndarray, start: float, step: float, size: int, samples: int = 1, beyond: bool = False
) -> np.ndarray:
    """Rows of ``source`` (N, …) → ``size`` rows as float32; what lies outside counts as zero, or, with
    ``beyond``, as the outermost row.

    Row i of the result is the mean of ``samples`` points that lie ``step`` apart, from ``start`` on, row k of
    the source covering [k, k + 1). Each point is read with a triangle two rows wide, wider where ``step`` > 1.
    """
    reach = max(1.0, step)
    centres = start + (np.arange(samples * size) + 0.5) * step
    taps = np.floor(centres - reach - 0.5).astype(np.int64)[:, None] + np.arange(int(2 * reach) + 3)
    weights = np.clip(1 - np.abs(taps + 0.5 - centres[:, None]) / reach, 0, None)
    weights /= samples * weights.sum(1, keepdims=True)
    if not beyond:
        weights[(taps < 0) | (taps >= len(source))] = 0
    weights = weights.astype(np.float32).reshape(size, samples, -1)
    taps = np.clip(taps, 0, len(source) - 1).reshape(size, samples, -1)
    out = np.zeros((size, *source.shape[1:]), np.float32)
    shape = (size,) + (1,) * (source.ndim - 1)
    for sample in range(samples):
        for tap in range(taps.shape[2]):
            weight = weights[:, sample, tap]
            if weight.any():
                out += weight.reshape(shape) * source[taps[:, sample, tap]]
    return out


def block_means(pixels: np.ndarray, block: int) -> np.ndarray:
    """(H, W, C) uint8 or float32 → means of ``block``² pixels, (⌊H/block⌋, ⌊W/block⌋, C) float32, same scale.

    What does not fill a block at the right and at the bottom is left out.
    """
    if block == 1:
        return pixels.astype(np.float32)
    rows, columns, channels = pixels.shape[0] // block, pixels.shape[1] // block, pixels.shape[2]
    kind: np.dtype = np.dtype(np.uint32 if pixels.dtype == np.uint8 else np.float32)
    out = np.empty((rows, columns, channels), np.float32)
    strip = max(1, (1 << 18) // (block * pixels.shape[1] * channels))  # rows at a time that stay in the cache
    for row in range(0, rows, strip):
        part = pixels[row * block : min(row + strip, rows) * block, : columns * block]
        lines = part[::block].astype(kind)
        for offset in range(1, block):
            lines += part[offset::block]
        total = lines[:, ::block].copy()
        for offset in range(1, block):
            total += lines[:, offset::block]
        out[row : row + strip] = total
    out /= block**2
    return out


def shrink(pixels: np.ndarray, longest: int) -> np.ndarray:
    """(H, W, C) → float32 of the same scale, whose longer side is ``longest`` unless it was shorter already."""
    side = max(pixels.shape[:2])
    out = block_means(pixels, max(1, side // longest)) if min(pixels.shape[:2]) >= side // longest else pixels
    height, width = out.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return out.astype(np.float32, copy=False)
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    out = resample_rows(out, 0, height / rows, rows, beyond=True)
    return np.ascontiguousarray(
        resample_rows(out.swapaxes(0, 1), 0, width / columns, columns, beyond=True).swapaxes(0, 1)
    )


def blur(values: np.ndarray, sigma: float) -> np.ndarray:
    """(H, W[, C]) → float32, smoothed by three boxes that together come close to a Gaussian; zero outside."""
    radius = max(1, round(float(np.sqrt(sigma**2 + 0.25)) - 0.5))  # three boxes 2r + 1 wide have the variance r (r + 1)
    out = values.astype(np.float32)
    for axis in (0, 1):
        for _ in range(3):
            out = _box(out, radius, axis)
    return out


def _box(values: np.ndarray, radius: int, axis: int) -> np.ndarray:
    length = values.shape[axis]
    shape = list(values.shape)
    shape[axis] += 1
    total = np.zeros(shape, np.float32)
    np.cumsum(values, axis, out=total[1:] if axis == 0 else total[:, 1:])
    here = np.arange(length)
    end, begin = np.minimum(here + radius + 1, length), np.maximum(here - radius, 0)
    out = total.take(end, axis)
    out -= total.take(begin, axis)
    out *= np.float32(1 / (2 * radius + 1))
    return out


def carried(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """``values`` (H, W, C), known with ``weight`` (H, W) in [0, 1], carried to where they are not known.

    Push and pull (Gortler et al. 1996): means of the known over ever larger blocks, and back down again, each
    finer level overruling the coarser one by its weight.
    """
    known = np.concatenate([values * weight[..., None], weight[..., None]], -1).astype(np.float32)
    levels = [known]
    while max(levels[-1].shape[:2]) > 1:
        levels.append(_halved(levels[-1]))
    out = levels[-1][..., :-1] / np.maximum(levels[-1][..., -1:], 1e-12)
    for level in reversed(levels[:-1]):
        share = np.minimum(level[..., -1:], 1)
        out = _doubled(_doubled(out, level.shape[0], 0), level.shape[1], 1)
        out *= 1 - share
        out += level[..., :-1] * (share / np.maximum(level[..., -1:], 1e-12))
    return out


def _halved(level: np.ndarray) -> np.ndarray:
    rows, columns = level.shape[:2]
    even = np.pad(level, ((0, rows % 2), (0, columns % 2), (0, 0)))
    return even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]


def _doubled(values: np.ndarray, length: int, axis: int) -> np.ndarray:
    """Twice as many rows (or columns), ``length`` of them, each ¾ its own parent and ¼ the next nearest."""
    values = values.swapaxes(0, axis)
    before = np.concatenate([values[:1], values[:-1]])
    after = np.concatenate([values[1:], values[-1:]])
    out = np.empty((2 * len(values), *values.shape[1:]), np.float32)
    out[::2] = 0.75 * values + 0.25 * before
    out[1::2] = 0.75 * values + 0.25 * after
    return out[:length].swapaxes(0, axis)


def at(values: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """``values`` (H, W[, C]) at fractional pixel indices (N,), bilinear; beyond the border the border goes on."""
    height, width = values.shape[:2]
    y, x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
    y0, x0 = np.minimum(y.astype(np.int32), max(height - 2, 0)), np.minimum(x.astype(np.int32), max(width - 2, 0))
    fy, fx = (y - y0).astype(np.float32), (x - x0).astype(np.float32)
    flat = values.reshape(height * width, -1)
    corner, right, down = y0 * width + x0, min(1, width - 1), width if height > 1 else 0
    fy, fx = fy[:, None], fx[:, None]
    upper = flat[corner] * (1 - fx) + flat[corner + right] * fx
    lower = flat[corner + down] * (1 - fx) + flat[corner + down + right] * fx
    return (upper * (1 - fy) + lower * fy).reshape(len(y), *values.shape[2:])


def spread(mask: np.ndarray, radius: int) -> np.ndarray:
    """``mask`` (H, W) bool grown by ``radius`` pixels, alternately along the axes and the diagonals."""
    out = mask.copy()
    for turn in range(radius):
        grown = out.copy()
        grown[1:] |= out[:-1]
        grown[:-1] |= out[1:]
        source = grown if turn % 2 else out  # a square step from time to time makes the shape nearly round
        wide = grown.copy()
        wide[:, 1:] |= source[:, :-1]
        wide[:, :-1] |= source[:, 1:]
        out = wide
    return out


def parts(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """4-connected parts of ``mask`` (H, W) bool → (labels (H, W) int32, 0 outside, 1 … count inside; count).

    Runs of each row are the nodes of a graph, overlaps of runs in neighbouring rows its edges; the smallest
    name spreads along the edges, with every node looking up its namer's name at each turn.
    """
    height, width = mask.shape
    padded = np.zeros((height, width + 2), np.int8)
    padded[:, 1:-1] = mask
    change = np.diff(padded, axis=1)
    row, begin = np.nonzero(change == 1)

    if not row.size:
        return np.zeros(mask.shape, np.int32), 0
    run = np.zeros(mask.shape, np.int32)
    run[row, begin] = 1
    run = np.cumsum(run.ravel(), dtype=np.int32).reshape(mask.shape) - 1  # the run a masked pixel lies in
    both = mask[1:] & mask[:-1]
    above, below = run[:-1][both], run[1:][both]
    names = np.arange(len(row))
    while True:
        low = np.minimum(names[above], names[below])
        new = names.copy()
        np.minimum.at(new, names[above], low)
        np.minimum.at(new, names[below], low)
        new = new[new]
        while True:
            shorter = new[new]
            if np.array_equal(shorter, new):
                break
            new = shorter
        if np.array_equal(new, names):
            break
        names = new
    _, names = np.unique(names, return_inverse=True)
    labels = np.where(mask, names[run] + 1, 0).astype(np.int32)
    return labels, int(names.max()) + 1
