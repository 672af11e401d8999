"""How sure a mean is: percentile intervals by resampling objects (Efron, 1979), and paired differences.

All pictures of an object are drawn together, since they are not independent: each object counts with the mean of its
pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .rows import Row

RESAMPLES = 4000
COVERS = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over ``count`` objects with the interval that covers it 95 % of the time."""

    mean: float
    low: float
    high: float
    count: int

    @property
    def sure(self) -> bool:
        """Whether a difference is one: 0 lies outside."""
        return not self.low <= 0 <= self.high


def interval(values: Sequence[float] | np.ndarray, seed: int = 0) -> Interval:
    """Of independent values. Raises ValueError where there are none."""
    x = np.asarray(values, np.float64)
    if not len(x):
        raise ValueError("no values to take the mean of")
    means = x[np.random.default_rng(seed).integers(0, len(x), (RESAMPLES, len(x)))].mean(1)
    low, high = np.quantile(means, [(1 - COVERS) / 2, (1 + COVERS) / 2])
    return Interval(float(x.mean()), float(low), float(high), len(x))


def of_objects(rows: Sequence[Row], method: str, figure: str) -> dict[str, float]:
    """The mean over each object's pictures; objects without the figure are left out."""
    found: dict[str, list[float]] = {}
    for row in rows:
        value = row.figures.get(method, {}).get(figure)
        if value is not None:
            found.setdefault(row.id, []).append(value)
    return {id: float(np.mean(values)) for id, values in found.items()}


def differences(a: dict[str, float], b: dict[str, float]) -> np.ndarray:
    """``a`` − ``b`` over the objects that both have."""
    return np.array([a[id] - b[id] for id in a if id in b])
