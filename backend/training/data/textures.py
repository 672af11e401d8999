"""Solid textures: what makes a grey or a flat-coloured thing look like one of wood, cloth or painted tin.

A texture is a function of the place in the object (Perlin 1985, Peachey 1985), so that a picture's pixels and a
target's points take their colour from one and the same definition. All colours are sRGB in [0, 1].
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

PLAIN, BLOTCHES, STRIPES, CHECKS, GRAIN, LABEL, SPECKLES = range(7)


@dataclass(frozen=True)
class Textures:
    """One a sample: ``kind`` (B,); ``tint`` (B, 3) and ``tinted`` (B,): a colour in place of the object's own; ``ink``
    (B, 3): the second colour, ``strength`` (B,) how much of it; ``axis`` (B, 3) unit; ``pitch`` (B,) cycles per unit;
    ``edge`` (B,) in [-1, 1]; ``waves`` (B, 5, 3) and ``phases`` (B, 5): the noise; ``swap`` (B, 3) int64: channels'
    order; ``gamma`` (B,): of all colours."""

    kind: Tensor
    tint: Tensor
    tinted: Tensor
    ink: Tensor
    strength: Tensor
    axis: Tensor
    pitch: Tensor
    edge: Tensor
    waves: Tensor
    phases: Tensor
    swap: Tensor
    gamma: Tensor

    def paint(self, base: Tensor, points: Tensor, owner: Tensor) -> Tensor:
        """``base`` (n, 3) colours at object-space ``points`` (n, 3) of sample ``owner`` (n,) → (n, 3)."""
        out = torch.where(self.tinted[owner, None], base.mean(1, keepdim=True).clamp(min=0.4) * self.tint[owner], base)
        painted = (self.kind[owner] != PLAIN).nonzero()[:, 0]
        if len(painted):
            who = owner[painted]
            share = (self._share(points[painted], who) * self.strength[who])[:, None]
            out = out.index_copy(0, painted, torch.lerp(out[painted], self.ink[who], share))
        out = torch.gather(out, 1, self.swap[owner])
        return out.clamp(1e-4, 1) ** self.gamma[owner, None]

    def _share(self, points: Tensor, owner: Tensor) -> Tensor:
        """How much of the ink there is, (n,) in [0, 1]."""
        kind, axis, pitch, edge = self.kind[owner], self.axis[owner], self.pitch[owner], self.edge[owner]
        noise = (torch.einsum("nwc,nc->nw", self.waves[owner], points) + self.phases[owner]).sin().mean(1) * 1.6
        along = (points * axis).sum(1)
        across = points - along[:, None] * axis
        turns = 2 * math.pi * pitch
        cells = (points * turns[:, None]).sin().prod(1)
        rings = across.norm(dim=1) * 2 + 0.25 * noise + 0.15 * along
        label = 0.25 + 0.15 * edge - (along - 0.3 * edge).abs()
        writing = (points.roll(1, 1) * turns[:, None] * 3).sin().prod(1)
        values = torch.stack(
            [
                _soft(noise - 0.5 * edge, 0.15),
                _soft((along * turns + noise).sin() - edge, 0.15),
                _soft(cells, 0.05),
                0.5 + 0.5 * (rings * turns * 1.5).sin(),
                _soft(label, 0.005) * (1 - 0.8 * _soft(writing - 0.2, 0.05)),
                _soft((points * turns[:, None] * 2.5 + 3 * noise[:, None]).sin().prod(1) - 0.45, 0.1),
            ],
            1,
        )
        return torch.gather(values, 1, (kind - 1).clamp(min=0)[:, None])[:, 0]


def draw(plain: Tensor, generator: torch.Generator, chance: float = 0.25) -> Textures:
    """``plain`` (B,) bool: objects whose own colours mean nothing are tinted and mostly textured; of the others
    ``chance`` are textured and three in ten have their channels swapped."""
    count, device = len(plain), plain.device

    def uniform(*shape: int) -> Tensor:
        return torch.rand(count, *shape, generator=generator, device=device)

    def normal(*shape: int) -> Tensor:
        return torch.randn(count, *shape, generator=generator, device=device)

    textured = uniform() < torch.where(plain, 0.7, chance)
    kind = torch.where(textured, 1 + (uniform() * 6).long().clamp(max=5), torch.zeros_like(plain, dtype=torch.int64))
    tinted = (plain & (uniform() < 0.85)) | (~plain & (uniform() < 0.05))
    level = torch.tensor([[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]], device=device)
    swapped = uniform() < 0.3
    order = torch.where(swapped, (uniform() * 6).long().clamp(max=5), torch.zeros_like(kind))
    upright = torch.tensor([0.0, 0.0, 1.0], device=device)
    axis = torch.where((uniform() < 0.6)[:, None], upright.expand(count, 3), normal(3))
    return Textures(
        kind=kind,
        tint=_palette(uniform(3), uniform()) * 1.4,
        tinted=tinted,
        ink=_palette(uniform(3), uniform()),
        strength=0.2 + 0.8 * uniform(),
        axis=torch.nn.functional.normalize(axis, dim=1),
        pitch=0.7 + 3.3 * uniform() ** 2,
        edge=(uniform() * 2 - 1) * 0.7,
        waves=normal(5, 3) * (2 + 6 * uniform())[:, None, None],
        phases=uniform(5) * 2 * math.pi,
        swap=level[order],
        gamma=(normal().clamp(-2, 2) * 0.15).exp(),
    )


def none(count: int, device: torch.device | str = "cpu") -> Textures:
    """Colours as they are."""
    zero, one = torch.zeros(count, device=device), torch.ones(count, device=device)
    whole, white = torch.zeros(count, dtype=torch.int64, device=device), torch.ones(count, 3, device=device)
    return Textures(
        kind=whole,
        tint=white,
        tinted=whole > 0,
        ink=white,
        strength=zero,
        axis=white,
        pitch=one,
        edge=zero,
        waves=torch.zeros(count, 5, 3, device=device),
        phases=torch.zeros(count, 5, device=device),
        swap=torch.arange(3, device=device).expand(count, 3),
        gamma=one,
    )


def _palette(random: Tensor, grey: Tensor) -> Tensor:
    """Colours (B, 3): three in ten nearly grey, the others of any hue, few of them very dark."""
    colour = 0.08 + 0.88 * random**0.8
    mean = colour.mean(1, keepdim=True)
    return torch.where((grey < 0.3)[:, None], mean + 0.15 * (colour - mean), colour)


def _soft(value: Tensor, width: float) -> Tensor:
    return torch.sigmoid(value / width * 2)
