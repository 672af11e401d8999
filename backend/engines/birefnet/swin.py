"""The hierarchical backbone Swin (Liu et al. 2021): attention in windows that are shifted at every other block.

Names of parts are those of the published weights, so that ``load_state_dict`` fits them strictly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

PATCH = 4  # pixels on a side that become one token
AT_ONCE = 1 << 23  # numbers that one slice of a block may hold beside its input: bounds memory, changes no result


@dataclass(frozen=True)
class SwinConfiguration:
    """``width``: channels after the patches, doubled at each stage; ``depths``, ``heads``: per stage; ``window``:
    tokens on a side of a window. The defaults are Swin-L at 384 pixels.
    """

    width: int = 192
    depths: tuple[int, ...] = (2, 2, 18, 2)
    heads: tuple[int, ...] = (6, 12, 24, 48)
    window: int = 12

    @property
    def channels(self) -> tuple[int, ...]:
        """Of each stage's output, finest first."""
        return tuple(self.width << stage for stage in range(len(self.depths)))


class WindowAttention(nn.Module):
    """Self-attention among the tokens of a window, with a learned bias for each difference of places."""

    def __init__(self, width: int, heads: int, window: int):
        super().__init__()
        self.heads = heads
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        self.relative_position_index: Tensor
        self.register_buffer("relative_position_index", place_differences(window))
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def bias(self) -> Tensor:
        """(heads, N, N), to be added to the scores."""
        return self.relative_position_bias_table[self.relative_position_index].permute(2, 0, 1)

    def forward(self, windows: Tensor, bias: Tensor, regions: Tensor | None) -> Tensor:
        """``windows`` (W, N, C), ``regions`` (W, N) or None: tokens of different regions do not see each other."""
        count, tokens, width = windows.shape
        query, key, value = self.qkv(windows).view(count, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mask = bias[None]
        if regions is not None:
            apart = regions[:, None, :, None] != regions[:, None, None, :]
            mask = mask.masked_fill(apart, float("-inf"))
        out = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.proj(out.transpose(1, 2).reshape(count, tokens, width))


class Perceptron(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(functional.gelu(self.fc1(x)))


class SwinBlock(nn.Module):
    def __init__(self, width: int, heads: int, window: int, shift: int):
        super().__init__()
        self.window, self.shift = window, shift
        self.norm1 = nn.LayerNorm(width)
        self.attn = WindowAttention(width, heads, window)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = Perceptron(width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, H, W, C) → the same shape."""
        x = x + self._attend(self.norm1(x))
        batch, height, width, channels = x.shape
        flat = x.view(-1, channels)
        parts = flat.split(max(1, AT_ONCE // (8 * channels)))
        return torch.cat([part + self.mlp(self.norm2(part)) for part in parts]).view(batch, height, width, channels)

    def _attend(self, x: Tensor) -> Tensor:
        batch, height, width, channels = x.shape
        side, shift = self.window, self.shift
        x = functional.pad(x, (0, 0, 0, -width % side, 0, -height % side))
        rows, columns = x.shape[1] // side, x.shape[2] // side
        if shift:
            x = x.roll((-shift, -shift), (1, 2))
        x = x.view(batch, rows, side, columns, side, channels).transpose(2, 3).reshape(-1, side * side, channels)
        regions = regions_of(rows, columns, side, shift, x.device).repeat(batch, 1) if shift else None
        bias = self.attn.bias()
        at_once = max(1, AT_ONCE // (side**2 * (4 * channels + self.attn.heads * side**2)))
        out = []
        for begin in range(0, len(x), at_once):
            part = slice(begin, begin + at_once)
            out.append(self.attn(x[part], bias, None if regions is None else regions[part]))
        x = torch.cat(out).view(batch, rows, columns, side, side, channels).transpose(2, 3)
        x = x.reshape(batch, rows * side, columns * side, channels)
        if shift:
            x = x.roll((shift, shift), (1, 2))
        return x[:, :height, :width]


class PatchMerging(nn.Module):
    """Four neighbours become one token of twice the width."""

    def __init__(self, width: int):
        super().__init__()
        self.reduction = nn.Linear(4 * width, 2 * width, bias=False)
        self.norm = nn.LayerNorm(4 * width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, H, W, C) → (B, ⌈H/2⌉, ⌈W/2⌉, 2C)."""
        x = functional.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
        corners = [x[:, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        return self.reduction(self.norm(torch.cat(corners, -1)))


class SwinStage(nn.Module):
    def __init__(self, width: int, depth: int, heads: int, window: int, last: bool):
        super().__init__()
        self.blocks = nn.ModuleList([SwinBlock(width, heads, window, (i % 2) * (window // 2)) for i in range(depth)])
        self.downsample = None if last else PatchMerging(width)


class PatchEmbedding(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.proj = nn.Conv2d(3, width, PATCH, stride=PATCH)
        self.norm = nn.LayerNorm(width)

    def forward(self, picture: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, H/4, W/4, C)."""
        return self.norm(self.proj(picture).permute(0, 2, 3, 1))


class Swin(nn.Module):
    def __init__(self, configuration: SwinConfiguration):
        super().__init__()
        self.configuration, last = configuration, len(configuration.depths) - 1
        self.patch_embed = PatchEmbedding(configuration.width)
        stages = zip(configuration.channels, configuration.depths, configuration.heads, strict=True)
        self.layers = nn.ModuleList(
            [
                SwinStage(width, depth, heads, configuration.window, stage == last)
                for stage, (width, depth, heads) in enumerate(stages)
            ]
        )
        for stage, width in enumerate(configuration.channels):
            self.add_module(f"norm{stage}", nn.LayerNorm(width))

    def forward(self, picture: Tensor, step: Callable[[float], None] = lambda fraction: None) -> list[Tensor]:
        """``picture`` (B, 3, H, W), sides in multiples of 4 → per stage (B, C << stage, ⌈H/(4 << stage)⌉, …).

        ``step`` hears the part of the blocks that are done.
        """
        x = self.patch_embed(picture)
        out, done = [], 0
        for stage, layer in enumerate(self.layers):
            assert isinstance(layer, SwinStage)
            for block in layer.blocks:
                x = block(x)
                done += 1
                step(done / sum(self.configuration.depths))
            out.append(self.get_submodule(f"norm{stage}")(x).permute(0, 3, 1, 2).contiguous())
            if layer.downsample is not None:
                x = layer.downsample(x)
        return out


def place_differences(window: int) -> Tensor:
    """(N, N) int64 for N = window²: which row of the bias table holds for a token and one it looks at."""
    place = torch.arange(window, device="cpu")  # on the device “meta” this would import torch's compiler, for seconds
    y, x = place.repeat_interleave(window), place.repeat(window)
    reach = window - 1
    return (y[:, None] - y + reach) * (2 * window - 1) + (x[:, None] - x + reach)


def regions_of(rows: int, columns: int, side: int, shift: int, device: torch.device) -> Tensor:
    """(rows · columns, side²) int64: names of the pieces of picture that a shift brought together in a window."""

    def bands(count: int) -> Tensor:
        place = torch.arange(count * side, device=device) - count * side
        return (place >= -side).long() + (place >= -shift)

    grid = 3 * bands(rows)[:, None] + bands(columns)
    return grid.view(rows, side, columns, side).transpose(1, 2).reshape(rows * columns, side * side)
