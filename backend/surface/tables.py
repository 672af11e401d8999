"""The 256 cases of marching cubes (Lorensen and Cline 1987), derived rather than listed.

A cell has corners 0…7 (``CORNERS``, offsets along x, y, z; numbered with z and x swapped against the usual figure, as
implementations do that read arrays [x, y, z] with z fastest) and edges 0…11 (``EDGES``, corner pairs). On each of
its six faces the surface joins cut edges to each other; these segments close into loops, and each loop is filled
with triangles. A face whose inside corners lie across its diagonal could be joined in two ways: here the inside
corners are always kept apart. The rule looks at that one face only, so two cells that share it agree and no crack
can open between them.

How a loop of more than three edges is filled is a matter of taste; ``_FILLINGS`` makes the choices of the table that
Paul Bourke published in 1994, so that results can be compared with other implementations triangle by triangle.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

CORNERS = ((0, 0, 0), (0, 0, 1), (0, 1, 1), (0, 1, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0))
EDGES = ((0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7))

# Corners of each face, clockwise seen from outside the cell.
_FACES = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))

# For each loop of four edges and more, in order of case and lowest edge: which of its fillings, as ``_fillings``
# enumerates them. A heptagon has 42, hence as many digits.
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF"
_FILLINGS = (
    "1031303010400b130222111511201b100300222021401FF11112b111bc1031004k030kc0114b3104101"
    "3F20300b33bd412n3dkd101141b21b10202040104032b4d110051310k45n908b02ck0b301sd11110432"
    "F321002100b2i2ssa030019312n1507bii40011202412001"
)


def _segments(case: int) -> dict[int, int]:
    """Edge → next edge of the directed segments that the surface draws on the cell's faces.

    Bit ``c`` of ``case`` says that corner ``c`` is inside. Seen from outside the cell the inside lies to the
    right of a segment, which makes the triangles counter-clockwise from outside the solid.
    """
    edge = {frozenset(pair): e for e, pair in enumerate(EDGES)}
    following: dict[int, int] = {}
    for face in _FACES:
        inside = [case >> corner & 1 for corner in face]
        for i in range(4):
            if inside[i] or not inside[(i + 1) % 4]:
                continue
            j = (i + 1) % 4  # the walk round the face enters the inside on side i and leaves it on side j
            while inside[(j + 1) % 4]:
                j = (j + 1) % 4
            enter, leave = (edge[frozenset((face[k], face[(k + 1) % 4]))] for k in (i, j))
            following[leave] = enter
    return following


def _loops(case: int) -> Iterator[list[int]]:
    """The closed loops of cut edges, each from its lowest edge."""
    following = _segments(case)
    while following:
        loop = [min(following)]
        while (edge := following.pop(loop[-1])) != loop[0]:
            loop.append(edge)
        yield loop


def _fillings(first: int, last: int) -> list[tuple[tuple[int, int, int], ...]]:
    """Every triangulation of the polygon with corners first…last."""
    if last - first < 2:
        return [()]
    return [
        (*left, (first, apex, last), *right)
        for apex in range(first + 1, last)
        for left in _fillings(first, apex)
        for right in _fillings(apex, last)
    ]


def _table() -> tuple[np.ndarray, np.ndarray]:
    triangles, counts = np.full((256, 5, 3), -1, np.int8), np.zeros(256, np.int8)
    choices = iter(_FILLINGS)
    for case in range(256):
        found = []
        for loop in _loops(case):
            choice = 0 if len(loop) == 3 else _DIGITS.index(next(choices))
            found += [[loop[corner] for corner in t] for t in _fillings(0, len(loop) - 1)[choice]]
        counts[case] = len(found)
        if found:
            triangles[case, : len(found)] = found
    return triangles, counts


TRIANGLES, COUNTS = _table()
"""``TRIANGLES`` (256, 5, 3) int8: edges of up to five triangles a case, −1 where there are fewer; ``COUNTS`` (256,)."""
