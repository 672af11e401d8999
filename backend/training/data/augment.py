"""Bending an object and its field alike: taper, twist, bend, mirror, unequal scale, shear.

A warp has a forward map for vertices, the exact inverse for query points, and the Jacobian between them. A warped
field is f(inverse(x)); as a distance that is off by how much the warp stretches along the field's gradient, so that it
is divided by the length of the warped gradient, |J⁻ᵀ ∇f| (first order: Taubin 1991), which is exact on the zero level
and near enough in a narrow band.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

STRAIGHT = 1e-3  # bends flatter than this are none


@dataclass(frozen=True)
class Warps:
    """One warp a sample: ``taper`` (B, 2): how much wider x and y grow per unit of z; ``twist`` (B,) and ``bend`` (B,):
    radians per unit of z, about z and about y; ``linear`` (B, 3, 3) and ``shift`` (B, 3) come last.

    In order: taper, twist, bend, linear, + shift. Points are (n, 3), each of sample ``owner`` (n,).
    """

    taper: Tensor
    twist: Tensor
    bend: Tensor
    linear: Tensor
    shift: Tensor

    def forward(self, points: Tensor, owner: Tensor) -> Tensor:
        x, y, z = points.unbind(1)
        a, b, c, curved = self._at(owner)
        x, y = x * (1 + a[:, 0] * z), y * (1 + a[:, 1] * z)
        cos, sin = (b * z).cos(), (b * z).sin()
        x, y = cos * x - sin * y, sin * x + cos * y
        reach = 1 / c - x
        x, z = torch.where(curved, 1 / c - reach * (c * z).cos(), x), torch.where(curved, reach * (c * z).sin(), z)
        return torch.einsum("nij,nj->ni", self.linear[owner], torch.stack([x, y, z], 1)) + self.shift[owner]

    def inverse(self, points: Tensor, owner: Tensor) -> Tensor:
        """Where a point came from. Points that no point is bent to (behind the bend's axis) go far outside."""
        undone = torch.linalg.inv(self.linear)[owner]
        x, y, z = torch.einsum("nij,nj->ni", undone, points - self.shift[owner]).unbind(1)
        a, b, c, curved = self._at(owner)
        away = (1 / c - x) * c.sign()
        reach = torch.hypot(away, z)
        straight_z = torch.atan2(z * c.sign(), away) / c
        x, z = torch.where(curved, 1 / c - reach * c.sign(), x), torch.where(curved, straight_z, z)
        cos, sin = (b * z).cos(), (b * z).sin()
        x, y = cos * x + sin * y, cos * y - sin * x
        wide = 1 + a * z[:, None]
        lost = (wide < 0.1).any(1)
        wide = wide.clamp(min=0.1)
        out = torch.stack([x / wide[:, 0], y / wide[:, 1], z], 1)
        return torch.where(lost[:, None], torch.full_like(out, 9.0), out)

    def jacobian(self, points: Tensor, owner: Tensor) -> Tensor:
        """d forward / d point, (n, 3, 3), at points before the warp."""
        x, y, z = points.unbind(1)
        a, b, c, curved = self._at(owner)
        zero, one = torch.zeros_like(x), torch.ones_like(x)
        wide_x, wide_y = 1 + a[:, 0] * z, 1 + a[:, 1] * z
        tapered = _matrix(wide_x, zero, a[:, 0] * x, zero, wide_y, a[:, 1] * y, zero, zero, one)
        x, y = x * wide_x, y * wide_y
        cos, sin = (b * z).cos(), (b * z).sin()
        twisted = _matrix(cos, -sin, b * (-sin * x - cos * y), sin, cos, b * (cos * x - sin * y), zero, zero, one)
        x, y = cos * x - sin * y, sin * x + cos * y
        cos, sin = torch.where(curved, (c * z).cos(), one), torch.where(curved, (c * z).sin(), zero)
        stretch = torch.where(curved, 1 - c * x, one)
        bent = _matrix(cos, zero, stretch * sin, zero, one, zero, -sin, zero, stretch * cos)
        return self.linear[owner] @ bent @ twisted @ tapered

    def after(self, centre: Tensor, scale: Tensor) -> Warps:
        """This warp, then (x − centre) · scale."""
        return replace(self, linear=self.linear * scale[:, None, None], shift=(self.shift - centre) * scale[:, None])

    def _at(self, owner: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        c = self.bend[owner]
        curved = c.abs() > STRAIGHT
        return self.taper[owner], self.twist[owner], torch.where(curved, c, torch.ones_like(c)), curved


def none(count: int, device: torch.device | str = "cpu") -> Warps:
    """Warps that leave everything where it is."""
    zero = torch.zeros(count, device=device)
    return Warps(
        torch.zeros(count, 2, device=device),
        zero,
        zero,
        torch.eye(3, device=device).repeat(count, 1, 1),
        torch.zeros(count, 3, device=device),
    )


def draw(count: int, generator: torch.Generator, device: torch.device | str = "cpu") -> Warps:
    """Random warps, mild enough that a thing stays what it is; each bent, twisted or tapered one time in four."""

    def normal(*shape: int) -> Tensor:
        return torch.randn(count, *shape, generator=generator, device=device)

    def sometimes(chance: float) -> Tensor:
        return (torch.rand(count, generator=generator, device=device) < chance).float()

    scale = (normal(3).clamp(-2, 2) * 0.15).exp()
    mirror = 1 - 2 * sometimes(0.5)
    linear = torch.diag_embed(scale * torch.stack([mirror, torch.ones_like(mirror), torch.ones_like(mirror)], 1))
    linear[:, :2, 2] = normal(2).clamp(-2, 2) * 0.05
    linear[:, 0, 1] = normal().clamp(-2, 2) * 0.05
    return Warps(
        taper=normal(2).clamp(-2, 2) * (0.12 * sometimes(0.25))[:, None],
        twist=normal().clamp(-2, 2) * 0.15 * sometimes(0.25),
        bend=normal().clamp(-2, 2) * 0.15 * sometimes(0.25),
        linear=linear,
        shift=torch.zeros(count, 3, device=device),
    )


def inverse_transposed(matrices: Tensor, vectors: Tensor) -> Tensor:
    """M⁻ᵀ v for (n, 3, 3) and (n, 3), by cross products of the columns."""
    i, j, k = matrices.unbind(2)
    columns = torch.stack([torch.linalg.cross(j, k), torch.linalg.cross(k, i), torch.linalg.cross(i, j)], 2)
    volume = (i * columns[..., 0]).sum(1)
    volume = torch.where(volume.abs() > 1e-12, volume, torch.full_like(volume, 1e-12))
    return torch.einsum("nij,nj->ni", columns, vectors) / volume[:, None]


def _matrix(*entries: Tensor) -> Tensor:
    return torch.stack(entries, 1).view(-1, 3, 3)
