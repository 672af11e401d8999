"""Triangles → the first (or last) one behind every pixel, batched, in plain torch on any device.

Scanlines, as textbooks have them, but all triangles at once: a triangle is expanded into its rows, a row into the
pixels between its crossings with the sides, and the nearest of a pixel's candidates wins by one scatter with the
minimum of ``depth | triangle`` packed into 64 bits. No pixel is visited in vain, so that a floor across the whole
picture costs no more than its area. A side belongs to both of its triangles and is computed from its corners in one
order, so that no pixel is lost between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

PIXELS = 1 << 22  # candidates expanded at a time
NONE = torch.iinfo(torch.int64).max


@dataclass(frozen=True)
class Hits:
    """``face`` (B, S, S) int64: the face there, −1 where none is; ``depth`` (B, S, S) float32, 0 where none is."""

    face: Tensor
    depth: Tensor

    @property
    def mask(self) -> Tensor:
        """(B, S, S) bool"""
        return self.face >= 0


def rasterise(
    screen: Tensor,
    faces: Tensor,
    owner: Tensor,
    count: int,
    size: int,
    last: bool = False,
    perspective: bool = True,
    pixels: int = PIXELS,
) -> Hits:
    """``screen`` (V, 3) float32: column and row in pixels (pixel i covers [i, i + 1)) and depth, positive before the
    camera; ``faces`` (F, 3) int64 into it; ``owner`` (F,) int64: the picture, below ``count``, each face belongs to.

    A pixel is covered where its centre is. With ``last`` the farthest face wins. Without ``perspective`` depth, not
    its inverse, is linear over a face (and must still be positive). Faces that reach behind the camera, or whose area
    in the picture is next to nothing, are left out. Faces wound either way are seen.
    """
    corners = screen[faces]
    sides = corners[:, 1:, :2] - corners[:, :1, :2]
    area = sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0]
    high, low = corners[..., 1].amax(1), corners[..., 1].amin(1)
    top = (low - 0.5).ceil().clamp(0, size)
    rows = ((high - 0.5).floor().clamp(-1, size - 1) - top + 1).clamp(min=0)
    good = (area.abs() > 1e-6) & (corners[..., 2].amin(1) > 0) & torch.isfinite(corners).all(2).all(1)
    kept = (good & (rows > 0)).nonzero()[:, 0]
    face, row = _expand(kept, top[kept], rows[kept].long())
    begin, end = _span(corners, area, face, row, size)
    full = (end >= begin).nonzero()[:, 0]
    face, row, begin, length = face[full], row[full], begin[full], (end - begin + 1)[full].long()

    value = corners[..., 2].reciprocal() if perspective else corners[..., 2]
    least, most = value.amin(1), value.amax(1)
    rise = value[:, 1:] - value[:, :1]
    safe = torch.where(area.abs() > 1e-6, area, torch.ones_like(area))
    slope_x = (rise[:, 0] * sides[:, 1, 1] - rise[:, 1] * sides[:, 0, 1]) / safe
    slope_y = (rise[:, 1] * sides[:, 0, 0] - rise[:, 0] * sides[:, 1, 0]) / safe
    at_row = value[face, 0] + slope_y[face] * (row + 0.5 - corners[face, 0, 1])

    buffer = torch.full((count * size * size,), -1 if last else NONE, dtype=torch.int64, device=screen.device)
    line = (owner[face] * size + row.long()) * size
    for part in parts(length, pixels):
        index, column = _expand(torch.arange(part.start, part.stop, device=face.device), begin[part], length[part])
        which = face[index]
        v = at_row[index] + slope_x[which] * (column + 0.5 - corners[which, 0, 0])
        v = torch.minimum(torch.maximum(v, least[which]), most[which])  # long thin faces extrapolate
        depth = v.reciprocal() if perspective else v
        key = (depth.float().contiguous().view(torch.int32).long() << 32) | which
        buffer.scatter_reduce_(0, line[index] + column.long(), key, "amax" if last else "amin")
    hit = (buffer != NONE) & (buffer >= 0)
    found = torch.where(hit, buffer & 0xFFFFFFFF, torch.full_like(buffer, -1))
    depth = torch.where(hit, (buffer >> 32).int().view(torch.float32), torch.zeros((), device=screen.device))
    return Hits(found.view(count, size, size), depth.view(count, size, size))


def barycentric(screen: Tensor, faces: Tensor, face: Tensor, pixel: Tensor, perspective: bool = True) -> Tensor:
    """Weights (n, 3) of the corners of ``face`` (n,) at the centres of ``pixel`` (n, 2) column, row.

    Perspective-correct (Heckbert 1989), not negative, of sum 1 and finite whatever the face.
    """
    corners = screen[faces[face]]
    away = corners[..., :2] - (pixel.to(screen.dtype) + 0.5)[:, None]
    after, before = away.roll(-1, 1), away.roll(-2, 1)
    weights = after[..., 0] * before[..., 1] - after[..., 1] * before[..., 0]
    weights = (weights * weights.sum(1, keepdim=True).sign()).clamp(min=0)
    if perspective:
        weights = weights / corners[..., 2].clamp(min=1e-6)
    total = weights.sum(1, keepdim=True)
    return torch.where(total > 0, weights / total.clamp(min=1e-30), torch.full_like(weights, 1 / 3))


def _span(corners: Tensor, area: Tensor, face: Tensor, row: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """First and last column, as float32, whose pixels' centres lie within ``face`` on ``row``."""
    y = row + 0.5
    begin, end = torch.full_like(y, -torch.inf), torch.full_like(y, torch.inf)
    turn = area.sign()[face]
    for a, b in ((1, 2), (2, 0), (0, 1)):
        p, q = corners[face, a], corners[face, b]
        down = q[:, 1] - p[:, 1]
        swap = (down < 0)[:, None]
        upper, lower = torch.where(swap, q, p), torch.where(swap, p, q)
        height = lower[:, 1] - upper[:, 1]
        crosses = (height > 0) & (y >= upper[:, 1]) & (y <= lower[:, 1])
        part = (y - upper[:, 1]) / torch.where(crosses, height, torch.ones_like(height))
        x = upper[:, 0] + part * (lower[:, 0] - upper[:, 0])
        right = crosses & (down * turn > 0)  # the inside lies to the left of this side
        left = crosses & (down * turn < 0)
        end = torch.where(right, torch.minimum(end, x), end)
        begin = torch.where(left, torch.maximum(begin, x), begin)
    return (begin - 0.5).ceil().clamp(0, size), (end - 0.5).floor().clamp(-1, size - 1)


def _expand(items: Tensor, start: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    """Each item ``length`` times, beside start, start + 1, … (as start's dtype)."""
    which = torch.repeat_interleave(torch.arange(len(items), device=items.device), length)
    offset = torch.arange(len(which), device=items.device) - (length.cumsum(0) - length)[which]
    return items[which], start[which] + offset.to(start.dtype)


def parts(length: Tensor, most: int) -> Iterator[slice]:
    """Slices of a list whose items are ``length`` long, each of about ``most`` in all."""
    if not len(length):
        return
    total = length.cumsum(0)
    steps = torch.arange(most, int(total[-1]) + most, most, device=length.device)
    start = 0
    for stop in torch.searchsorted(total, steps, right=True).tolist():
        if stop > start:
            yield slice(start, stop)
            start = stop
    if start < len(length):
        yield slice(start, len(length))
