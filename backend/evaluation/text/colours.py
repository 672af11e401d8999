"""A second opinion on colour, without learning: the name that most of the surface is nearest to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...imaging.colour import lab
from .solid import Solid, surface_colours


def shares(solid: Solid, palette: Mapping[str, tuple[float, float, float]]) -> dict[str, float]:
    """The part of the surface that is nearest to each named colour (sRGB in [0, 1]); all 0 where it is empty."""
    colours = surface_colours(solid)
    if not len(colours):
        return dict.fromkeys(palette, 0.0)
    named = lab(np.array(list(palette.values())))
    levels, counts = np.unique(np.rint(colours * 63).astype(np.int64), axis=0, return_counts=True)
    nearest = np.linalg.norm(lab(levels / 63)[:, None] - named, axis=2).argmin(1)
    votes = np.bincount(nearest, counts, len(named))
    return dict(zip(palette, (votes / votes.sum()).tolist(), strict=True))


def measured_colour(solid: Solid, palette: Mapping[str, tuple[float, float, float]]) -> str:
    """The name with the largest share of the surface; empty where there is none."""
    found = shares(solid, palette)
    name = max(found, key=lambda n: found[n])
    return name if found[name] > 0 else ""
