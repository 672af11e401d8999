"""A coloured solid on a grid ⇄ 64 ordered latent tokens.

The encoder reads 64³ signed distances and 32³ colours in cells of 1/16 of the volume, convolves down to 4³ cells and
lets these look at one another; each becomes one token of ``channels`` numbers. Tokens have places, unlike those of
vector sets (3DShape2VecSet, Zhang et al. 2023), because a generative model learns ordered tokens sooner, and the
decoder is a convolution over a volume, because 64³ cross-attention queries would take a minute without a GPU; that 64
tokens hold a shape was shown by COD-VAE (Cho et al. 2025).

Every channel of the latents is brought to mean 0 and variance 1 over the data and then blurred by noise of a fixed
size in training. That does what the KL term of a variational autoencoder is for (Kingma & Welling 2014): codes near
one another must mean similar solids, and the decoder forgives the errors of the flow that will write the codes. The
noise comes late, and the mean colour of each cell has a way of its own into its latents: else hues, which show least in
the loss, find none (measured: 600 steps stuck in grey, out of it, one hue after the other, when the noise was gone).

Shipped tensors (``Decoder``'s state dictionary, prefix ``decoder.``; W = width, A = wide, M = middle, F = fine):
``enter.{weight,bias}`` (W, channels) · ``place`` (64, W) ·
``blocks.i.attention.{qkv,out}.{weight,bias}``, ``blocks.i.attention.scale``, ``blocks.i.mlp.{up,down}.{weight,bias}`` ·
``wide.up.spread.{weight,bias}`` (8·A, W, 1,1,1) · ``wide.residuals.i.{first,second}.{weight,bias}`` (A, A, 3,3,3) ·
``middle.…`` (8·M, A, …) · ``fine.…`` (8·F, M, …; its residuals do not normalise) ·
``head.{weight,bias}`` (8 + 3, F, 3,3,3): signed distance of the 2³ finer cells, x slowest, then colour.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .blocks import Block, Down, Residual, Up, coarse_to_fine, fine_to_coarse, normalise
from .config import CELLS, AutoencoderConfig


class Encoder(nn.Module):
    """Grids → latents, not yet normalised."""

    def __init__(self, config: AutoencoderConfig):
        super().__init__()
        at_middle, at_wide = config.encoder_residuals
        self.enter = nn.Conv3d(4**3 + 3 * 2**3, config.middle, 1)
        self.middle = nn.Sequential(*(Residual(config.middle) for _ in range(at_middle)))
        self.to_wide = Down(config.middle, config.wide)
        self.wide = nn.Sequential(*(Residual(config.wide) for _ in range(at_wide)))
        self.to_tokens = Down(config.wide, config.width)
        self.place = nn.Parameter(0.02 * torch.randn(CELLS**3, config.width))
        self.blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(config.encoder_blocks))
        self.leave = nn.Linear(config.width, config.channels)
        self.hue = nn.Linear(3, config.channels, bias=False)

    def forward(self, sdf: Tensor, rgb: Tensor) -> Tensor:
        """``sdf`` (B,64,64,64) in ±1, positive inside; ``rgb`` (B,3,32,32,32) in ±1, 0 far from the surface.

        → (B, 64, channels), tokens in the order x slowest, z fastest.
        """
        x = torch.cat([fine_to_coarse(sdf[:, None], 4), fine_to_coarse(rgb, 2)], 1)
        x = self.middle(self.enter(x))
        x = self.to_tokens(self.wide(self.to_wide(x)))
        tokens = x.flatten(2).transpose(1, 2) + self.place
        for block in self.blocks:
            tokens = block(tokens)
        return self.leave(normalise(tokens)) + self.hue(mean_colour(rgb))


def mean_colour(rgb: Tensor) -> Tensor:
    """Colours (B,3,32,32,32), 0 where there are none → their mean in each of the 4³ cells (B,64,3), or 0."""
    there = (rgb != 0).any(1, keepdim=True).float()
    cells = functional.avg_pool3d(torch.cat([rgb * there, there], 1), rgb.shape[-1] // CELLS)
    mean = cells[:, :3] / cells[:, 3:].clamp(min=1e-3)
    return mean.flatten(2).transpose(1, 2)


class Stage(nn.Module):
    """Twice as many cells along each axis, then residual blocks."""

    def __init__(self, channels: int, out: int, residuals: int, norm: bool):
        super().__init__()
        self.up = Up(channels, out)
        self.residuals = nn.Sequential(*(Residual(out, norm) for _ in range(residuals)))

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,X,Y,Z) → (B,M,2X,2Y,2Z)."""
        return self.residuals(self.up(x))


class Decoder(nn.Module):
    """Normalised latents → signed distance and colour on their grids."""

    def __init__(self, config: AutoencoderConfig):
        super().__init__()
        at_wide, at_middle, at_fine = config.decoder_residuals
        self.enter = nn.Linear(config.channels, config.width)
        self.place = nn.Parameter(0.02 * torch.randn(CELLS**3, config.width))
        self.blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(config.decoder_blocks))
        self.wide = Stage(config.width, config.wide, at_wide, True)
        self.middle = Stage(config.wide, config.middle, at_middle, True)
        self.fine = Stage(config.middle, config.fine, at_fine, False)
        self.head = nn.Conv3d(config.fine, 8 + 3, 3, padding=1)

    def forward(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """(B,64,channels) → signed distance / band (B,64,64,64), beyond ±1 of no meaning but its sign, and the
        logit of sRGB (B,3,32,32,32).
        """
        tokens = self.enter(latents) + self.place
        for block in self.blocks:
            tokens = block(tokens)
        x = normalise(tokens).transpose(1, 2).unflatten(2, (CELLS, CELLS, CELLS))
        x = self.head(functional.gelu(self.fine(self.middle(self.wide(x)))))
        return coarse_to_fine(x[:, :8])[:, 0], x[:, 8:]


class Autoencoder(nn.Module):
    """Encoder, the statistics of its latents, decoder."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: AutoencoderConfig):
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.register_buffer("mean", torch.zeros(config.channels))
        self.register_buffer("deviation", torch.ones(config.channels))

    def encode(self, sdf: Tensor, rgb: Tensor) -> Tensor:
        """→ (B,64,channels) float32 of mean 0 and variance 1 per channel over the data."""
        return (self.encoder(sdf, rgb).float() - self.mean) / self.deviation

    def forward(self, sdf: Tensor, rgb: Tensor, noise: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """One training pass: encode, normalise by the batch while learning its statistics, add noise, decode."""
        latents = self.encoder(sdf, rgb).float()
        mean, deviation = latents.mean((0, 1)), latents.std((0, 1)) + 1e-4
        with torch.no_grad():
            self.mean.lerp_(mean, 0.02)
            self.deviation.lerp_(deviation, 0.02)
        latents = (latents - mean) / deviation
        blur = torch.randn(latents.shape, generator=generator).to(latents.device)
        return self.decoder(latents + noise * blur)
