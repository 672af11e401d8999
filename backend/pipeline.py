"""The story of a job: what the user asked for → what is made of it, coloured, on the ground."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np

from .checks import check as check
from .checks import find_engine as find_engine
from .checks import find_remover
from .conditioning import Remove, condition, only_cut_out
from .engines.engine import Catalogue as Catalogue
from .engines.engine import Remover
from .errors import OutOfMemory, UnsupportedShape
from .glimpse import glimpse
from .imaging.cutout import CutOut
from .inputs import given
from .placing import stand as stand_cloud
from .progress import CUT_OUT, ENGINE, FINISH, IMAGINE, OF_CLOUDS, OF_PICTURES, OF_TEXTS, SURFACE, Meter
from .protocol import EngineInfo, Report, Request
from .runtime import blas, device, memory
from .shapes import GaussianCloud, PointCloud, Shape, TriangleMesh
from .surface.extract import extract
from .surface.finish import Facts, finish
from .surface.finish import stand as stand_mesh
from .thrift import affordable, fits, is_out_of_memory, make_room, out_of_memory, second_try
from .watch import Watch

log = logging.getLogger(__name__)

SLOW = (
    "No fast matrix library could be loaded on this computer, so this took longer; "
    "installing Maquette's zip for this system brings one."
)

LEARNED = "learned"  # the cut-out by an engine, in imaging.cutout.MODES
BY_LEARNING = 3.0  # seconds it may take, until that was learned
QUICKER = (
    "Without a graphics card the background was found with the preset “{}”, which is much quicker; choose “fine” for "
    "sharper edges."
)

Made = TriangleMesh | GaussianCloud | PointCloud | CutOut


@dataclass(frozen=True)
class Finished:
    """``made`` in the world frame, standing on z = 0 about x = y = 0, coloured; a cut-out in its picture's own field.
    ``report`` what is known of it.
    """

    made: Made
    report: Report


def run(request: Request, meter: Meter, catalogue: Catalogue) -> Finished:
    """Does the job, within the memory there is. Raises JobError where the user can mend the cause, Cancelled where the
    meter was stopped.
    """
    info = check(request, catalogue)
    if not request.engine and info is not None:
        request = replace(request, engine=info.id)
    memory.forget_peak()
    device.forget_peak()
    for last in (False, True):
        try:
            return _once(request, info, meter, catalogue)
        except BaseException as error:
            if not is_out_of_memory(error):
                raise
            # As text: a record that kept the error would keep all that its frames hold.
            log.warning("a job at %s ran out of memory\n%s", request.preset, traceback.format_exc())
        # Outside of the clause above, for the same reason.
        make_room(catalogue)
        if not last and info is not None:
            preset, sentence = second_try(info, request.preset)
            request = replace(request, preset=preset)
            meter.warn(sentence)
    raise out_of_memory(info)


def _once(request: Request, info: EngineInfo | None, meter: Meter, catalogue: Catalogue) -> Finished:
    """One try: what comes in → the engine's shape → what is to come out."""
    if info is None or request.output == "cutout":
        return _cut_out(request, info, meter, catalogue)
    of_text, of_cloud = (given(request) in kinds for kinds in (("prompt",), ("cloud", "depths")))
    stages = dict(OF_TEXTS if of_text else OF_CLOUDS if of_cloud else OF_PICTURES)
    remover = _remover(request, catalogue)
    if remover is not None:
        stages[CUT_OUT] = BY_LEARNING
    if request.output == "cloud":
        del stages[SURFACE]
    meter.plan(stages)
    with nullcontext(Watch()) if of_text else meter.stage(next(iter(stages))) as watch:  # a text needs no preparing
        conditioning = condition(request, watch, _remove(remover, request.preset, catalogue, watch))
    with meter.stage(IMAGINE if of_text else ENGINE) as watch:
        if info.tier == "gpu":
            watch.step(0.0, "starting PyTorch")
            meter.warn(device.choose().note)
        # Now, when all that came before has taken its share.
        preset, sentence = affordable(info, request.preset, catalogue)
        meter.warn(sentence)
        request = replace(request, preset=preset)
        engine = catalogue.load(info.id)
        stay, height = bool(request.options.get("keep_scale")), request.placement.height
        shape = engine.generate(replace(conditioning, preset=preset), watch if stay else _standing(watch, height))
    how = conditioning.cutout
    del conditioning  # a large cloud is not kept twice
    if request.output == "cloud":
        with meter.stage(FINISH):
            cloud, facts = _placed(shape, height, stay)
        return _done(request, info, meter, cloud, facts, how)
    with meter.stage(SURFACE) as watch:
        early = watch if stay else _standing(watch, height)
        if isinstance(shape, (GaussianCloud, PointCloud)):
            glimpse(shape, early)
        mesh = extract(shape, engine.resolution(preset), early)
    with meter.stage(FINISH) as watch:
        mesh, facts = finish(mesh, request.target_faces, height, watch, stay)
    return _done(request, info, meter, mesh, facts, how)


def _cut_out(request: Request, info: EngineInfo | None, meter: Meter, catalogue: Catalogue) -> Finished:
    """``info`` of the remover; it is named in the report only where it was of use."""
    remover = _remover(request, catalogue)
    meter.plan({CUT_OUT: BY_LEARNING if remover else OF_PICTURES[CUT_OUT]})
    with meter.stage(CUT_OUT) as watch:
        made = only_cut_out(request, watch, _remove(remover, request.preset, catalogue, watch))
    return _done(request, info if made.by == LEARNED else None, meter, made, Facts(0, 0, 0, False), made.by)


def _remover(request: Request, catalogue: Catalogue) -> EngineInfo | None:
    """The learned remover, where one is ready and the request leaves the choice to it."""
    if not request.images or request.cutout not in ("auto", LEARNED):
        return None
    info = find_remover(request, catalogue)
    return info if info is not None and info.available else None


def _remove(info: EngineInfo | None, preset: str, catalogue: Catalogue, watch: Watch) -> Remove | None:
    """What the remover does to a picture; it is loaded when that is called first. What this raises makes the embedded
    remover step in (``imaging.learned``), which is better than a computer that swaps for minutes.
    """
    if info is None:
        return None

    def remove(pixels: np.ndarray, step: Callable[..., None]) -> np.ndarray:
        at, quicker = preset if preset in info.presets else info.presets[-1], ""
        if info.tier == "gpu":
            step(0.0, "starting PyTorch")
            watch.warn(device.choose().note)
            if not device.current().accelerated:
                at, quicker = _quicker(info, at)
        at, sentence = affordable(info, at, catalogue, "the background was found")
        if not fits(info, at):
            raise OutOfMemory("there is too little free memory for it", "Close other programs and try again.")
        watch.warn(sentence or quicker)
        remover: Remover = catalogue.load(info.id)
        return remover.matte(pixels, replace(watch, step=step), at)

    return remove


def _quicker(info: EngineInfo, preset: str) -> tuple[str, str]:
    """On a processor the large picture takes most of a minute, so only who asks for the finest waits for it. The preset
    to use, and the sentence that says so, or "".
    """
    smallest = info.presets[0]
    if preset in (smallest, info.presets[-1]):
        return preset, ""
    return smallest, QUICKER.format(smallest)


def _standing(watch: Watch, height: float) -> Watch:
    """A watch that shows early meshes where the finished one will stand."""

    def preview(mesh: object) -> None:
        watch.preview(stand_mesh(mesh, height) if isinstance(mesh, TriangleMesh) else mesh)

    return replace(watch, preview=preview)


def _placed(shape: Shape, height: float, stay: bool) -> tuple[GaussianCloud | PointCloud, Facts]:
    if not isinstance(shape, (GaussianCloud, PointCloud)):
        raise UnsupportedShape(f"A {type(shape).__name__} is no cloud.", "Ask for a mesh instead.")
    cloud = shape if stay else stand_cloud(shape, height)
    count = len(cloud.points if isinstance(cloud, PointCloud) else cloud.means)
    return cloud, Facts(count, 0, 0, False)


def _done(request: Request, info: EngineInfo | None, meter: Meter, made: Made, facts: Facts, cutout: str) -> Finished:
    for sentence in facts.warnings:
        meter.warn(sentence)
    on_card = info is not None and info.tier == "gpu" and device.current().accelerated
    if info is not None and info.tier == "embedded" and blas.current().slow:
        meter.warn(SLOW)
    report = Report(
        engine=info.id if info is not None else "",
        preset=request.preset,
        seed=request.seed,
        seconds=meter.elapsed,
        vertices=facts.vertices,
        faces=facts.faces,
        parts=facts.parts,
        watertight=facts.watertight,
        warnings=tuple(meter.warnings),
        stages=dict(meter.seconds),
        peak_memory=device.peak_memory() if on_card else memory.peak_memory(),
        licence=info.weights_licence if info is not None else "",
        device=device.current().title if on_card else "",
        cutout=cutout,
    )
    return Finished(made, report)
