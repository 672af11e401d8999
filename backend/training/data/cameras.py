"""Cameras that look at the object, and frame F between the camera's space and the network's.

World: +Z up, front −Y, the object within the unit sphere. Camera axes: right, up, toward (from the scene to the
camera). A point's distance before the camera is Z; its tangents are (X / Z, Y / Z), y up. The crop is a square window
on the tangent plane: ``centre`` (2,) and half side ``k``. Angles in radians, azimuth 0 in front, positive
counter-clockwise seen from above.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

FILL = 0.86  # part of the crop that the object's longer side takes, as backend/imaging/framing.py has it
USUAL, UNUSUAL = (-8.0, 40.0), (-25.0, 75.0)  # degrees of elevation
FOV = (18.0, 65.0)


@dataclass(frozen=True)
class Cameras:
    """``axes`` (B, 3, 3): rows right, up, toward; ``distance`` (B,) from the origin; ``fov`` (B,) of the whole picture;
    ``elevation`` (B,); ``aim`` (B, 2): tangents at which the origin is seen."""

    axes: Tensor
    distance: Tensor
    fov: Tensor
    elevation: Tensor
    aim: Tensor

    def see(self, points: Tensor, owner: Tensor) -> Tensor:
        """World ``points`` (n, 3), each of camera ``owner`` (n,) → (n, 3): tangents x, y and Z, positive before it."""
        seen = torch.einsum("nij,nj->ni", self.axes[owner], points)
        Z = self.distance[owner] - seen[:, 2]
        return torch.cat([seen[:, :2] / Z[:, None] + self.aim[owner], Z[:, None]], 1)


@dataclass(frozen=True)
class Crops:
    """The squares the network looks through: ``centre`` (B, 2) and ``k`` (B,) in tangents, ``middle`` (B,): the
    object's middle depth. ``unit`` = k · middle is one unit of frame F in the world's."""

    cameras: Cameras
    centre: Tensor
    k: Tensor
    middle: Tensor

    @property
    def unit(self) -> Tensor:
        return self.k * self.middle

    def to_frame(self, points: Tensor) -> Tensor:
        """World (B, N, 3) → F (B, N, 3)."""
        cameras = self.cameras
        seen = torch.einsum("bij,bnj->bni", cameras.axes, points)
        Z = cameras.distance[:, None] - seen[..., 2]
        across = seen[..., :2] + (cameras.aim - self.centre)[:, None] * Z[..., None]
        return torch.cat([across, (self.middle[:, None] - Z)[..., None]], 2) / self.unit[:, None, None]

    def to_world(self, points: Tensor) -> Tensor:
        """F (B, N, 3) → world (B, N, 3)."""
        cameras = self.cameras
        scaled = points * self.unit[:, None, None]
        Z = self.middle[:, None] - scaled[..., 2]
        across = scaled[..., :2] - (cameras.aim - self.centre)[:, None] * Z[..., None]
        seen = torch.cat([across, (cameras.distance[:, None] - Z)[..., None]], 2)
        return torch.einsum("bij,bni->bnj", cameras.axes, seen)

    def jacobian(self) -> Tensor:
        """d(world) / d(F), (B, 3, 3), the same at every point: F is the world turned, sheared and scaled."""
        lean = self.cameras.aim - self.centre
        inner = torch.eye(3, device=lean.device, dtype=lean.dtype).repeat(len(lean), 1, 1)
        inner[:, :2, 2] = lean
        return torch.einsum("bji,bjk->bik", self.cameras.axes, inner) * self.unit[:, None, None]

    def depth(self, Z: Tensor) -> Tensor:
        """Distances before the camera (B, …) → z in F."""
        shape = (-1,) + (1,) * (Z.ndim - 1)
        return (self.middle.view(shape) - Z) / self.unit.view(shape)


def look(azimuth: Tensor, elevation: Tensor, fov: Tensor, roll: Tensor | None = None, aim: Tensor | None = None):
    """Angles (B,) → Cameras so far away that the unit sphere just fits ``fov``.

    ``roll`` (B,) turns the picture about its centre; ``aim`` (B, 2) moves the origin off it (tangents).
    """
    toward = torch.stack([elevation.cos() * azimuth.sin(), -elevation.cos() * azimuth.cos(), elevation.sin()], -1)
    right = torch.stack([azimuth.cos(), azimuth.sin(), torch.zeros_like(azimuth)], -1)
    up = torch.linalg.cross(toward, right)
    if roll is not None:
        c, s = roll.cos()[:, None], roll.sin()[:, None]
        right, up = c * right + s * up, c * up - s * right
    aim = torch.zeros(len(azimuth), 2, device=azimuth.device) if aim is None else aim
    return Cameras(torch.stack([right, up, toward], 1), 1 / torch.sin(fov / 2), fov, elevation, aim)


def draw(count: int, generator: torch.Generator, device: torch.device | str = "cpu") -> Cameras:
    """Random cameras: any azimuth; elevation mostly a little from above; any lens from portrait to wide."""

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=generator, device=device)

    usual = torch.rand(count, generator=generator, device=device) < 0.85
    elevation = torch.where(usual, uniform(*USUAL), uniform(*UNUSUAL)) * (math.pi / 180)
    normal = torch.randn(count, 3, generator=generator, device=device)
    return look(
        uniform(0, 2 * math.pi),
        elevation,
        uniform(*FOV) * (math.pi / 180),
        roll=normal[:, 0] * 0.02,
        aim=normal[:, 1:] * 0.03,
    )


def crop(cameras: Cameras, seen: Tensor, owner: Tensor, count: int, fill: Tensor | float = FILL) -> Crops:
    """The square about each object, as the engine frames it.

    ``seen`` (n, 3): its vertices as ``Cameras.see`` gives them; ``owner`` (n,) below ``count``. The silhouette's box is
    the box of the projected vertices. ``fill`` may differ a little from sample to sample (B,).
    """
    index = owner[:, None].expand(-1, 3)
    low = seen.new_full((count, 3), torch.inf).scatter_reduce(0, index, seen, "amin")
    high = seen.new_full((count, 3), -torch.inf).scatter_reduce(0, index, seen, "amax")
    k = (high - low)[:, :2].amax(1) / 2 / fill
    return Crops(cameras, (low + high)[:, :2] / 2, k, (low + high)[:, 2] / 2)
