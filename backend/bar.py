"""Progress on a terminal: one line that moves, or, where the output is a file, one line a stage."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO

WIDTH = 30


class Bar:
    """Writes to ``stream`` (standard error). ``title`` names what is being made."""

    def __init__(self, title: str, stream: TextIO | None = None, quiet: bool = False):
        self._title, self._stream, self._quiet = title, stream or sys.stderr, quiet
        self._moves = self._stream.isatty()
        self._stage = ""
        self._drawn = 0

    def show(self, stage: str, fraction: float, eta: float | None, detail: str = "") -> None:
        """As Meter reports it."""
        if self._quiet:
            return
        if self._moves:
            done = round(fraction * WIDTH)
            left = "" if eta is None else f"  {_clock(eta)} left"
            self._draw(f"{self._title}  [{'#' * done}{'-' * (WIDTH - done)}] {fraction:4.0%}  {stage}{left}")
        elif stage != self._stage:
            self._stream.write(f"{self._title}: {stage} ({fraction:.0%})\n")
            self._stream.flush()
        self._stage = stage

    def clear(self) -> None:
        """Takes the line away, so that the next one written stands alone."""
        if self._moves and self._drawn:
            self._draw("")
            self._stream.write("\r")
            self._stream.flush()

    def _draw(self, line: str) -> None:
        line = line[: shutil.get_terminal_size().columns - 1]
        self._stream.write("\r" + line.ljust(self._drawn))
        self._stream.flush()
        self._drawn = len(line)


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
