"""Samples of the flow: Euler steps from noise to latents, guided.

Steps are spaced so that t = u / (u + shift·(1 − u)), u even in [0, 1]: a shift above 1 spends more of them early, where
the shape as a whole is decided (Esser et al. 2024, §5.3.2). ``backend.engines.pocket_text`` does the same in NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from .config import CELLS
from .encoder import TextEncoder
from .flow import Flow


@dataclass(frozen=True)
class Settings:
    """How a network is best sampled; shipped as ``settings`` (4,): steps, guidance, shift, 1 if distilled else 0."""

    steps: int = 25
    guidance: float = 3.0
    shift: float = 1.0
    distilled: bool = False

    def tensor(self) -> Tensor:
        return torch.tensor([self.steps, self.guidance, self.shift, float(self.distilled)], dtype=torch.float32)

    @staticmethod
    def read(tensor: Tensor) -> Settings:
        steps, guidance, shift, distilled = tensor.tolist()
        return Settings(round(steps), guidance, shift, distilled > 0.5)


def schedule(steps: int, shift: float) -> Tensor:
    """(steps + 1,) float64 times from 0 to 1."""
    u = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    return u / (u + shift * (1 - u))


class Guided(nn.Module):
    """The guided velocity of a text: v(nothing) + g·(v(text) − v(nothing)), or a distilled network's own."""

    def __init__(self, encoder: TextEncoder, flow: Flow, settings: Settings):
        super().__init__()
        self.encoder, self.flow, self.settings = encoder, flow, settings

    def forward(self, x: Tensor, t: Tensor, ids: Tensor, grams: Tensor) -> Tensor:
        """``x`` (B,64,C), ``t`` (B,), a batch of texts → (B,64,C)."""
        strength = self.settings.guidance
        text, mask = self.encoder(ids, grams)
        if self.settings.distilled:
            return self.flow(x, t, text, mask, torch.full_like(t, strength))
        told = self.flow(x, t, text, mask)
        if strength == 1:
            return told
        nothing = self.flow(x, t, *self.encoder(ids[:, :0], grams[:, :0]))
        return nothing + strength * (told - nothing)


@torch.no_grad()
def sample(
    encoder: TextEncoder, flow: Flow, settings: Settings, ids: Tensor, grams: Tensor, generator: torch.Generator
) -> Tensor:
    """Latents (B,64,C) float32 for a batch of texts (``ids`` (B,N), ``grams`` (B,N,G)); noise from ``generator``."""
    velocity = Guided(encoder, flow, settings)
    channels = flow.leave.out_features
    x = torch.randn(len(ids), CELLS**3, channels, generator=generator).to(ids.device)
    times = schedule(settings.steps, settings.shift).tolist()
    for now, then in pairwise(times):
        at = torch.full((len(x),), now, dtype=torch.float32, device=x.device)
        x = x + (then - now) * velocity(x, at, ids, grams).float()
    return x
