"""Coloured primitives as arrays: what every object of the grammar is made of.

World frame: +Z up, front −Y, metres without a scale. All kinds are symmetric in their local x, so that a mirrored
primitive is again one of the same kind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

LONGEST = 1.8  # longest side of a finished object, in the cube [-1, 1]³
THINNEST = 0.026  # half a wall or leg: 1.7 cells of a 64³ grid, the least that such a grid holds


class Kind(IntEnum):
    """``size`` is always the half extents of the local bounding box; ``shape`` (a, b) says the rest."""

    BOX = 0  # a: rounding radius, b: top's share of the bottom in x and y (0 = pyramid)
    ELLIPSOID = 1
    CYLINDER = 2  # along z; a: rounding radius, b: top radius / bottom radius (0 = cone, > 1 widens upwards)
    CAPSULE = 3  # along z, radius size[0]; b: top radius / bottom radius
    TORUS = 4  # ring in the xy plane, tube radius size[2]; a: half its arc about +y in radians (0 = whole)
    PRISM = 5  # a: rounding radius, b: top's share of the bottom in x only (0 = gable roof, ridge along y)
    DOME = 6  # upper half of an ellipsoid: base at −size[2], top at +size[2]


@dataclass(frozen=True)
class Solids:
    """n primitives; later ones are united with, or (``cut``) carved from, all that come before them."""

    kind: np.ndarray  # (n,) int32, a Kind
    size: np.ndarray  # (n, 3) float32 half extents
    shape: np.ndarray  # (n, 2) float32, by kind
    rotation: np.ndarray  # (n, 3, 3) float32, local → world
    centre: np.ndarray  # (n, 3) float32
    colour: np.ndarray  # (n, 3) float32 sRGB in [0, 1]; a cut's colour is that of the wall it leaves
    cut: np.ndarray  # (n,) bool

    def __len__(self) -> int:
        return len(self.kind)


def boxes(solids: Solids) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest corner (n, 3), (n, 3) float32 of each primitive along the world axes (exact but for arcs of
    rings, which get the box of twenty balls along them).
    """
    kind, turn = solids.kind, solids.rotation
    a, b = solids.shape.T
    h = solids.size
    rounding = np.where(np.isin(kind, _ROUNDED), a, 0)[:, None]
    core = h - rounding
    round_section = (kind == Kind.CYLINDER)[:, None]
    low, high = np.full((2, len(h), 3), np.inf, np.float32) * np.array([1, -1], np.float32)[:, None, None]
    for end in (-1, 1):
        wide = (np.minimum(1, 1 / np.maximum(b, 1e-6)) if end < 0 else np.minimum(1, b))[:, None]
        section = core[:, :2] * np.where((kind == Kind.PRISM)[:, None] & (np.arange(2) == 1), 1, wide)
        offset = turn[..., 2] * core[:, 2:] * end
        square = np.einsum("nij,nj->ni", np.abs(turn[..., :2]), section)
        disc = np.sqrt(np.einsum("nij,nj->ni", np.square(turn[..., :2]), np.square(section)))
        half = np.where(round_section, disc, square) + rounding
        rod = kind == Kind.CAPSULE
        ball = h[:, :1] * wide
        offset[rod] = (turn[..., 2] * (h[:, 2:] - ball) * end)[rod]
        half[rod] = np.broadcast_to(ball, half.shape)[rod]
        low, high = np.minimum(low, offset - half), np.maximum(high, offset + half)
    for i in np.nonzero(np.isin(kind, _CURVED))[0]:
        low[i], high[i] = _curved_box(int(kind[i]), h[i], float(a[i]), turn[i])
    return (solids.centre + low).astype(np.float32), (solids.centre + high).astype(np.float32)


_ROUNDED = (Kind.BOX, Kind.CYLINDER, Kind.PRISM)
_CURVED = (Kind.ELLIPSOID, Kind.TORUS, Kind.DOME)


def _curved_box(kind: int, size: np.ndarray, arc: float, turn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if kind == Kind.TORUS:
        angle = np.linspace(-arc, arc, 20) if arc else np.linspace(-np.pi, np.pi, 48)
        ring = np.stack([np.sin(angle), np.cos(angle), 0 * angle], 1) * (size - size[2])
        path = ring @ turn.T
        return path.min(0) - size[2], path.max(0) + size[2]
    whole = size * np.array([1, 1, 1 if kind == Kind.ELLIPSOID else 2], np.float32)
    reach = np.sqrt(np.square(turn) @ np.square(whole))
    if kind == Kind.ELLIPSOID:
        return -reach, reach
    disc = np.sqrt(np.square(turn[:, :2]) @ np.square(whole[:2]))  # a dome bulges to one side, its rim to the other
    up = turn[:, 2] >= 0
    base = -turn[:, 2] * size[2]
    return base - np.where(up, disc, reach), base + np.where(up, reach, disc)


def bounds(solids: Solids) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest corner (3,), (3,) float32 of all that is not carved away."""
    low, high = boxes(solids)
    return low[~solids.cut].min(0), high[~solids.cut].max(0)


def normalised(solids: Solids) -> Solids:
    """The same object with its bounding box centred on 0, the longest side 1.8 and no wall that a 64³ grid loses."""
    low, high = bounds(solids)
    scale = np.float32(LONGEST / (high - low).max())
    size, shape = solids.size * scale, solids.shape.copy()
    rounded = np.isin(solids.kind, _ROUNDED)
    shape[rounded, 0] *= scale
    thick = np.where(solids.cut[:, None], size, np.maximum(size, THINNEST))
    centre = (solids.centre - (low + high) / 2) * scale
    return replace(solids, size=thick, shape=shape, centre=centre)
