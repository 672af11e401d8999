"""The protocol, in three functions: how near two surfaces are, and how alike their outlines.

Prediction and truth are centred on their bounding box and scaled so that the longest side is 2 (each by its own).
The prediction arrives in the world frame with the camera's side on −Y and is turned about +Z by the view's known
azimuth; nothing is searched or aligned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from .raster import silhouette

TAUS = (0.1, 0.2, 0.5)
UNSEEN = ((90.0, 20.0), (180.0, 20.0), (270.0, 20.0), (0.0, 90.0))  # degrees: beyond the input azimuth, elevation


@dataclass(frozen=True)
class Score:
    """``chamfer`` is half the sum of both mean distances; ``f`` at TAUS; ``iou`` per view of UNSEEN."""

    chamfer: float
    f: tuple[float, ...]
    iou: tuple[float, ...]

    @property
    def mean_iou(self) -> float:
        return float(np.mean(self.iou))


@dataclass(frozen=True)
class Row:
    """One object: its score, the baseline's, and what the engine had to say; ``first`` is the score of the surface
    that came before ours, where it was asked for.
    """

    id: str
    group: str
    ours: Score
    inflation: Score
    seconds: float
    warnings: tuple[str, ...]
    first: Score | None = None


def sample(vertices: np.ndarray, faces: np.ndarray, count: int = 10_000, seed: int = 0) -> np.ndarray:
    """``count`` points (count,3), uniform by area over the surface."""
    rng = np.random.default_rng(seed)
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    pick = rng.choice(len(faces), count, p=area / area.sum())
    r, s = np.sqrt(rng.random(count))[:, None], rng.random(count)[:, None]
    return a[pick] * (1 - r) + b[pick] * (r * (1 - s)) + c[pick] * (r * s)


def turned(vertices: np.ndarray, azimuth_deg: float) -> np.ndarray:
    """Turned about +Z, counter-clockwise seen from above."""
    a = np.radians(azimuth_deg)
    c, s = np.cos(a), np.sin(a)
    return np.asarray(vertices, np.float64) @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T


def score(
    vertices: np.ndarray,
    faces: np.ndarray,
    true_vertices: np.ndarray,
    true_faces: np.ndarray,
    azimuth_deg: float,
    outlines: bool = True,
) -> Score:
    """The prediction (camera side −Y) against the truth, which stands in its own frame, seen from ``azimuth_deg``."""
    vertices = turned(vertices, azimuth_deg)
    true_vertices = np.asarray(true_vertices, np.float64)
    p, p_unit = _unit(sample(vertices, faces, seed=0), vertices)
    g, g_unit = _unit(sample(true_vertices, true_faces, seed=1), true_vertices)
    to_truth, to_prediction = cKDTree(g).query(p)[0], cKDTree(p).query(g)[0]
    f = []
    for tau in TAUS:
        precision, recall = (to_truth < tau).mean(), (to_prediction < tau).mean()
        f.append(float(2 * precision * recall / max(1e-9, precision + recall)))
    iou = tuple(
        _iou(
            silhouette(p_unit, faces, np.radians(azimuth_deg + turn), np.radians(height)),
            silhouette(g_unit, true_faces, np.radians(azimuth_deg + turn), np.radians(height)),
        )
        for turn, height in (UNSEEN if outlines else ())
    )
    return Score(float((to_truth.mean() + to_prediction.mean()) / 2), tuple(f), iou)


def _unit(points: np.ndarray, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both by the bounding box of ``points``, the sampled surface: vertices that no face uses count nothing."""
    low, high = points.min(0), points.max(0)
    middle, scale = (low + high) / 2, 2 / max(1e-9, float((high - low).max()))
    return (points - middle) * scale, (vertices - middle) * scale


def _iou(a: np.ndarray, b: np.ndarray) -> float:
    union = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / union if union else 1.0
