"""Colours: the network's where the picture sees nothing, the picture's own where it sees the surface."""

from __future__ import annotations

import numpy as np

from .network import Encoding, PocketNetwork
from .rays import Rays
from .sampling import sample

TOLERANCE = 0.04  # frame units: a vertex this close behind the nearest surface of its ray is seen
FACING = (0.1, 0.4)  # cosine to the camera between which the picture's say grows from nothing to all


def paint(
    network: PocketNetwork,
    encoding: Encoding,
    rays: Rays,
    rgba: np.ndarray,
    interior: np.ndarray,
    vertices: np.ndarray,
    faces: np.ndarray,
) -> np.ndarray:
    """sRGB (N,3) in [0, 1] for ``vertices`` (N,3) in ray space.

    ``rgba`` (S,S,4) is the framed picture; ``interior`` (S,S) in [0, 1] is how far a pixel is from anything but
    the object, so that the background's colour stays out.
    """
    colours = network.query(encoding, rays.to_frame(vertices))[1]
    seen = weight_of_sight(rays, vertices, faces)
    where = np.stack([-vertices[:, 1], vertices[:, 0]], -1)
    looked = sample(np.concatenate([rgba[..., :3], interior[..., None]], -1).astype(np.float32), where)
    share = (seen * looked[:, 3])[:, None]
    return np.clip(colours * (1 - share) + looked[:, :3] * share, 0, 1)


def weight_of_sight(rays: Rays, vertices: np.ndarray, faces: np.ndarray, size: int = 256) -> np.ndarray:
    """(N,) in [0, 1]: 1 where the camera sees the vertex squarely, 0 where it is hidden or turned away."""
    points = rays.to_frame(vertices)
    a, b, c = (points[faces[:, i]] for i in range(3))
    flat = np.cross(b - a, c - a)
    normal = np.zeros_like(points)
    for i in range(3):
        for j in range(3):
            normal[:, j] += np.bincount(faces[:, i], flat[:, j], len(points))
    towards = np.array([0, 0, 1 / rays.k], np.float32) - points
    cosine = (normal * towards).sum(1) / np.maximum(
        np.linalg.norm(normal, axis=1) * np.linalg.norm(towards, axis=1), 1e-12
    )
    nearest = np.full(size * size, -np.inf, np.float32)
    spots = [vertices, (vertices[faces[:, 0]] + vertices[faces[:, 1]] + vertices[faces[:, 2]]) / 3]
    for spot in spots:
        np.maximum.at(nearest, _pixel(spot, size), spot[:, 2])
    grid = nearest.reshape(size, size)
    visible = vertices[:, 2] > grid.ravel()[_pixel(vertices, size)] - TOLERANCE
    return (visible * np.clip((cosine - FACING[0]) / (FACING[1] - FACING[0]), 0, 1)).astype(np.float32)


def _pixel(points: np.ndarray, size: int) -> np.ndarray:
    column = np.clip(((points[:, 0] + 1) * (size / 2)).astype(np.intp), 0, size - 1)
    row = np.clip(((1 - points[:, 1]) * (size / 2)).astype(np.intp), 0, size - 1)
    return row * size + column
