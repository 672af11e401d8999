"""A second look at the object alone, for pictures that hold more pixels than the first look could see."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...imaging.framing import OPAQUE, object_box

_MARGIN = 0.2  # of the box's longer side, left about it: what lies just outside tells object from background
_WORTH = 0.7  # part of the picture's side over which a window would show little more than the whole did
_AGREE = 0.85  # overlap of the two looks, below which the second saw something else


def window_of(alpha: np.ndarray, side: int) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of where to look closer in a picture with the matte ``alpha`` (H, W), which was seen
    at ``side`` pixels; None where that would show no more.
    """
    height, width = alpha.shape
    if max(height, width) <= side or not (alpha > OPAQUE).any():
        return None
    left, top, right, bottom = object_box(alpha)
    more = int(_MARGIN * max(right - left, bottom - top)) + 2
    left, top, right, bottom = (
        max(0, left - more),
        max(0, top - more),
        min(width, right + more),
        min(height, bottom + more),
    )
    if max((right - left) / width, (bottom - top) / height) > _WORTH:
        return None
    return left, top, right, bottom


def look_closer(
    pixels: np.ndarray, first: np.ndarray, side: int, look: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """``pixels`` (H, W, 4) and their matte ``first`` (H, W), by ``look`` at ``side`` pixels → a matte with finer edges.

    The first look knows what the object is, the second where exactly it ends: where they differ in what they take for
    the object, the first is kept.
    """
    window = window_of(first, side)
    if window is None:
        return first
    left, top, right, bottom = window
    before = first[top:bottom, left:right]
    after = look(pixels[top:bottom, left:right])
    one, other = before > OPAQUE, after > OPAQUE
    if (one & other).sum() < _AGREE * (one | other).sum():
        return first
    out = first.copy()
    out[top:bottom, left:right] = after
    return out
