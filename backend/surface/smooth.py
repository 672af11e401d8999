"""Smoothing that does not shrink."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..shapes import TriangleMesh
from .measure import directed_edges

if TYPE_CHECKING:
    from ..engines.engine import Watch

INWARD, OUTWARD = 0.5, -0.53  # Taubin's λ and μ: a pass band of 1/λ + 1/μ ≈ 0.11


def taubin(mesh: TriangleMesh, rounds: int, watch: Watch) -> TriangleMesh:
    """Low-pass filter on the vertices (Taubin 1995): each round a step towards the neighbours' mean and a slightly
    longer one back, so that ripples go and the volume stays. A few rounds take staircases off; vertices of open
    borders stay where they are. Colours and faces are untouched.
    """
    if rounds <= 0 or not len(mesh.faces):
        return mesh
    begin, end = directed_edges(mesh.faces)
    low, high = np.minimum(begin, end), np.maximum(begin, end)
    keys, counts = np.unique(low << 32 | high, return_counts=True)
    low, high = keys >> 32, keys & 0xFFFFFFFF
    held = np.ones(len(mesh.vertices), bool)
    held[mesh.faces] = False  # vertices without faces have nowhere to go
    held[low[counts != 2]] = held[high[counts != 2]] = True
    begin, end = np.concatenate([low, high]), np.concatenate([high, low])
    degree = np.maximum(np.bincount(begin, minlength=len(held)), 1)
    points = mesh.vertices.astype(np.float64)
    for turn, step in enumerate((INWARD, OUTWARD) * rounds):
        watch.step(turn / (2 * rounds), "smoothing")
        mean = np.stack([np.bincount(begin, weights=points[end, k], minlength=len(held)) for k in range(3)], axis=1)
        points += np.where(held[:, None], 0.0, step * (mean / degree[:, None] - points))
    return TriangleMesh(points.astype(np.float32), mesh.faces, mesh.colours)
