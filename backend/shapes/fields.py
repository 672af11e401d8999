"""Fields: functions of space whose level set is a surface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Values = Callable[[np.ndarray], np.ndarray]  # (N,3) float32 → (N,) float32
Colours = Callable[[np.ndarray], np.ndarray]  # (N,3) float32 → (N,3) float32, sRGB in [0, 1]
Warp = Callable[[np.ndarray], np.ndarray]  # (N,3) float32 → (N,3) float32
Painter = Callable[[np.ndarray, np.ndarray], np.ndarray]  # vertices (N,3), faces (M,3) → (N,3) sRGB in [0, 1]


@dataclass(frozen=True)
class Refinement:
    """Where a field has parts or gaps that a lattice's cells may be too coarse for, and how much finer they must be.

    ``where``: centres of cells (N,3) in the field's frame → (N,) bool; ``factor`` ≥ 2, a refined cell is cut into
    factor³.
    """

    factor: int
    where: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class SignedDistanceField:
    """``values`` is positive inside; the surface is its zero set within the box ``lower``…``upper``.

    The field may live in any frame in which it is cheap to evaluate; ``to_world`` carries points of that
    frame to the world frame (metres, +Z up, front −Y) and keeps orientation (its Jacobian is positive).
    ``paint``, where given, colours a finished mesh (vertices still in the field's frame) with more
    knowledge than a point has, visibility say; otherwise ``colours`` is asked at the vertices.
    ``lipschitz`` bounds |∇values| per unit of the field's frame: sparse evaluation skips a cell only where
    this bound shows that the surface cannot pass through it.
    ``seeds`` (N,3), where given, are points near which the surface is known to pass: they are always looked at.
    ``refinement``, where given, holds for the lattice of the preset that the engine was asked for.
    """

    values: Values
    lower: np.ndarray  # (3,) float32
    upper: np.ndarray  # (3,) float32
    colours: Colours | None = None
    paint: Painter | None = None
    to_world: Warp | None = None
    lipschitz: float = 1.0
    seeds: np.ndarray | None = None
    refinement: Refinement | None = None


@dataclass(frozen=True)
class DensityField:
    """``values`` ≥ 0; the surface is where it equals ``level``. The rest as in SignedDistanceField."""

    values: Values
    level: float
    lower: np.ndarray
    upper: np.ndarray
    colours: Colours | None = None
    paint: Painter | None = None
    to_world: Warp | None = None
