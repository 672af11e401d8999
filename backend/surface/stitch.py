"""Sews the surface of a finer lattice to that of a coarse one along the faces of the coarse cells."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

Mesh = tuple[np.ndarray, np.ndarray]  # vertices (V, 3) float64, faces (F, 3) int32


def stitch(fine: Mesh, coarse: Mesh, factor: int) -> Mesh:
    """One mesh of two that marching cubes made: ``fine`` in coordinates of the finer lattice, ``coarse`` in those of
    the coarse one, which are ``factor`` times smaller. The result is in the latter.

    Where they meet both cross the same coarse edges; between these, on a coarse face, the coarse border is one
    straight line and the fine one a bent line beside it. The triangle behind the straight line is cut up to follow
    the bent one, so no crack stays open.
    """
    (fine_vertices, fine_faces), (vertices, faces) = fine, coarse
    shape = np.ceil(np.maximum(vertices.max(0, initial=0), fine_vertices.max(0, initial=0) / factor)).astype(int) + 2
    named, fine_named = _coarse_edges(vertices, 1, shape), _coarse_edges(fine_vertices, factor, shape)
    _, here, there = np.intersect1d(named, np.where(fine_named < 0, -2, fine_named), return_indices=True)
    number = np.arange(len(vertices)) + len(fine_vertices)
    number[here] = there
    together = np.concatenate([fine_vertices / factor, vertices])
    faces = _sewn(number[faces].astype(np.int64), _runs(fine_faces.astype(np.int64), there, len(together)))
    faces = np.concatenate([fine_faces, faces])
    used = np.zeros(len(together), bool)
    used[faces] = True
    return together[used], (np.cumsum(used) - 1)[faces].astype(np.int32)


def _coarse_edges(vertices: np.ndarray, factor: int, shape: np.ndarray) -> np.ndarray:
    """Name (V,) of the coarse lattice edge that each vertex lies on; −1 for those on none."""
    low = np.floor(vertices).astype(np.int64)
    axis = np.argmax(vertices > low, axis=1)
    across = np.ones((len(vertices), 3), bool)
    across[np.arange(len(vertices)), axis] = False
    on_edge = np.all((low % factor == 0) | ~across, axis=1)
    name = 3 * (low // factor @ np.array([1, shape[0], shape[0] * shape[1]])) + axis
    return np.where(on_edge, name, -1)


def _runs(faces: np.ndarray, seams: np.ndarray, count: int) -> dict[tuple[int, int], list[int]]:
    """The open border of ``faces``, cut at the vertices ``seams``: (last, first) → what lies between, backwards.

    So a face on the other side finds its own edge (first, last as it goes round) and the way along it.
    """
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    names, back = edges[:, 0] * count + edges[:, 1], edges[:, 1] * count + edges[:, 0]
    edges = edges[~np.isin(names, back)]
    is_seam = np.zeros(count, bool)
    is_seam[seams] = True
    inner = edges[~is_seam[edges[:, 0]]]
    following = dict(zip(inner[:, 0].tolist(), inner[:, 1].tolist(), strict=True))
    result = {}
    for first, now in edges[is_seam[edges[:, 0]]].tolist():
        between = []
        while now in following:
            between.append(now)
            now = following[now]
        if between:
            result[now, first] = between[::-1]
    return result


def _sewn(faces: np.ndarray, runs: dict[tuple[int, int], list[int]]) -> np.ndarray:
    """``faces`` with a fan in the place of each that has an edge in ``runs``, from the corner opposite to it."""
    seams = np.unique(np.array([end for run in runs for end in run], np.int64))
    touched = np.isin(faces, seams).sum(1) >= 2
    done, open_faces = [], faces[touched].tolist()
    while open_faces:
        again = []
        for a, b, c in open_faces:
            for first, second, opposite in ((a, b, c), (b, c, a), (c, a, b)):
                between = runs.pop((first, second), None)
                if between is not None:
                    way = [first, *between, second]
                    again += [[p, q, opposite] for p, q in pairwise(way)]
                    break
            else:
                done.append([a, b, c])
        open_faces = again
    return np.concatenate([faces[~touched], np.array(done, np.int64).reshape(-1, 3)])
