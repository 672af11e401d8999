"""How large a picture is, from its header alone: a small file may hold more pixels than there is memory.

Standard library only. Reads PNG, JPEG, TIFF, WebP, BMP, PSD, DDS, OpenEXR, Radiance HDR and JPEG 2000 by content,
and Targa, which has no mark of its own, by suffix.
"""

from __future__ import annotations

import os
import re
import struct
from typing import BinaryIO

_MOST = 4096  # segments or entries looked at in one file
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG's start-of-frame markers


def dimensions(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Width and height in pixels as the file states them; None where that is not known. Never raises."""
    try:
        with open(path, "rb") as file:
            found = _read(file, os.fspath(path).lower().endswith((".tga", ".tpic")))
    except (OSError, ValueError, TypeError, struct.error, OverflowError):
        return None
    return found if found is not None and min(found) > 0 else None


def _read(file: BinaryIO, targa: bool) -> tuple[int, int] | None:
    head = file.read(4096)
    if head[:8] == b"\x89PNG\r\n\x1a\n" and head[12:16] == b"IHDR":
        return _pair(">II", head, 16)
    if head[:2] == b"\xff\xd8":
        return _in_jpeg(file)
    if head[:4] in (b"II*\0", b"MM\0*"):
        return _in_tiff(file, "<" if head[:1] == b"I" else ">")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _in_webp(head)
    if head[:2] == b"BM":
        if struct.unpack_from("<I", head, 14)[0] == 12:
            return _pair("<HH", head, 18)
        width, height = _pair("<ii", head, 18)
        return width, abs(height)  # negative where rows begin on top
    if head[:4] == b"8BPS":
        return _pair(">II", head, 14)[::-1]
    if head[:4] == b"DDS ":
        return _pair("<II", head, 12)[::-1]
    if head[:4] == b"\x76\x2f\x31\x01":
        return _in_exr(head)
    if head[:2] == b"#?":
        size = re.search(rb"\n[-+]Y (\d{1,9}) [-+]X (\d{1,9})\n", head)
        return (int(size[2]), int(size[1])) if size else None
    if head[4:8] == b"jP  ":
        return _pair(">II", head, head.index(b"ihdr") + 4)[::-1]
    if head[:4] == b"\xff\x4f\xff\x51":
        return _pair(">II", head, 8)
    return _pair("<HH", head, 12) if targa else None


def _pair(form: str, head: bytes, at: int) -> tuple[int, int]:
    first, second = struct.unpack_from(form, head, at)
    return first, second


def _in_jpeg(file: BinaryIO) -> tuple[int, int] | None:
    at = 2
    for _ in range(_MOST):
        file.seek(at)
        marker, kind = struct.unpack(">BB", file.read(2))
        if marker != 0xFF:
            return None
        if kind == 0xFF:  # filler
            at += 1
        elif kind == 0x01 or 0xD0 <= kind <= 0xD8:  # markers without a segment
            at += 2
        elif kind in _FRAMES:
            return _pair(">HH", file.read(7), 3)[::-1]
        else:
            at += 2 + struct.unpack(">H", file.read(2))[0]
    return None


def _in_tiff(file: BinaryIO, order: str) -> tuple[int, int] | None:
    """The first picture's ImageWidth and ImageLength (TIFF 6.0, section 8)."""
    file.seek(4)
    file.seek(struct.unpack(order + "I", file.read(4))[0])
    (count,) = struct.unpack(order + "H", file.read(2))
    found = {}
    for _ in range(min(count, _MOST)):
        entry = file.read(12)
        tag, kind = struct.unpack_from(order + "HH", entry)
        if tag in (256, 257) and kind in (3, 4):
            found[tag] = struct.unpack_from(order + ("H" if kind == 3 else "I"), entry, 8)[0]
        if len(found) == 2:
            return found[256], found[257]
    return None


def _in_webp(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = _pair("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _in_exr(head: bytes) -> tuple[int, int] | None:
    """The attribute ``dataWindow``: inclusive corners."""
    at = 8
    for _ in range(_MOST):
        name, kind, _ = head[at : at + 512].split(b"\0", 2)
        at += len(name) + len(kind) + 2
        (size,) = struct.unpack_from("<i", head, at)
        if name == b"dataWindow":
            left, top, right, bottom = struct.unpack_from("<4i", head, at + 4)
            return right - left + 1, bottom - top + 1
        if not name or size < 0:
            return None
        at += 4 + size
    return None
