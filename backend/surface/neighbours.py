"""Nearest neighbours by hashing points into cells: exact, whole arrays at a time, no tree.

Points are sorted by the cell they lie in. A query looks at the 27 cells about its own; whatever it finds no further
away than one cell's side is surely nearest, for nothing nearer can lie outside those cells. Who finds too little looks
again among cells of twice the side, so that dense and thin regions each meet cells of a size that suits them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

PAIRS = 1 << 21  # pairs looked at together
CELLS = 1 << 20  # cells along one side, at most: three such numbers fit into one key
CROWD = 5  # points that the typical point should share its cell with at first
_STEPS = np.array([(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)], np.int64)


def nearest(
    points: np.ndarray, k: int, queries: np.ndarray | None = None, step: Callable[[float], None] = lambda fraction: None
) -> tuple[np.ndarray, np.ndarray]:
    """The ``k`` points (N, 3) nearest to each of ``queries`` (M, 3), or of the points themselves, then without itself.

    Returns their numbers (M, k) int32 and squared distances (M, k) float32, in order of distance, equals in order of
    their number. Fewer columns where there are fewer points. Coordinates must be finite; distances are those of
    float32 coordinates about the middle of the points' box. ``step`` hears of the fraction done, and may raise.
    """
    own = queries is None
    points = np.asarray(points)
    k = min(k, len(points) - own)
    count = len(points) if queries is None else len(queries)
    if k < 1 or not count:
        return np.zeros((count, 0), np.int32), np.zeros((count, 0), np.float32)
    lower, upper = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    middle = (lower + upper) / 2
    places = (points - middle).astype(np.float32)
    asked = places if queries is None else (np.asarray(queries) - middle).astype(np.float32)
    reach = max(float(np.max(upper - lower)), 1e-30)
    found = np.zeros((count, k), np.int64)
    waiting = np.arange(count)
    side = _first_side(places, k, reach)
    while len(waiting):
        last = side >= reach
        cells = _Cells(places, min(side, reach), last)
        done = np.zeros(len(waiting), bool)
        for rows, keys in cells.look(asked, waiting, k, own):
            if not keys.size:
                continue
            done[rows] = last | (_squares(keys[:, -1]) <= np.float32(side * side * (1 - 1e-5)))
            found[waiting[rows]] = keys
            step(1 - (len(waiting) - np.count_nonzero(done)) / count)
        waiting = waiting[~done]
        side *= 2
    return (found & 0xFFFFFFFF).astype(np.int32), _squares(found)


def _squares(keys: np.ndarray) -> np.ndarray:
    """The squared distances that lead the keys: the bits of a positive float are in its order."""
    return (keys >> 32).astype(np.int32).view(np.float32)


def _first_side(places: np.ndarray, k: int, reach: float) -> float:
    """A cell's side at which the typical query finds its neighbours at once: measured on the points, by halving."""
    some = places[:: max(1, len(places) // 20000)]
    share = len(places) / len(some)
    side = reach
    while side > reach / CELLS * 4:
        keys = _keys(np.floor((some - places.min(axis=0)) / np.float32(side / 2)).astype(np.int64))
        _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        if np.median(counts[inverse.reshape(-1)]) * share < CROWD * k / 16 + 1:
            break
        side /= 2
    return side


def _keys(index: np.ndarray) -> np.ndarray:
    """Cell indices (N, 3) of small whole numbers, −1 included → one number each, consecutive along z."""
    return ((index[..., 0] + 1) * (4 * CELLS) + index[..., 1] + 1) * (4 * CELLS) + index[..., 2] + 1


class _Cells:
    """Points (N, 3) in the order of their cells; ``whole`` puts all of them into one."""

    def __init__(self, places: np.ndarray, side: float, whole: bool):
        self.lower, self.side, self.whole = places.min(axis=0), np.float32(side), whole
        keys = _keys(self._index(places))
        self.order = np.argsort(keys, kind="stable")
        self.keys = keys[self.order]
        self.places = places[self.order]

    def _index(self, places: np.ndarray) -> np.ndarray:
        if self.whole:
            return np.zeros(places.shape, np.int64)
        index = np.floor((places - self.lower) / self.side)
        return np.clip(index, -2, CELLS + 2).astype(np.int64)  # a query may lie anywhere

    def look(self, asked: np.ndarray, waiting: np.ndarray, k: int, own: bool):
        """Yields (rows of ``waiting``, their ``k`` best keys) in parts; no keys where too few are in sight."""
        index = self._index(asked[waiting])
        first = np.empty((len(waiting), len(_STEPS)), np.int64)
        last = np.empty_like(first)
        for column, (x, y) in enumerate(_STEPS):
            low = _keys(index + np.array([x, y, -1]))
            first[:, column] = np.searchsorted(self.keys, low)
            last[:, column] = np.searchsorted(self.keys, low + 2, side="right")
        counts = (last - first).sum(axis=1)
        order = np.argsort(counts, kind="stable")
        start = int(np.searchsorted(counts[order], k + own))
        yield order[:start], np.zeros((0, k), np.int64)
        while start < len(order):
            width = int(counts[order[min(start + 64, len(order) - 1)]])
            stop = min(len(order), start + max(1, PAIRS // max(width, 1)))
            # Rows much longer than the first would pad all others with nothing.
            stop = max(start + 1, min(stop, int(np.searchsorted(counts[order], width * 1.25 + 8, side="right"))))
            rows = order[start:stop]
            yield rows, self._best(asked[waiting[rows]], waiting[rows], first[rows], last[rows], k, own)
            start = stop

    def _best(
        self, asked: np.ndarray, names: np.ndarray, first: np.ndarray, last: np.ndarray, k: int, own: bool
    ) -> np.ndarray:
        """The ``k`` lowest keys (R, k) of each row's candidates: squared distance in the upper half, number below."""
        lengths = last - first
        ends = np.cumsum(lengths, axis=1)
        counts = ends[:, -1]
        row = np.repeat(np.arange(len(asked)), counts)
        begin = (first - ends + lengths).reshape(-1)  # what to add to a candidate's place in its row
        place = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        at = place + np.repeat(begin, lengths.reshape(-1))
        away = self.places[at] - asked[row]
        squares = np.einsum("ij,ij->i", away, away)
        number = self.order[at]
        keys = squares.view(np.int32).astype(np.int64) << 32 | number
        if own:
            keys[number == names[row]] = np.iinfo(np.int64).max
        table = np.full((len(asked), int(counts.max())), np.iinfo(np.int64).max)
        table[row, place] = keys
        return np.sort(np.partition(table, k - 1, axis=1)[:, :k], axis=1)
