"""Vertex colours from coloured points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .neighbours import nearest

BLENDED = 6  # points that a vertex takes its colour from
BATCH = 1 << 16


def paint(
    vertices: np.ndarray, points: np.ndarray, weights: np.ndarray, colours: np.ndarray, step: Callable[[float], None]
) -> np.ndarray:
    """Colours (V, 4) uint8 of vertices (V, 3): the mean of the nearest points' (N, 3) colours (N, 3) in [0, 1], by
    weight (N,) and nearness. ``step`` hears of the fraction done, and may raise.
    """
    rgba = np.full((len(vertices), 4), 255, np.uint8)
    numbers, squares = nearest(points, BLENDED, vertices, lambda f: step(0.9 * f))
    step(0.9)
    # Half as near counts far more, however far the nearest is: a blend of two neighbours, never of a crowd.
    reach = np.maximum(squares[:, min(1, squares.shape[1] - 1)][:, None], np.float32(1e-20))
    shares = np.exp(-2 * squares / reach) * weights[numbers]
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), np.float32(1e-20))
    rgb = np.einsum("vk,vkc->vc", shares, colours[numbers])
    rgba[:, :3] = np.rint(np.clip(np.nan_to_num(rgb), 0, 1) * 255)
    return rgba
