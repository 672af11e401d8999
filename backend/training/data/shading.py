"""Surface → colour of a pixel: like a photograph, like a game, like a cartoon, or without any light."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .lights import Lights

REAL, SIMPLE, CARTOON, UNLIT = range(4)
SHARES = (0.6, 0.2, 0.08, 0.12)  # of the pictures drawn in each way


@dataclass(frozen=True)
class Looks:
    """One a sample: ``way`` (B,) of the four above; ``roughness`` (B,) in [0.1, 1]; ``metal`` (B,) in [0, 1]; ``gloss``
    (B,): of the simple way's highlight; ``ambient`` (B,) and ``steps`` (B,): of the simple and the cartoon's light;
    ``exposure`` (B,); ``shelter`` (B,): how dark corners are; ``creases`` (B,): cosine between a face and
    its smooth normal below which the face's own counts."""

    way: Tensor
    roughness: Tensor
    metal: Tensor
    gloss: Tensor
    ambient: Tensor
    steps: Tensor
    exposure: Tensor
    shelter: Tensor
    creases: Tensor


def draw(count: int, generator: torch.Generator, device: torch.device | str = "cpu", shares=SHARES) -> Looks:
    def uniform(low: float = 0.0, high: float = 1.0) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=generator, device=device)

    way = torch.multinomial(
        torch.tensor(shares, dtype=torch.float32, device=device), count, replacement=True, generator=generator
    )
    return Looks(
        way=way,
        roughness=0.15 + 0.85 * uniform() ** 0.6,
        metal=uniform(0.3, 1) * (uniform() < 0.12),
        gloss=uniform(0, 0.35) * (uniform() < 0.4),
        ambient=uniform(0.35, 1),
        steps=uniform(2, 4.99).floor(),
        exposure=(torch.randn(count, generator=generator, device=device).clamp(-2, 2) * 0.2).exp(),
        shelter=uniform(0, 0.9),
        creases=torch.where(uniform() < 0.25, torch.full((count,), 2.0, device=device), uniform(0.6, 0.9)),
    )


def shade(
    looks: Looks, lights: Lights, owner: Tensor, base: Tensor, normal: Tensor, toward: Tensor, open_: Tensor
) -> Tensor:
    """All (n, 3) but ``owner``, ``open_`` (n,): sRGB ``base`` colour, unit ``normal`` that faces the camera, unit
    vector ``toward`` the camera (world), and openness in [0, 1] of a surface of sample ``owner`` → sRGB (n, 3)."""
    free = 1 - looks.shelter[owner, None] * (1 - open_[:, None])
    key, strength = lights.towards[owner, 0], lights.power[owner, 0].mean(1, keepdim=True).clamp(max=1)
    facing = (normal * key).sum(1, keepdim=True).clamp(min=0)
    ambient, steps = looks.ambient[owner, None], looks.steps[owner, None]
    halfway = functional.normalize(key + toward, dim=1)
    glint = looks.gloss[owner, None] * (normal * halfway).sum(1, keepdim=True).clamp(min=0) ** 24
    simple = base * (ambient + (1 - ambient) * facing) * free + glint
    cartoon = base * (ambient + (1 - ambient) * (facing * steps).round() / steps * (0.5 + 0.5 * strength))
    ways = torch.stack([_real(looks, lights, owner, base, normal, toward, free), simple, cartoon, base], 1)
    return ways[torch.arange(len(owner), device=owner.device), looks.way[owner]].clamp(0, 1)


def _real(looks, lights, owner, base, normal, toward, free):
    """Matt and mirrored light by Fresnel's share of each (Schlick 1994)."""
    colour = to_linear(base)
    metal, roughness = looks.metal[owner, None], looks.roughness[owner]
    cosine = (normal * toward).sum(1, keepdim=True).clamp(0, 1)
    straight = torch.lerp(torch.full_like(colour, 0.04), colour, metal)
    share = straight + (1 - straight) * (1 - cosine) ** 5 * (1 - roughness[:, None]) ** 2
    mirror = lights.mirrored(2 * cosine * normal - toward, roughness, owner)
    light = colour * (1 - metal) * lights.irradiance(normal, owner) + share * mirror
    return to_srgb((light * free * looks.exposure[owner, None]).clamp(0, 1))


def to_linear(srgb: Tensor) -> Tensor:
    """IEC 61966-2-1, as torch has no function for it."""
    return torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: Tensor) -> Tensor:
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)
