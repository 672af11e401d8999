"""The header of a PLY file (Turk 1994): what it says is in the file, believed only as far as it can be checked."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from ...errors import UnreadableCloud

AGAIN = "Copy, download or export it again."
_LINE = 4096  # bytes
_LINES = 4096
_TYPES = {
    **{"char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4"},
    **{"float": "f4", "double": "f8"},
    **{"int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4"},
    **{"int64": "i8", "uint64": "u8", "float32": "f4", "float64": "f8"},
}
_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}


@dataclass(frozen=True)
class Property:
    """``dtype`` of the value, or of a list's items; ``counter`` of a list's length, None for a plain value."""

    name: str
    dtype: np.dtype
    counter: np.dtype | None = None


@dataclass(frozen=True)
class Element:
    name: str
    count: int
    properties: tuple[Property, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(property.name for property in self.properties)


@dataclass(frozen=True)
class Header:
    """``order`` is "<" or ">" of a binary file and "" of an ascii one; ``start`` the offset of the first row."""

    order: str
    elements: tuple[Element, ...]
    comments: tuple[str, ...]
    start: int

    def element(self, name: str) -> Element | None:
        return next((element for element in self.elements if element.name == name), None)


def read_header(file: io.BufferedIOBase, name: str) -> Header:
    """Reads from the beginning up to the first row. Raises UnreadableCloud; ``name`` is what messages call the file."""

    def wrong(what: str) -> UnreadableCloud:
        return UnreadableCloud(f"The header of “{name}” is broken: {what}.", AGAIN)

    order: str | None = None
    elements: list[Element] = []
    comments: list[str] = []
    if _line(file) != "ply":
        raise wrong("it does not begin with “ply”")
    for _ in range(_LINES):
        line = _line(file)
        if line is None:
            raise wrong("it has no end")
        words = line.split()
        match words:
            case ["end_header"]:
                if order is None:
                    raise wrong("it does not name its format")
                return Header(order, tuple(elements), tuple(comments), file.tell())
            case ["format", kind, "1.0"] if kind in _ORDERS:
                order = _ORDERS[kind]
            case ["comment" | "obj_info", *_]:
                comments.append(line.split(None, 1)[1] if len(words) > 1 else "")
            case ["element", title, count] if order is not None and _is_count(count):
                if any(element.name == title for element in elements):
                    raise wrong(f"it has two elements called “{title[:40]}”")
                elements.append(Element(title, int(count), ()))
            case ["property", *described] if elements:
                property = _property(described, order)
                if property is None or property.name in elements[-1].names:
                    raise wrong(f"“{line[:60]}” makes no sense")
                last = elements[-1]
                elements[-1] = Element(last.name, last.count, (*last.properties, property))
            case []:
                continue
            case _:
                raise wrong(f"“{line[:60]}” makes no sense")
    raise wrong("it is too long")


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _property(words: list[str], order: str | None) -> Property | None:
    if words[-1:] and words[-1].startswith("#"):  # kept for the lengths of lists
        return None
    match words:
        case ["list", counter, kind, name] if counter in _TYPES and kind in _TYPES and _TYPES[counter][0] != "f":
            return Property(name, _dtype(kind, order), _dtype(counter, order))
        case [kind, name] if kind in _TYPES:
            return Property(name, _dtype(kind, order))
    return None


def _dtype(kind: str, order: str | None) -> np.dtype:
    return np.dtype((order or "=") + _TYPES[kind])


def _line(file: io.BufferedIOBase) -> str | None:
    """The next line without its end, None where there is no whole one."""
    line = file.readline(_LINE)
    if not line.endswith(b"\n"):
        return None
    return line.rstrip(b"\r\n").decode("utf-8", "replace").strip()
