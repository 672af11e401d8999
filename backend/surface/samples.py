"""What of a cloud is worth meshing: visible, finite, near the others, and no more than the grid can tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import EmptySurface
from ..shapes import GaussianCloud, PointCloud
from ..shapes.gaussians import rotation_matrices
from ..watch import Watch, within
from .split import split

FAINTEST = 0.05  # opacity below which a Gaussian is not seen
FLAT = 0.4  # a Gaussian's least extent over its second one, below which its least axis is its normal
FAR = 4.0  # times further out than nearly all points: left behind by mistake
FEWEST = 8  # points that could enclose something
THINNEST = 1e-4  # least extent over the largest: less is a plane
MANY = 150_000  # points from which on they are thinned: a fine grid has about as many cells about a surface
SAMPLE = 1 << 20  # points that quantiles are taken from, at most


@dataclass(frozen=True)
class Samples:
    """Points of a surface. ``points`` (N, 3) float32 about the origin, longest side 2; ``weights`` (N,) float32 in
    (0, 1], how much each is to be believed; ``colours`` (N, 3) float32 in [0, 1] or None; ``normals`` (N, 3) float32,
    unit, zero where not known, or None; ``oriented`` whether they point outwards or may as well point inwards.
    """

    points: np.ndarray
    weights: np.ndarray
    colours: np.ndarray | None
    normals: np.ndarray | None
    oriented: bool

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, rows: np.ndarray) -> Samples:
        return Samples(
            self.points[rows],
            self.weights[rows],
            None if self.colours is None else self.colours[rows],
            None if self.normals is None else self.normals[rows],
            self.oriented,
        )


@dataclass(frozen=True)
class Frame:
    """Carries the samples' frame back to the cloud's: points · ``scale`` + ``centre`` (3,) float64."""

    centre: np.ndarray
    scale: float

    def back(self, points: np.ndarray) -> np.ndarray:
        return (points.astype(np.float64) * self.scale + self.centre).astype(np.float32)


def gather(cloud: GaussianCloud | PointCloud, across: int, watch: Watch | None = None) -> tuple[Samples, Frame]:
    """The points of a cloud that count, at most about one for each of ``across``³ cells where they are many.

    Raises EmptySurface where nothing is visible, or what is cannot enclose anything.
    """
    watch = watch or Watch()
    watch.step(0.0, "gathering points")
    samples = _gaussians(cloud) if isinstance(cloud, GaussianCloud) else _points(cloud)
    if len(samples) < FEWEST:
        raise EmptySurface(
            "The cloud has too few visible points to be a surface.",
            "Use a cloud of an object, of a thousand points or more.",
        )
    near = _near(samples.points, within(watch, 0.2, 0.4))
    if not near.all():
        samples = samples[near]
    lower, upper = (end.astype(np.float64) for end in (samples.points.min(axis=0), samples.points.max(axis=0)))
    frame = Frame((lower + upper) / 2, float(np.max(upper - lower)) / 2)
    if not frame.scale > 0:
        raise EmptySurface("All points of the cloud lie in one place.", "Use a cloud of an object.")
    points = np.empty(samples.points.shape, np.float32)
    for rows in _batches(len(points), within(watch, 0.4, 0.6)):
        points[rows] = (samples.points[rows] - frame.centre) / frame.scale
    samples = Samples(points, samples.weights, samples.colours, samples.normals, samples.oriented)
    extent = np.linalg.eigvalsh(np.cov(points[:: max(1, len(points) // SAMPLE)].T.astype(np.float64)))
    if extent[0] <= (THINNEST**2) * extent[2]:
        raise EmptySurface(
            "All points of the cloud lie in one plane, which encloses nothing.",
            "Use a cloud that shows an object from several sides.",
        )
    return thin(samples, across, within(watch, 0.6, 1.0)) if len(samples) > MANY else samples, frame


def _gaussians(cloud: GaussianCloud) -> Samples:
    keep = np.isfinite(cloud.means).all(axis=1) & (cloud.opacities >= FAINTEST)
    keep &= np.isfinite(cloud.scales).all(axis=1) & np.isfinite(cloud.rotations).all(axis=1)
    keep &= np.einsum("ij,ij->i", cloud.rotations, cloud.rotations) > 0
    means, scales, rotations = cloud.means[keep], cloud.scales[keep], cloud.rotations[keep]
    if not len(means):
        return Samples(means, np.zeros(0, np.float32), None, None, False)
    order = np.sort(scales, axis=1)
    flat = order[:, 0] < FLAT * order[:, 1]
    normals = np.zeros((len(scales), 3), np.float32)
    axes = rotation_matrices(rotations[flat])
    normals[flat] = axes[np.arange(len(axes)), :, np.argmin(scales[flat], axis=1)]
    weights = np.clip(cloud.opacities[keep], 0, 1).astype(np.float32)
    colours = np.clip(np.nan_to_num(cloud.colours[keep]), 0, 1).astype(np.float32)
    points, origins = split(means, scales, rotations, flat)
    return Samples(points, weights[origins], colours[origins], normals[origins], False)


def _points(cloud: PointCloud) -> Samples:
    keep = np.isfinite(cloud.points).all(axis=1)
    normals = None if cloud.normals is None else cloud.normals[keep].astype(np.float32)
    oriented = False
    if normals is not None:
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        good = np.isfinite(length) & (length > 1e-6)
        normals = np.where(good, normals / np.where(good, length, 1), 0).astype(np.float32)
        oriented = bool(good.mean() > 0.99) if len(good) else False
    colours = None if cloud.colours is None else cloud.colours[keep, :3].astype(np.float32) / 255
    return Samples(cloud.points[keep], np.ones(int(keep.sum()), np.float32), colours, normals, oriented)


def _near(points: np.ndarray, watch: Watch) -> np.ndarray:
    """Which points (N,) do not lie far out of the cloud."""
    some = points[:: max(1, len(points) // SAMPLE)].astype(np.float64)
    centre = np.median(some, axis=0)
    reach = np.quantile(np.linalg.norm(some - centre, axis=1), 0.95)
    near = np.ones(len(points), bool)
    if reach > 0:
        for rows in _batches(len(points), watch):
            near[rows] = np.linalg.norm(points[rows] - centre, axis=1) <= FAR * reach
    return near


def _batches(count: int, watch: Watch) -> Iterator[slice]:
    """Rows by the million: double precision for all at once would be more than the cloud itself."""
    for start in range(0, count, SAMPLE):
        watch.step(start / count, "gathering points")
        yield slice(start, start + SAMPLE)


def thin(samples: Samples, across: int, watch: Watch) -> Samples:
    """One sample for each of ``across``³ cells that has any: means by weight, colours and normals likewise."""
    watch.step(0.0, "thinning points")
    cell = np.float32(2.0 / across * (1 + 1e-6))
    index = np.clip(((samples.points + np.float32(1)) / cell).astype(np.int32), 0, across - 1)
    keys = (index[:, 0] * across + index[:, 1]) * across + index[:, 2]
    del index
    sums = np.bincount(keys, weights=samples.weights, minlength=across**3)
    cells = np.flatnonzero(sums)
    total = sums[cells]
    counts = np.bincount(keys, minlength=across**3)[cells]

    def means(values: np.ndarray) -> np.ndarray:
        found = np.empty((len(cells), values.shape[1]), np.float32)
        for column in range(values.shape[1]):
            watch.step(0.5, "thinning points")
            weights = samples.weights * values[:, column]
            found[:, column] = np.bincount(keys, weights=weights, minlength=across**3)[cells] / total
        return found

    normals = None
    if samples.normals is not None and samples.oriented:  # of either sign they have no mean; neighbours will tell
        normals = means(samples.normals)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), np.float32(1e-6))
    return Samples(
        means(samples.points),
        (total / counts).astype(np.float32),
        None if samples.colours is None else means(samples.colours),
        normals,
        samples.oriented and normals is not None,
    )
