"""Two protocols that search for the pose in which a prediction fits the truth best, each under its name.

``yaws``: the best of 24 turns about the upright axis, each followed by iterated closest points with a similarity
(scale 0.7 to 1.4); lowest chamfer wins. Forgiving: it flatters whatever is elongated and of about the right size.
``search`` (after One-2-3-45, Liu et al. 2023): scales times turns about the upright axis, each followed by *rigid*
iterated closest points over pairs nearer than REACH; the pose with most inliers wins, points of either cloud that are
so near the other. Grid and reach are our choice, not the paper's, and so is counting both clouds: if only the
prediction's points count, whatever is shrunk onto a part of the truth wins.

Both work on clouds in the normalised frame (longest side 2). All starts of a search move together, against a table of
nearest points; the winners are refined with exact neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

YAWS = 24
SCALE_RANGE = (0.7, 1.4)
SCALES = (0.6, 0.8, 1.0, 1.2, 1.4)
TURNS = 8
REACH = 0.1
COARSE, FINE = 500, 2000  # points that move in the search, and in the refinement
FIRST, SECOND, STEPS = 10, 15, 30  # steps of all starts, of HOPEFUL ones, of FINALISTS
HOPEFUL, FINALISTS = 6, 2
STILL = 1e-4  # a pose is found when no point moves farther in a step


class Nearest:
    """For any place about a cloud (n,3), which of its points is nearest to the middle of the place's cell: a table,
    wrong by at most a cell.
    """

    def __init__(self, points: np.ndarray, half: float = 1.6, cells: int = 48):
        self.points = np.ascontiguousarray(points, np.float32)
        self.half, self.cells = half, cells
        axis = ((np.arange(cells) + 0.5) * (2 * half / cells) - half).astype(np.float32)
        lattice = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
        self._which = cKDTree(points).query(lattice, eps=0.1)[1].astype(np.int32)

    def of(self, places: np.ndarray) -> np.ndarray:
        """``places`` (…,3) → the points nearest to them, (…,3) float32; far outside, those nearest to the border."""
        cell = ((places + self.half) * (self.cells / (2 * self.half))).astype(np.int32)
        np.clip(cell, 0, self.cells - 1, out=cell)
        return self.points[self._which[(cell[..., 0] * self.cells + cell[..., 1]) * self.cells + cell[..., 2]]]


@dataclass(frozen=True)
class Pose:
    """``p`` → ``scale · p @ rotation.T + shift``; with leading axes, several at once."""

    scale: np.ndarray  # (…)
    rotation: np.ndarray  # (…,3,3)
    shift: np.ndarray  # (…,3)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        turned = points @ np.swapaxes(self.scale[..., None, None] * self.rotation, -1, -2)
        return turned + self.shift[..., None, :]

    def __getitem__(self, which: int | np.ndarray) -> Pose:
        return Pose(self.scale[which], self.rotation[which], self.shift[which])


Protocol = Callable[[np.ndarray, np.ndarray, Nearest], np.ndarray]


def starts(scales: tuple[float, ...], turns: int) -> Pose:
    """Every scale with every turn about +Z: (scales · turns) poses without a shift."""
    angle = np.tile(np.arange(turns) * (2 * np.pi / turns), len(scales))
    c, s, zero, one = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    rotation = np.stack([c, -s, zero, s, c, zero, zero, zero, one], -1).reshape(-1, 3, 3)
    return Pose(np.repeat(np.array(scales, float), turns), rotation, np.zeros((len(angle), 3)))


def fit(points: np.ndarray, onto: np.ndarray, weights: np.ndarray, scales: np.ndarray | tuple[float, float]) -> Pose:
    """The pose that brings ``points`` nearest to ``onto``, pair by pair, in the least squares (Umeyama, 1991).

    Both (…,n,3), ``weights`` (…,n). ``scales``: the lowest and the highest allowed, or an array (…) of what they are.
    """
    total = np.maximum(weights.sum(-1), 1e-9)[..., None]
    p_mean = (weights[..., None] * points).sum(-2) / total
    y_mean = (weights[..., None] * onto).sum(-2) / total
    p, y = points - p_mean[..., None, :], onto - y_mean[..., None, :]
    weighted = weights[..., None] * p
    u, strength, vt = np.linalg.svd(np.swapaxes(weighted, -1, -2).astype(np.float64) @ y)
    sign = np.ones_like(strength)
    sign[..., 2] = np.sign(np.linalg.det(u) * np.linalg.det(vt))
    rotation = np.swapaxes((u * sign[..., None, :]) @ vt, -1, -2)
    if isinstance(scales, tuple):
        scale = np.clip((strength * sign).sum(-1) / np.maximum((weighted * p).sum((-1, -2)), 1e-9), *scales)
    else:
        scale = scales
    shift = y_mean - scale[..., None] * (rotation @ p_mean[..., None])[..., 0]
    return Pose(scale, rotation, shift)


def iterate(
    pose: Pose,
    points: np.ndarray,
    nearest: Callable[[np.ndarray], np.ndarray],
    scaled: bool,
    reach: float = np.inf,
    steps: int = STEPS,
) -> Pose:
    """Iterated closest points (Besl and McKay, 1992) from ``pose``, or from many at once. Pairs farther apart than
    ``reach`` count nothing, unless all are.
    """
    moved = pose(points)
    for _ in range(steps):
        onto = nearest(moved)
        weights = np.ones(moved.shape[:-1], np.float32)
        if np.isfinite(reach):
            near = ((moved - onto) ** 2).sum(-1) < reach**2
            weights = np.where(near.sum(-1, keepdims=True) >= 3, near, True).astype(np.float32)
        pose = fit(np.broadcast_to(points, moved.shape), onto, weights, SCALE_RANGE if scaled else pose.scale)
        before, moved = moved, pose(points)
        if np.abs(moved - before).max() < STILL:
            break
    return pose


def yaws(points: np.ndarray, truth: np.ndarray, nearest: Nearest) -> np.ndarray:
    """``points`` (n,3) as they lie under the best similarity; see the module."""

    def gap(moved: np.ndarray, onto: np.ndarray, other: np.ndarray) -> float:
        return float(np.sqrt(((moved - onto) ** 2).sum(-1)).mean() + cKDTree(moved).query(other)[0].mean())

    return _best(points, truth, nearest, starts((1.0,), YAWS), gap, scaled=True)


def search(points: np.ndarray, truth: np.ndarray, nearest: Nearest) -> np.ndarray:
    """``points`` (n,3) as they lie under the pose with most inliers; see the module."""

    def outliers(moved: np.ndarray, onto: np.ndarray, other: np.ndarray) -> float:
        there = (((moved - onto) ** 2).sum(-1) < REACH**2).mean()
        return -float(there + (cKDTree(moved).query(other)[0] < REACH).mean())

    return _best(points, truth, nearest, starts(SCALES, TURNS), outliers, scaled=False, reach=REACH)


def _best(
    points: np.ndarray,
    truth: np.ndarray,
    nearest: Nearest,
    begin: Pose,
    bad: Callable[[np.ndarray, np.ndarray, np.ndarray], float],
    scaled: bool,
    reach: float = np.inf,
) -> np.ndarray:
    """All starts for a few steps, the hopeful ones for more, the finalists with exact neighbours to the end.

    ``bad(moved, what of the truth each is nearest to, truth)``: the pose with the least wins.
    """
    few, pose = points[:COARSE].astype(np.float32), begin
    for steps, keep in ((FIRST, HOPEFUL), (SECOND, FINALISTS)):
        pose = iterate(pose, few, nearest.of, scaled, reach, steps)
        moved = pose(few)
        ranks = [bad(m, onto, truth[:COARSE]) for m, onto in zip(moved, nearest.of(moved), strict=True)]
        pose = pose[np.argsort(ranks, kind="stable")[:keep]]
    more, target = points[:FINE], truth[:FINE]
    tree = cKDTree(target)

    def exact(moved: np.ndarray) -> np.ndarray:
        return np.asarray(target[tree.query(moved)[1]])

    ends = [iterate(pose[i], more, exact, scaled, reach) for i in range(len(pose.scale))]
    ranks = [bad(moved, exact(moved), target) for moved in (end(more) for end in ends)]
    return ends[int(np.argmin(ranks))](points)


PROTOCOLS: dict[str, Protocol] = {"yaws": yaws, "search": search}
