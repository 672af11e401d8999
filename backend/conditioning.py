"""What a request brings, as an engine looks at it: pictures cut out and framed, clouds read, depths unpacked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .engines.engine import Conditioning
from .imaging.cutout import CutOut, cut_out
from .imaging.framing import Framed, frame
from .inputs import cloud_of, given, views_of
from .protocol import Picture, Request
from .shapes import GaussianCloud, PointCloud
from .shapes.files.cloud import read_cloud
from .shapes.files.frames import AUTO
from .watch import Watch, within

KEPT = 0.7  # part of the object's area below which its thin parts were lost; bulky things keep all of it
LOST = (
    "Parts thinner than about a 400th of the object's length were lost, for the engine sees it in few pixels; "
    "use a closer picture, or one of a part of it."
)


Remove = Callable[[np.ndarray, Callable[..., None]], np.ndarray]  # pixels, step → alpha: see imaging.learned


def condition(request: Request, watch: Watch, remove: Remove | None = None) -> Conditioning:
    """Everything the request brings, for an engine. ``remove``: a learned remover, where there is one."""
    what = given(request)
    framed, how = [], ""
    for i, picture in enumerate(request.images):
        part = within(watch, i / len(request.images), (i + 1) / len(request.images))
        part.step(0.0, picture.view)
        cut = _cut_out(picture, request.cutout, part, remove)
        framed.append(_frame(cut, picture.view, part))
        how = cut.by
    return Conditioning(
        images=tuple(framed),
        cloud=_cloud(request, watch) if what == "cloud" else None,
        depths=views_of(request.arrays) if what == "depths" else (),
        prompt=request.prompt.strip(),
        negative_prompt=request.negative_prompt.strip(),
        seed=request.seed,
        preset=request.preset,
        options=dict(request.options),
        cutout=how,
    )


def only_cut_out(request: Request, watch: Watch, remove: Remove | None = None) -> CutOut:
    """The one picture of the request, apart from its background."""
    return _cut_out(request.images[0], request.cutout, watch, remove)


def _cloud(request: Request, watch: Watch) -> GaussianCloud | PointCloud:
    if not request.file:
        return cloud_of(request.arrays)
    return read_cloud(request.file, up=str(request.options.get("up") or AUTO), warn=watch.warn)


def _frame(cut: CutOut, view: str, watch: Watch) -> Framed:
    framed = frame(cut.rgba, view=view)
    if framed.kept < KEPT:
        watch.warn(LOST)
    return framed


def _cut_out(picture: Picture, mode: str, watch: Watch, remove: Remove | None) -> CutOut:
    cut = cut_out(np.asarray(picture.pixels), mode, watch.step, remove)
    watch.warn(cut.doubtful)
    return cut
