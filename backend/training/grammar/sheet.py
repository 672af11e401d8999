"""The contact sheet: every family, several seeds, from the front left."""

from __future__ import annotations

import numpy as np

from ...evaluation.raster import shade
from .mesh import mesh
from .sample import FAMILIES, Specimen, sample


def tile(specimen: Specimen, size: int = 128, azimuth: float = -35.0, elevation: float = 22.0) -> np.ndarray:
    """A picture (size, size, 3) uint8 on a light ground; degrees, azimuth 0 = front."""
    vertices, faces, colours = mesh(specimen.solids, 64)  # as coarse as what is trained
    picture = shade(
        vertices.astype(np.float64), faces, colours / 255, np.radians(azimuth), np.radians(elevation), 2 * size,
        half=1.2, smooth=False,
    )  # fmt: skip
    small = picture.reshape(size, 2, size, 2, 4).mean((1, 3))
    ground = np.array([0.80, 0.84, 0.88])
    return (np.clip(small[..., :3] + ground * (1 - small[..., 3:]), 0, 1) * 255 + 0.5).astype(np.uint8)


def contact_sheet(
    families: tuple[str, ...] = FAMILIES, seeds: int = 6, size: int = 128, captions: bool = False, groups: int = 1
) -> np.ndarray:
    """(H, W, 3) uint8: one row a family in ``groups`` columns of rows, its name (or each specimen's full caption)
    written into it.
    """
    from PIL import Image, ImageDraw

    rows = []
    for name in families:
        specimens = [sample(seed, name) for seed in range(seeds)]
        row = Image.fromarray(np.concatenate([tile(s, size) for s in specimens], 1))
        draw = ImageDraw.Draw(row)
        for i, specimen in enumerate(specimens):
            if captions:
                words, lines = specimen.captions[0].split(), [""]
                for word in words:
                    lines = [*lines[:-1], f"{lines[-1]} {word}"] if len(lines[-1]) < size / 7 else [*lines, word]
                draw.text((i * size + 2, 1), "\n".join(line.strip() for line in lines), fill=(20, 20, 20))
        if not captions:
            draw.text((3, 1), name, fill=(20, 20, 20))
        rows.append(np.asarray(row))
    rows += [np.full_like(rows[0], 255)] * (-len(rows) % groups)
    tall = len(rows) // groups
    return np.concatenate([np.concatenate(rows[i * tall : (i + 1) * tall]) for i in range(groups)], 1)
