"""BiRefNet's decoder: from coarse to fine, with the picture itself shown again at every level.

Names of parts are those of the published weights. Some parts only steer training; they are here so that the
weights fit strictly, and are never computed.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from .deformable import DeformableConvolution

KERNELS = (1, 3, 7)  # of the deformable branches that look around
AT_ONCE = 1 << 23  # numbers between the two last convolutions at a time: bounds memory, changes no result
NARROW, BRANCH, EDGES = 64, 256, 16  # channels inside a block, of one of its branches, and of the edge guess


def resize(x: Tensor, size: tuple[int, ...] | torch.Size) -> Tensor:
    """(B, C, …) → (B, C, *size), linearly, corner pixels staying at the corners."""
    return x if x.shape[2:] == size else functional.interpolate(x, size=size, mode="bilinear", align_corners=True)


def tiles(picture: Tensor, size: tuple[int, ...] | torch.Size) -> Tensor:
    """(B, C, H, W) → (B, C · H/h · W/w, h, w): cut into tiles of ``size`` (h, w) that become channels."""
    batch, channels, height, width = picture.shape
    down, across = height // size[0], width // size[1]
    cut = picture.view(batch, channels, down, size[0], across, size[1])
    return cut.permute(0, 1, 2, 4, 3, 5).reshape(batch, channels * down * across, *size)


class Branch(nn.Module):
    def __init__(self, kernel: int):
        super().__init__()
        self.atrous_conv = DeformableConvolution(NARROW, BRANCH, kernel)
        self.bn = nn.BatchNorm2d(BRANCH)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu_(self.bn(self.atrous_conv(x)))


class Surroundings(nn.Module):
    """Deformable looks at several scales and the mean of everything, side by side (Chen et al. 2017)."""

    def __init__(self) -> None:
        super().__init__()
        self.aspp1 = Branch(1)
        self.aspp_deforms = nn.ModuleList([Branch(kernel) for kernel in KERNELS])
        self.global_avg_pool = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(NARROW, BRANCH, 1, bias=False), nn.BatchNorm2d(BRANCH), nn.ReLU()
        )
        self.conv1 = nn.Conv2d(BRANCH * (2 + len(KERNELS)), NARROW, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(NARROW)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 64, H, W) → the same shape. Branches are summed as they come: together they would take five times
        the memory.
        """
        branches = (self.aspp1, *self.aspp_deforms, self.global_avg_pool)
        weights = self.conv1.weight.split(BRANCH, 1)
        total = sum(functional.conv2d(branch(x), weight) for branch, weight in zip(branches, weights, strict=True))
        return functional.relu_(self.bn1(total))


class DecoderBlock(nn.Module):
    def __init__(self, channels: int, out: int):
        super().__init__()
        self.conv_in = nn.Conv2d(channels, NARROW, 3, padding=1)
        self.bn_in = nn.BatchNorm2d(NARROW)
        self.dec_att = Surroundings()
        self.conv_out = nn.Conv2d(NARROW, out, 3, padding=1)
        self.bn_out = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu_(self.bn_in(self.conv_in(x)))
        return self.bn_out(self.conv_out(self.dec_att(x)))


class Lateral(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class PictureBlock(nn.Module):
    """What a level sees of the picture's own pixels."""

    def __init__(self, channels: int, out: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, NARROW, 3, padding=1)
        self.conv_out = nn.Conv2d(NARROW, out, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv_out(self.conv1(x))


class Decoder(nn.Module):
    """``channels``: of the four levels' features, coarsest first, each twice the next."""

    def __init__(self, channels: tuple[int, ...]):
        super().__init__()
        hints = (channels[0] // 8, *(width // 8 for width in channels))  # of the picture blocks, coarsest first
        outs = (*channels[1:], channels[-1] // 2)
        for i, level in enumerate((5, 4, 3, 2, 1)):
            tile = 3 * (1 << level) ** 2 if level > 1 else 3  # a level's tiles are as large as its features
            self.add_module(f"ipt_blk{level}", PictureBlock(tile, hints[i]))
        for i, level in enumerate((4, 3, 2, 1)):
            self.add_module(f"decoder_block{level}", DecoderBlock(channels[i] + hints[i], outs[i]))
        self.conv_out1 = nn.Sequential(nn.Conv2d(outs[3] + hints[4], 1, 1))
        for i, level in enumerate((4, 3, 2)):
            self.add_module(f"lateral_block{level}", Lateral(channels[i + 1]))
            edges = [nn.Conv2d(outs[i], EDGES, 3, padding=1), nn.BatchNorm2d(EDGES), nn.ReLU()]
            self.add_module(f"gdt_convs_{level}", nn.Sequential(*edges))
            self.add_module(f"gdt_convs_attn_{level}", nn.Sequential(nn.Conv2d(EDGES, 1, 1)))
            self.add_module(f"gdt_convs_pred_{level}", nn.Sequential(nn.Conv2d(EDGES, 1, 1)))  # training only
            self.add_module(f"conv_ms_spvn_{level}", nn.Conv2d(outs[i], 1, 1))  # training only

    def forward(
        self, picture: Tensor, features: list[Tensor], step: Callable[[float], None] = lambda fraction: None
    ) -> Tensor:
        """``picture`` (B, 3, H, W), sides in multiples of 32; ``features`` finest first, of sides / 4, 8, 16, 32 →
        the matte's logits (B, 1, H, W). ``step`` hears the part that is done.
        """
        x = self._with_picture(features[3], picture, 5)
        for level in (4, 3, 2):
            x = self.get_submodule(f"decoder_block{level}")(x)
            edges = self.get_submodule(f"gdt_convs_{level}")(x)
            x = x * torch.sigmoid(self.get_submodule(f"gdt_convs_attn_{level}")(edges))
            finer = features[level - 2]
            x = resize(x, finer.shape[2:]) + self.get_submodule(f"lateral_block{level}")(finer)
            x = self._with_picture(x, picture, level)
            step((5 - level) / 5)
        x = self.get_submodule("decoder_block1")(x)
        step(0.8)
        return self._logits(x, picture)

    def _with_picture(self, x: Tensor, picture: Tensor, level: int) -> Tensor:
        seen = self.get_submodule(f"ipt_blk{level}")(tiles(picture, x.shape[2:]))
        return torch.cat((x, seen), 1)

    def _logits(self, x: Tensor, picture: Tensor) -> Tensor:
        """The last convolution, 1 × 1, of ``x`` at full size beside what is seen of the picture.

        Nothing but sums lies between its two inputs and its output, so each is multiplied first and enlarged, or
        convolved, afterwards: a channel of full size instead of hundreds.
        """
        last, block = self.conv_out1[0], self.get_submodule("ipt_blk1")
        assert isinstance(last, nn.Conv2d) and isinstance(block, PictureBlock)
        of_x, of_seen = last.weight.split((x.shape[1], last.in_channels - x.shape[1]), 1)
        kernel = torch.einsum("op,pchw->ochw", of_seen[:, :, 0, 0], block.conv_out.weight)
        bias = last.bias + of_seen[:, :, 0, 0] @ block.conv_out.bias
        coarse = resize(functional.conv2d(x, of_x), picture.shape[2:])
        return coarse + _in_strips(picture, block.conv1, kernel, bias)


def _in_strips(picture: Tensor, first: nn.Conv2d, kernel: Tensor, bias: Tensor) -> Tensor:
    """``first``, then a 3 × 3 convolution with ``kernel``, some rows at a time: what lies between them is large."""
    height = picture.shape[2]
    strip = max(1, AT_ONCE // (NARROW * picture.shape[3]))
    out = []
    for begin in range(0, height, strip):
        end = min(begin + strip, height)
        low, high = max(0, begin - 2), min(height, end + 2)
        between = first(picture[:, :, low:high])  # wrong in the outermost rows, unless the picture ends there
        between = between[:, :, max(0, begin - 1) - low : min(height, end + 1) - low]
        between = functional.pad(between, (1, 1, int(begin == 0), int(end == height)))
        out.append(functional.conv2d(between, kernel, bias))
    return torch.cat(out, 2)
