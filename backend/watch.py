"""How a running job speaks and listens."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Watch:
    """What a job is handed to speak and listen by. Every loop calls ``step`` and so can be cancelled.

    ``step(fraction, detail)`` reports the fraction of the current stage and raises Cancelled once the user
    asked for it; ``warn`` adds a sentence to the result's report; ``preview`` shows an early mesh.
    """

    step: Callable[..., None] = lambda fraction=0.0, detail="": None
    warn: Callable[[str], None] = lambda sentence: None
    preview: Callable[[object], None] = lambda mesh: None  # takes a TriangleMesh in the world frame


def within(watch: Watch, begin: float, end: float) -> Watch:
    """The watch of a part of the work: its 0…1 is the whole's begin…end."""

    def step(fraction: float = 0.0, detail: str = "") -> None:
        watch.step(begin + (end - begin) * fraction, detail)

    return dataclasses.replace(watch, step=step)
