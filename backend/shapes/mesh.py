"""Triangle meshes as three arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class TriangleMesh:
    """``vertices`` (N,3) float32, metres in the world frame unless said otherwise; ``faces`` (M,3) int32,
    counter-clockwise outside; ``colours`` (N,4) uint8 sRGB with alpha, or None while not painted.
    """

    vertices: np.ndarray
    faces: np.ndarray
    colours: np.ndarray | None = None
