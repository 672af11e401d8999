"""Finding the object of a picture that has no alpha: at a glance, then closer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import backdrop
from .backdrop import Backdrop
from .colour import lab
from .grids import at, parts, shrink, spread
from .segment import TIGHT, Evidence, cheapest_outline, nearby, weigh

GLANCE, CLOSER = 160, 320  # longer sides of the two looks, in pixels
_MARGIN = 0.12  # of the object's box, left about it for the closer look


@dataclass(frozen=True)
class Separation:
    """``mask`` (h, w) bool over ``box`` (left, top, right, bottom in the picture's pixels), outside of which
    there is only background; ``small`` (h, w, 3) sRGB in [0, 1] the same field; the rest is what was known.
    """

    mask: np.ndarray
    box: tuple[int, int, int, int]
    small: np.ndarray
    evidence: Evidence
    backdrop: Backdrop
    pieces: int  # of any size, before specks were dropped


def separate(pixels: np.ndarray, step: Callable[..., None]) -> Separation:
    """``pixels`` (H, W, 4) uint8. Where alpha is under one half there is background whatever the colour."""
    height, width = pixels.shape[:2]
    small, opaque = _look(pixels, GLANCE)
    colours = lab(small)
    known = backdrop.learn(colours, opaque)
    step(0.2)
    surfaces = known.surfaces(*colours.shape[:2])
    evidence = weigh(colours, surfaces, known.deviation, opaque)
    outline = cheapest_outline(evidence, evidence.object > 0, weight=0.6, turns=100)
    step(0.5)
    mask = outline > 0.5
    box = _box(mask, height, width)
    left, top, right, bottom = box
    small, opaque = _look(pixels[top:bottom, left:right], CLOSER)
    colours = lab(small)
    rows, columns = colours.shape[:2]
    window = (left / width, top / height, right / width, bottom / height)
    y = (window[1] + (np.arange(rows) + 0.5) / rows * (window[3] - window[1])) * mask.shape[0] - 0.5
    x = (window[0] + (np.arange(columns) + 0.5) / columns * (window[2] - window[0])) * mask.shape[1] - 0.5
    start = at(outline, *(c.ravel() for c in np.meshgrid(y, x, indexing="ij"))).reshape(rows, columns)
    surfaces = known.surfaces(rows, columns, window)
    reached = at(evidence.barrier, *(c.ravel() for c in np.meshgrid(y, x, indexing="ij"))).reshape(rows, columns) < 1
    empty = ~spread(start > 0.5, 3) & opaque & reached
    ground = nearby(colours, surfaces, known.deviation, empty, 0.05 * CLOSER)
    deviation = known.deviation
    if empty.sum() > 100:
        about = 1.4826 * np.median(np.abs(colours - ground)[empty], 0)
        deviation = np.concatenate([deviation, np.maximum(about, backdrop.FLOOR)[None]])
        surfaces = np.concatenate([surfaces, ground[None]])
    evidence = weigh(colours, surfaces, deviation, opaque)
    step(0.7)
    outline = cheapest_outline(evidence, start, turns=60)
    mask, pieces = tidy(outline > 0.5, evidence)
    step(0.9)
    return Separation(mask, box, small, evidence, known, pieces)


def _look(pixels: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray]:
    small = shrink(pixels, longest) / 255
    return small[..., :3], small[..., 3] > 0.5


def _box(mask: np.ndarray, height: int, width: int) -> tuple[int, int, int, int]:
    """The mask's box with its margin, in pixels of the whole picture; all of it where the mask is empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return 0, 0, width, height
    scale = height / mask.shape[0], width / mask.shape[1]
    top, bottom = rows[0] * scale[0], (rows[-1] + 1) * scale[0]
    left, right = columns[0] * scale[1], (columns[-1] + 1) * scale[1]
    more = _MARGIN * max(bottom - top, right - left) + 2 * max(scale)
    return (
        int(max(0, left - more)),
        int(max(0, top - more)),
        int(min(width, np.ceil(right + more))),
        int(min(height, np.ceil(bottom + more))),
    )


def tidy(mask: np.ndarray, evidence: Evidence) -> tuple[np.ndarray, int]:
    """Drops specks, fills what is enclosed and does not look just like the background → (mask, pieces before)."""
    labels, count = parts(mask)
    area = np.bincount(labels.ravel(), minlength=count + 1)
    area[0] = 0
    kept = area >= max(6, 0.02 * area.max(initial=0))
    mask = kept[labels]
    holes, many = parts(~mask)
    if many:
        size = np.bincount(holes.ravel(), minlength=many + 1)
        far = np.bincount(holes.ravel(), np.minimum(evidence.distance, 20).ravel(), many + 1) / np.maximum(size, 1)
        outside = np.zeros(many + 1, bool)
        for side in (holes[0], holes[-1], holes[:, 0], holes[:, -1]):
            outside[side] = True
        fill = ~outside & ((far > TIGHT) | (size < 6))
        fill[0] = True
        mask = fill[holes]
    return mask, count
