"""The square frame every image engine looks through.

The object's box (alpha over one half, end exclusive) is centred in a square whose side is the box's longer
side / 0.86. What lies outside the picture is transparent. The square is resampled to twice the wanted size
and area-averaged down, all in premultiplied colour: straight colour would bleed the background, or whatever
a file keeps under its transparent pixels, into the edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import EmptyMask
from .grids import resample_rows

FILL = 0.86  # part of the frame's side that the object's longer side takes
OPAQUE = 127.5 / 255  # over it a pixel belongs to the object; between the 8-bit levels 127 and 128


@dataclass(frozen=True)
class Framed:
    """A cut-out picture in the engine's square frame.

    ``rgba`` (S, S, 4) float32 sRGB straight alpha in [0, 1], row 0 on top, the object's longer side filling
    0.86 of the frame; ``view`` as in protocol.Picture; ``cropped`` where the object touches the border of
    the user's picture, so that a part of it may be missing; ``kept`` the object's area (alpha over one half) in
    the frame, as a part of its area in the picture: far below 1 where thin parts fell between the frame's pixels,
    and 1 where the picture was enlarged.
    """

    rgba: np.ndarray
    view: str = "front"
    cropped: bool = False
    kept: float = 1.0


def frame(rgba: np.ndarray, size: int = 256, view: str = "front") -> Framed:
    """``rgba`` (H, W, 4) float32 straight sRGB in [0, 1] → the (size, size, 4) frame about its object.

    Shrinking filters with a triangle as wide as a source pixel is small, after whole blocks of pixels have
    been averaged, so that a picture of any size arrives without aliasing and takes memory of about 1 % of
    its own. Raises EmptyMask where no pixel's alpha is over one half.
    """
    x0, y0, x1, y1 = object_box(rgba[..., 3])
    height, width = rgba.shape[:2]
    side = max(x1 - x0, y1 - y0) / FILL
    left, top = (x0 + x1 - side) / 2, (y0 + y1 - side) / 2
    block = max(1, int(side / (2 * size)))
    window, left, top = _premultiplied_blocks(rgba, left, top, side, block)
    step = side / block / (2 * size)
    half = resample_rows(window, top, step, size, samples=2).swapaxes(0, 1)
    out = resample_rows(half, left, step, size, samples=2).swapaxes(0, 1)
    alpha = out[..., 3:]
    out[..., :3] = np.divide(out[..., :3], alpha, out=np.zeros_like(out[..., :3]), where=alpha > 1e-4)
    there = np.count_nonzero(rgba[y0:y1, x0:x1, 3] > OPAQUE)
    return Framed(
        rgba=np.ascontiguousarray(np.clip(out, 0, 1), np.float32),
        view=view,
        cropped=x0 == 0 or y0 == 0 or x1 == width or y1 == height,
        kept=np.count_nonzero(alpha > OPAQUE) * (side / size) ** 2 / there if side > size else 1.0,
    )


def object_box(alpha: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is over one half in ``alpha`` (H, W) in [0, 1]; the ends are exclusive."""
    solid = alpha > OPAQUE
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    if not rows.size:
        raise EmptyMask(
            "Nothing of the picture is left once its background is taken away.",
            "Use a picture whose object stands out from a plain background, or one with a transparent background.",
        )
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _premultiplied_blocks(
    rgba: np.ndarray, left: float, top: float, side: float, block: int
) -> tuple[np.ndarray, float, float]:
    """The window about the square as means of ``block``² pixels, with the square's corner in their units.

    The window has a margin of two blocks for the filter that follows; outside the picture it is zero.
    """
    height, width = rgba.shape[:2]
    x, y = int(np.floor(left)) - 2 * block, int(np.floor(top)) - 2 * block
    count = int(np.ceil(side / block)) + 5
    out = np.zeros((count, count, 4), np.float32)
    xa, xb = max(x, 0), min(x + count * block, width)
    strip = np.zeros((block, count * block, 4), np.float32)
    for row in range(count):
        ya, yb = max(y + row * block, 0), min(y + (row + 1) * block, height)
        if ya >= yb:
            continue
        part = rgba[ya:yb, xa:xb]
        lines = strip[: yb - ya, xa - x : xb - x]
        lines[..., 3] = part[..., 3]
        np.multiply(part[..., :3], part[..., 3:], out=lines[..., :3])
        line = strip[: yb - ya].sum(0) if block > 1 else strip[0]
        out[row] = line.reshape(count, block, 4).sum(1) / block**2 if block > 1 else line
    return out, (left - x) / block, (top - y) / block
