"""Drawn pictures with thin parts: what a sparse search and a thin surface find hardest.

Each is (256, 256, 4) float32 straight alpha in [0, 1], already framed: its longer side takes 0.86 of the frame.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

SIZE = 256
_FINE = 4  # subsamples a side


def _grid() -> tuple[np.ndarray, np.ndarray]:
    axis = (np.arange(SIZE * _FINE) + 0.5) / (SIZE * _FINE) * 2 - 1
    return np.meshgrid(axis, -axis)


def _stroke(x: np.ndarray, y: np.ndarray, a: tuple[float, float], b: tuple[float, float], width: float) -> np.ndarray:
    along = np.array(b) - np.array(a)
    t = np.clip(((x - a[0]) * along[0] + (y - a[1]) * along[1]) / (along**2).sum(), 0, 1)
    return np.hypot(x - a[0] - t * along[0], y - a[1] - t * along[1]) < width / 2


def disc(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.hypot(x, y) < 0.86


def ring(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (np.hypot(x, y) < 0.86) & (np.hypot(x + 0.1, y - 0.15) > 0.4)


def wires(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A bulb on a crooked wire two pixels wide, with a loop."""
    inside = np.hypot(x, y - 0.6) < 0.26
    points = [(0.0, 0.4), (0.25, 0.1), (-0.3, -0.1), (0.1, -0.5), (-0.2, -0.85)]
    for a, b in pairwise(points):
        inside |= _stroke(x, y, a, b, 2.2 * 2 / SIZE)
    return (
        inside
        | (np.abs(np.hypot(x - 0.4, y + 0.5) - 0.25) < 1.1 * 2 / SIZE)
        | _stroke(x, y, (0.1, -0.5), (0.15, -0.5), 2.2 * 2 / SIZE)
    )


def table(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A board on four legs three pixels wide."""
    inside = (np.abs(x) < 0.86) & (np.abs(y - 0.4) < 0.07)
    for a, b in ((-0.8, -0.75), (-0.4, -0.4), (0.45, 0.42), (0.82, 0.7)):
        inside |= _stroke(x, y, (a, 0.4), (b, -0.6), 3 * 2 / SIZE)
    return inside


def wheel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A rim with twelve spokes."""
    r = np.hypot(x, y)
    inside = (np.abs(r - 0.82) < 0.04) | (r < 0.09)
    for angle in np.arange(12) * np.pi / 6 + 0.1:
        inside |= _stroke(x, y, (0, 0), (0.82 * np.cos(angle), 0.82 * np.sin(angle)), 2 * 2 / SIZE)
    return inside


def flag(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Left and right, top and bottom are all different: a post with an arm to the right at its top."""
    post = (np.abs(x + 0.35) < 0.13) & (np.abs(y) < 0.86)
    return post | ((x > -0.35) & (x < 0.55) & (y > 0.45) & (y < 0.8))


DRAWN: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    f.__name__: f for f in (disc, ring, wires, table, wheel, flag)
}


def draw(name: str) -> np.ndarray:
    """One of DRAWN, shaded a little so that the network sees more than a stencil."""
    x, y = _grid()
    inside = DRAWN[name](x, y)
    shade = 0.62 + 0.18 * y - 0.12 * x
    premultiplied = np.stack([inside * shade * 0.9, inside * shade * 0.7, inside * shade * 0.5, inside], -1)
    small = premultiplied.reshape(SIZE, _FINE, SIZE, _FINE, 4).mean((1, 3))
    small[..., :3] /= np.maximum(small[..., 3:], 1e-6)
    return small.astype(np.float32)
