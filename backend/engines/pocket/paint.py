"""Colours: the picture's own where it sees the surface, the network's where it does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .filters import blur
from .network import Encoding, PocketNetwork
from .rays import Rays
from .sampling import sample
from .silhouette import Silhouette
from .solid import WIRE

FACING = (0.1, 0.4)  # cosine to the camera between which the picture's say grows from nothing to all
CLEAN = 2.0  # pixels within the outline: nearer to it a cut-out's colours are mixed with what was behind
TINT = 0.15  # the most that the network's colours are shifted to meet the picture's


@dataclass(frozen=True)
class Painter:
    """Called with vertices (N,3) of ray space and faces (M,3), gives sRGB (N,3) in [0, 1].

    ``colours`` (S, S, 3) are the picture's, its outline's pixels mended; ``middle`` is solid.Intervals': every ray is
    entered once, so what lies before the middle is what the picture sees. ``radius`` (S, S) is half the local width.
    """

    network: PocketNetwork
    encoding: Encoding
    rays: Rays
    colours: np.ndarray
    middle: np.ndarray
    radius: np.ndarray

    def __call__(self, vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
        guessed = self.network.query(self.encoding, self.rays.to_frame(vertices))[1]
        where = np.stack([-vertices[:, 1], vertices[:, 0]], -1).astype(np.float32)
        looked = sample(self.colours, where)
        before = vertices[:, 2] > sample(self.middle[..., None], where)[:, 0]
        seen = before * np.clip((self.facing(vertices, faces) - FACING[0]) / (FACING[1] - FACING[0]), 0, 1)
        if seen.sum() > 1:  # the picture's light is on the unseen side too
            shift = ((looked - guessed) * seen[:, None]).sum(0) / seen.sum()
            guessed = guessed + np.clip(shift, -TINT, TINT)
        # a wire looks the same from behind, and the network knows nothing of it
        wire = np.clip((WIRE[1] - sample(self.radius[..., None], where)[:, 0]) / (WIRE[1] - WIRE[0]), 0, 1)
        share = np.maximum(seen, wire)[:, None]
        return np.clip(guessed * (1 - share) + looked * share, 0, 1).astype(np.float32)

    def facing(self, vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
        """Cosine (N,) between each vertex's normal and the direction to the camera."""
        points = self.rays.to_frame(vertices)
        a, b, c = (points[faces[:, i]] for i in range(3))
        flat = np.cross(b - a, c - a)
        normal = np.stack([np.bincount(faces.ravel(), np.repeat(flat[:, j], 3), len(points)) for j in range(3)], 1)
        towards = np.array([0, 0, 1 / self.rays.k]) - points
        length = np.linalg.norm(normal, axis=1) * np.linalg.norm(towards, axis=1)
        return (normal * towards).sum(1) / np.maximum(length, 1e-12)


def mended(rgba: np.ndarray, silhouette: Silhouette) -> np.ndarray:
    """The picture's colours (S, S, 3), in which pixels at the outline and beyond take those just within it.

    Where there is no within, on a wire, the pixels count by their alpha.
    """
    colours = rgba[..., :3].astype(np.float32)
    depth = silhouette.distance * (len(silhouette.distance) / 2)  # pixels
    within, sure = _mean(colours, (depth >= CLEAN).astype(np.float32), CLEAN)
    about, _ = _mean(colours, silhouette.alpha**2, CLEAN / 2)
    share = np.clip(sure / 0.05, 0, 1)
    return np.where((depth >= CLEAN)[..., None], colours, within * share + about * (1 - share))


def _mean(colours: np.ndarray, weight: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean about each pixel (S, S, 3), and how much weight (S, S, 1) there is."""
    total = blur(weight, sigma)[..., None]
    return blur(colours * weight[..., None], sigma) / np.maximum(total, 1e-9), total
