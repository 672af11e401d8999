"""The solid as a function of space, cut along the picture's outline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .lattice import ACROSS, CELL, DEPTHS, STEP
from .rays import DEPTH
from .sampling import sample
from .silhouette import Silhouette, shrunk
from .solid import REACH, THINNEST, Intervals, rounding

# Slope of the field almost everywhere. Along folds it is steeper, and no useful bound exists: there the seeds, which
# know every ray, lead the search instead (evaluation.recall counts what is missed).
SLOPE = 2.0


@dataclass(frozen=True)
class SolidField:
    """The common inside of the outline and of the solid. The solid is the intervals' distance plus ``relief``
    (ACROSS, ACROSS, ALONG), and nowhere less than the cover about the intervals' middle; ``radius`` (S, S) is half
    the local width, along which it is rounded towards the outline.

    Calling it with points (N,3) of ray space gives (N,) float32, positive inside.
    """

    relief: np.ndarray
    intervals: Intervals
    silhouette: Silhouette
    radius: np.ndarray

    def __call__(self, points: np.ndarray) -> np.ndarray:
        points = np.asarray(points, np.float32)
        where = np.stack([-points[:, 1], points[:, 0], points[:, 2] / np.float32(DEPTH)], -1)
        result = self.silhouette.at(points)
        near = np.flatnonzero(result > -REACH)  # farther from the outline nothing else counts
        where = where[near]
        ray = np.stack([self.intervals.middle, self.intervals.half, self.intervals.cover], -1)
        middle, half, cover = sample(ray, where[:, :2]).T
        half, cover = self._rounded(half, cover, result[near], sample(self.radius[..., None], where[:, :2])[:, 0])
        away = np.abs(points[near, 2] - middle)
        value = np.clip(half - away, -REACH, REACH) + sample(self.relief[..., None], where)[:, 0]
        result[near] = np.minimum(result[near], np.maximum(np.maximum(value, cover - away), -REACH))
        return result

    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper corner (3,) float32 of a box that holds the whole surface: all of the picture, and as
        much depth as the solid takes.
        """
        known = self.silhouette.shrunk(ACROSS) > -2 * CELL
        m, h = self.intervals.middle[known], self.intervals.half[known]
        deep = DEPTHS[(self._on_lattice() > 0).any((0, 1))]
        low = min((m - h).min(), deep.min(initial=DEPTH)) - 2 * STEP
        high = max((m + h).max(), deep.max(initial=-DEPTH)) + 2 * STEP
        limit = np.float32(DEPTH)
        return np.array([-1, -1, max(low, -limit)], np.float32), np.array([1, 1, min(high, limit)], np.float32)

    def seeds(self) -> np.ndarray:
        """Points (N,3) float32 beside the surface: edges of the lattice that it crosses, and the highest belief
        of every ray inside the outline.
        """
        inside = np.minimum(self._on_lattice(), self.silhouette.shrunk(ACROSS)[..., None]) > 0
        points = []
        for axis in range(3):
            index = np.argwhere(np.diff(inside, axis=axis)).astype(np.float32)
            index[:, axis] += 0.5
            row, column, depth = index.T
            points.append(
                np.stack([(column + 0.5) * CELL - 1, 1 - (row + 0.5) * CELL, (depth + 0.5) * STEP - DEPTH], 1)
            )
        size = len(self.silhouette.distance)
        row, column = np.nonzero(self.silhouette.distance > 0)
        u, v = (column + 0.5) * (2 / size) - 1, 1 - (row + 0.5) * (2 / size)
        middle = sample(self.intervals.middle[..., None], np.stack([-v, u], -1).astype(np.float32))[:, 0]
        points.append(np.stack([u, v, middle], 1))
        return np.concatenate(points).astype(np.float32)

    @staticmethod
    def _rounded(
        half: np.ndarray, cover: np.ndarray, width: np.ndarray, radius: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Half thicknesses with their profile along the outline. A part too narrow for one keeps its least."""
        profile = rounding(width, radius)
        least = np.clip(2 - radius / np.float32(THINNEST), 0, 1)
        return half * np.maximum(profile, least * np.minimum(cover / half, 1)), cover * np.maximum(profile, least)

    def _on_lattice(self) -> np.ndarray:
        away = np.abs(DEPTHS - self.intervals.middle[..., None])
        width, radius = self.silhouette.shrunk(ACROSS), shrunk(self.radius, ACROSS)
        half, cover = self._rounded(self.intervals.half, self.intervals.cover, width, radius)
        half, cover = half[..., None], cover[..., None]
        return np.maximum(np.clip(half - away, -REACH, REACH) + self.relief, cover - away)
