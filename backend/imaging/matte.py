"""From a coarse outline to a soft, full-size edge, with the background's colour taken out of it."""

from __future__ import annotations

import numpy as np

from .grids import at, blur, carried, spread

_BAND = 2  # coarse pixels on either side of the outline that are looked at again
_VAGUE = 0.04  # contrast of object and background, in sRGB, at which colour and outline are trusted alike


def soften(rgba: np.ndarray, small: np.ndarray, mask: np.ndarray) -> None:
    """``rgba`` (H, W, 4) float32 sRGB: alpha is written, and colour where alpha is partial; ``small`` (h, w, 3)
    the same picture in the outline's size, ``mask`` (h, w) bool the outline.

    Away from the outline alpha is the mask's. Near it every pixel is taken for a mixture of the object's
    colour F, carried outwards from within, and the background's B, carried inwards: α = |I − B| / |F − B| on
    the object's side, where its colour varies, the projection of I − B on F − B on the other, where shadows
    lie. What is kept is the mixture's foreground, (I − (1 − α) B) / α.
    """
    height, width = rgba.shape[:2]
    rows, columns = _places(height, mask.shape[0]), _places(width, mask.shape[1])
    near = np.rint(rows).astype(np.intp)[:, None], np.rint(columns).astype(np.intp)
    rgba[..., 3] = mask[near]
    inner, outer = ~spread(~mask, 1), ~spread(mask, 1)
    object_ = carried(small, np.where(inner, 1.0, 0.1 * mask))
    ground = carried(small, np.where(outer, 1.0, 0.01 * ~mask))
    y, x = np.nonzero((spread(mask, _BAND) & spread(~mask, _BAND))[near])
    maps = np.concatenate([object_, ground, blur(mask, 1.0)[..., None]], -1)
    found = at(maps, rows[y], columns[x])
    front, back, inside = found[:, :3], found[:, 3:6], found[:, 6]
    seen = rgba[y, x, :3]
    alpha = _mixed(seen, front, back, inside)
    clean = (seen - (1 - alpha[:, None]) * back) / np.maximum(alpha, 0.05)[:, None]
    sure = np.clip((alpha[:, None] - 0.4) / 0.5, 0, 1)  # dividing by a small alpha magnifies noise
    rgba[y, x, :3] = np.clip(sure * clean + (1 - sure) * front, 0, 1)
    rgba[y, x, 3] = alpha


def _places(count: int, coarse: int) -> np.ndarray:
    """Where the centres of ``count`` pixels lie among ``coarse`` ones, as fractional indices."""
    return np.clip((np.arange(count, dtype=np.float32) + 0.5) * (coarse / count) - 0.5, 0, coarse - 1)


def _mixed(seen: np.ndarray, front: np.ndarray, back: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Alpha (N,) of the colours ``seen`` (N, 3); ``inside`` (N,): the smoothed outline."""
    across, off = front - back, seen - back
    contrast = (across**2).sum(1)
    along = (off * across).sum(1) / np.maximum(contrast, 1e-6)
    apart = np.sqrt((off**2).sum(1) / np.maximum(contrast, 1e-6))
    side = np.clip(inside * 2 - 0.5, 0, 1)
    colour = np.clip(along + side * (apart - along), 0, 1)
    outline = np.clip(inside * 3 - 1, 0, 1)
    trust = contrast / (contrast + _VAGUE**2)
    alpha = trust * colour + (1 - trust) * outline
    return np.clip(alpha, np.clip(inside * 8 - 7, 0, 1), np.clip(inside * 8, 0, 1)).astype(np.float32)
