"""What cameras, files and cut-outs do to a picture: the network must not depend on their absence.

Pictures (B, 3, S, S) sRGB and alphas (B, 1, S, S), both in [0, 1]; colours come premultiplied by alpha, as a
rasteriser averages them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Chances:
    """How often each happens to a picture."""

    backdrop: float = 0.5  # the edge holds some of what was behind the object
    ragged: float = 0.5  # the cut-out is up to 2 pixels too wide or too narrow, by place
    holes: float = 0.06  # pieces of the object were taken for background
    blur: float = 0.4
    coarse: float = 0.2  # the picture was smaller than the network's
    blocks: float = 0.3  # JPEG
    grain: float = 0.6
    colour: float = 0.8


def spoil(colour: Tensor, alpha: Tensor, generator: torch.Generator, chances: Chances | None = None) -> Tensor:
    """Premultiplied ``colour`` and its ``alpha`` → the network's input (B, 4, S, S) in [-1, 1], with random defects."""
    chances = chances or Chances()
    roll = _Roll(len(colour), generator, colour.device)
    behind = torch.where(roll.when(chances.backdrop), _backdrop(roll, colour.shape[-1]), _around(colour, alpha))
    picture = colour + behind * (1 - alpha)
    picture = torch.where(roll.when(chances.colour), _graded(picture, roll), picture)
    picture = torch.where(roll.when(chances.blur), blurred(picture, roll.uniform(0.4, 1.4)[:, 0, 0, 0]), picture)
    picture = torch.where(roll.when(chances.coarse), _coarse(picture), picture)
    picture = torch.where(roll.when(chances.blocks), blocks(picture.clamp(0, 1), roll.uniform(0.3, 2.5)), picture)
    noise = torch.randn(picture.shape, generator=generator, device=picture.device)
    picture = picture + noise * roll.uniform(0, 0.03) * roll.when(chances.grain)
    alpha = torch.where(roll.when(chances.ragged), _ragged(alpha, roll), alpha)
    alpha = torch.where(roll.when(chances.holes), alpha * (roll.patches(alpha.shape[-1], 9) < 1.9), alpha)
    return as_input(picture.clamp(0, 1) * alpha, alpha)


def as_input(colour: Tensor, alpha: Tensor) -> Tensor:
    """Premultiplied ``colour`` over grey, and ``alpha``, both to [-1, 1], as the engine does at inference."""
    return torch.cat([colour + 0.5 * (1 - alpha), alpha], 1) * 2 - 1


def blurred(picture: Tensor, sigma: Tensor) -> Tensor:
    """Gaussian blur of ``sigma`` (B,) pixels, up to about 3."""
    count, channels, height, width = picture.shape
    taps = torch.arange(-6, 7, device=picture.device, dtype=picture.dtype)
    kernel = torch.exp(-(taps**2) / (2 * sigma[:, None] ** 2))
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(channels, 0)
    flat = picture.reshape(1, count * channels, height, width)
    flat = functional.pad(flat, (6, 6, 6, 6), mode="replicate")
    flat = functional.conv2d(flat, kernel[:, None, :, None], groups=count * channels)
    flat = functional.conv2d(flat, kernel[:, None, None, :], groups=count * channels)
    return flat.view(count, channels, height, width)


def blocks(picture: Tensor, coarseness: Tensor) -> Tensor:
    """JPEG's loss without its file: 8² cosine transforms of brightness and of the colour differences, rounded to
    steps that grow with frequency, ``coarseness`` (B, 1, 1, 1) times as wide as at a usual quality (Wallace 1991)."""
    count, _, height, width = picture.shape
    turn = picture.new_tensor([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])
    planes = torch.einsum("ij,bjhw->bihw", turn, picture)
    rows, columns = height // 8, width // 8
    tiles = planes[..., : rows * 8, : columns * 8].reshape(count, 3, rows, 8, columns, 8).transpose(3, 4)
    angle = (torch.arange(8)[:, None] * (2 * torch.arange(8) + 1)).to(picture) * (math.pi / 16)
    basis = angle.cos() * 0.5
    basis[0] = math.sqrt(1 / 8)
    waves = basis @ tiles @ basis.T
    frequency = torch.arange(8, device=picture.device, dtype=picture.dtype)
    step = (0.05 + 0.012 * (frequency[:, None] + frequency)) * coarseness[..., None, None]
    scale = picture.new_tensor([1.0, 1.5, 1.5])[:, None, None, None, None]
    tiles = basis.T @ ((waves / (step * scale)).round() * step * scale) @ basis
    out = planes.clone()
    out[..., : rows * 8, : columns * 8] = tiles.transpose(3, 4).reshape(count, 3, rows * 8, columns * 8)
    return torch.einsum("ij,bjhw->bihw", torch.linalg.inv(turn), out)


def _backdrop(roll: _Roll, size: int) -> Tensor:
    """A wall, a table, a lawn, out of focus: two colours, a slow change between them, and a finer one."""
    first, second = roll.uniform(0, 1, 3), roll.uniform(0, 1, 3)
    share = torch.sigmoid(1.5 * roll.patches(size, 3))
    return (torch.lerp(first, second, share) + 0.08 * roll.patches(size, 24)).clamp(0, 1)


def _around(colour: Tensor, alpha: Tensor) -> Tensor:
    """The object's own colours carried a little outwards: a cut-out whose edge was cleaned."""
    sigma = torch.full((len(colour),), 2.5, device=colour.device)
    return blurred(colour, sigma) / blurred(alpha, sigma).clamp(min=1e-3)


def _graded(picture: Tensor, roll: _Roll) -> Tensor:
    """White balance, exposure, contrast and saturation."""
    gain = (roll.normal(3) * 0.05 + roll.normal() * 0.12).exp()
    picture = (picture.clamp(0, 1) * gain).clamp(0, 1) ** (roll.normal() * 0.12).exp()
    grey = picture.mean(1, keepdim=True)
    return torch.lerp(grey, picture, roll.uniform(0.6, 1.3))


def _coarse(picture: Tensor) -> Tensor:
    """Of half the size, enlarged again."""
    small = functional.avg_pool2d(picture, 2)
    return functional.interpolate(small, size=picture.shape[-2:], mode="bilinear", align_corners=False)


def _ragged(alpha: Tensor, roll: _Roll) -> Tensor:
    """The edge moved in and out by up to 2 pixels from place to place, softer or harder than it was.

    Alpha blurred by s falls across an edge like the normal distribution, Φ(d / s), which tells how far from the edge,
    d pixels, each place is.
    """
    width = 1.6
    soft = blurred(alpha, torch.full((len(alpha),), width, device=alpha.device)).clamp(1e-3, 1 - 1e-3)
    within = width * math.sqrt(2) * torch.erfinv(2 * soft - 1)
    move = (roll.uniform(-1.5, 1.5) + roll.patches(alpha.shape[-1], 20) * roll.uniform(0, 0.8)).clamp(-2, 2)
    return ((within - move) / roll.uniform(0.3, 2.5) + 0.5).clamp(0, 1)


class _Roll:
    """Random numbers, one a picture unless said otherwise."""

    def __init__(self, count: int, generator: torch.Generator, device: torch.device):
        self.count, self.generator, self.device = count, generator, device

    def uniform(self, low: float, high: float, channels: int = 1) -> Tensor:
        random = torch.rand(self.count, channels, 1, 1, generator=self.generator, device=self.device)
        return low + (high - low) * random

    def normal(self, channels: int = 1) -> Tensor:
        random = torch.randn(self.count, channels, 1, 1, generator=self.generator, device=self.device)
        return random.clamp(-2.5, 2.5)

    def when(self, chance: float) -> Tensor:
        return torch.rand(self.count, 1, 1, 1, generator=self.generator, device=self.device) < chance

    def patches(self, size: int, cells: int) -> Tensor:
        """(B, 1, size, size): smooth noise of about unit variance, ``cells`` bumps along a side."""
        small = torch.randn(self.count, 1, cells, cells, generator=self.generator, device=self.device)
        return 1.3 * functional.interpolate(small, size=(size, size), mode="bicubic", align_corners=False)
