"""The one bar over all files of a download: bytes, speed, and the time they will still take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from ...errand import Errand
from .names import in_words
from .shelf import PARTIAL, FileState

SPAN = 10.0  # seconds over which the speed is averaged
APART = 0.1  # seconds between two marks of it


class Total:
    """``sizes`` bytes of each file, 0 where nobody knows; shown on ``errand``."""

    def __init__(self, errand: Errand, sizes: list[int], clock: Callable[[], float] = time.monotonic):
        self._errand, self._sizes, self._clock = errand, list(sizes), clock
        self._i, self._stage = 0, ""
        self._before = 0  # bytes of the files that are done
        self._there = 0
        self._come = self._earlier = 0  # bytes that came by now, and when the present file began
        self._marks: deque[tuple[float, int]] = deque()

    @property
    def all(self) -> int:
        return sum(self._sizes)

    def begin(self, i: int, state: FileState) -> None:
        """The i-th file is next."""
        self._i = i
        self._there = state.size if state.state == PARTIAL else 0
        self._earlier = self._come
        self._stage = f"Downloading {Path(state.file.file).name}"

    def step(self, there: int, came: int) -> None:
        """``there`` bytes of the present file are on the disk, ``came`` of them by this call. Raises Cancelled."""
        self._there = max(there, self._there) if not came else there  # what was there is still being read again
        self._come = self._earlier + came
        now = self._clock()
        if not self._marks or now - self._marks[-1][0] >= APART:
            self._marks.append((now, self._come))
        while now - self._marks[0][0] > SPAN:
            self._marks.popleft()
        self._show()

    def sleep(self, seconds: float) -> None:
        """Waits before another try. Raises Cancelled."""
        self._marks.clear()  # what was before the pause says nothing of the speed after it
        self._errand.step(None, self._stage, f"waiting {seconds:.0f} s to try again")
        self._errand.sleep(seconds)

    def end(self, size: int) -> None:
        """The present file is whole, and so long."""
        self._sizes[self._i] = size
        self._before += size
        self._there = 0
        self._show()

    def _show(self) -> None:
        done, all = self._before + self._there, max(self.all, self._before + self._there)
        known = self._sizes[self._i] > 0
        detail = f"{in_words(done)} of {in_words(all)}" if known else in_words(done)
        speed = self._speed()
        eta = None
        if speed > 0:
            detail += f", {in_words(speed)}/s"
            eta = (all - done) / speed if known else None
        self._errand.step(done / all if all and known else None, self._stage, detail, eta)

    def _speed(self) -> float:
        """Bytes a second; 0 until a second has passed."""
        if not self._marks:
            return 0.0
        (first, before), (last, after) = self._marks[0], self._marks[-1]
        return (after - before) / (last - first) if last - first >= 1.0 else 0.0
