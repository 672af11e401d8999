"""One row of a bench: our time, and a peer's in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

RUNS = 3  # the fastest counts


def row(stage: str, ours: Callable[[], Any], peer: str, theirs: Callable[[], Any] | None, note: str) -> dict[str, Any]:
    mine, other = [], []
    for _ in range(RUNS):
        mine.append(_seconds(ours))
        if theirs is not None:
            other.append(_seconds(theirs))
    return {
        "stage": stage,
        "ours_seconds": round(min(mine), 3),
        "peer": peer,
        "peer_seconds": round(min(other), 3) if other else None,
        "note": note,
    }


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
