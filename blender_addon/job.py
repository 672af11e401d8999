"""One line of the queue, and what a mesh must be to end it. No bpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .link import Failure, ProtocolError, Report, Request

KEPT_RECORDS = 500  # ended jobs that are remembered
KEPT_PIXELS = 8  # ended jobs that keep their pictures, to be tried again


@dataclass
class Job:
    """One line of the queue. ``state`` waiting | running | done | failed | cancelled."""

    id: str
    request: Request
    prepare: Callable[[], Request] | None = None
    state: str = "waiting"
    stage: str = ""
    fraction: float = 0.0
    eta: float | None = None
    detail: str = ""
    failure: Failure | None = None
    report: Report | None = None
    cancelling: bool = False
    tries: int = 0
    saved: str = ""  # its line in the saved queue

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")


def tidy(jobs: list[Job]) -> None:
    """Forgets the oldest of the jobs that have ended, and sooner their pictures; the list stays the same object."""
    ended = [job for job in jobs if job.ended]
    for job in ended[:-KEPT_PIXELS]:
        if job.request.images or job.request.arrays:
            job.request = job.request.bare()
    forgotten = {job.id for job in ended[:-KEPT_RECORDS]}
    if forgotten:
        jobs[:] = [job for job in jobs if job.id not in forgotten]


def check_mesh(arrays: dict[str, Any]) -> None:
    """Raises ProtocolError unless the arrays can be handed to Blender, which trusts indices blindly."""
    try:
        vertices, faces, colours = (np.asarray(arrays[name]) for name in ("vertices", "faces", "colours"))
    except KeyError:
        raise ProtocolError("a mesh lacks one of its arrays") from None
    sound = (
        (vertices.ndim, vertices.shape[-1], vertices.dtype) == (2, 3, np.float32)
        and (faces.ndim, faces.shape[-1], faces.dtype) == (2, 3, np.int32)
        and (colours.shape, colours.dtype) == ((len(vertices), 4), np.uint8)
        and bool(np.isfinite(vertices).all())
        and faces.min() >= 0
        and faces.max() < len(vertices)
    )
    if not sound:
        raise ProtocolError("the arrays do not make a mesh")
