"""The protocol: how near two surfaces are, how they face, and how alike they look from where the camera was not.

Prediction and truth are centred on their bounding box and scaled so that the longest side is 2 (each by its own, as
10,000 points sampled from it show it). The prediction arrives in the world frame with the camera's side on −Y and is
turned about +Z by the view's known azimuth. *Raw* figures search and align nothing further; those of ``align`` do,
and carry the protocol's name before theirs.

Figures are a flat dictionary, so that rows of a run are easily written, read and compared:
``chamfer`` half the sum of both mean distances; ``F@τ`` the harmonic mean of the parts of either cloud within τ of
the other; ``normals`` the mean |cosine| between the normals of nearest points, both ways; ``IoU`` of silhouettes and
``PSNR`` of colours from UNSEEN (see ``looks``); PSNR only where both surfaces are coloured.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from ..shapes import TriangleMesh
from .align import PROTOCOLS, Nearest
from .looks import Look, looks, same_colours, same_outlines

POINTS = 10_000
TAUS = (0.1, 0.2, 0.5)
# Of a method that made nothing, so that it cannot gain by refusing.
NOTHING = {"chamfer": 2.0, "F@0.1": 0.0, "F@0.2": 0.0, "F@0.5": 0.0, "normals": 0.0, "IoU": 0.0, "PSNR": 0.0}

Figures = dict[str, float]


@dataclass(frozen=True)
class Sampled:
    """A surface in the normalised frame: ``points`` and unit ``normals`` (n,3) of it, uniform by area, and its mesh,
    whose ``vertices`` are (N,3) float64 and whose ``colours`` are (N,3) in [0, 1], or None.
    """

    points: np.ndarray
    normals: np.ndarray
    vertices: np.ndarray
    faces: np.ndarray
    colours: np.ndarray | None = None

    @cached_property
    def tree(self) -> cKDTree:
        return cKDTree(self.points)


@dataclass
class Truth:
    """What a prediction is held against. Cheap to make; what takes time is made when first asked for, and kept."""

    surface: Sampled
    _looks: dict[float, list[Look]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, vertices: np.ndarray, faces: np.ndarray, colours: np.ndarray | None = None) -> Truth:
        """``colours`` (N,3) uint8, None where the object has no texture."""
        rgb = None if colours is None else np.asarray(colours, np.float64)[:, :3] / 255
        return cls(sampled(np.asarray(vertices, np.float64), faces, rgb, seed=1))

    @cached_property
    def nearest(self) -> Nearest:
        return Nearest(self.surface.points)

    def looks(self, azimuth_deg: float) -> list[Look]:
        """From UNSEEN about an input camera at this azimuth."""
        if azimuth_deg not in self._looks:
            s = self.surface
            self._looks[azimuth_deg] = looks(s.vertices, s.faces, s.colours, azimuth_deg)
        return self._looks[azimuth_deg]


def sample(vertices: np.ndarray, faces: np.ndarray, count: int = POINTS, seed: int = 0) -> np.ndarray:
    """``count`` points (count,3), uniform by area over the surface."""
    return _draw(vertices, faces, count, seed)[0]


def sampled(vertices: np.ndarray, faces: np.ndarray, colours: np.ndarray | None = None, seed: int = 0) -> Sampled:
    """POINTS points of a surface, moved with its mesh to the normalised frame. The box is that of the points, so that
    vertices that no face uses count nothing.
    """
    points, pick = _draw(vertices, faces, POINTS, seed)
    low, high = points.min(0), points.max(0)
    middle, scale = (low + high) / 2, 2 / max(1e-9, float((high - low).max()))
    a, b, c = (vertices[faces[pick, i]] for i in range(3))
    normals = np.cross(b - a, c - a)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    return Sampled((points - middle) * scale, normals, (vertices - middle) * scale, faces, colours)


def turned(vertices: np.ndarray, azimuth_deg: float) -> np.ndarray:
    """Turned about +Z, counter-clockwise seen from above."""
    a = np.radians(azimuth_deg)
    c, s = np.cos(a), np.sin(a)
    return np.asarray(vertices, np.float64) @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T


def score(
    mesh: TriangleMesh,
    truth: Truth,
    azimuth_deg: float,
    seen: bool = True,
    coloured: bool = True,
    aligned: bool = True,
) -> Figures:
    """All figures of a prediction (camera side −Y) against the truth, which stands in its own frame and was seen from
    ``azimuth_deg``. ``seen`` asks for IoU, ``coloured`` for PSNR too, ``aligned`` for chamfer and F of PROTOCOLS.
    """
    colours = None if mesh.colours is None else mesh.colours[:, :3] / 255.0
    mine = sampled(turned(mesh.vertices, azimuth_deg), mesh.faces, colours)
    figures, to_truth, to_mine = _distances(mine.points, mine.tree, truth.surface.points, truth.surface.tree)
    figures["normals"] = _facing(mine.normals, truth.surface.normals, to_truth, to_mine)
    if seen:
        ours, theirs = looks(mine.vertices, mine.faces, mine.colours, azimuth_deg), truth.looks(azimuth_deg)
        figures["IoU"] = same_outlines(ours, theirs)
        if coloured and colours is not None and truth.surface.colours is not None:
            figures["PSNR"] = same_colours(ours, theirs)
    for name, protocol in PROTOCOLS.items() if aligned else ():
        moved = protocol(mine.points, truth.surface.points, truth.nearest)
        near, _, _ = _distances(moved, cKDTree(moved), truth.surface.points, truth.surface.tree)
        figures |= {f"{name} {key}": value for key, value in near.items()}
    return figures


def nothing(like: Figures | None = None) -> Figures:
    """The figures of a method that made nothing, with every key of ``like``."""
    return {key: NOTHING[key.split(" ")[-1]] for key in (like or NOTHING)}


def _distances(
    p: np.ndarray, p_tree: cKDTree, g: np.ndarray, g_tree: cKDTree
) -> tuple[Figures, np.ndarray, np.ndarray]:
    """Chamfer and F; and which of ``g`` each of ``p`` is nearest to, and the other way round."""
    (to_g, which_g), (to_p, which_p) = g_tree.query(p), p_tree.query(g)
    figures = {"chamfer": float((to_g.mean() + to_p.mean()) / 2)}
    for tau in TAUS:
        precision, recall = (to_g < tau).mean(), (to_p < tau).mean()
        figures[f"F@{tau}"] = float(2 * precision * recall / max(1e-9, precision + recall))
    return figures, which_g, which_p


def _facing(mine: np.ndarray, true: np.ndarray, to_true: np.ndarray, to_mine: np.ndarray) -> float:
    """Without regard to sign: the winding of the objects is as their sources left it."""
    there = np.abs((mine * true[to_true]).sum(1)).mean()
    back = np.abs((true * mine[to_mine]).sum(1)).mean()
    return float((there + back) / 2)


def _draw(vertices: np.ndarray, faces: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    pick = rng.choice(len(faces), count, p=area / area.sum())
    r, s = np.sqrt(rng.random(count))[:, None], rng.random(count)[:, None]
    return a[pick] * (1 - r) + b[pick] * (r * (1 - s)) + c[pick] * (r * s), pick
