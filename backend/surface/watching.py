"""Telling the user how far a part of the work has come."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..engines.engine import Watch


def within(watch: Watch, begin: float, end: float) -> Watch:
    """The watch of a part of the work: its 0…1 is the whole's begin…end."""

    def step(fraction: float = 0.0, detail: str = "") -> None:
        watch.step(begin + (end - begin) * fraction, detail)

    return dataclasses.replace(watch, step=step)
