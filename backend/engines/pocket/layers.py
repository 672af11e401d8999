"""Layers of Pocket: plain functions on float32 arrays, channels last. Products go through ``runtime.blas``."""

from __future__ import annotations

import numpy as np

from ...runtime import blas


def gelu(x: np.ndarray) -> np.ndarray:
    """x·Φ(x) in place (Hendrycks & Gimpel 2016), Φ by Abramowitz & Stegun 7.1.26 (error below 1.5e-7)."""
    z = np.abs(x)
    z *= np.float32(0.70710678)
    t = 1 / (1 + np.float32(0.3275911) * z)
    p = np.float32(1.061405429) * t
    for c in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        p += np.float32(c)
        p *= t
    z *= -z
    p *= np.exp(z)
    erf = np.copysign(1 - p, x)
    erf += 1
    erf *= np.float32(0.5)
    x *= erf
    return x


def layer_norm(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, epsilon: float = 1e-5) -> np.ndarray:
    """Normalises the last axis to mean 0 and variance 1, then scales and shifts (Ba et al. 2016)."""
    centred = x - x.mean(-1, keepdims=True)
    centred *= 1 / np.sqrt(np.mean(centred * centred, -1, keepdims=True) + np.float32(epsilon))
    centred *= weight
    if bias is not None:
        centred += bias
    return centred


def linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """(N,K), (M,K), (M,) → (N,M)."""
    y = blas.current().matmul(x, weight.T)
    y += bias
    return y


def convolution(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: int = 1) -> np.ndarray:
    """Zero-padded convolution with odd kernels. x (*S, K), weight (M, K, *kernel) → (*S/stride, M)."""
    axes = x.ndim - 1
    kernel = weight.shape[2:]
    padded = np.pad(x, [(k // 2, k // 2) for k in kernel] + [(0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, tuple(range(axes)))
    windows = windows[(slice(None, None, stride),) * axes]  # (*S, K, *kernel)
    size = windows.shape[:axes]
    out = np.empty((*size, len(weight)), np.float32)
    flat = weight.reshape(len(weight), -1)
    for i in range(size[0]):
        out[i] = linear(windows[i].reshape(-1, flat.shape[1]), flat, bias).reshape(out[i].shape)
    return out


def shuffle(x: np.ndarray, factor: int) -> np.ndarray:
    """Channels (C, factor, factor, …), C slowest, become finer cells: (*S, C·factorⁿ) → (*S·factor, C)."""
    size = x.shape[:-1]
    n = len(size)
    x = x.reshape(*size, -1, *(factor,) * n)
    order = [axis for i in range(n) for axis in (i, n + 1 + i)]
    return np.ascontiguousarray(x.transpose(*order, n)).reshape(*(s * factor for s in size), -1)


def double_bilinear(x: np.ndarray) -> np.ndarray:
    """(H,W,C) → (2H,2W,C), bilinear, samples at cell centres, borders repeated."""
    for axis in (0, 1):
        x = np.moveaxis(x, axis, 0)
        before, after = np.concatenate([x[:1], x[:-1]]), np.concatenate([x[1:], x[-1:]])
        y = np.empty((2 * len(x), *x.shape[1:]), np.float32)
        y[0::2] = np.float32(0.75) * x + np.float32(0.25) * before
        y[1::2] = np.float32(0.75) * x + np.float32(0.25) * after
        x = np.moveaxis(y, 0, axis)
    return np.ascontiguousarray(x)
