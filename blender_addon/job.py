"""One line of the queue, and what a result must be to end it. No bpy."""

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


def check_result(kind: str, arrays: dict[str, Any]) -> None:
    """Raises ProtocolError unless a Result's arrays are of a kind that is known and can be handed to Blender."""
    checks = {"mesh": check_mesh, "cloud": check_cloud, "cutout": check_cutout}
    if kind not in checks:
        raise ProtocolError(f"a {kind[:40]!r} is nothing that a job makes")
    checks[kind](arrays)


def check_mesh(arrays: dict[str, Any]) -> None:
    """Raises ProtocolError unless the arrays can be handed to Blender, which trusts indices blindly."""
    vertices, faces, colours = _taken(arrays, "mesh", "vertices", "faces", "colours")
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


def check_cloud(arrays: dict[str, Any]) -> None:
    """Raises ProtocolError unless there is a colour for every point, and, where it is one of Gaussians, a size and a
    turn; every number finite.
    """
    points, colours = _taken(arrays, "cloud", "points", "colours")
    sound = points.ndim == 2 and _is_list(points, 3, len(points))
    sound = sound and (colours.shape, colours.dtype) == ((len(points), 4), np.uint8)
    for name, width in (("scales", 3), ("rotations", 4), ("normals", 3)):
        sound = sound and (name not in arrays or _is_list(np.asarray(arrays[name]), width, len(points)))
    if not sound or ("scales" in arrays) != ("rotations" in arrays) or not set(arrays) <= _CLOUD:
        raise ProtocolError("the arrays do not make a cloud")


def check_cutout(arrays: dict[str, Any]) -> None:
    """Raises ProtocolError unless there are the pixels of one picture of a size that pictures have."""
    (pixels,) = _taken(arrays, "cut-out", "pixels")
    if pixels.ndim != 3 or pixels.shape[2] != 4 or pixels.dtype != np.uint8 or max(pixels.shape) > LONGEST_PICTURE:
        raise ProtocolError("the array is not a picture")


LONGEST_PICTURE = 1 << 14  # pixels; what we send is much smaller
_CLOUD = {"points", "colours", "scales", "rotations", "normals"}


def _taken(arrays: dict[str, Any], noun: str, *names: str) -> tuple[np.ndarray, ...]:
    try:
        return tuple(np.asarray(arrays[name]) for name in names)
    except KeyError:
        raise ProtocolError(f"a {noun} lacks one of its arrays") from None


def _is_list(array: np.ndarray, width: int, length: int) -> bool:
    return array.shape == (length, width) and array.dtype == np.float32 and bool(np.isfinite(array).all())
