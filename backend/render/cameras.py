"""Cameras: where they stand, and what they see where.

The frame is ``DepthView``'s: +X right, +Y up in the picture, looking along −Z. A pixel (column i, row j), row 0 on top,
covers [i, i+1) × [j, j+1), so its centre is (i + ½, j + ½). Depth is the distance along the axis, not along the ray.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FOV = np.deg2rad(40.0)


@dataclass(frozen=True)
class Camera:
    """``to_world`` (4,4) float64, a rotation and a position; ``fov`` vertical, radians, or 0 for an orthographic camera
    that sees ``extent`` metres from bottom to top; pixels are square.
    """

    to_world: np.ndarray
    width: int
    height: int
    fov: float = FOV
    extent: float = 1.0

    @property
    def focal(self) -> float:
        """Pixels per unit of slope, or, orthographic, pixels per metre."""
        return self.height / 2 / np.tan(self.fov / 2) if self.fov else self.height / self.extent

    @property
    def intrinsics(self) -> np.ndarray:
        """K (3,3) float64 of the picture with x right and y down: column, row, 1 ~ K (x/z, y/z, 1)."""
        return np.array([[self.focal, 0, self.width / 2], [0, self.focal, self.height / 2], [0, 0, 1.0]])

    @property
    def view(self) -> np.ndarray:
        """World → camera with x right, y down, z forward (OpenCV's), (4,4) float64."""
        flipped = np.asarray(self.to_world, np.float64) @ np.diag([1.0, -1.0, -1.0, 1.0])
        rotation, position = flipped[:3, :3], flipped[:3, 3]
        view = np.eye(4)
        view[:3, :3], view[:3, 3] = rotation.T, -rotation.T @ position
        return view

    def project(self, points: np.ndarray) -> np.ndarray:
        """(N,3) world → (N,3) float64: column, row, depth. Columns and rows mean nothing where the depth is ≤ 0."""
        x, y, z = (np.asarray(points, np.float64) @ self.view[:3, :3].T + self.view[:3, 3]).T
        slope = self.focal / np.where(z == 0, np.finfo(float).tiny, z) if self.fov else self.focal
        return np.stack([x * slope + self.width / 2, y * slope + self.height / 2, z], 1)

    def rays(self) -> tuple[np.ndarray, np.ndarray]:
        """Origins and directions (H,W,3) float64, world; a direction's step of 1 is a depth of 1."""
        column, row = np.meshgrid(np.arange(self.width) + 0.5, np.arange(self.height) + 0.5)
        x, y = (column - self.width / 2) / self.focal, (self.height / 2 - row) / self.focal
        zero, one = np.zeros_like(x), np.ones_like(x)
        rotation, position = self.to_world[:3, :3], self.to_world[:3, 3]
        if self.fov:
            return np.broadcast_to(position, (*x.shape, 3)), np.stack([x, y, -one], -1) @ rotation.T
        origins = np.stack([x, y, zero], -1) @ rotation.T + position
        return origins, np.broadcast_to(-rotation[:, 2], origins.shape)

    def unproject(self, depth: np.ndarray) -> np.ndarray:
        """Depths (H,W) → the points seen, (H,W,3) float64 world; not finite where the depth is not."""
        origins, directions = self.rays()
        with np.errstate(invalid="ignore"):
            return origins + directions * np.asarray(depth, np.float64)[..., None]


def look_at(
    eye: Sequence[float] | np.ndarray,
    target: Sequence[float] | np.ndarray = (0, 0, 0),
    up: Sequence[float] | np.ndarray = (0, 0, 1),
) -> np.ndarray:
    """``to_world`` (4,4) float64 of a camera at ``eye`` that has ``target`` in its middle and ``up`` upward; where it
    looks along ``up``, +Y is upward instead. Raises ValueError where eye and target are one.
    """
    eye, target = np.asarray(eye, np.float64), np.asarray(target, np.float64)
    back = eye - target
    if not np.linalg.norm(back) > 0:
        raise ValueError("the camera stands in what it looks at")
    back = back / np.linalg.norm(back)
    right = np.cross(up, back)
    if np.linalg.norm(right) < 1e-6 * np.linalg.norm(up):
        right = np.cross((0, 1, 0) if abs(back[1]) < 0.9 else (1, 0, 0), back)
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3] = np.stack([right, np.cross(back, right), back, eye], 1)
    return matrix


def orbit(
    azimuth: float,
    elevation: float,
    distance: float,
    size: int | tuple[int, int] = 512,
    fov: float = FOV,
    target: Sequence[float] | np.ndarray = (0, 0, 0),
    extent: float = 1.0,
) -> Camera:
    """A camera on a sphere about ``target``. Radians; azimuth 0 in front (on −Y), positive counter-clockwise seen from
    above; elevation positive above the horizon. ``size`` in pixels, (width, height) where not square.
    """
    ca, sa, ce, se = np.cos(azimuth), np.sin(azimuth), np.cos(elevation), np.sin(elevation)
    away = np.array([sa * ce, -ca * ce, se])
    # Above the pole “up” is where the orbit came from, so that elevation ±90° is no exception.
    matrix = look_at(np.asarray(target) + distance * away, target, np.array([-sa * se, ca * se, ce]))
    width, height = (size, size) if isinstance(size, int) else size
    return Camera(matrix, width, height, fov, extent)


def around(
    count: int, distance: float, size: int = 256, fov: float = FOV, target: Sequence[float] = (0, 0, 0)
) -> list[Camera]:
    """Cameras spread evenly over a sphere, by the golden angle (Fibonacci's lattice)."""
    i = np.arange(count)
    elevations = np.arcsin(1 - (2 * i + 1) / count)
    azimuths = i * np.pi * (3 - np.sqrt(5))
    return [orbit(a, e, distance, size, fov, target) for a, e in zip(azimuths, elevations, strict=True)]
