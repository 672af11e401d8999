"""Distances between objects, and how sure a mean is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.spatial import cKDTree

from .solid import Solid, surface_points

NOTHING = 2.0  # the Chamfer distance to or from an object without a surface: the box's half diagonal is 1.73


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % bootstrap interval over ``count`` prompts."""

    mean: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def interval(values: Sequence[float], draws: int = 1000, seed: int = 0) -> Interval:
    """Percentile bootstrap of the mean (Efron 1979). Values that belong together (the seeds of one prompt) must be
    averaged before. NaN where there are none.
    """
    data = np.asarray(values, np.float64)
    if not len(data):
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    rng = np.random.default_rng(seed)
    means = data[rng.integers(0, len(data), (draws, len(data)))].mean(1)
    low, high = np.percentile(means, (2.5, 97.5))
    return Interval(float(data.mean()), float(low), float(high), len(data))


def chamfer(a: np.ndarray, b: np.ndarray) -> float:
    """Half the sum of both mean distances between point sets (n, 3) and (m, 3), in units of the box [−1, 1]³."""
    if not len(a) or not len(b):
        return NOTHING
    return float((cKDTree(b).query(a)[0].mean() + cKDTree(a).query(b)[0].mean()) / 2)


def overlap(a: Solid, b: Solid) -> float:
    """Intersection over union of the insides; 1 for two empty objects."""
    union = np.count_nonzero(a.inside | b.inside)
    return np.count_nonzero(a.inside & b.inside) / union if union else 1.0


@dataclass(frozen=True)
class Diversity:
    """Means over all pairs: Chamfer distance and 1 − IoU. Both 0 where all are the same."""

    chamfer: float
    difference: float


def diversity(solids: Sequence[Solid]) -> Diversity:
    """How unlike each other several objects of one prompt are; colours count nothing. Needs two at least."""
    points = [surface_points(s) for s in solids]
    pairs = list(combinations(range(len(solids)), 2))
    return Diversity(
        float(np.mean([chamfer(points[i], points[j]) for i, j in pairs])),
        float(np.mean([1 - overlap(solids[i], solids[j]) for i, j in pairs])),
    )


def rank(scores: np.ndarray, own: int) -> float:
    """The place of ``own`` (1 = first) when ``scores`` (n,) are sorted downwards; ties share their mean place."""
    above = np.count_nonzero(scores > scores[own])
    level = np.count_nonzero(scores == scores[own])
    return float(above + (level + 1) / 2)
