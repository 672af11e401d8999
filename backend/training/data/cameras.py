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
    """``axes`` (B, 3, 3): rows right, up, toward; ``distance`` (B,) from the origin; ``fov`` (B,) of the whole
    picture; ``elevation`` (B,); ``aim`` (B, 2): tangents at which the origin is seen."""

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
    object's middle depth. ``unit`` = k · middle is one unit of frame F in the world's. ``keep`` (B, 4): what of the
    crop (left, bottom, right, top; v up) lies within the user's picture, infinite where its border is not near."""

    cameras: Cameras
    centre: Tensor
    k: Tensor
    middle: Tensor
    keep: Tensor

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

    def screen(self, seen: Tensor, owner: Tensor, size: int) -> Tensor:
        """What ``Cameras.see`` gave, (n, 3) → column, row (from the top) in a ``size``² picture of the crop, and Z."""
        across = (seen[:, :2] - self.centre[owner]) / self.k[owner, None]
        column, row = (across[:, 0] + 1) * (size / 2), (1 - across[:, 1]) * (size / 2)
        return torch.stack([column, row, seen[:, 2]], 1)

    def within(self, size: int) -> Tensor:
        """(B, size, size) bool: pixels that lie within the user's picture."""
        u = (torch.arange(size, device=self.k.device) + 0.5) * (2 / size) - 1
        left, bottom, right, top = (self.keep[:, side, None] for side in range(4))
        columns, rows = (u >= left) & (u <= right), (-u >= bottom) & (-u <= top)
        return rows[:, :, None] & columns[:, None, :]

    def border(self, points: Tensor) -> Tensor:
        """F (B, N, 3) → distance (B, N) to the nearest border of the user's picture, positive within it."""
        w = 1 - self.k[:, None] * points[..., 2]
        out = torch.full_like(w, torch.inf)
        for side in range(4):
            edge = self.keep[:, side, None]
            near = torch.isfinite(edge)
            edge = torch.where(near, edge, torch.zeros_like(edge))
            away = (points[..., side % 2] - edge * w) / torch.hypot(torch.ones_like(edge), edge * self.k[:, None])
            away = away if side < 2 else -away
            out = torch.where(near, torch.minimum(out, away), out)
        return out

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


def toward(cameras: Cameras, direction: Tensor, where: Tensor) -> Cameras:
    """``cameras``, but where ``where`` (B,) they look along ``direction`` (B, 3), from its higher end."""
    direction = torch.nn.functional.normalize(direction, dim=1)
    direction = torch.where(direction[:, 2:] < 0, -direction, direction)
    elevation = direction[:, 2].clamp(-1, 1).asin().clamp(max=1.4)
    moved = look(torch.atan2(direction[:, 0], -direction[:, 1]), elevation, cameras.fov)
    pick = lambda new, old: torch.where(where.view(-1, *[1] * (old.ndim - 1)), new, old)  # noqa: E731
    return Cameras(
        pick(moved.axes, cameras.axes),
        cameras.distance,
        cameras.fov,
        pick(elevation, cameras.elevation),
        pick(moved.aim, cameras.aim),
    )


def crop(
    cameras: Cameras,
    seen: Tensor,
    owner: Tensor,
    fill: Tensor | float = FILL,
    shift: Tensor | None = None,
    trim: Tensor | None = None,
) -> Crops:
    """The square about each object, as the engine frames it.

    ``seen`` (n, 3): its vertices as ``Cameras.see`` gives them; ``owner`` (n,). The silhouette's box is the box of the
    projected vertices. ``fill`` (B,) and ``shift`` (B, 2, in half sides) may differ a little from sample to sample.
    ``trim`` (B, 4): parts of the box that lie beyond the picture's border, at the left, bottom, right and top.
    """
    low, high = bounds(seen, owner, len(cameras.fov))
    bottom, top = low[:, :2], high[:, :2]
    if trim is not None:
        size = top - bottom
        bottom, top = bottom + trim[:, :2] * size, top - trim[:, 2:] * size
        kept = ((seen[:, :2] >= bottom[owner]) & (seen[:, :2] <= top[owner])).all(1)
        part_low, part_high = bounds(seen[kept], owner[kept], len(cameras.fov))
        some = torch.isfinite(part_low[:, 2])
        low, high = torch.where(some[:, None], part_low, low), torch.where(some[:, None], part_high, high)
    k = ((top - bottom).amax(1) / 2 / fill).clamp(min=1e-4)
    centre = (bottom + top) / 2
    if shift is not None:
        centre = centre + shift * k[:, None]
    keep = torch.full((len(k), 4), torch.inf, device=k.device)
    keep[:, :2] = -torch.inf
    if trim is not None:
        edges = torch.cat([bottom - centre, top - centre], 1) / k[:, None]
        keep = torch.where(trim > 0, edges, keep)
    return Crops(cameras, centre, k, (low + high)[:, 2] / 2, keep)


def bounds(points: Tensor, owner: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Lowest and highest corner (count, c) of each sample's points (n, c); ±inf where it has none."""
    index = owner[:, None].expand(-1, points.shape[1])
    low = points.new_full((count, points.shape[1]), torch.inf).scatter_reduce(0, index, points, "amin")
    return low, points.new_full(low.shape, -torch.inf).scatter_reduce(0, index, points, "amax")
