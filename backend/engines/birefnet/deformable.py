"""Deformable convolution v2 (Zhu et al. 2019) out of nothing but look-ups and products."""

from __future__ import annotations

import torch
from torch import Tensor, nn

AT_ONCE = 1 << 22  # numbers looked up at a time: bounds memory, changes no result


class DeformableConvolution(nn.Module):
    """A k × k convolution of stride 1, whose taps move by what ``offset_conv`` says of each place, and count
    0 … 2 times as ``modulator_conv`` says.
    """

    def __init__(self, channels: int, out: int, kernel: int):
        super().__init__()
        padding = kernel // 2
        self.offset_conv = nn.Conv2d(channels, 2 * kernel**2, kernel, padding=padding)
        self.modulator_conv = nn.Conv2d(channels, kernel**2, kernel, padding=padding)
        self.regular_conv = nn.Conv2d(channels, out, kernel, padding=padding, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, out, H, W)."""
        offset, modulation = self.offset_conv(x), 2 * torch.sigmoid(self.modulator_conv(x))
        return deformable_convolution(x, offset, modulation, self.regular_conv.weight)


def deformable_convolution(x: Tensor, offset: Tensor, modulation: Tensor, weight: Tensor) -> Tensor:
    """``x`` (B, C, H, W), ``offset`` (B, 2K, H, W) pixels, for each of the K = k² taps down and then right,
    ``modulation`` (B, K, H, W), ``weight`` (O, C, k, k) with k odd → (B, O, H, W), stride 1, padding k // 2.

    Reads bilinearly; what lies outside counts as zero. Places are computed in float32 even where ``x`` is of half
    precision, which would know them to a part of a pixel only.
    """
    channels, height, width = x.shape[1:]
    out, kernel = weight.shape[0], weight.shape[-1]
    taps = kernel**2
    matrix = weight.permute(2, 3, 1, 0).reshape(taps * channels, out)
    exact = torch.promote_types(x.dtype, torch.float32)
    tap = torch.arange(taps, device=x.device)
    base_y = torch.arange(height, device=x.device).repeat_interleave(width)[:, None] + tap // kernel - kernel // 2
    base_x = torch.arange(width, device=x.device).repeat(height)[:, None] + tap % kernel - kernel // 2
    at_once = max(1, AT_ONCE // (taps * channels))
    results = []
    for picture, moves, factors in zip(x, offset, modulation, strict=True):
        rows = picture.permute(1, 2, 0).reshape(height * width, channels)
        moves = moves.reshape(taps, 2, height * width).permute(2, 0, 1)
        factors = factors.reshape(taps, height * width).T
        parts = []
        for begin in range(0, height * width, at_once):
            part = slice(begin, begin + at_once)
            down, right = moves[part].to(exact).unbind(2)
            seen = look_up(rows, height, width, base_y[part] + down, base_x[part] + right, factors[part])
            parts.append(seen.view(-1, taps * channels) @ matrix)
        results.append(torch.cat(parts).T.reshape(out, height, width))
    return torch.stack(results)


def look_up(rows: Tensor, height: int, width: int, y: Tensor, x: Tensor, factor: Tensor) -> Tensor:
    """``rows`` (height · width, C), at ``y``, ``x`` (P, K) and times ``factor`` (P, K) → (P, K, C)."""
    y, x = y.clamp(-1, height), x.clamp(-1, width)  # as far outside as counts
    top, left = y.floor(), x.floor()
    down, right = y - top, x - left
    total = rows.new_zeros(y.numel(), rows.shape[1])
    for row, share_y in ((top, 1 - down), (top + 1, down)):
        for column, share_x in ((left, 1 - right), (left + 1, right)):
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            share = torch.where(inside, share_y * share_x, 0).to(rows.dtype) * factor
            place = (row.clamp(0, height - 1) * width + column.clamp(0, width - 1)).long()
            total.addcmul_(rows.index_select(0, place.view(-1)), share.reshape(-1, 1))
    return total.view(*y.shape, -1)
