"""Which way up a photograph is: Blender loads the pixels as the sensor lay and leaves EXIF's word on it aside.

Standard library only. Reads JPEG, TIFF, PNG (``eXIf``) and WebP; formats by content, not by suffix.
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

UPRIGHT = 1
_ORIENTATION = 0x0112
_MOST = 4096  # segments, chunks or entries looked at in one file


def orientation(path: str | os.PathLike[str]) -> int:
    """EXIF's 1 … 8 for the file at ``path``; 1, as it should be, where nothing else is known. Never raises.

    What to do with pixels (row 0 on top): 1 nothing · 2 mirror left-right · 3 turn half round · 4 mirror
    top-bottom · 5 transpose · 6 turn a quarter clockwise · 7 transpose along the other diagonal · 8 turn a
    quarter counter-clockwise.
    """
    try:
        with open(path, "rb") as file:
            block = _exif_block(file)
            if block is None:
                return UPRIGHT
            start, length = block
            return _from_tiff(file, start, length)
    except (OSError, ValueError, TypeError, struct.error, OverflowError):
        return UPRIGHT


def _exif_block(file: BinaryIO) -> tuple[int, int] | None:
    """Where in the file the TIFF structure that holds EXIF lies, and how long it may be."""
    head = file.read(12)
    if head[:2] == b"\xff\xd8":
        return _in_jpeg(file)
    if head[:4] in (b"II*\0", b"MM\0*"):
        return 0, os.fstat(file.fileno()).st_size
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return _in_chunks(file, 8, ">I4s", b"eXIf", after=4, even=False)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _in_chunks(file, 12, "<4sI", b"EXIF", after=0, even=True)
    return None


def _in_jpeg(file: BinaryIO) -> tuple[int, int] | None:
    at = 2
    for _ in range(_MOST):
        file.seek(at)
        marker, kind = struct.unpack(">BB", file.read(2))
        if marker != 0xFF or kind in (0xD9, 0xDA):  # the end, or pixels: EXIF stands before them
            return None
        if kind == 0xFF:  # filler
            at += 1
            continue
        if kind == 0x01 or 0xD0 <= kind <= 0xD7:  # markers without a segment
            at += 2
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if kind == 0xE1 and file.read(6) == b"Exif\0\0":
            return at + 10, length - 8
        at += 2 + length
    return None


def _in_chunks(file: BinaryIO, at: int, form: str, wanted: bytes, after: int, even: bool) -> tuple[int, int] | None:
    """Walks a list of (length, kind) chunks; ``after`` bytes follow each, ``even`` lengths are padded."""
    for _ in range(_MOST):
        file.seek(at)
        fields = struct.unpack(form, file.read(8))
        kind, length = (fields[1], fields[0]) if isinstance(fields[1], bytes) else fields
        if kind == wanted:
            prefix = 6 if file.read(6) == b"Exif\0\0" else 0  # some writers keep JPEG's prefix
            return at + 8 + prefix, length - prefix
        at += 8 + length + after + (length & 1 if even else 0)
    return None


def _from_tiff(file: BinaryIO, start: int, length: int) -> int:
    file.seek(start)
    head = file.read(8)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(head[:4])
    if order is None:
        return UPRIGHT
    (offset,) = struct.unpack(order + "I", head[4:8])
    if offset + 2 > length:
        return UPRIGHT
    file.seek(start + offset)
    (count,) = struct.unpack(order + "H", file.read(2))
    for _ in range(min(count, _MOST)):
        tag, kind, values, value, _ = struct.unpack(order + "HHIHH", file.read(12))
        if tag == _ORIENTATION:
            return value if kind == 3 and values == 1 and 1 <= value <= 8 else UPRIGHT
    return UPRIGHT
