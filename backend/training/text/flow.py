"""The rectified-flow transformer: noise → the 64 latent tokens of what a text describes.

Rectified flow (Liu et al. 2022; Lipman et al. 2022): on the straight line x_t = (1 − t)·noise + t·latents the network
learns the velocity latents − noise; a sample is noise carried from t = 0 to t = 1. Times are drawn from a logit-normal
distribution (Esser et al. 2024, §3.1). Text and latent tokens stand in one sequence and pass the same blocks, modulated
by one vector that the time and the text's summary make, shared by all blocks but for a small table of each
(adaLN-single: Chen et al. 2023, PixArt-α, §2.3). Texts are dropped now and then, so that guidance without a classifier
works (Ho & Salimans 2022). A distilled network takes the guidance's strength as an input instead (Meng et al. 2023).

Shipped tensors (prefix ``flow.``; D = width, C = latent channels, F = frequencies):
``enter.{weight,bias}`` (D, C) · ``place`` (64, D) · ``time.{up,down}.{weight,bias}`` (D, 2·F), (D, D) ·
``guidance.{up,down}.{weight,bias}`` likewise, used only if distilled · ``modulate.{weight,bias}`` (6·D, D) ·
``table`` (blocks, 6, D) · ``blocks.i.attention.…``, ``blocks.i.mlp.…`` · ``last.{weight,bias}`` (2·D, D) ·
``leave.{weight,bias}`` (C, D).

One evaluation, s = SiLU, n = normalise (no scale, no shift):
    c = time.down(s(time.up(waves(t)))) + text₀ [+ guidance.down(s(guidance.up(waves(log g))))]
    m = modulate(s(c)) as (6, D); in block i: (shift, scale, gate, shift', scale', gate') = m + table[i]
    x = [text; enter(x_t) + place]
    x += gate·attention(n(x)·(1 + scale) + shift);  x += gate'·mlp(n(x)·(1 + scale') + shift')
    v = leave(n(x of the latents)·(1 + b) + a), (a, b) = last(s(c))
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .blocks import Attention, Mlp, normalise, quieten
from .config import CELLS, FlowConfig

FASTEST, SLOWEST = 1000.0, 0.1  # angular frequencies of the time's waves


class Condition(nn.Module):
    """A number → a vector: its waves through a small network."""

    def __init__(self, frequencies: int, width: int):
        super().__init__()
        self.frequencies = frequencies
        self.up = nn.Linear(2 * frequencies, width)
        self.down = nn.Linear(width, width)

    def forward(self, number: Tensor) -> Tensor:
        """(B,) → (B,D)."""
        return self.down(functional.silu(self.up(waves(number, self.frequencies))))


class FlowBlock(nn.Module):
    """Attention and MLP, each with shift, scale and gate."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.attention = Attention(width, heads)
        self.mlp = Mlp(width)
        quieten(self.attention.out, self.mlp.down)

    def forward(self, x: Tensor, mask: Tensor, modulation: Tensor) -> Tensor:
        """x (B,N,D); ``mask`` (B,N); ``modulation`` (B,6,D)."""
        shift, scale, gate, shift2, scale2, gate2 = modulation[:, :, None].unbind(1)
        x = x + gate * self.attention(normalise(x) * (1 + scale) + shift, mask)
        return x + gate2 * self.mlp(normalise(x) * (1 + scale2) + shift2)


class Flow(nn.Module):
    """The velocity of latents at a time, given a text."""

    def __init__(self, config: FlowConfig, channels: int):
        super().__init__()
        d = config.width
        self.config = config
        self.enter = nn.Linear(channels, d)
        self.place = nn.Parameter(0.5 * torch.randn(CELLS**3, d))
        self.time = Condition(config.frequencies, d)
        self.guidance = Condition(config.frequencies, d)
        self.modulate = nn.Linear(d, 6 * d)
        self.table = nn.Parameter(torch.zeros(config.blocks, 6, d))
        self.blocks = nn.ModuleList(FlowBlock(d, config.heads) for _ in range(config.blocks))
        self.last = nn.Linear(d, 2 * d)
        self.leave = nn.Linear(d, channels)
        with torch.no_grad():  # begins as a plain transformer (gates 1) whose output is zero
            self.table[:, 2::3] = 1
            for layer in (self.modulate, self.last):
                layer.weight.mul_(0.1)
                layer.bias.zero_()
            for layer in (self.leave, self.guidance.down):
                layer.weight.zero_()
                layer.bias.zero_()

    def forward(self, x: Tensor, t: Tensor, text: Tensor, mask: Tensor, guidance: Tensor | None = None) -> Tensor:
        """``x`` (B,64,C) at times ``t`` (B,); ``text`` (B,N,D), ``mask`` (B,N) of the text encoder → velocity (B,64,C).

        ``guidance`` (B,) is the strength that a distilled network imitates.
        """
        c = self.time(t) + text[:, 0]
        if guidance is not None:
            c = c + self.guidance(torch.log(guidance))
        c = functional.silu(c)
        modulation = self.modulate(c).unflatten(1, (6, -1))
        n = text.shape[1]
        h = torch.cat([text, self.enter(x) + self.place], 1)
        seen = torch.cat([mask, mask.new_ones(len(x), x.shape[1])], 1)
        for block, table in zip(self.blocks, self.table, strict=True):
            h = block(h, seen, modulation + table)
        shift, scale = self.last(c)[:, None].chunk(2, -1)
        return self.leave(normalise(h[:, n:]) * (1 + scale) + shift)


def waves(number: Tensor, frequencies: int) -> Tensor:
    """(B,) → (B, 2·F): cosines, then sines, of ``number`` times angular frequencies from 0.1 to 1000, evenly spaced
    on a logarithmic scale.
    """
    steps = torch.arange(frequencies, device=number.device, dtype=torch.float32) / max(frequencies - 1, 1)
    angles = number.float()[:, None] * (SLOWEST * torch.exp(steps * math.log(FASTEST / SLOWEST)))
    return torch.cat([angles.cos(), angles.sin()], 1)


def times(count: int, generator: torch.Generator, mean: float = 0.0, spread: float = 1.0) -> Tensor:
    """Logit-normal times in (0, 1)."""
    return torch.sigmoid(mean + spread * torch.randn(count, generator=generator))
