"""Finding the object of a picture that has no alpha: at a glance, then closer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import backdrop
from .backdrop import Backdrop
from .colour import lab
from .grids import at, carried, parts, shrink, spread
from .segment import NEAR, TIGHT, Evidence, cheapest_outline, nearby, weigh

GLANCE, CLOSER = 160, 320  # longer sides of the two looks, in pixels
_MARGIN = 0.12  # of the object's box, left about it for the closer look
_AROUND = 0.05  # of the longer side: how far the background's own colour is averaged
_SPECK, _GAP = 6, 12  # pixels of the closer look: smaller parts of the object, and holes in it, are noise


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


def separate(pixels: np.ndarray, step: Callable[[float], None], shadows: bool = True) -> Separation:
    """``pixels`` (H, W, 4) uint8. Where alpha is under one half there is background whatever the colour.

    Without ``shadows`` nothing darker than the background is taken for its shadow: dull grey things before grey
    are found that way, with their shadows.
    """
    height, width = pixels.shape[:2]
    small, opaque = _look(pixels, GLANCE)
    colours = lab(small)
    known = backdrop.learn(colours, opaque)
    step(0.2)
    glance = weigh(colours, known.surfaces(opaque.shape), known.deviation, opaque, shadows)
    step(0.3)
    outline = cheapest_outline(glance, glance.object > 0, weight=0.6, turns=100)
    step(0.4)

    left, top, right, bottom = box = _box(outline > 0.5, height, width)
    window = (left / width, top / height, right / width, bottom / height)
    small, opaque = _look(pixels[top:bottom, left:right], CLOSER)
    colours = lab(small)
    start = _over(outline, window, opaque.shape)
    empty = ~spread(start > 0.5, 3) & (_over(glance.barrier, window, opaque.shape) < 1) & opaque
    surfaces, deviation = _about_here(colours, known, window, empty)
    evidence = weigh(colours, surfaces, deviation, opaque, shadows)
    step(0.6)
    mask = cheapest_outline(evidence, start, turns=60) > 0.5
    step(0.8)
    mask = _tidy(mask, evidence)
    mask &= ~_hollows(mask, colours, deviation[-1])
    step(0.9)
    return Separation(mask, box, small, evidence, known)


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


def _over(values: np.ndarray, window: backdrop.Window, shape: tuple[int, ...]) -> np.ndarray:
    """``values`` of the whole picture, looked up for the pixels of ``window``."""
    left, top, right, bottom = window
    y = (top + (np.arange(shape[0]) + 0.5) / shape[0] * (bottom - top)) * values.shape[0] - 0.5
    x = (left + (np.arange(shape[1]) + 0.5) / shape[1] * (right - left)) * values.shape[1] - 0.5
    y, x = np.meshgrid(y, x, indexing="ij")
    return at(values, y.ravel(), x.ravel()).reshape(shape)


def _about_here(
    colours: np.ndarray, known: Backdrop, window: backdrop.Window, empty: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The backdrop's surfaces in ``window``, and one more that follows the ``empty`` pixels, with deviations."""
    surfaces, deviation = known.surfaces(empty.shape, window), known.deviation
    if np.count_nonzero(empty) < 100:
        return surfaces, deviation
    ground = nearby(colours, surfaces, deviation, empty, _AROUND * max(empty.shape))
    unrest = 1.4826 * np.median(np.abs(colours - ground)[empty], 0)
    unrest = np.maximum(unrest, backdrop.FLOOR).astype(np.float32)
    return np.concatenate([surfaces, ground[None]]), np.concatenate([deviation, unrest[None]])


def _tidy(mask: np.ndarray, evidence: Evidence) -> np.ndarray:
    """Drops specks, and fills what is enclosed and does not look just like the background."""
    labels, _ = parts(mask)
    area = np.bincount(labels.ravel())
    area[0] = 0
    mask = (area >= max(_SPECK, 0.02 * area.max()))[labels]
    holes, _ = parts(~mask)
    size = np.bincount(holes.ravel())
    far = np.bincount(holes.ravel(), np.minimum(evidence.distance, 20).ravel()) / np.maximum(size, 1)
    fill = (far > TIGHT) | (size < _SPECK)
    for side in (holes[0], holes[-1], holes[:, 0], holes[:, -1]):
        fill[side] = False
    fill[0] = True
    return fill[holes]


def _hollows(mask: np.ndarray, colours: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Parts of ``mask`` in which the background shows again, in the tone, shadow and all, that it has next to
    the object: through a handle, between two legs.
    """
    ground = carried(colours, (~spread(mask, 2)).astype(np.float32))
    distance = np.sqrt((((colours - ground) / deviation) ** 2).mean(-1))
    labels, count = parts(mask & (distance < NEAR))
    if not count:
        return np.zeros_like(mask)
    size = np.bincount(labels.ravel())
    far = np.bincount(labels.ravel(), distance.ravel()) / np.maximum(size, 1)
    whole = np.count_nonzero(mask)
    hollow = (far < TIGHT) & (size >= max(_GAP, 0.003 * whole)) & (size < 0.25 * whole)
    hollow[0] = False
    return hollow[labels]
