"""The solid as a function of space, cut along the picture's outline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .lattice import ACROSS, AXIS, CELL, DEPTHS, STEP
from .rays import DEPTH
from .sampling import sample
from .silhouette import Silhouette
from .solid import FILLET, OFFSETS, REACH, Intervals, rounded_intersection

# Slope of the field almost everywhere. Along folds it is steeper, and no useful bound exists: there the seeds, which
# know every ray, lead the search instead (evaluation.recall counts what is missed).
SLOPE = 2.0


@dataclass(frozen=True)
class SolidField:
    """The common inside of the outline and of the solid.

    ``profiles`` as solid.profiles gives them, ``intervals`` where each ray's middle is and what covers it at least;
    ``radius`` (S, S) is half the local width: where the solid meets the outline, its edge is rounded by as much as it
    is wide and thick enough for. Calling the field with points (N,3) of ray space gives (N,) float32, positive inside.
    It never rises away from a ray's middle, so every ray is entered once and left once.
    """

    profiles: np.ndarray
    intervals: Intervals
    silhouette: Silhouette
    radius: np.ndarray

    def __call__(self, points: np.ndarray) -> np.ndarray:
        points = np.asarray(points, np.float32)
        result = self.silhouette.at(points)
        near = np.flatnonzero(result > -REACH)  # farther from the outline nothing else counts
        where = np.stack([-points[near, 1], points[near, 0]], -1)
        peak = np.maximum(self.profiles[..., len(OFFSETS) // 2], self.intervals.cover)
        middle, cover, peak = sample(np.stack([self.intervals.middle, self.intervals.cover, peak], -1), where).T
        away = points[near, 2] - middle
        along = away / np.float32(len(OFFSETS) * STEP / 2)
        along = sample(self.profiles[..., None], np.concatenate([where, along[:, None]], 1))[:, 0]
        along = np.maximum(along, cover - np.abs(away))
        fillet = np.minimum(np.minimum(sample(self.radius[..., None], where)[:, 0], peak), np.float32(FILLET))
        result[near] = np.maximum(rounded_intersection(along, result[near], fillet), -REACH)
        return result

    @cached_property
    def _inside(self) -> np.ndarray:
        """(ACROSS, ACROSS, ALONG) bool: which of the lattice's points are inside."""
        result = np.zeros((ACROSS, ACROSS, len(DEPTHS)), bool)
        row, column = np.nonzero(self.silhouette.shrunk(ACROSS) > 0)
        points = np.empty((len(row), len(DEPTHS), 3), np.float32)
        points[..., 0], points[..., 1], points[..., 2] = AXIS[column][:, None], -AXIS[row][:, None], DEPTHS
        result[row, column] = (self(points.reshape(-1, 3)) > 0).reshape(len(row), -1)
        return result

    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper corner (3,) float32 of a box that holds the whole surface: all of the picture, and as
        much depth as the solid takes.
        """
        known = self.silhouette.shrunk(ACROSS) > -2 * CELL
        m, c = self.intervals.middle[known], self.intervals.cover[known]
        deep = DEPTHS[self._inside.any((0, 1))]
        low = min(float((m - c).min()), float(deep.min(initial=DEPTH))) - 2 * STEP
        high = max(float((m + c).max()), float(deep.max(initial=-DEPTH))) + 2 * STEP
        return np.array([-1, -1, max(low, -DEPTH)], np.float32), np.array([1, 1, min(high, DEPTH)], np.float32)

    def seeds(self) -> np.ndarray:
        """Points (N,3) float32 beside the surface: edges of the lattice that it crosses, and the middle of every
        pixel's ray inside the outline.
        """
        points = []
        for axis in range(3):
            edges = np.argwhere(np.diff(self._inside, axis=axis)).astype(np.float32)
            edges[:, axis] += 0.5
            row, column, depth = edges.T
            points.append(
                np.stack([(column + 0.5) * CELL - 1, 1 - (row + 0.5) * CELL, (depth + 0.5) * STEP - DEPTH], 1)
            )
        size = len(self.silhouette.distance)
        pixels = np.argwhere(self.silhouette.distance > 0)
        u, v = (pixels[:, 1] + 0.5) * (2 / size) - 1, 1 - (pixels[:, 0] + 0.5) * (2 / size)
        middle = sample(self.intervals.middle[..., None], np.stack([-v, u], -1).astype(np.float32))[:, 0]
        points.append(np.stack([u, v, middle], 1))
        return np.concatenate(points).astype(np.float32)
