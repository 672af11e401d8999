"""The sizes of Pocket Text's networks: the ones that are shipped, and tiny ones for tests."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

CELLS = 4  # latent tokens stand on a grid of 4³ cells
RESOLUTION = 64  # cells of the signed distance along an axis; colour has half as many
BAND = 0.1  # signed distances are cut off here and divided by it


@dataclass(frozen=True)
class AutoencoderConfig:
    """Channels at 4³ (``width``), 8³, 16³ and 32³ cells; transformer blocks at 4³ and residual blocks above. Only the
    decoder ships, so that the encoder may be the larger one.
    """

    channels: int = 32
    width: int = 192
    heads: int = 6
    encoder_blocks: int = 2
    decoder_blocks: int = 1
    wide: int = 128  # channels at 8³
    middle: int = 64  # at 16³
    fine: int = 16  # at 32³
    encoder_residuals: tuple[int, int] = (1, 1)  # residual blocks at 16³ and 8³ of the encoder
    decoder_residuals: tuple[int, int, int] = (1, 2, 1)  # at 8³, 16³ and 32³ of the decoder
    noise: float = 0.15  # standard deviation of what is added to the normalised latents in training


@dataclass(frozen=True)
class TextConfig:
    """``words`` and ``grams`` are the numbers of rows of the two tables, as ``words.py`` counts them."""

    words: int = 2048
    grams: int = 2048
    length: int = 24  # words of a prompt that are read
    width: int = 128
    heads: int = 4
    blocks: int = 2


@dataclass(frozen=True)
class FlowConfig:
    """The transformer over text and latent tokens in one sequence."""

    width: int = 256
    heads: int = 4
    blocks: int = 5
    frequencies: int = 64  # of the time's sines and cosines


@dataclass(frozen=True)
class Config:
    """All of Pocket Text."""

    autoencoder: AutoencoderConfig = field(default_factory=AutoencoderConfig)
    text: TextConfig = field(default_factory=TextConfig)
    flow: FlowConfig = field(default_factory=FlowConfig)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def tiny() -> Config:
    """Small enough to be trained in a test."""
    return Config(
        AutoencoderConfig(8, 32, 2, 1, 1, 24, 16, 8, (1, 1), (1, 1, 1)),
        TextConfig(words=512, width=32, heads=2, blocks=1),
        FlowConfig(width=48, heads=2, blocks=2, frequencies=16),
    )
