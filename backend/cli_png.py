"""Pictures as .png, by the standard library alone (ISO/IEC 15948)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .shapes.files.atomic import write_atomically

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGBA, UP = 6, 2  # the colour type, and the row filter that takes the difference to the row above
STRIP = 256  # rows packed at a time


def write_png(path: Path, rgba: np.ndarray) -> None:
    """``rgba`` (H, W, 4) float32 straight sRGB in [0, 1], row 0 on top → 8 bits a channel, whole or not at all.

    Raises BadRequest (place not writable), MissingFolder, DiskFull.
    """
    write_atomically(path, _parts(np.rint(np.clip(rgba, 0, 1) * 255).astype(np.uint8)))


def _parts(pixels: np.ndarray) -> Iterator[bytes]:
    height, width = pixels.shape[:2]
    yield SIGNATURE + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, RGBA, 0, 0, 0))
    yield _chunk(b"sRGB", b"\0")
    packer = zlib.compressobj(6)
    above = np.zeros((1, width * 4), np.uint8)
    for top in range(0, height, STRIP):
        rows = pixels[top : top + STRIP].reshape(-1, width * 4)
        filtered = np.full((len(rows), 1 + width * 4), UP, np.uint8)
        filtered[:, 1:] = rows - np.concatenate([above, rows[:-1]])  # modulo 256, as the filter wants it
        above = rows[-1:]
        if packed := packer.compress(filtered.tobytes()):
            yield _chunk(b"IDAT", packed)
    yield _chunk(b"IDAT", packer.flush()) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
