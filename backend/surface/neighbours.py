"""Nearest neighbours by hashing points into cells: exact, whole arrays at a time, no tree.

Points are sorted by the cell they lie in. A query looks at the 27 cells about its own; whatever it finds no further
away than one cell's side is surely nearest, for nothing nearer can lie outside those cells. Who finds too little looks
again among larger cells, so that dense and thin regions each meet cells of a size that suits them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

PAIRS = 1 << 20  # pairs looked at together: what they need stays in a processor's cache
CELLS = 1 << 19  # cells along one side, at most: three such numbers fit into one key
ASKED = 100  # queries that are answered the plain way first, to learn what side suits
SUITED = 0.7  # of these that the first cells should satisfy
WIDER = 1.6  # times as large are the next
NOTHING = np.iinfo(np.int64).max

_COLUMNS = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)]


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
    reach = max(float(np.max(upper - lower)), 1e-15)
    found = np.zeros((count, k), np.int64)
    waiting = np.arange(count)
    side = max(_first_side(places, asked, k + own), reach / CELLS)
    while len(waiting):
        last = side >= reach
        cells = _Cells(places, side, last)
        done = np.zeros(len(waiting), bool)
        for rows, keys in cells.look(asked, waiting, k, own):
            done[rows] = last | (_squares(keys[:, -1]) <= np.float32(side * side * (1 - 1e-5)))
            found[waiting[rows]] = keys
            step(1 - (len(waiting) - np.count_nonzero(done)) / count)
        waiting = waiting[~done]
        side *= WIDER
    return (found & 0xFFFFFFFF).astype(np.int32), _squares(found)


def _squares(keys: np.ndarray) -> np.ndarray:
    """The squared distances that lead the keys: the bits of a positive float are in its order."""
    return (keys >> 32).astype(np.int32).view(np.float32)


def _first_side(places: np.ndarray, asked: np.ndarray, k: int) -> float:
    """How far most queries have to look, measured on some of them."""
    some = asked[:: max(1, len(asked) // ASKED)]
    thinner = max(1, len(places) // (1 << 16))  # among a part of the points as small a part of k is as far away
    rest, kth = places[::thinner], -(-k // thinner)
    away = np.zeros((len(some), len(rest)), np.float32)
    for axis in range(3):
        away += (some[:, axis, None] - rest[:, axis]) ** 2
    kth = min(kth, len(rest)) - 1
    return float(np.sqrt(np.quantile(np.partition(away, kth, axis=1)[:, kth], SUITED)))


def _keys(index: np.ndarray) -> np.ndarray:
    """Cell indices (N, 3) of small whole numbers, −3 and above → one number each, consecutive along z."""
    return ((index[:, 0] + 3) * (4 * CELLS) + index[:, 1] + 3) * (4 * CELLS) + index[:, 2] + 3


class _Cells:
    """Points (N, 3) in the order of their cells of one ``side``; ``whole`` puts all of them into one."""

    def __init__(self, places: np.ndarray, side: float, whole: bool):
        self.lower, self.side, self.whole = places.min(axis=0), np.float32(side), whole
        keys = _keys(self._index(places))
        order = np.argsort(keys, kind="stable")
        self.keys = keys[order]
        # One more than there are: what pads a short list of candidates, infinitely far away.
        self.numbers = np.append(order, len(order)).astype(np.int64)
        self.places = [np.append(column, np.float32(np.inf)) for column in np.ascontiguousarray(places[order].T)]

    def _index(self, places: np.ndarray) -> np.ndarray:
        if self.whole:
            return np.zeros(places.shape, np.int64)
        index = np.floor((places - self.lower) / self.side)
        return np.clip(index, -2, CELLS + 2).astype(np.int64)  # a query may lie anywhere

    def look(
        self, asked: np.ndarray, waiting: np.ndarray, k: int, own: bool
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields (rows of ``waiting``, their ``k`` best keys) in parts; of rows with enough points in sight only.
        A key is the squared distance's bits in its upper half and the point's number in its lower.
        """
        keys = _keys(self._index(asked[waiting]))
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        new = np.append(True, keys[1:] != keys[:-1])
        cell_of = np.cumsum(new) - 1  # of the queries in order
        first = np.empty((np.count_nonzero(new), len(_COLUMNS)), np.int64)
        last = np.empty_like(first)
        for column, (x, y) in enumerate(_COLUMNS):
            low = keys[new] + (x * 4 * CELLS + y) * 4 * CELLS - 1
            first[:, column] = np.searchsorted(self.keys, low)
            last[:, column] = np.searchsorted(self.keys, low + 2, side="right")
        counts = (last - first).sum(axis=1)
        # Cells with about as many candidates go together, so that little is padded.
        by_count = np.argsort(counts[cell_of], kind="stable")
        begin = int(np.searchsorted(counts[cell_of][by_count], k + own))
        widths = counts[cell_of][by_count]
        while begin < len(by_count):
            end = begin + max(1, PAIRS // int(widths[begin]))
            end = max(begin + 1, min(end, int(np.searchsorted(widths, widths[begin] * 1.2 + 8, side="right"))))
            some = by_count[begin:end]
            cells, local = np.unique(cell_of[some], return_inverse=True)
            rows = order[some]
            names = waiting[rows] if own else None
            candidates = self._candidates(first[cells], last[cells])
            yield rows, self._best(asked[waiting[rows]], candidates, local.reshape(-1), k, names)
            begin = end

    def _candidates(self, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Where the points about each cell are (C, W), given its nine columns' ends (C, 9)."""
        lengths = last - first
        ends = np.cumsum(lengths, axis=1)
        counts = ends[:, -1]
        row = np.repeat(np.arange(len(first)), counts)
        place = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        table = np.full((len(first), int(counts.max())), len(self.keys), np.int64)
        table[row, place] = place + np.repeat((first - ends + lengths).reshape(-1), lengths.reshape(-1))
        return table

    def _best(
        self, asked: np.ndarray, candidates: np.ndarray, local: np.ndarray, k: int, names: np.ndarray | None
    ) -> np.ndarray:
        """The ``k`` lowest keys (R, k) among each row's candidates, its own name left out."""
        squares = np.zeros((len(asked), candidates.shape[1]), np.float32)
        for axis in range(3):
            away = self.places[axis][candidates][local]
            away -= asked[:, axis, None]
            away *= away
            squares += away
        numbers = self.numbers[candidates][local]
        keys = squares.view(np.int32).astype(np.int64)
        keys <<= 32
        keys |= numbers
        if names is not None:
            keys[numbers == names[:, None]] = NOTHING
        if keys.shape[1] > k:
            keys = np.partition(keys, k - 1, axis=1)[:, :k]
        return np.sort(keys, axis=1)
