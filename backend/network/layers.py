"""Layers of our networks, prepared once from their weights and then applied to float32 arrays, channels last.

Every layer works on a few rows at a time, small enough to stay in a core's cache from the product to the
activation, and the rows are spread over threads. Plain, slow definitions of the same layers stand in
``tests/parity/pocket_reference.py``; the tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..runtime.blas import Blas

ROWS = 256  # rows of a chunk: large enough for a fast product, small enough for a core's cache
Step = Callable[[float], None]


def ignore(fraction: float) -> None:
    """A Step of which nobody hears."""


@dataclass
class Run:
    """One pass through the network: multiplies, spreads rows over threads, lets the caller stop it."""

    compute: Blas
    step: Step
    fraction: float = 0.0

    def reach(self, fraction: float) -> None:
        """Reports progress."""
        self.fraction = fraction
        self.step(fraction)

    def rows(self, work: Callable[[slice], None], length: int, chunk: int = ROWS) -> None:
        """``work`` on all rows, at most ``chunk`` at a time, by all threads."""
        self.compute.team.map(work, length, chunk, lambda: self.step(self.fraction))

    def items(self, work: Callable, items: list) -> None:
        """``work`` on every item, by all threads."""
        self.compute.team.each(work, items, lambda: self.step(self.fraction))


# Φ(x) = ½ + ½·tanh(x·P(x²)); P fitted so that x·Φ(x) is off by less than 1e-7 for every x. P is positive
# everywhere, so that the tanh saturates to the right side far beyond the range of the fit.
GELU = (7.97884272e-1, 3.63341491e-2, -3.30267024e-5, -5.52733868e-5, 3.97407072e-6, -1.33783194e-7, 1.81392715e-9)


def gelu(x: np.ndarray) -> None:
    """x ← x·Φ(x), the exact form (Hendrycks & Gimpel 2016, §2), in place; error below 1e-6.

    NumPy has no erf, but a fast tanh. The familiar cubic inside the tanh is off by 5e-4; six terms suffice.
    """
    square = x * x
    inner = square * np.float32(GELU[-1])
    for c in GELU[-2:0:-1]:
        inner += np.float32(c)
        inner *= square
    inner += np.float32(GELU[0])
    inner *= x
    np.tanh(inner, out=inner)
    inner += 1
    x *= np.float32(0.5)
    x *= inner


def silu(x: np.ndarray) -> None:
    """x ← x·σ(x) in place (same paper, §4)."""
    x *= np.float32(0.5)
    inner = np.tanh(x)
    inner += 1
    x *= inner


def sigmoid(x: np.ndarray) -> np.ndarray:
    """σ(x), as ½ + ½·tanh(x/2), which does not overflow."""
    y = np.tanh(x * np.float32(0.5))
    y *= np.float32(0.5)
    y += np.float32(0.5)
    return y


def normalise(x: np.ndarray, epsilon: float = 1e-5) -> np.ndarray:
    """The last axis brought to mean 0 and variance 1 (Ba et al. 2016); scale and shift live in the next layer."""
    n = np.float32(1 / x.shape[-1])
    y = x - np.add.reduce(x, -1, keepdims=True) * n
    variance = np.einsum("...i,...i->...", y, y)[..., None] * n
    y *= 1 / np.sqrt(variance + np.float32(epsilon))
    return y


class Linear:
    """y = x·Wᵀ + b on rows. ``scale`` and ``shift``: of a layer norm before it, folded into W and b."""

    def __init__(
        self, weight: np.ndarray, bias: np.ndarray, scale: np.ndarray | None = None, shift: np.ndarray | None = None
    ):
        if shift is not None:
            bias = bias + weight @ shift
        if scale is not None:
            weight = weight * scale
        self._weight = np.ascontiguousarray(weight.T)
        self._bias = bias

    def __call__(self, run: Run, x: np.ndarray) -> np.ndarray:
        """(N,K) → (N,M), in the calling thread."""
        y = run.compute.matmul(x, self._weight)
        y += self._bias
        return y


class Convolution:
    """Zero-padded convolution with odd kernels over two or three axes, as a product of patches with the kernel."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray, stride: int = 1, activate: bool = False):
        """``weight`` (M, K, *kernel); ``activate``: GELU afterwards."""
        self._flat = weight.ndim == 4
        if self._flat:
            weight = weight[:, :, None]  # a picture is a volume one cell deep
        self._kernel = weight.shape[2:]
        self._stride = (1 if self._flat else stride, stride, stride)
        self._weight = np.ascontiguousarray(weight.transpose(2, 3, 4, 1, 0)).reshape(-1, len(weight))
        self._bias = bias
        self._activate = activate

    def __call__(self, run: Run, *parts: np.ndarray, residual: np.ndarray | None = None) -> np.ndarray:
        """Channels of ``parts`` (*S, Ki) side by side → (*S/stride, M), plus ``residual`` of that shape."""
        if self._flat:
            parts = tuple(part[None] for part in parts)
        padded = _pad(parts, self._kernel)
        patches = _patches(padded, self._kernel, self._stride)
        size = patches.shape[:3]
        out = np.empty((*size, self._weight.shape[1]), np.float32)
        added = None if residual is None else residual.reshape(out.shape)

        def work(item: tuple[int, slice]) -> None:
            columns = np.ascontiguousarray(patches[item]).reshape(-1, len(self._weight))
            rows = out[item].reshape(-1, out.shape[-1])
            run.compute.matmul(columns, self._weight, rows)
            rows += self._bias
            if self._activate:
                gelu(rows)
            if added is not None:
                rows += added[item].reshape(rows.shape)

        run.items(work, _items(size, run.compute.team.count))
        return out[0] if self._flat else out


class Doubling:
    """A 1³ convolution to 8·K channels, these spread over 2³ finer cells, then a 3³ convolution, all in one product.

    Between the two convolutions nothing is bent, so they fold into one. Around every corner of the coarse
    cells lie 2³ of them, and the 2³ fine cells that touch the corner depend on nothing else: one product of
    patches of 2³ cells with one matrix makes all eight. Besides a third fewer operations this turns thin
    products (16 columns) into wide ones (128), and the fine volume of K channels is never made.
    """

    def __init__(
        self, up: np.ndarray, up_bias: np.ndarray, weight: np.ndarray, bias: np.ndarray, activate: bool = False
    ):
        """``up`` (8·K, C, 1, 1, 1), K slowest; ``weight`` (M, K, 3, 3, 3)."""
        m, k = weight.shape[:2]
        c = up.shape[1]
        # along one axis a patch has four fine cells; fine output o sees cell o+t through tap t
        taps = np.zeros((2, 4, 3), np.float32)
        for o in range(2):
            for t in range(3):
                taps[o, o + t, t] = 1
        spread = np.einsum("mkxyz,aux,bvy,cwz->abcmkuvw", weight, taps, taps, taps, optimize=True)
        spread = spread.reshape(8 * m, k, 2, 2, 2, 2, 2, 2)  # u, v, w = coarse cell of the patch, fine cell within
        spread = spread.transpose(2, 4, 6, 0, 1, 3, 5, 7).reshape(8 * 8 * m, 8 * k)
        # the bias counts only where there is a cell: a last channel holds 1 inside and 0 in the padding
        inner = np.concatenate([up.reshape(8 * k, c), up_bias[:, None]], 1)
        folded = (spread @ inner).reshape(8, 8 * m, c + 1)
        self._weight = np.ascontiguousarray(folded.transpose(0, 2, 1)).reshape(8 * (c + 1), 8 * m)
        self._bias = np.tile(bias, 8)
        self._activate = activate

    def __call__(self, run: Run, x: np.ndarray) -> np.ndarray:
        """(X,Y,Z,C) → (2X,2Y,2Z,M)."""
        m = len(self._bias) // 8
        padded = _pad((x, np.ones((*x.shape[:3], 1), np.float32)), (3, 3, 3))
        patches = _patches(padded, (2, 2, 2), (1, 1, 1))
        size = patches.shape[:3]  # corners: one more than cells
        X, Y, Z = (2 * n for n in x.shape[:3])
        out = np.empty((X, Y, Z, m), np.float32)

        def work(item: tuple[int, slice]) -> None:
            i, j = item
            columns = np.ascontiguousarray(patches[item])
            rows = run.compute.matmul(columns.reshape(-1, len(self._weight)), self._weight)
            rows += self._bias
            if self._activate:
                gelu(rows)
            fine = rows.reshape(*columns.shape[:2], 2, 2, 2, m).transpose(2, 0, 3, 1, 4, 5)
            fine = fine.reshape(2, 2 * columns.shape[0], 2 * size[2], m)
            x0, y0 = 2 * i - 1, 2 * j.start - 1  # the first corners have their lower half outside the volume
            x1, y1 = min(x0 + 2, X), min(y0 + fine.shape[1], Y)
            out[max(x0, 0) : x1, max(y0, 0) : y1] = fine[max(-x0, 0) : x1 - x0, max(-y0, 0) : y1 - y0, 1:-1]

        run.items(work, _items(size, run.compute.team.count))
        return out


def _pad(parts: tuple[np.ndarray, ...], kernel: tuple[int, ...]) -> np.ndarray:
    """Parts (X,Y,Z,Ki) joined along channels, with half a kernel of zeros around."""
    half = [k // 2 for k in kernel]
    size = [n + 2 * h for n, h in zip(parts[0].shape, half, strict=False)]
    padded = np.zeros((*size, sum(part.shape[-1] for part in parts)), np.float32)
    inner = padded[tuple(slice(h, n - h) for n, h in zip(size, half, strict=True))]
    at = 0
    for part in parts:
        inner[..., at : at + part.shape[-1]] = part
        at += part.shape[-1]
    return padded


def _patches(padded: np.ndarray, kernel: tuple[int, ...], stride: tuple[int, ...]) -> np.ndarray:
    """A view (X',Y',Z', *kernel, K) of the neighbourhood of every output cell."""
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, (0, 1, 2))
    windows = windows[tuple(slice(None, None, s) for s in stride)]
    return windows.transpose(0, 1, 2, 4, 5, 6, 3)


def _items(size: tuple[int, ...], threads: int) -> list[tuple[int, slice]]:
    """Pieces (index along the first axis, slice of the second) of about a chunk of cells, at least one a thread."""
    lines = max(1, ROWS // size[2])
    if size[0] < threads:
        lines = min(lines, -(-size[1] // (-(-threads // size[0]))))
    return [(i, slice(j, min(j + lines, size[1]))) for i in range(size[0]) for j in range(0, size[1], lines)]


def shuffle(x: np.ndarray, factor: int) -> np.ndarray:
    """Channels (C, factor, …, factor), C slowest, become finer cells: (*S, C·factorⁿ) → (*S·factor, C)."""
    size = x.shape[:-1]
    n = len(size)
    x = x.reshape(*size, -1, *(factor,) * n)
    order = [axis for i in range(n) for axis in (i, n + 1 + i)]
    return np.ascontiguousarray(x.transpose(*order, n)).reshape(*(s * factor for s in size), -1)


def double_bilinear(x: np.ndarray) -> np.ndarray:
    """(H,W,C) → (2H,2W,C), bilinear, samples at cell centres, borders repeated."""
    for axis in (0, 1):
        x = np.moveaxis(x, axis, 0)
        y = np.empty((len(x), 2, *x.shape[1:]), np.float32)
        y[...] = np.float32(0.75) * x[:, None]
        quarter = np.float32(0.25) * x
        y[1:, 0] += quarter[:-1]
        y[:1, 0] += quarter[:1]
        y[:-1, 1] += quarter[1:]
        y[-1:, 1] += quarter[-1:]
        x = np.moveaxis(y.reshape(2 * len(x), *x.shape[1:]), 0, axis)
    return np.ascontiguousarray(x)
