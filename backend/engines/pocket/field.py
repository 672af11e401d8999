"""The solid as a function of space, cut along the picture's outline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .lattice import ACROSS, CELL, DEPTHS, STEP
from .rays import DEPTH
from .sampling import sample
from .silhouette import Silhouette


@dataclass(frozen=True)
class SolidField:
    """``volume`` (ACROSS, ACROSS, ALONG) on the lattice, ``silhouette`` the outline: their common inside.

    Calling it with points (N,3) of ray space gives (N,) float32, positive inside.
    """

    volume: np.ndarray
    silhouette: Silhouette

    def __call__(self, points: np.ndarray) -> np.ndarray:
        where = np.stack([-points[:, 1], points[:, 0], points[:, 2] / np.float32(DEPTH)], -1)
        return np.minimum(sample(self.volume[..., None], where)[:, 0], self.silhouette.at(points))

    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper corner (3,) float32 of a box that holds the whole surface: all of the picture, and as
        much depth as the solid takes."""
        deep = np.flatnonzero((self.volume > 0).any((0, 1)))
        low, high = (DEPTHS[deep[0]] - STEP, DEPTHS[deep[-1]] + STEP) if len(deep) else (-1.0, 1.0)
        return np.array([-1, -1, low], np.float32), np.array([1, 1, high], np.float32)

    def steepest(self) -> float:
        """A bound on the length of the gradient per unit of ray space."""
        slopes = [np.abs(np.diff(self.volume, axis=i)).max() / s for i, s in enumerate((CELL, CELL, STEP))]
        return float(max(np.sqrt(np.square(slopes).sum()), 1.5))

    def seeds(self) -> np.ndarray:
        """Points (N,3) float32 on or beside the surface, every part of it: lattice edges that it crosses."""
        points = []
        inside = np.minimum(self.volume, self.silhouette.shrunk(ACROSS)[..., None]) > 0
        for axis in range(3):
            index = np.argwhere(np.diff(inside, axis=axis)).astype(np.float32)
            index[:, axis] += 0.5
            points.append(index)
        row, column, depth = np.concatenate(points).T
        return np.stack([(column + 0.5) * CELL - 1, 1 - (row + 0.5) * CELL, (depth + 0.5) * STEP - DEPTH], 1)
