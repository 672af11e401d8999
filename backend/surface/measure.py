"""What can be said of a mesh without looking at it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..shapes import TriangleMesh


@dataclass(frozen=True)
class Measures:
    """``parts`` are connected by shared vertices; ``watertight``: every edge lies on exactly two faces that walk it
    in opposite directions; ``euler`` = V − E + F, vertices in use only; ``lower`` and ``upper`` (3,) float32, ``area``
    and ``volume`` in the mesh's units, volume positive where faces are counter-clockwise outside and meaningless
    unless watertight.
    """

    vertices: int
    faces: int
    parts: int
    watertight: bool
    euler: int
    lower: np.ndarray
    upper: np.ndarray
    area: float
    volume: float


def measure(mesh: TriangleMesh) -> Measures:
    """Everything at once. An empty mesh has bounds of zero and is not watertight."""
    used = np.zeros(len(mesh.vertices), bool)
    used[mesh.faces] = True
    box = mesh.vertices[used] if used.any() else np.zeros((1, 3), np.float32)
    a, b, c = (mesh.vertices[corner].astype(np.float64) for corner in mesh.faces.T)
    return Measures(
        vertices=len(mesh.vertices),
        faces=len(mesh.faces),
        parts=int(np.count_nonzero(np.bincount(components(mesh.faces, len(mesh.vertices))[used]))),
        watertight=watertight(mesh.faces),
        euler=int(np.count_nonzero(used)) - count_edges(mesh.faces) + len(mesh.faces),
        lower=box.min(axis=0),
        upper=box.max(axis=0),
        area=float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2),
        volume=float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6),
    )


def directed_edges(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Faces (M, 3) → where the 3 M edges that they walk begin and end, both (3 M,) int64."""
    a, b, c = np.ascontiguousarray(faces.T, np.int64)
    return np.concatenate([a, b, c]), np.concatenate([b, c, a])


def watertight(faces: np.ndarray) -> bool:
    """Whether every edge of faces (M, 3) is walked exactly once in each direction."""
    begin, end = directed_edges(faces)
    if not len(begin) or np.any(begin == end):
        return False
    there, back = np.sort(begin << 32 | end), np.sort(end << 32 | begin)
    return bool(np.all(there[1:] != there[:-1]) and np.array_equal(there, back))


def count_edges(faces: np.ndarray) -> int:
    """How many edges the faces (M, 3) have, each counted once."""
    begin, end = directed_edges(faces)
    keys = np.sort(np.minimum(begin, end) << 32 | np.maximum(begin, end))
    return int(np.count_nonzero(keys[1:] != keys[:-1])) + 1 if len(keys) else 0


def components(faces: np.ndarray, vertices: int) -> np.ndarray:
    """Label (V,) int64 of each vertex, the same for two vertices where edges connect them: the part's lowest vertex.

    Parts are trees of labels. Each round hangs the higher root of every edge between two trees under the lower one
    (of several such edges any may win), then flattens the trees by pointer jumping.
    """
    label = np.arange(vertices)
    # Two edges of each triangle connect all of it.
    begin, end = (np.concatenate(ends) for ends in (faces[:, [0, 1]].T, faces[:, [1, 2]].T))
    while True:
        a, b = label[begin], label[end]
        apart = a != b
        if not apart.any():
            return label
        begin, end, a, b = begin[apart], end[apart], a[apart], b[apart]
        label[np.maximum(a, b)] = np.minimum(a, b)
        while not np.array_equal(label, jumped := label[label]):
            label = jumped
