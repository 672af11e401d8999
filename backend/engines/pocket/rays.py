"""Ray space: where the picture's rays are parallel.

A point of ray space is (u, v, z): crop coordinates in [−1, 1] with v up, and frame F's z towards the camera. All
points of one ray of the picture share (u, v), so what the outline says holds along z and costs a look-up in a map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DEPTH = 1.5  # frame F reaches from −DEPTH to DEPTH along z
NEAREST = 0.2  # the network's own bound on 1 − k·z


@dataclass(frozen=True)
class Rays:
    """The camera the network predicted: ``k`` = tan(half the crop's viewing angle), ``elevation`` in radians."""

    k: float
    elevation: float

    def to_frame(self, points: np.ndarray) -> np.ndarray:
        """Ray space (N,3) → frame F (N,3) float32. Its Jacobian is (1 − k·z)² > 0."""
        result = np.array(points, np.float32)
        result[:, :2] *= np.maximum(1 - np.float32(self.k) * result[:, 2:], np.float32(NEAREST))
        return result

    def to_world(self, points: np.ndarray) -> np.ndarray:
        """Ray space (N,3) → world axes (N,3) float32: +Z up, the camera's side −Y, frame F's unit."""
        x, y, z = self.to_frame(points).T
        s, c = np.float32(np.sin(self.elevation)), np.float32(np.cos(self.elevation))
        return np.stack([x, s * y - c * z, c * y + s * z], 1)
