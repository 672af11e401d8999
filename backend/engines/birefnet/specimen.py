"""A picture whose matte is known: what the weights are tried on when they are verified."""

from __future__ import annotations

import numpy as np

from ...imaging.framing import OPAQUE


def ball(size: int) -> tuple[np.ndarray, np.ndarray]:
    """A shaded red ball with its shadow on a pale table → pixels (size, size, 4) uint8, its alpha (size, size)."""
    y, x = (np.mgrid[:size, :size].astype(np.float32) + 0.5) / size * 2 - 1
    alpha = np.clip((0.5 - np.hypot(x, y)) * size / 2 + 0.5, 0, 1)
    depth = np.sqrt(np.clip(0.25 - x**2 - y**2, 0, None)) * 2
    light = 0.25 + 0.75 * np.clip(-0.5 * x * 2 - 0.6 * y * 2 + 0.62 * depth, 0, 1)
    shine = 0.6 * np.clip(depth - np.hypot(x + 0.18, y + 0.2) * 4, 0, 1)
    front = light[..., None] * np.array([0.85, 0.12, 0.1], np.float32) + shine[..., None]
    shadow = 1 - 0.45 * np.exp(-((x - 0.12) ** 2) / 0.12 - ((y - 0.5) ** 2) / 0.012)
    back = (0.86 - 0.12 * (y[..., None] < 0.1)) * np.array([0.95, 0.97, 1.0], np.float32) * shadow[..., None]
    mixed = front * alpha[..., None] + back * (1 - alpha[..., None])
    pixels = np.full((size, size, 4), 255, np.uint8)
    pixels[..., :3] = np.rint(np.clip(mixed, 0, 1) * 255)
    return pixels, alpha.astype(np.float32)


def overlap(found: np.ndarray, truth: np.ndarray) -> float:
    """Two mattes → what both hold as a part of what either holds, in [0, 1]."""
    one, other = found > OPAQUE, truth > OPAQUE
    return float((one & other).sum() / max(1, (one | other).sum()))
