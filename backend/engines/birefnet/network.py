"""BiRefNet (Zheng et al. 2024, "Bilateral Reference for High-Resolution Dichotomous Image Segmentation").

A Swin backbone looks at the picture and at its half; a decoder works its way back to full size, shown the
picture's own pixels and a guess of where edges are at every level.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from .decoder import Decoder, DecoderBlock, resize
from .swin import Swin, SwinConfiguration

MULTIPLE = 32  # the sides of a picture must be multiples of it


@dataclass(frozen=True)
class Configuration:
    """The defaults are those of the published weights; everything else follows from the backbone's widths."""

    backbone: SwinConfiguration = field(default_factory=SwinConfiguration)


class BiRefNet(nn.Module):
    def __init__(self, configuration: Configuration | None = None):
        super().__init__()
        configuration = configuration or Configuration()
        self.bb = Swin(configuration.backbone)
        channels = tuple(2 * width for width in reversed(configuration.backbone.channels))
        self.squeeze_module = nn.Sequential(DecoderBlock(sum(channels), channels[0]))
        self.decoder = Decoder(channels)

    def forward(self, picture: Tensor, step: Callable[[float], None] = lambda fraction: None) -> Tensor:
        """``picture`` (B, 3, H, W), ImageNet's mean taken out, sides in multiples of 32 → logits (B, 1, H, W).

        ``step`` hears, about every tenth of a second of work, the part that is done, and may raise.
        """
        if picture.shape[2] % MULTIPLE or picture.shape[3] % MULTIPLE:
            raise ValueError(f"a picture of {tuple(picture.shape[2:])} pixels has no sides in multiples of {MULTIPLE}")
        features = self.encode(picture, lambda fraction: step(0.75 * fraction))
        features[3] = self.squeeze_module(features[3])
        return self.decoder(picture, features, lambda fraction: step(0.75 + 0.25 * fraction))

    def encode(self, picture: Tensor, step: Callable[[float], None] = lambda fraction: None) -> list[Tensor]:
        """Features of four levels, finest first; those of the coarsest hold all the others' too."""
        half = resize(picture, (picture.shape[2] // 2, picture.shape[3] // 2))
        whole = self.bb(picture, lambda fraction: step(0.8 * fraction))
        halved = self.bb(half, lambda fraction: step(0.8 + 0.2 * fraction))
        features = [
            torch.cat((fine, resize(more, fine.shape[2:])), 1) for fine, more in zip(whole, halved, strict=True)
        ]
        features[3] = torch.cat([resize(feature, features[3].shape[2:]) for feature in features], 1)
        return features
