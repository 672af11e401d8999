"""Puts a mesh in order: nothing broken, nothing twice, nothing left over, no crumbs."""

from __future__ import annotations

import numpy as np

from ..shapes import TriangleMesh
from .measure import components, watertight

CRUMB_DIAGONAL = 0.05  # a part this much smaller than the largest across its box …
CRUMB_AREA = 0.002  # … and this much smaller in area is a crumb


def clean(mesh: TriangleMesh) -> TriangleMesh:
    """Broken and degenerate faces out, open seams welded, crumbs and unused vertices out. What is closed stays so."""
    return drop_unused(drop_crumbs(weld(drop_broken(mesh))))


def drop_broken(mesh: TriangleMesh) -> TriangleMesh:
    """Without faces that have a corner twice, an index out of range or a corner that is not a finite point."""
    faces = mesh.faces
    good = np.all((faces >= 0) & (faces < len(mesh.vertices)), axis=1)
    faces = faces[good]
    finite = np.all(np.isfinite(mesh.vertices), axis=1)
    a, b, c = faces.T
    good = (a != b) & (b != c) & (c != a) & finite[a] & finite[b] & finite[c]
    return mesh if len(faces) == len(mesh.faces) and good.all() else _with_faces(mesh, faces[good])


def weld(mesh: TriangleMesh) -> TriangleMesh:
    """Vertices at the very same place become one, and faces without area vanish, unless the mesh is closed already:
    then neither is needed, and welding could only make two sheets touch.

    Where vertices of different colours meet the first one's colour stays.
    """
    if watertight(mesh.faces):
        return mesh
    places = np.ascontiguousarray(mesh.vertices + np.float32(0.0))  # −0 becomes 0
    _, first, target = np.unique(
        places.view(np.dtype((np.void, places.strides[0]))).reshape(-1), return_index=True, return_inverse=True
    )
    mesh = drop_broken(_with_faces(mesh, first[target.reshape(-1)][mesh.faces].astype(np.int32)))
    if watertight(mesh.faces):
        return mesh
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    return _with_faces(mesh, mesh.faces[area > 0])


def drop_crumbs(mesh: TriangleMesh, diagonal: float = CRUMB_DIAGONAL, area: float = CRUMB_AREA) -> TriangleMesh:
    """Without the connected parts that are both shorter than ``diagonal`` times the largest part and smaller than
    ``area`` times its area. A part as long as a wire or as broad as a leaf stays, however thin.
    """
    if not len(mesh.faces):
        return mesh
    labels, part = np.unique(components(mesh.faces, len(mesh.vertices))[mesh.faces[:, 0]], return_inverse=True)
    if len(labels) == 1:
        return mesh
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    areas = np.bincount(part.reshape(-1), weights=areas)
    order = np.argsort(part, axis=None, kind="stable")
    starts = np.searchsorted(part.reshape(-1)[order], np.arange(len(labels)))
    low = np.minimum.reduceat(corners.min(axis=1)[order], starts)
    high = np.maximum.reduceat(corners.max(axis=1)[order], starts)
    lengths = np.linalg.norm(high - low, axis=1)
    keep = (lengths >= diagonal * lengths.max()) | (areas >= area * areas.max())
    return mesh if keep.all() else _with_faces(mesh, mesh.faces[keep[part.reshape(-1)]])


def drop_unused(mesh: TriangleMesh) -> TriangleMesh:
    """Without vertices that no face uses; the order of the others stays."""
    used = np.zeros(len(mesh.vertices), bool)
    used[mesh.faces] = True
    if used.all():
        return mesh
    number = np.cumsum(used, dtype=np.int32) - 1
    return TriangleMesh(mesh.vertices[used], number[mesh.faces], None if mesh.colours is None else mesh.colours[used])


def _with_faces(mesh: TriangleMesh, faces: np.ndarray) -> TriangleMesh:
    return TriangleMesh(mesh.vertices, np.ascontiguousarray(faces, np.int32), mesh.colours)
