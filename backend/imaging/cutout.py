"""The object of a picture apart from its background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import BadRequest, EmptyMask, ImageTooLarge, UnknownEngine, UnreadableImage
from .doubt import HARDLY, doubtful, signs
from .grids import block_means
from .learned import Remover, Unusable, matte_of, put_on
from .matte import soften
from .separate import Separation, separate

MODES = ("auto", "alpha", "learned", "background", "none")
MAX_PIXELS = 100_000_000
ENOUGH_PIXELS = 6_000_000  # larger pictures are shrunk by a whole number first: engines look at far fewer
_STRIP = 64  # rows of the smaller picture made at a time, to need little memory
_MUCH = 1.5  # times the area: more than a shadow adds
MEANINGFUL = 0.002  # part of the picture that must be transparent for its alpha to be believed


@dataclass(frozen=True)
class CutOut:
    """``rgba`` (H, W, 4) float32 straight sRGB in [0, 1], the picture's own field; ``doubtful`` is empty, or
    says why the cut-out may be wrong and what to do about it; ``by``: which of MODES it was in the end.
    """

    rgba: np.ndarray
    doubtful: str = ""
    by: str = ""


def cut_out(
    pixels: np.ndarray,
    mode: str = "auto",
    step: Callable[..., None] | None = None,
    remover: Remover | None = None,
) -> CutOut:
    """``pixels`` (H, W, 4) uint8 straight sRGB, row 0 on top → the object, with a soft alpha.

    ``alpha`` keeps the picture's own transparency; ``learned`` asks ``remover`` for the matte of any object before
    any background; ``background`` finds the object before a plain or smooth background (flat, graded, noisy, with
    soft shadows, a wall above a floor); both take the background's colour out of the object's edge. ``auto`` is
    ``alpha`` where the picture has transparent places, else ``learned`` where there is a remover, else
    ``background``, which also steps in, with a word in ``doubtful``, where the remover fails. ``none`` takes all of
    the picture for the object. ``step(fraction)`` is called now and then and may raise.
    Pictures over 6 million pixels come back smaller by a whole number. Raises BadRequest (mode), UnknownEngine
    (``learned`` without a remover), UnreadableImage (no such array), ImageTooLarge, EmptyMask.
    """
    if mode not in MODES:
        raise BadRequest(f"There is no cut-out mode “{mode}”.", f"Use one of {', '.join(MODES)}.")
    if mode == "learned" and remover is None:
        raise UnknownEngine(
            "There is no learned background remover here.",
            "Install the GPU engines and the weights of BiRefNet, or choose the cut-out “auto”.",
        )
    pixels = np.asarray(pixels)
    if pixels.ndim != 3 or pixels.shape[2] != 4 or pixels.dtype != np.uint8 or not pixels.size:
        raise UnreadableImage(
            "The picture has no pixels that can be read.", "Open it in a picture editor and save it again as PNG."
        )
    height, width = pixels.shape[:2]
    if height * width > MAX_PIXELS:
        raise ImageTooLarge(
            f"The picture has {width} × {height} pixels; the limit is {MAX_PIXELS // 10**6} million.",
            "Scale it down first; 2000 pixels across are plenty.",
        )
    pixels = _enough(pixels)
    rgba = pixels.astype(np.float32)
    rgba /= 255
    if mode == "none":
        rgba[..., 3] = 1
        return CutOut(rgba, by="none")
    transparent = np.count_nonzero(pixels[..., 3] < 128) / (pixels.shape[0] * pixels.shape[1])
    if mode == "alpha" or (mode == "auto" and transparent >= MEANINGFUL):
        return CutOut(rgba, _alpha_in_doubt(transparent), by="alpha")
    step, excuse = step or (lambda fraction: None), ""
    if remover is not None and mode in ("auto", "learned"):
        try:
            alpha = matte_of(pixels, remover, lambda fraction=0.0, detail="": step(0.9 * fraction))
            return CutOut(rgba, put_on(rgba, alpha), by="learned")
        except Unusable as error:
            excuse = str(error)
    return CutOut(rgba, f"{excuse} {_before_background(pixels, rgba, step)}".strip(), by="background")


def _before_background(pixels: np.ndarray, rgba: np.ndarray, step: Callable[[float], None]) -> str:
    """Writes alpha, and the edge's colours, into ``rgba``, the floats of ``pixels`` → a doubt or ""."""
    found, doubt = _found(pixels, step)
    left, top, right, bottom = found.box
    own = rgba[top:bottom, left:right, 3].copy()
    rgba[..., 3] = 0
    soften(rgba[top:bottom, left:right], found.small, found.mask)
    rgba[top:bottom, left:right, 3] *= own
    return doubt


def _found(pixels: np.ndarray, step: Callable[[float], None]) -> tuple[Separation, str]:
    """The object, and a doubt or "". What is doubtful is looked for once more without regard to shadows, which
    dull things resemble; what that finds is preferred where it is much more, or has the clearer outline.
    """
    found = separate(pixels, lambda fraction: step(0.8 * fraction))
    first = signs(found, *pixels.shape[:2]) if found.mask.any() else None
    doubt = doubtful(first) if first else "?"
    if doubt:
        other = separate(pixels, lambda fraction: step(0.8 + 0.2 * fraction), shadows=False)
        if other.mask.any():
            second = signs(other, *pixels.shape[:2])
            if first is None or second.area > _MUCH * first.area or second.faint < 0.9 * first.faint:
                found, doubt = other, doubtful(second) or HARDLY
    if not found.mask.any():
        raise EmptyMask(
            "Nothing of the picture stands out from its background.",
            "Use a picture whose object differs from a plain background, or one with a transparent background.",
        )
    return found, doubt


def _alpha_in_doubt(transparent: float) -> str:
    if transparent == 1:
        raise EmptyMask("The picture is transparent everywhere.", "Choose another picture, or the cut-out “none”.")
    if transparent < MEANINGFUL:
        return "The picture has no transparent background to go by: choose the cut-out “background”."
    return ""


def _enough(pixels: np.ndarray) -> np.ndarray:
    """``pixels`` (H, W, 4) uint8, or the means of whole blocks of them where there are more than are of use."""
    block = int(np.ceil(np.sqrt(pixels.shape[0] * pixels.shape[1] / ENOUGH_PIXELS)))
    if block <= 1 or min(pixels.shape[:2]) < block:
        return pixels
    rows = pixels.shape[0] // block
    out = np.empty((rows, pixels.shape[1] // block, 4), np.uint8)
    for row in range(0, rows, _STRIP):
        part = pixels[row * block : (row + _STRIP) * block]
        if part[..., 3].min() == 255:
            means = block_means(part, block)
        else:  # what a transparent pixel hides must not colour its neighbours
            weighted = part.astype(np.float32)
            weighted[..., :3] *= weighted[..., 3:] / 255
            means = block_means(weighted, block)
            means[..., :3] *= 255 / np.maximum(means[..., 3:], 1e-3)
        out[row : row + _STRIP] = np.rint(np.minimum(means, 255))[: rows - row]
    return out
