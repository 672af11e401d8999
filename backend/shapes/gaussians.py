"""What can be done with Gaussians as such: turn and scale them, choose among them, ask for their covariances."""

from __future__ import annotations

import numpy as np

from .points import GaussianCloud, PointCloud


def rotation_matrices(quaternions: np.ndarray) -> np.ndarray:
    """Quaternions w,x,y,z (N,4) of any length but zero → rotations (N,3,3) of the same float type, columns the axes."""
    w, x, y, z = np.moveaxis(quaternions / np.linalg.norm(quaternions, axis=-1, keepdims=True), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, -1) for row in rows], -2)


def quaternion(rotation: np.ndarray) -> np.ndarray:
    """One proper rotation (3,3) → its unit quaternion w,x,y,z (4,) float64, w ≥ 0."""
    r = np.asarray(rotation, np.float64)
    # The symmetric matrix whose largest eigenvector is the quaternion (Bar-Itzhack 2000): no case by case, no zero.
    k = np.array(
        [
            [r[0, 0] + r[1, 1] + r[2, 2], r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]],
            [r[2, 1] - r[1, 2], r[0, 0] - r[1, 1] - r[2, 2], r[0, 1] + r[1, 0], r[0, 2] + r[2, 0]],
            [r[0, 2] - r[2, 0], r[0, 1] + r[1, 0], r[1, 1] - r[0, 0] - r[2, 2], r[1, 2] + r[2, 1]],
            [r[1, 0] - r[0, 1], r[0, 2] + r[2, 0], r[1, 2] + r[2, 1], r[2, 2] - r[0, 0] - r[1, 1]],
        ]
    )
    found = np.linalg.eigh(k)[1][:, -1]
    return found if found[0] >= 0 else -found


def multiply(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Hamilton product of quaternions w,x,y,z (…,4): the rotation ``right``, then ``left``."""
    a, b, c, d = np.moveaxis(left, -1, 0)
    w, x, y, z = np.moveaxis(right, -1, 0)
    product = [
        a * w - b * x - c * y - d * z,
        a * x + b * w + c * z - d * y,
        a * y - b * z + c * w + d * x,
        a * z + b * y - c * x + d * w,
    ]
    return np.stack(product, -1)


def covariances(cloud: GaussianCloud) -> np.ndarray:
    """Σ = R diag(s²) Rᵀ (Kerbl et al. 2023, eq. 6), (N,3,3) float32, m²."""
    spread = rotation_matrices(cloud.rotations) * cloud.scales[:, None, :]
    return spread @ spread.transpose(0, 2, 1)


def select(cloud: GaussianCloud, which: np.ndarray) -> GaussianCloud:
    """Those that ``which`` names: (N,) bool, or indices in the order wanted."""
    return GaussianCloud(
        cloud.means[which], cloud.scales[which], cloud.rotations[which], cloud.opacities[which], cloud.colours[which]
    )


def select_points(cloud: PointCloud, which: np.ndarray) -> PointCloud:
    """The same for points."""
    colours, normals = cloud.colours, cloud.normals
    return PointCloud(
        cloud.points[which],
        None if colours is None else colours[which],
        None if normals is None else normals[which],
    )


def transform(cloud: GaussianCloud, matrix: np.ndarray) -> GaussianCloud:
    """``matrix`` (4,4) turns, scales evenly and moves. Raises ValueError where it mirrors or stretches."""
    factor, rotation, shift = _similarity(matrix)
    means = cloud.means @ (factor * rotation).T + shift
    rotations = multiply(quaternion(rotation), cloud.rotations)
    return GaussianCloud(
        means.astype(np.float32),
        (cloud.scales * factor).astype(np.float32),
        rotations.astype(np.float32),
        cloud.opacities,
        cloud.colours,
    )


def transform_points(cloud: PointCloud, matrix: np.ndarray) -> PointCloud:
    """The same for points; normals turn along."""
    factor, rotation, shift = _similarity(matrix)
    points = (cloud.points @ (factor * rotation).T + shift).astype(np.float32)
    normals = None if cloud.normals is None else (cloud.normals @ rotation.T).astype(np.float32)
    return PointCloud(points, cloud.colours, normals)


def _similarity(matrix: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Scale, rotation (3,3), shift (3,) of a similarity (4,4), float64."""
    matrix = np.asarray(matrix, np.float64)
    linear = matrix[:3, :3]
    volume = np.linalg.det(linear)
    factor = np.cbrt(volume)
    if not (volume > 0 and np.allclose(linear.T @ linear, factor**2 * np.eye(3), atol=1e-4 * factor**2)):
        raise ValueError("the matrix mirrors or stretches; Gaussians can be turned, moved and scaled evenly")
    return float(factor), linear / factor, matrix[:3, 3]
