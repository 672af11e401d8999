"""What can be said of a mesh without looking at it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..shapes import TriangleMesh


@dataclass(frozen=True)
class Measures:
    """``parts`` are connected by shared vertices; ``watertight``: every edge lies on exactly two faces that pass it
    in opposite directions; ``euler`` = V − E + F, vertices in use only; ``lower``/``upper`` (3,), ``area`` and
    ``volume`` (positive where faces are counter-clockwise outside; meaningless unless watertight) in the mesh's units.
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
    """Everything at once; an empty mesh has bounds of zero and is not watertight."""
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    used = np.unique(mesh.faces)
    edges = len(np.unique(directed_edges(mesh.faces).min(axis=1) * (1 << 32) + directed_edges(mesh.faces).max(axis=1)))
    box = mesh.vertices[used] if len(used) else np.zeros((1, 3), np.float32)
    return Measures(
        vertices=len(mesh.vertices),
        faces=len(mesh.faces),
        parts=int(len(np.unique(components(mesh.faces, len(mesh.vertices))[used]))),
        watertight=watertight(mesh.faces),
        euler=len(used) - edges + len(mesh.faces),
        lower=box.min(axis=0),
        upper=box.max(axis=0),
        area=float(
            np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum() / 2
        ),
        volume=float(np.einsum("ij,ij->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6),
    )


def directed_edges(faces: np.ndarray) -> np.ndarray:
    """Faces (M, 3) → the 3 M edges (3 M, 2) int64 as the faces walk them: all firsts, all seconds, all thirds."""
    return faces.astype(np.int64)[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 3, 2).swapaxes(0, 1).reshape(-1, 2)


def watertight(faces: np.ndarray) -> bool:
    """Whether every edge is walked exactly once in each direction."""
    edges = directed_edges(faces)
    if not len(edges) or np.any(edges[:, 0] == edges[:, 1]):
        return False
    there = np.sort(edges[:, 0] << 32 | edges[:, 1])
    back = np.sort(edges[:, 1] << 32 | edges[:, 0])
    return bool(np.all(there[1:] != there[:-1]) and np.array_equal(there, back))


def components(faces: np.ndarray, vertices: int) -> np.ndarray:
    """Label (V,) int64 of each vertex: the lowest vertex it is connected to.

    Minimum labels spread along the edges and through each other (pointer jumping), so that the number of rounds
    grows with the logarithm of a part's diameter.
    """
    label = np.arange(vertices)
    first, second = directed_edges(faces).T
    while len(first):
        low = np.minimum(label[first], label[second])
        spread = label.copy()
        np.minimum.at(spread, label[first], low)
        np.minimum.at(spread, label[second], low)
        spread = spread[spread]
        while not np.array_equal(spread, jumped := spread[spread]):
            spread = jumped
        open_ = spread[first] != spread[second]
        first, second, label = first[open_], second[open_], spread
    return label
