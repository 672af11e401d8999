"""The object of a picture apart from its background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import BadRequest, EmptyMask, ImageTooLarge, UnreadableImage
from .matte import soften
from .separate import separate

MODES = ("auto", "alpha", "background", "none")
MAX_PIXELS = 100_000_000
MEANINGFUL = 0.002  # part of the picture that must be transparent for its alpha to be believed


@dataclass(frozen=True)
class CutOut:
    """``rgba`` (H, W, 4) float32 straight sRGB in [0, 1]; ``doubtful`` is empty, or one sentence on why the
    cut-out may be wrong and one on what to do about it.
    """

    rgba: np.ndarray
    doubtful: str = ""


def cut_out(pixels: np.ndarray, mode: str = "auto", step: Callable[..., None] | None = None) -> CutOut:
    """``pixels`` (H, W, 4) uint8 straight sRGB → the object with a soft alpha."""
    if mode not in MODES:
        raise BadRequest(f"There is no cut-out mode “{mode}”.", f"Use one of {', '.join(MODES)}.")
    pixels = np.asarray(pixels)
    if pixels.ndim != 3 or pixels.shape[2] != 4 or pixels.dtype != np.uint8 or not pixels.size:
        raise UnreadableImage(
            "The picture has no pixels that can be read.", "Open it in a picture editor and save it again."
        )
    if pixels.shape[0] * pixels.shape[1] > MAX_PIXELS:
        raise ImageTooLarge("The picture has more than 100 million pixels.", "Scale it down first.")
    rgba = pixels.astype(np.float32) / 255
    transparent = float((pixels[..., 3] < 128).mean())
    if mode == "none":
        rgba[..., 3] = 1
        return CutOut(rgba)
    if mode == "alpha" or (mode == "auto" and transparent >= MEANINGFUL):
        if transparent > 0.9999:
            raise EmptyMask("The picture is transparent everywhere.", "Choose the cut-out mode Background.")
        return CutOut(rgba)
    found = separate(pixels, step or (lambda *_: None))
    if not found.mask.any():
        raise EmptyMask(
            "Nothing of the picture stands out from its background.",
            "Use a picture whose object differs from a plain background, or one with a transparent background.",
        )
    left, top, right, bottom = found.box
    rgba[..., 3] = 0
    soften(rgba[top:bottom, left:right], found.small, found.mask)
    return CutOut(rgba)
