"""The story of a job: what the user asked for → a coloured mesh that stands on the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .engines.engine import Conditioning, Engine
from .errors import BadRequest, InputNotTaken, UnknownEngine
from .imaging.cutout import MODES, CutOut, cut_out
from .imaging.framing import Framed, frame
from .progress import CUT_OUT, ENGINE, FINISH, SURFACE, Meter
from .protocol import EngineInfo, Picture, Report, Request
from .runtime import blas
from .runtime.memory import peak_memory
from .shapes import GaussianCloud, PointCloud, TriangleMesh
from .surface.extract import extract
from .surface.finish import finish
from .watch import Watch

VIEWS = ("front", "right", "back", "left")
MAX_PROMPT = 4000
LOWEST, HIGHEST = 1e-4, 1e4  # metres: beyond them Blender's single precision and its views give out
SLENDEREST = 100  # times as long as wide may a picture be
SLOW = (
    "No fast matrix library could be loaded on this computer, so this took longer; "
    "installing Maquette's zip for this system brings one."
)
KEPT = 0.7  # part of the object's area below which its thin parts were lost; bulky things keep all of it
LOST = (
    "Parts thinner than about a 400th of the object's length were lost, for the engine sees it in few pixels; "
    "use a closer picture, or one of a part of it."
)


class Catalogue(Protocol):
    """The engines there are: the package ``engines`` itself, or a test's own list."""

    def engines(self) -> tuple[EngineInfo, ...]: ...
    def load(self, id: str) -> Engine: ...
    def unload(self) -> None: ...


@dataclass(frozen=True)
class Finished:
    """``made`` in the world frame, standing on z = 0 about x = y = 0, coloured; ``report`` what is known of it."""

    made: TriangleMesh | GaussianCloud | PointCloud | CutOut
    report: Report


def run(request: Request, meter: Meter, catalogue: Catalogue) -> Finished:
    """Does the job. Raises JobError where the user can mend the cause, Cancelled where the meter was stopped."""
    info = check(request, catalogue)
    with meter.stage(CUT_OUT) as watch:
        conditioning = condition(request, watch)
    with meter.stage(ENGINE) as watch:
        engine = catalogue.load(info.id)
        shape = engine.generate(conditioning, watch)
    with meter.stage(SURFACE) as watch:
        mesh = extract(shape, engine.resolution(request.preset), watch)
    with meter.stage(FINISH) as watch:
        mesh, facts = finish(mesh, request.target_faces, request.placement.height, watch)
    for sentence in facts.warnings:
        meter.warn(sentence)
    if info.tier == "embedded" and blas.current().slow:
        meter.warn(SLOW)
    report = Report(
        engine=info.id,
        preset=request.preset,
        seed=request.seed,
        seconds=meter.elapsed,
        vertices=facts.vertices,
        faces=facts.faces,
        parts=facts.parts,
        watertight=facts.watertight,
        warnings=tuple(meter.warnings),
        stages=dict(meter.seconds),
        peak_memory=peak_memory(),
        licence=info.weights_licence,
    )
    return Finished(mesh, report)


def find_engine(request: Request, catalogue: Catalogue) -> EngineInfo:
    """The engine asked for, if it is there and has the preset."""
    known = {info.id: info for info in catalogue.engines()}
    info = known.get(request.engine)
    if info is None:
        raise UnknownEngine(f"There is no engine called {request.engine!r}.", f"Choose one of: {', '.join(known)}.")
    if not info.available:
        raise UnknownEngine(f"{info.title} is not ready: {info.status}", "Choose another engine, or install this one.")
    if request.preset not in info.presets:
        raise BadRequest(
            f"{info.title} has no preset {request.preset!r}.", f"Choose one of: {', '.join(info.presets)}."
        )
    return info


def check(request: Request, catalogue: Catalogue) -> EngineInfo:
    """Refuses, before anything is computed, what could not work. Returns the engine's description."""
    info = find_engine(request, catalogue)
    if request.cutout not in MODES:
        raise BadRequest(f"There is no cut-out {request.cutout!r}.", f"Choose one of: {', '.join(MODES)}.")
    if len(request.prompt) > MAX_PROMPT:
        raise BadRequest("The text is too long.", f"Use at most {MAX_PROMPT} characters.")
    if not 0 <= request.target_faces < 2**31:
        raise BadRequest("The number of faces makes no sense.", "Give 0 to keep every face, or a positive number.")
    height = request.placement.height
    if height != 0 and not LOWEST <= height <= HIGHEST:  # not a number is refused too
        raise BadRequest("The height makes no sense.", "Give 0 for one metre across, or 0.0001 m to 10,000 m.")
    if request.prompt.strip() and "prompt" not in info.inputs:
        raise InputNotTaken(f"{info.title} makes no meshes from text.", _advice("prompt", catalogue))
    if len(request.images) > 1 and "views" not in info.inputs:
        raise InputNotTaken(f"{info.title} looks at one picture only.", _advice("views", catalogue))
    if request.images and not {"image", "views"} & set(info.inputs):
        raise InputNotTaken(f"{info.title} takes no picture.", _advice("image", catalogue))
    if not request.images and not request.prompt.strip():
        wanted = "a text" if "image" not in info.inputs else "a picture"
        raise BadRequest("There is nothing to make a mesh from.", f"Choose {wanted} first.")
    for picture in request.images:
        _check_picture(picture)
    return info


def condition(request: Request, watch: Watch) -> Conditioning:
    """Pictures → cut out and framed; everything else as it is."""
    framed = []
    for i, picture in enumerate(request.images):
        watch.step(i / len(request.images), picture.view)
        framed.append(_frame(picture, request.cutout, watch))
    return Conditioning(
        images=tuple(framed),
        prompt=request.prompt.strip(),
        negative_prompt=request.negative_prompt.strip(),
        seed=request.seed,
        preset=request.preset,
        options=dict(request.options),
    )


def _frame(picture: Picture, mode: str, watch: Watch) -> Framed:
    cut = cut_out(np.asarray(picture.pixels), mode, watch.step)
    watch.warn(cut.doubtful)
    framed = frame(cut.rgba, view=picture.view)
    if framed.kept < KEPT:
        watch.warn(LOST)
    return framed


def _check_picture(picture: Picture) -> None:
    pixels = np.asarray(picture.pixels)
    if pixels.ndim != 3 or pixels.shape[2] != 4 or pixels.dtype != np.uint8:
        raise BadRequest("The picture is not an RGBA array of bytes.", "Load the picture again.")
    long, short = max(pixels.shape[:2]), min(pixels.shape[:2])
    if long > SLENDEREST * short > 0:
        raise BadRequest(
            f"A picture of {pixels.shape[1]:,} × {pixels.shape[0]:,} pixels is too long and narrow to show an object.",
            f"Use one that is at most {SLENDEREST} times as long as it is wide.",
        )
    if picture.view not in VIEWS:
        raise BadRequest(f"There is no view {picture.view!r}.", f"Choose one of: {', '.join(VIEWS)}.")


def _advice(wanted: str, catalogue: Catalogue) -> str:
    able = [info.title for info in catalogue.engines() if wanted in info.inputs and info.available]
    if able:
        return f"Choose {' or '.join(able)}."
    instead = {"prompt": "Choose a picture instead.", "views": "Give one picture.", "image": "Give a text instead."}
    return instead[wanted]
