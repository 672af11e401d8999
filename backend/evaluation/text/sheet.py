"""Prompts and what came of them, side by side, to be looked at."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...surface.marching_cubes import dense_cells, marching_cubes
from ..raster import shade
from .solid import Solid

AZIMUTH, ELEVATION = np.radians(35.0), np.radians(22.0)
LINES = 2


def picture(solid: Solid, size: int = 96) -> np.ndarray:
    """The object from three quarters, on white: (size, size, 3) uint8. White where there is nothing."""
    cells = solid.sdf.shape[0]
    values = np.full((cells + 2,) * 3, -1, np.float32)
    values[1:-1, 1:-1, 1:-1] = solid.sdf
    vertices, faces = marching_cubes(*dense_cells(values))
    if not len(faces):
        return np.full((size, size, 3), 255, np.uint8)
    vertices = (vertices - 0.5) * (2 / cells) - 1
    step = 2 / solid.rgb.shape[0]
    x, y, z = np.clip(((vertices + 1) / step).astype(np.int64), 0, solid.rgb.shape[0] - 1).T
    large = shade(vertices, faces, solid.rgb[x, y, z], AZIMUTH, ELEVATION, 2 * size, half=1.3, ambient=0.45)
    small = large.reshape(size, 2, size, 2, 4)
    alpha = small[..., 3:].mean((1, 3))
    flat = (small[..., :3] * small[..., 3:]).mean((1, 3)) + (1 - alpha)
    return (np.clip(flat, 0, 1) * 255 + 0.5).astype(np.uint8)


def sheet(rows: Sequence[tuple[str, Sequence[Solid]]], columns: int = 5, size: int = 80) -> np.ndarray:
    """(H, W, 3) uint8: each prompt over its objects, ``columns`` prompts a line."""
    font = ImageFont.load_default(11)
    blocks = []
    for prompt, solids in rows:
        strip = np.concatenate([picture(s, size) for s in solids], 1)
        label = Image.new("RGB", (strip.shape[1], 13 * LINES + 4), "white")
        lines = textwrap.wrap(prompt, max(8, strip.shape[1] // 6))
        if len(lines) > LINES:
            lines = [*lines[: LINES - 1], lines[LINES - 1][:-1] + "…"]
        ImageDraw.Draw(label).multiline_text((4, 2), "\n".join(lines), fill="black", font=font, spacing=2)
        block = np.concatenate([np.asarray(label), strip])
        block[:, -1] = 225
        block[-1] = 225
        blocks.append(block)
    blocks += [np.full_like(blocks[0], 255)] * (-len(blocks) % columns)
    return np.concatenate([np.concatenate(blocks[i : i + columns], 1) for i in range(0, len(blocks), columns)])
