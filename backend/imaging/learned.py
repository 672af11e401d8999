"""A cut-out by a remover that has learned what objects look like, and what is to be thought of it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np

from ..errors import Cancelled, JobError
from .foreground import apply_matte
from .framing import OPAQUE
from .grids import parts, shrink

log = logging.getLogger(__name__)

Remover = Callable[[np.ndarray, Callable[..., None]], np.ndarray]
"""``remover(pixels, step)``: (H, W, 4) uint8 straight sRGB → alpha (H, W) float32 in [0, 1]; ``step(fraction)`` may
raise. What it raises is a reason to do without it, unless it is Cancelled.
"""

_LOOK = 256  # longer side of the matte when it is judged
_SPECK = 0.002  # part of the picture below which a separate piece is noise

FAILED = "The learned background remover failed ({why}), so the built-in one was used."
BLANK = "The learned background remover saw no object in this picture, so the built-in one was used."
WHOLE = (
    "The learned background remover took nearly everything for the object: crop the picture, or choose another cut-out."
)
CUT_OFF = "The object fills the picture or is cut off by its border: use a picture that shows it whole."
TINY = "Only a tiny object was found: crop the picture closer to what you want."
PIECES = (
    "More than one object was found, and all of them were kept: crop the picture, or paint away what you do not want."
)
UNSURE = (
    "The learned background remover is not sure where the object ends: look at the cut-out, and paint it or choose "
    "another picture."
)


class Unusable(Exception):
    """Why the remover's matte is of no use: one sentence for the user."""


def matte_of(pixels: np.ndarray, remover: Remover, step: Callable[..., None]) -> np.ndarray:
    """``pixels`` (H, W, 4) uint8 → alpha (H, W) float32 in [0, 1], with what is transparent in the picture itself
    left out. Raises Cancelled; Unusable for whatever else went wrong, and where there is no object.
    """
    try:
        alpha: np.ndarray = np.asarray(remover(pixels, step), np.float32)
    except Cancelled:
        raise
    except JobError as error:
        log.warning("the learned remover failed: %s", error)
        raise Unusable(FAILED.format(why=error.sentence.rstrip("."))) from None
    except Exception as error:  # of a library, a driver or a file: none of them is worth the job
        log.warning("the learned remover failed", exc_info=True)
        why = "out of memory" if isinstance(error, MemoryError) else type(error).__name__
        raise Unusable(FAILED.format(why=why)) from None
    if alpha.shape != pixels.shape[:2] or not np.isfinite(alpha).all():
        log.warning("the learned remover gave %s for %s, or no numbers", alpha.shape, pixels.shape)
        raise Unusable(FAILED.format(why="it gave no matte of the picture"))
    alpha = np.clip(alpha, 0, 1) * (pixels[..., 3] * np.float32(1 / 255))
    if not (alpha > OPAQUE).any():
        raise Unusable(BLANK)
    return alpha


def put_on(rgba: np.ndarray, alpha: np.ndarray) -> str:
    """``rgba`` (H, W, 4) float32 takes the matte and the object's own colours → "" or why the cut-out may be wrong."""
    apply_matte(rgba, alpha)
    return doubtful(alpha)


def doubtful(alpha: np.ndarray) -> str:
    """A matte (H, W) in [0, 1] → "" or what is probably wrong and how to mend it; the gravest cause only."""
    small = shrink(alpha[..., None], _LOOK)[..., 0]
    mask = small > OPAQUE
    area = float(mask.mean())
    if area > 0.97:
        return WHOLE
    if area < 0.003:
        return TINY
    edge = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
    if area > 0.75 or float(edge.mean()) > 0.25:
        return CUT_OFF
    if float(((small > 0.1) & (small < 0.9)).sum()) > 0.5 * float(small.sum()):
        return UNSURE
    labels, count = parts(mask)
    if count > 1:
        sizes = np.bincount(labels.ravel())[1:]
        others = sizes.sum() - sizes.max()
        if others > max(0.1 * sizes.sum(), _SPECK * mask.size):
            return PIECES
    return ""
