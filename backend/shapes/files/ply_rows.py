"""The rows of a PLY file: some columns of one element as arrays, by whole blocks, whatever stands around them.

Nothing is allocated on the header's word alone: a binary file must be long enough for what it promises, and an
ascii one is read as far as it goes.
"""

from __future__ import annotations

import io
import itertools
import os
import warnings
from collections.abc import Iterator

import numpy as np

from ...errors import UnreadableCloud
from .ply_header import AGAIN, Element, Header

MOST_ROWS = 20_000_000
_BLOCK = 16 << 20  # bytes read at a time
_LONGEST_LIST = 4096
_LONGEST_LINE = 1 << 16  # bytes
_LARGEST_TEXT = 8 << 30  # bytes


def read_columns(
    file: io.BufferedIOBase, header: Header, element: Element, wanted: tuple[str, ...], name: str
) -> dict[str, np.ndarray]:
    """The columns ``wanted`` of ``element``, each (count,) in its own type and the machine's byte order.

    Lists among or before them are stepped over as long as all of a kind are equally long. Raises UnreadableCloud
    (too many rows, a file shorter than it says, uneven lists, text that is no number).
    """
    if element.count > MOST_ROWS:
        raise UnreadableCloud(
            f"“{name}” says it holds {element.count:,} rows, more than the {MOST_ROWS:,} that are taken.",
            "Thin it out first, e.g. in SuperSplat or CloudCompare.",
        )
    read = _from_bytes if header.order else _from_text
    return read(file, header, element, wanted, name)


# ---------------------------------------------------------------------------------------------- binary


def _from_bytes(
    file: io.BufferedIOBase, header: Header, element: Element, wanted: tuple[str, ...], name: str
) -> dict[str, np.ndarray]:
    size = file.seek(0, os.SEEK_END)
    start = header.start
    for other in header.elements:
        row = _row(file, start, other, size)
        if other.count * row.itemsize > size - start:
            raise _short(name, other.count, (size - start) // row.itemsize)
        if other.name == element.name:
            break
        for _ in _blocks(file, start, other, row, name):  # only its lists are looked at
            pass
        start += other.count * row.itemsize
    columns = {key: np.empty(element.count, row[key].newbyteorder("=")) for key in wanted}
    at = 0
    for rows in _blocks(file, start, element, row, name):
        for key, column in columns.items():
            column[at : at + len(rows)] = rows[key]
        at += len(rows)
    return columns


def _row(file: io.BufferedIOBase, start: int, element: Element, size: int) -> np.dtype:
    """One row as a structured dtype. A list is as long as the first row's; its length is the field “#name”."""
    fields: list[tuple] = []
    for property in element.properties:
        if property.counter is not None:
            fields.append((f"#{property.name}", property.counter))
            at = start + np.dtype(fields).itemsize - property.counter.itemsize
            length = 0
            if element.count and at + property.counter.itemsize <= size:
                file.seek(at)
                length = int(np.frombuffer(file.read(property.counter.itemsize), property.counter)[0])
            fields.append((property.name, property.dtype, (min(max(length, 0), _LONGEST_LIST),)))
        else:
            fields.append((property.name, property.dtype))
    return np.dtype(fields)


def _blocks(file: io.BufferedIOBase, start: int, element: Element, row: np.dtype, name: str) -> Iterator[np.ndarray]:
    lists = [property.name for property in element.properties if property.counter is not None]
    if not row.itemsize:
        return
    step = max(1, _BLOCK // row.itemsize)
    for at in range(0, element.count, step):
        file.seek(start + at * row.itemsize)
        data = file.read(min(step, element.count - at) * row.itemsize)
        if len(data) % row.itemsize or not data:  # it was cut while being read
            raise _short(name, element.count, at + len(data) // row.itemsize)
        rows = np.frombuffer(data, row)
        for key in lists:
            if (rows[f"#{key}"] != row[key].shape[0]).any():
                raise _uneven(name)
        yield rows


# ------------------------------------------------------------------------------------------------ text


def _from_text(
    file: io.BufferedIOBase, header: Header, element: Element, wanted: tuple[str, ...], name: str
) -> dict[str, np.ndarray]:
    if file.seek(0, os.SEEK_END) > _LARGEST_TEXT:
        raise UnreadableCloud(f"“{name}” is too large for a file of text.", "Save it as a binary .ply.")
    file.seek(header.start)
    lines = _lines(file, name)
    for other in header.elements:
        if other.name == element.name:
            break
        skipped = sum(1 for _ in itertools.islice(lines, other.count))
        if skipped < other.count:
            raise _short(name, element.count, 0)
    first = next(lines, "") if element.count else ""
    places, counters = _places(element, first.split(), name)
    rows = itertools.chain([first], itertools.islice(lines, element.count - 1)) if element.count else iter(())
    used = [places[key] for key in wanted] + [place for place, _ in counters]
    table = np.empty((0, len(used)))
    if element.count and first:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # NumPy's words on input that is too short; ours follow
                table = np.loadtxt(rows, np.float64, comments=None, usecols=used, ndmin=2)
        except (ValueError, IndexError) as error:
            raise UnreadableCloud(f"The text of “{name}” is not the numbers its header promises.", AGAIN) from error
    if len(table) < element.count:
        raise _short(name, element.count, len(table))
    for i, (_, length) in enumerate(counters):
        if (table[:, len(wanted) + i] != length).any():
            raise _uneven(name)
    kinds = {property.name: property.dtype.newbyteorder("=") for property in element.properties}
    with np.errstate(invalid="ignore", over="ignore"):
        return {key: table[:, i].astype(kinds[key]) for i, key in enumerate(wanted)}


def _lines(file: io.BufferedIOBase, name: str) -> Iterator[str]:
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise UnreadableCloud(f"“{name}” holds a line too long to be one point.", AGAIN)
        if line := line.strip():
            yield line.decode("ascii", "replace")


def _places(element: Element, first: list[str], name: str) -> tuple[dict[str, int], list[tuple[int, int]]]:
    """Where in a line each plain value stands, and (place, length) of the lists, as the first line has them."""
    places, counters, at = {}, [], 0
    for property in element.properties:
        if property.counter is not None:
            text = first[at] if at < len(first) else "0"
            if not (text.isascii() and text.isdigit() and len(text) <= 4):
                raise _uneven(name)
            counters.append((at, int(text)))
            at += int(text)
        else:
            places[property.name] = at
        at += 1
    return places, counters


def _short(name: str, promised: int, there: int) -> UnreadableCloud:
    return UnreadableCloud(f"“{name}” is cut off: of {promised:,} rows only {there:,} are there.", AGAIN)


def _uneven(name: str) -> UnreadableCloud:
    return UnreadableCloud(
        f"“{name}” has lists of different lengths before or among its points, which are not read.",
        "Open it in MeshLab or CloudCompare and save it again as a point cloud.",
    )
