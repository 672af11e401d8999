"""Fields and meshes with known properties, for the tests in this folder."""

from __future__ import annotations

import numpy as np
import pytest
from maquette.backend.shapes import SignedDistanceField, TriangleMesh
from maquette.backend.surface.marching_cubes import dense_cells, marching_cubes


def ball(points: np.ndarray, centre: tuple[float, float, float] = (0.0, 0.0, 0.0), radius: float = 0.6) -> np.ndarray:
    return radius - np.sqrt(((points - np.asarray(centre, np.float32)) ** 2).sum(axis=1))


def torus(points: np.ndarray, large: float = 0.6, small: float = 0.2) -> np.ndarray:
    ring = np.hypot(points[:, 0], points[:, 1]) - large
    return small - np.hypot(ring, points[:, 2])


def block(points: np.ndarray, half: tuple[float, float, float] = (0.5, 0.25, 0.7)) -> np.ndarray:
    """Exact signed distance of a box: faces that lie in lattice planes, edges, corners."""
    away = np.abs(points) - np.asarray(half, np.float32)
    outside = np.sqrt((np.maximum(away, 0) ** 2).sum(axis=1))
    return -(outside + np.minimum(away.max(axis=1), 0))


def two_balls(points: np.ndarray) -> np.ndarray:
    return np.maximum(ball(points, (-0.5, 0.1, 0.0), 0.35), ball(points, (0.55, 0.0, 0.3), 0.2))


EXACT = {"ball": ball, "torus": torus, "block": block, "two_balls": two_balls}


def field(values, lower=(-1.0, -1.0, -1.5), upper=(1.0, 1.0, 1.5), **known) -> SignedDistanceField:
    return SignedDistanceField(values, np.array(lower, np.float32), np.array(upper, np.float32), **known)


def noise(seed: int, shape: tuple[int, int, int] = (12, 11, 13), whole: bool = False) -> np.ndarray:
    """Random values with a layer of outside around; ``whole`` numbers hit the level 0 exactly, often."""
    rng = np.random.default_rng(seed)
    values = rng.integers(-2, 3, shape) if whole else rng.normal(size=shape)
    return np.pad(values.astype(np.float32), 1, constant_values=-1.0)


def meshed(values: np.ndarray, spacing: float = 1.0) -> TriangleMesh:
    vertices, faces = marching_cubes(*dense_cells(values), margin=2.0**-10)
    return TriangleMesh((vertices * spacing).astype(np.float32), faces)


def solid(values=torus, cells: int = 40) -> TriangleMesh:
    """A closed mesh of one of the fields above in the box −1…1."""
    axis = np.linspace(-1, 1, cells + 1, dtype=np.float32)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    mesh = meshed(values(grid.reshape(-1, 3)).reshape(grid.shape[:3]), 2.0 / cells)
    return TriangleMesh(mesh.vertices - np.float32(1), mesh.faces)


def face_areas(mesh: TriangleMesh) -> np.ndarray:
    a, b, c = (mesh.vertices[corner].astype(np.float64) for corner in mesh.faces.T)
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def surface_points(vertices: np.ndarray, faces: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Points (count, 3) uniform by area."""
    rng = np.random.default_rng(seed)
    a, b, c = (np.asarray(vertices, np.float64)[corner] for corner in faces.T)
    area = np.cumsum(np.linalg.norm(np.cross(b - a, c - a), axis=1))
    at = np.searchsorted(area, rng.random(count) * area[-1])
    root, part = np.sqrt(rng.random((count, 1))), rng.random((count, 1))
    return (1 - root) * a[at] + root * (1 - part) * b[at] + root * part * c[at]


def distance_to_triangles(points: np.ndarray, vertices: np.ndarray, faces: np.ndarray, near: int = 24) -> np.ndarray:
    """Distance (N,) of points (N, 3) to the surface, by way of the ``near`` triangles with the nearest centres."""
    tree = pytest.importorskip("scipy.spatial").cKDTree
    triangles = np.asarray(vertices, np.float64)[faces]
    _, rows = tree(triangles.mean(axis=1)).query(points, k=min(near, len(triangles)))
    best = np.full(len(points), np.inf)
    for column in np.asarray(rows).reshape(len(points), -1).T:
        best = np.minimum(best, _distance(points, *triangles[column].transpose(1, 0, 2)))
    return best


def _distance(p: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-300)[:, None]
    height = np.einsum("ij,ij->i", p - a, normal)
    foot, within, best = p - height[:, None] * normal, np.ones(len(p), bool), np.full(len(p), np.inf)
    for begin, end in ((a, b), (b, c), (c, a)):
        side = end - begin
        within &= np.einsum("ij,ij->i", np.cross(side, foot - begin), normal) >= 0
        along = np.einsum("ij,ij->i", p - begin, side) / np.maximum(np.einsum("ij,ij->i", side, side), 1e-300)
        best = np.minimum(best, np.linalg.norm(p - begin - np.clip(along, 0, 1)[:, None] * side, axis=1))
    return np.where(within, np.abs(height), best)
