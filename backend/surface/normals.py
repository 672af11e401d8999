"""Which way a surface faces."""

from __future__ import annotations

import numpy as np


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals (N, 3) float32 of vertices (N, 3): the mean of the faces around each, weighted by their angle
    there (Thürmer and Wüthrich 1998), so that they depend on the surface and not on how it is cut into triangles.

    Outward where faces (M, 3) are counter-clockwise outside; zero where a vertex has no face with an area.
    """
    corners = [vertices[corner].astype(np.float64) for corner in faces.T]
    face = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    face /= np.maximum(np.linalg.norm(face, axis=1), 1e-300)[:, None]
    normals = np.zeros((len(vertices), 3))
    for i in range(3):
        there, back = corners[(i + 1) % 3] - corners[i], corners[(i + 2) % 3] - corners[i]
        lengths = np.linalg.norm(there, axis=1) * np.linalg.norm(back, axis=1)
        cosine = np.einsum("ij,ij->i", there, back) / np.maximum(lengths, 1e-300)
        angle = np.arccos(np.clip(cosine, -1.0, 1.0))
        for k in range(3):
            normals[:, k] += np.bincount(faces[:, i], weights=angle * face[:, k], minlength=len(vertices))
    length = np.linalg.norm(normals, axis=1)
    normals /= np.where(length > 1e-12, length, np.inf)[:, None]
    return normals.astype(np.float32)
