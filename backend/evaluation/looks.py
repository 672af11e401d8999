"""What two surfaces look like from where the input's camera was not: silhouettes and colours, without light.

Orthographic, 256², a window of ±1.75 about the normalised object. Colours are the vertices' own, interpolated over
the nearest face and not shaded, on either side; so light that a method left in its colours counts against it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .raster import axes, visible

UNSEEN = ((90.0, 20.0), (180.0, 20.0), (270.0, 20.0), (0.0, 90.0))  # degrees: beyond the input azimuth, elevation
SIZE, HALF = 256, 1.75
BEST = 60.0  # dB; of colours that are the same

Look = np.ndarray  # (SIZE, SIZE, 4) float32: colour in [0, 1], and 1 where something is


def looks(
    vertices: np.ndarray, faces: np.ndarray, colours: np.ndarray | None, azimuth_deg: float, size: int = SIZE
) -> list[Look]:
    """From each of UNSEEN about a camera at ``azimuth_deg``; black where ``colours`` (N,3) is None."""
    return [
        look(vertices, faces, colours, np.radians(azimuth_deg + turn), np.radians(height), size)
        for turn, height in UNSEEN
    ]


def look(
    vertices: np.ndarray,
    faces: np.ndarray,
    colours: np.ndarray | None,
    azimuth: float,
    elevation: float,
    size: int = SIZE,
    half: float = HALF,
) -> Look:
    """One picture; radians."""
    seen = vertices @ axes(azimuth, elevation).T
    points = np.stack([(seen[:, 0] / half + 1) / 2 * size, (1 - seen[:, 1] / half) / 2 * size, seen[:, 2]], 1)
    owner, weights = visible(points, faces, size)
    image = np.zeros((size, size, 4), np.float32)
    hit = owner >= 0
    image[hit, 3] = 1
    if colours is not None:
        image[hit, :3] = (colours[faces[owner[hit]]] * weights[hit][..., None]).sum(1)
    return image


def same_outlines(ours: Sequence[Look], theirs: Sequence[Look]) -> float:
    """Mean intersection over union of the silhouettes; 1 where neither shows anything."""
    ratios = []
    for a, b in zip(ours, theirs, strict=True):
        a, b = a[..., 3] > 0.5, b[..., 3] > 0.5
        union = np.count_nonzero(a | b)
        ratios.append(np.count_nonzero(a & b) / union if union else 1.0)
    return float(np.mean(ratios))


def same_colours(ours: Sequence[Look], theirs: Sequence[Look]) -> float:
    """Peak signal to noise in dB (peak 1), of the squared error pooled over all views and over the pixels that *both*
    silhouettes cover: what the outlines miss is IoU's matter. At most BEST; 0 where they share no pixel.
    """
    error, count = 0.0, 0
    for a, b in zip(ours, theirs, strict=True):
        both = (a[..., 3] > 0.5) & (b[..., 3] > 0.5)
        error += float(((a[both, :3].astype(np.float64) - b[both, :3]) ** 2).sum())
        count += 3 * int(np.count_nonzero(both))
    if not count:
        return 0.0
    return float(min(BEST, -10 * np.log10(max(error / count, 1e-12))))
