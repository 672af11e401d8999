"""Gaussians in four words each, as PlayCanvas and SuperSplat write them into a “compressed” .ply.

Every 256 Gaussians share a row of the element ``chunk``: the box of their positions, of their logarithmic scales, and,
in newer files, of their colours. A Gaussian is a position of 11, 10 and 11 bits within the first box, scales likewise
within the second, a colour and opacity of 8 bits each, and a rotation of 2 + 3 · 10 bits: which of w, x, y, z is the
largest, and the three others over ±1/√2.
"""

from __future__ import annotations

import io

import numpy as np

from ...errors import UnreadableCloud
from .ply_header import AGAIN, Element, Header
from .ply_rows import read_columns

PACKED = ("packed_position", "packed_rotation", "packed_scale", "packed_color")
SHARING = 256
_BOX = ("min_x", "min_y", "min_z", "max_x", "max_y", "max_z")
_SCALE_BOX = ("min_scale_x", "min_scale_y", "min_scale_z", "max_scale_x", "max_scale_y", "max_scale_z")
_COLOUR_BOX = ("min_r", "min_g", "min_b", "max_r", "max_g", "max_b")


def read_packed(file: io.BufferedIOBase, header: Header, vertex: Element, name: str) -> tuple[np.ndarray, ...]:
    """Means (N,3), log scales (N,3), quaternions (N,4), opacities (N,) in [0, 1] and colours (N,3), all float32.

    Raises UnreadableCloud where the chunks are lacking or too few.
    """
    chunk = header.element("chunk")
    if chunk is None or not set(_BOX + _SCALE_BOX) <= set(chunk.names) or chunk.count * SHARING < vertex.count:
        raise UnreadableCloud(f"“{name}” is a compressed .ply that lacks chunks for its Gaussians.", AGAIN)
    coloured = set(_COLOUR_BOX) <= set(chunk.names)
    boxes = read_columns(file, header, chunk, _BOX + _SCALE_BOX + (_COLOUR_BOX if coloured else ()), name)
    words = read_columns(file, header, vertex, PACKED, name)
    position, rotation, scale, colour = (words[key].astype(np.uint32) for key in PACKED)
    of = np.arange(vertex.count) // SHARING
    means = _between(boxes, _BOX, of, _uneven_thirds(position))
    scales = _between(boxes, _SCALE_BOX, of, _uneven_thirds(scale))
    rgba = np.stack([(colour >> shift & 255) / np.float32(255) for shift in (24, 16, 8, 0)], 1).astype(np.float32)
    rgb = _between(boxes, _COLOUR_BOX, of, rgba[:, :3]) if coloured else rgba[:, :3]
    return means, scales, _quaternions(rotation), rgba[:, 3], rgb


def _uneven_thirds(words: np.ndarray) -> np.ndarray:
    """11, 10 and 11 bits from the top, (N,3) in [0, 1]."""
    thirds = [
        (words >> 21) / np.float32(2047),
        (words >> 11 & 1023) / np.float32(1023),
        (words & 2047) / np.float32(2047),
    ]
    return np.stack(thirds, 1).astype(np.float32)


def _between(boxes: dict[str, np.ndarray], keys: tuple[str, ...], of: np.ndarray, t: np.ndarray) -> np.ndarray:
    low, high = (np.stack([boxes[key] for key in half], 1).astype(np.float32) for half in (keys[:3], keys[3:]))
    return low[of] * (1 - t) + high[of] * t


def _quaternions(words: np.ndarray) -> np.ndarray:
    """Unit quaternions w,x,y,z (N,4); the largest part is taken as positive, which changes no rotation."""
    others = [(words >> shift & 1023) / np.float32(1023) - np.float32(0.5) for shift in (20, 10, 0)]
    small = np.stack(others, 1).astype(np.float32) * np.float32(np.sqrt(2))
    largest = np.sqrt(np.maximum(1 - (small**2).sum(1), 0))
    which = (words >> 30).astype(np.int64)
    rows = np.arange(len(words))
    out = np.empty((len(words), 4), np.float32)
    out[rows, which] = largest
    for i in range(3):
        out[rows, i + (i >= which)] = small[:, i]
    return out
