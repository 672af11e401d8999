"""Where the light comes from: a sky over a ground, and three lamps without shadows. All in linear light."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Lights:
    """World frame, one set a sample. ``sky``, ``ground`` (B, 3): radiance from straight above and straight below,
    linear in between; ``towards`` (B, 3, 3): unit vectors to the lamps; ``power`` (B, 3, 3): what a white wall facing
    one sends back, by lamp and channel."""

    sky: Tensor
    ground: Tensor
    towards: Tensor
    power: Tensor

    def irradiance(self, normal: Tensor, owner: Tensor, wrap: float = 0.15) -> Tensor:
        """Light (n, 3) that a white matt surface with ``normal`` (n, 3) sends back; lamps reach a little around it."""
        up = (0.5 + normal[:, 2:] / 3).clamp(0, 1)  # a half-space of a linear gradient averages to two thirds of it
        out = self.ground[owner] + (self.sky[owner] - self.ground[owner]) * up
        for lamp in range(self.towards.shape[1]):
            facing = (normal * self.towards[owner, lamp]).sum(1, keepdim=True)
            out = out + self.power[owner, lamp] * ((facing + wrap) / (1 + wrap)).clamp(min=0)
        return out

    def mirrored(self, direction: Tensor, roughness: Tensor, owner: Tensor) -> Tensor:
        """Light (n, 3) that comes from ``direction`` (n, 3), blurred as a mirror of ``roughness`` (n,) shows it."""
        blur = roughness[:, None]
        up = (0.5 + direction[:, 2:] / 2).clamp(0, 1)
        sharp = torch.sigmoid((up - 0.5) / (0.03 + 0.4 * blur))  # a horizon, where the mirror is good
        out = self.ground[owner] + (self.sky[owner] - self.ground[owner]) * sharp
        power = 2 / (0.02 + blur**4) ** 0.8
        for lamp in range(self.towards.shape[1]):
            facing = (direction * self.towards[owner, lamp]).sum(1, keepdim=True).clamp(min=0)
            out = out + self.power[owner, lamp] * facing**power * (0.3 + 0.12 * power).clamp(max=6)
        return out


def draw(toward: Tensor, generator: torch.Generator) -> Lights:
    """``toward`` (B, 3): to the camera. A key lamp mostly from above and from the camera's side, a weaker one from the
    other side, a rim from behind; a day's sky, a room's walls or a studio's white."""
    count, device = len(toward), toward.device

    def uniform(*shape: int) -> Tensor:
        return torch.rand(count, *shape, generator=generator, device=device)

    def normal(*shape: int) -> Tensor:
        return torch.randn(count, *shape, generator=generator, device=device)

    def white(warmth: float) -> Tensor:
        tone = normal(1) * warmth
        return torch.cat([tone.exp(), torch.ones_like(tone), (-tone).exp()], 1)

    up = torch.tensor([0.0, 0.0, 1.0], device=device)
    key = functional.normalize(normal(3) + up + 0.8 * toward, dim=1)
    fill = functional.normalize(normal(3) * 0.7 + 0.3 * up + toward - key, dim=1)
    rim = functional.normalize(normal(3) * 0.5 + 0.7 * up - toward, dim=1)
    ambient = 0.15 + 0.75 * uniform(1)
    sky = ambient * (0.8 + 0.5 * uniform(1)) * white(0.12)
    ground = ambient * (0.2 + 0.7 * uniform(1)) * white(0.12)
    strengths = torch.cat([0.2 + 0.9 * uniform(1), 0.4 * uniform(1), 0.5 * uniform(1) * (uniform(1) < 0.4)], 1)
    strengths = strengths * (1.25 - ambient)
    colours = torch.stack([white(0.08), white(0.15), white(0.15)], 1)
    return Lights(sky, ground, torch.stack([key, fill, rim], 1), strengths[..., None] * colours)
