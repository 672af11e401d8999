"""Grids → pictures, to be looked at while a network is trained: no mesh, rays marched through the volume."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional

VIEWS = ((35.0, 25.0), (-145.0, 25.0))  # azimuth from the front, counter-clockwise seen from above; elevation; degrees
LIGHT = (-0.4, -0.6, 0.7)


def view(sdf: Tensor, rgb: Tensor, azimuth: float, elevation: float, size: int = 128, steps: int = 160) -> Tensor:
    """One solid, orthographic → (3,size,size) in [0, 1], white where there is nothing.

    ``sdf`` (64,64,64) positive inside, ``rgb`` (3,32,32,32) in [0, 1]; index order x, y, z; angles in degrees.
    """
    a, e = math.radians(azimuth), math.radians(elevation)
    right = torch.tensor([math.cos(a), math.sin(a), 0.0])
    back = torch.tensor([-math.sin(a) * math.cos(e), math.cos(a) * math.cos(e), -math.sin(e)])
    up = torch.linalg.cross(right, back)
    axis = (torch.arange(size) + 0.5) / size * 2.4 - 1.2
    depth = torch.linspace(-1.75, 1.75, steps)
    points = (
        axis[None, None, :, None] * right - axis[None, :, None, None] * up + depth[:, None, None, None] * back
    )  # (steps, size, size, 3): z down the picture's rows
    values = _look_up(sdf[None], points, "border")[0]
    values = torch.where((points.abs() > 1).any(-1), -1.0, values)
    inside = values > 0
    hit = inside.any(0)
    first = inside.float().argmax(0).clamp(min=1)
    before, after = (values.gather(0, (first - k)[None])[0] for k in (1, 0))
    share = (before / (before - after - 1e-6).clamp(max=-1e-6)).clamp(0, 1)
    at = (first - 1 + share) / (steps - 1) * 3.5 - 1.75
    surface = axis[None, :, None] * right - axis[:, None, None] * up + at[..., None] * back
    colour = _look_up(rgb, surface[None], "border")[:, 0]
    step = 1.5 * 2 / len(sdf)
    slope = [
        _look_up(sdf[None], surface[None] + step * unit, "border")[0, 0]
        - _look_up(sdf[None], surface[None] - step * unit, "border")[0, 0]
        for unit in torch.eye(3)
    ]
    normal = -functional.normalize(torch.stack(slope), dim=0)
    light = functional.normalize(torch.tensor(LIGHT), dim=0)
    lit = 0.55 + 0.45 * (normal * (light[0] * right + light[1] * back + light[2] * up)[:, None, None]).sum(0).clamp(
        min=-0.6
    )
    return torch.where(hit, (colour * lit).clamp(0, 1), torch.ones(3, 1, 1))


def sheet(
    rows: Sequence[Sequence[tuple[Tensor, Tensor]]], path: Path, labels: Sequence[str] = (), size: int = 128
) -> None:
    """Solids (sdf, rgb) in rows, two views of each, with a label under each row's start; written to ``path``."""
    margin = 14 if labels else 0
    across = max(len(row) for row in rows) * len(VIEWS)
    page = Image.new("RGB", (across * size, len(rows) * (size + margin)), "white")
    pen = ImageDraw.Draw(page)
    for r, row in enumerate(rows):
        for c, (sdf, rgb) in enumerate(row):
            for v, (azimuth, elevation) in enumerate(VIEWS):
                picture = view(sdf.float(), rgb.float(), azimuth, elevation, size)
                tile = Image.fromarray((picture.permute(1, 2, 0) * 255).byte().numpy())
                page.paste(tile, ((c * len(VIEWS) + v) * size, r * (size + margin)))
        if labels:
            pen.text((4, r * (size + margin) + size), labels[r], fill="black")
    path.parent.mkdir(parents=True, exist_ok=True)
    page.save(path)


def _look_up(volume: Tensor, points: Tensor, padding: str) -> Tensor:
    """(C,X,Y,Z) at (D,H,W,3) points of [-1,1]³ → (C,D,H,W), trilinear between cell centres."""
    grid = points[None].flip(-1)  # grid_sample counts its axes from the last
    return functional.grid_sample(volume[None], grid, padding_mode=padding, align_corners=False)[0]
