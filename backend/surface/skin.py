"""A solid's values on a grid → its outermost skin: closed, no inner shells, no floaters."""

from __future__ import annotations

import numpy as np

from ..shapes import TriangleMesh
from .clean import drop_unused
from .marching_cubes import dense_cells, marching_cubes
from .measure import components

MARGIN = 2.0**-10  # as in ``extract``
LEAST = 0.02  # of the largest part's area, below which a part is a floater


def skin_of(solid: np.ndarray, lower: np.ndarray, cell: float) -> TriangleMesh:
    """The skin of values (X, Y, Z), positive inside, at the places ``lower`` (3,) + index · ``cell``; without a face
    where there is none. Their border becomes outside, in place, so that nothing is cut open there.
    """
    for axis in range(3):
        ends = np.moveaxis(solid, axis, 0)
        ends[[0, -1]] = np.minimum(ends[[0, -1]], np.float32(-1e-3))
    vertices, faces = marching_cubes(*dense_cells(solid), margin=MARGIN)
    return one_skin(TriangleMesh((vertices * cell + lower).astype(np.float32), faces))


def one_skin(mesh: TriangleMesh, least: float = LEAST) -> TriangleMesh:
    """A closed mesh without parts that enclose nothing from outside (inner shells, negative volume), without parts
    that lie within another, and without parts smaller than ``least`` times the largest one's area.
    """
    if not len(mesh.faces):
        return mesh
    labels = components(mesh.faces, len(mesh.vertices))[mesh.faces[:, 0]]
    names, part = np.unique(labels, return_inverse=True)
    part = part.reshape(-1)
    if len(names) == 1:
        return mesh
    a, b, c = (mesh.vertices[corner].astype(np.float64) for corner in mesh.faces.T)
    across = np.cross(b - a, c - a)
    area = np.bincount(part, weights=np.linalg.norm(across, axis=1))
    volume = np.bincount(part, weights=np.einsum("ij,ij->i", a, np.cross(b, c)))
    keep = (volume > 0) & (area >= least * area[volume > 0].max(initial=0.0))
    for name in np.flatnonzero(keep):
        others = keep[part] & (part != name)
        if _within(a[part == name][0], a[others], b[others], c[others]):
            keep[name] = False
    return drop_unused(TriangleMesh(mesh.vertices, mesh.faces[keep[part]], mesh.colours))


def _within(point: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> bool:
    """Whether the ray upwards from ``point`` crosses the closed triangles (N, 3) an odd number of times."""
    x, y = point[0], point[1]

    def side(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        return (q[:, 0] - p[:, 0]) * (y - p[:, 1]) - (q[:, 1] - p[:, 1]) * (x - p[:, 0])

    u, v, w = side(b, c), side(c, a), side(a, b)
    hit = ((u > 0) & (v > 0) & (w > 0)) | ((u < 0) & (v < 0) & (w < 0))
    height = (u * a[:, 2] + v * b[:, 2] + w * c[:, 2])[hit] / (u + v + w)[hit]
    return bool(np.count_nonzero(height > point[2]) % 2)
