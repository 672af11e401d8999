"""What the picture says for certain: which rays meet the object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import EmptyMask
from .filters import blur, distance_to, parts, signed_distance
from .sampling import sample

EVEN = 2.0  # pixels along a line over which its width is evened out
SPECK = 12  # pixels of the 256² frame; a smaller island is dirt of the cut-out, and would become a floater


@dataclass(frozen=True)
class Silhouette:
    """``distance`` (S, S) float32: signed distance to the outline in crop units (the frame's side is 2), positive
    on rays that meet the object, row 0 on top; from the soft alpha's half level, so finer than a pixel.
    ``alpha`` (S, S) float32 without specks.
    """

    distance: np.ndarray
    alpha: np.ndarray

    @classmethod
    def of(cls, alpha: np.ndarray) -> Silhouette:
        """``alpha`` (S, S) in [0, 1]. Raises EmptyMask where nothing but specks is over one half."""
        alpha = np.array(alpha, np.float32)
        labels = parts(alpha > 0.5)
        size = np.bincount(labels.ravel())
        size[0] = 0
        if size.max(initial=0) == 0:
            raise EmptyMask("Nothing is left of the picture.", "Use a picture whose object stands out.")
        speck = (size < SPECK) & (size < size.max())
        speck[0] = False
        alpha[speck[labels]] = 0
        return cls(signed_distance(alpha) * np.float32(2 / len(alpha)), alpha)

    def no_thinner_than(self, width: float) -> Silhouette:
        """The silhouette with its thin parts drawn ``width`` wide (crop units), as a line on a screen is never
        drawn thinner than a pixel; what is wider stays exactly as it is.

        Thin is the middle line of what an opening with a disc of that width would take away, corners excepted.
        """
        middle = _thin(self.distance, width)
        if not middle.any():
            return self
        pixel = 2 / len(self.distance)
        # What is missing is added along each stretch, smoothly, so that the line stays as straight as it was drawn;
        # and no farther than that line itself would reach, so that nothing beside it grows.
        missing = np.where(middle, np.maximum(width / 2 - _half_width(self.distance, pixel), 0), 0).astype(np.float32)
        about = blur(middle.astype(np.float32), EVEN)
        missing = blur(missing, EVEN) / np.maximum(about, 1e-6) * (about > 1e-6)
        reached = width / 2 + pixel - distance_to(middle) * pixel
        grown = np.minimum(self.distance + missing, reached)
        return Silhouette(np.maximum(self.distance, grown).astype(np.float32), self.alpha)

    def to_thin(self, width: float) -> np.ndarray:
        """Distance (S, S) float32 of every pixel to the middle line of what is thinner than ``width``, be it a part
        or a gap; crop units, infinite where nothing is.
        """
        middle = _thin(self.distance, width) | _thin(-self.distance, width)
        if not middle.any():
            return np.full_like(self.distance, np.inf)
        return distance_to(middle) * np.float32(2 / len(self.distance))

    def radius(self, widest: float) -> np.ndarray:
        """Half the local width (S, S) float32, crop units, no more than ``widest``: the radius of the largest disc
        within the outline that covers a pixel (Hildebrand and Rüegsegger 1997), going on a little beyond the outline.
        """
        pixel, d = 2 / len(self.distance), self.distance
        centres = np.argwhere(_middle_line(d, pixel) & (d < widest))
        core = d >= widest
        to_core = distance_to(core) * np.float32(pixel) if core.any() else np.full_like(d, 4.0)
        result = np.zeros_like(d)
        for beyond in (
            0.75 * pixel,
            4 * pixel,
        ):  # first the discs themselves, so that a wire keeps its own beside a body
            wider = _stamped(d, centres, beyond)
            wider[to_core <= widest + beyond] = widest
            result = np.where(result > 0, result, wider)
        return np.maximum(result, np.float32(pixel))

    def at(self, points: np.ndarray) -> np.ndarray:
        """``distance`` at the rays of ``points`` (N, 2 or 3) in ray space → (N,) float32."""
        return sample(self.distance[..., None], np.stack([-points[:, 1], points[:, 0]], -1))[:, 0]

    def shrunk(self, size: int) -> np.ndarray:
        """``distance`` at the centres of size × size cells, row 0 on top."""
        return shrunk(self.distance, size)


def shrunk(image: np.ndarray, size: int) -> np.ndarray:
    """A map of the crop (S, S) at the centres of size × size cells."""
    axis = ((np.arange(size) + 0.5) * (2 / size) - 1).astype(np.float32)
    where = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
    return sample(np.asarray(image, np.float32)[..., None], where).reshape(size, size)


def _thin(distance: np.ndarray, width: float) -> np.ndarray:
    """The middle line (S, S) bool of what an opening with a disc of ``width`` takes away, corners excepted."""
    pixel = 2 / len(distance)
    middle = _middle_line(distance, pixel)
    core = np.where(middle, _half_width(distance, pixel), distance) >= width / 2
    to_core = distance_to(core) * pixel if core.any() else np.full_like(distance, 4.0)
    return middle & (to_core > 0.75 * width)


def _half_width(distance: np.ndarray, pixel: float) -> np.ndarray:
    """Half the local width (H, W) at pixels of a middle line, which runs between pixels: across it the distance falls
    by a pixel a pixel to both sides, whichever side of the line the pixel's centre is on.
    """
    d = np.pad(distance, 1, mode="edge")
    height, width = distance.shape
    halves = []
    for y, x in ((0, 1), (1, 0), (1, 1), (1, -1)):
        ahead = d[1 + y : 1 + y + height, 1 + x : 1 + x + width]
        behind = d[1 - y : 1 - y + height, 1 - x : 1 - x + width]
        halves.append((ahead + behind) / 2 + pixel * np.hypot(y, x))
    return np.asarray(np.maximum(distance, np.min(halves, axis=0)))


def _stamped(distance: np.ndarray, centres: np.ndarray, beyond: float) -> np.ndarray:
    """The largest ``distance`` of those ``centres`` (N, 2) whose disc, and ``beyond``, covers a pixel; 0 elsewhere."""
    size, pixel = len(distance), 2 / len(distance)
    radii = distance[tuple(centres.T)]
    order = np.argsort(radii, kind="stable")
    centres, radii = centres[order], radii[order]
    reach = int(np.ceil((radii.max(initial=0) + beyond) / pixel))
    offsets = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1).T
    far = np.hypot(*offsets.T) * pixel
    near_first = np.argsort(far)
    counts = np.searchsorted(far[near_first], radii + beyond, side="right")
    padded = np.zeros((size + 2 * reach, size + 2 * reach), np.float32)
    steps = (offsets @ (len(padded), 1))[near_first]
    starts = (centres + reach) @ (len(padded), 1)
    flat = padded.reshape(-1)
    for start, count, radius in zip(starts.tolist(), counts.tolist(), radii.tolist(), strict=True):
        flat[start + steps[:count]] = radius  # the larger discs come later and stay on top
    return padded[reach : reach + size, reach : reach + size]


def _middle_line(distance: np.ndarray, pixel: float) -> np.ndarray:
    """Inside pixels (H, W) bool that are as far from the outline as both neighbours of some opposite pair."""
    d = np.pad(distance, 1, constant_values=-1)
    height, width = distance.shape
    ridge = np.zeros((height, width), bool)
    for y, x in ((0, 1), (1, 0), (1, 1), (1, -1)):
        ahead = d[1 + y : 1 + y + height, 1 + x : 1 + x + width]
        behind = d[1 - y : 1 - y + height, 1 - x : 1 - x + width]
        slack = 0.25 * pixel * np.hypot(y, x)  # between two equal pixels the middle line has no pixel of its own
        ridge |= (distance >= ahead - slack) & (distance >= behind - slack) & (distance > np.minimum(ahead, behind))
    return ridge & (distance > 0)
