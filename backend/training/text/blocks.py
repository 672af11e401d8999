"""The parts of which all three networks are made, each one quick in NumPy too."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


def normalise(x: Tensor) -> Tensor:
    """The last axis to mean 0, variance 1 (Ba et al. 2016), epsilon 1e-5, without scale and shift of its own."""
    return functional.layer_norm(x, x.shape[-1:])


class Attention(nn.Module):
    """Self-attention with normalised queries and keys (QK-norm: Dehghani et al. 2023, §2).

    ``qkv`` (3·D, D) stacks queries, keys, values, each with the heads slowest; a head's queries are normalised and
    multiplied by ``scale`` (D/heads) / √(D/heads), its keys normalised.
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.scale = nn.Parameter(torch.ones(width // heads))
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """x (B,N,D) → (B,N,D); ``mask`` (B,N) bool, True where a token may be looked at."""
        b, n, d = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        q, k = normalise(q) * self.scale, normalise(k)
        y = attend(q.to(v.dtype), k.to(v.dtype), v, None if mask is None else mask[:, None, None, :])
        return self.out(y.transpose(1, 2).reshape(b, n, d))


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """softmax(q·kᵀ / √d)·v over (B,H,N,d); ``mask`` (B,1,1,N) bool. On a processor the fused kernel's backward pass in
    bfloat16 takes six times as long as these three products (torch 2.13, a hundred tokens).
    """
    if q.is_cuda:
        return functional.scaled_dot_product_attention(q, k, v, mask)
    scores = (q @ k.transpose(-1, -2)).float() * q.shape[-1] ** -0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return scores.softmax(-1).to(v.dtype) @ v


class Mlp(nn.Module):
    """D → ratio·D, exact GELU, → D."""

    def __init__(self, width: int, ratio: int = 4):
        super().__init__()
        self.up = nn.Linear(width, ratio * width)
        self.down = nn.Linear(ratio * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(functional.gelu(self.up(x)))


class Block(nn.Module):
    """x + attention(normalise(x)), then x + mlp(normalise(x)) (pre-norm: Xiong et al. 2020)."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.attention = Attention(width, heads)
        self.mlp = Mlp(width)
        quieten(self.attention.out, self.mlp.down)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = x + self.attention(normalise(x), mask)
        return x + self.mlp(normalise(x))


class Residual(nn.Module):
    """x + second(gelu(first(normalise(x)))) with two 3³ convolutions; channels are normalised in every cell."""

    def __init__(self, channels: int, norm: bool = True):
        super().__init__()
        self.norm = norm
        self.first = nn.Conv3d(channels, channels, 3, padding=1)
        self.second = nn.Conv3d(channels, channels, 3, padding=1)
        quieten(self.second)

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,X,Y,Z) → the same."""
        y = normalise(x.permute(0, 2, 3, 4, 1)).permute(0, 4, 1, 2, 3).to(x.dtype) if self.norm else x
        return x + self.second(functional.gelu(self.first(y)))


class Up(nn.Module):
    """A 1³ convolution to 8·M channels, M slowest, spread over 2³ finer cells (sub-voxel: Shi et al. 2016)."""

    def __init__(self, channels: int, out: int):
        super().__init__()
        self.spread = nn.Conv3d(channels, 8 * out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,X,Y,Z) → (B,M,2X,2Y,2Z)."""
        return coarse_to_fine(self.spread(x))


class Down(nn.Module):
    """2³ cells become one: a 2³ convolution of stride 2."""

    def __init__(self, channels: int, out: int):
        super().__init__()
        self.gather = nn.Conv3d(channels, out, 2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,2X,2Y,2Z) → (B,M,X,Y,Z)."""
        return self.gather(x)


def coarse_to_fine(x: Tensor, factor: int = 2) -> Tensor:
    """(B, M·f³, X,Y,Z), channels in the order (M, f, f, f) → (B, M, f·X, f·Y, f·Z), channels last in memory."""
    b, _, *size = x.shape
    x = x.permute(0, 2, 3, 4, 1).reshape(b, *size, -1, factor, factor, factor)
    x = x.permute(0, 1, 5, 2, 6, 3, 7, 4)
    return x.reshape(b, *(factor * n for n in size), -1).permute(0, 4, 1, 2, 3)


def fine_to_coarse(x: Tensor, factor: int) -> Tensor:
    """The inverse of ``coarse_to_fine``."""
    b, c, *size = x.shape
    x = x.permute(0, 2, 3, 4, 1)
    x = x.reshape(b, *(n for s in size for n in (s // factor, factor)), c)
    x = x.permute(0, 1, 3, 5, 7, 2, 4, 6)
    return x.reshape(b, *(s // factor for s in size), -1).permute(0, 4, 1, 2, 3)


def quieten(*layers: nn.Linear | nn.Conv3d) -> None:
    """What is added to a residual stream begins as nothing much, so that a deep network begins as a shallow one."""
    for layer in layers:
        with torch.no_grad():
            layer.weight.mul_(0.2)
            if layer.bias is not None:
                layer.bias.zero_()
