"""Whether a job could work at all: asked before anything is computed, answered with a sentence and its fix."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .engines.engine import Catalogue
from .errors import BadRequest, InputNotTaken, UnknownEngine
from .imaging.cutout import MODES
from .inputs import check_arrays, check_file, given
from .protocol import EngineInfo, Picture, Request
from .shapes.files.frames import AUTO, turn

VIEWS = ("front", "right", "back", "left")
OUTPUTS = ("mesh", "cloud", "cutout")
MAX_PROMPT = 4000
LOWEST, HIGHEST = 1e-4, 1e4  # metres: beyond them Blender's single precision and its views give out
SLENDEREST = 100  # times as long as wide may a picture be

# The engine for each kind of input, where a request names none.
OWN = {"": "pocket", "image": "pocket", "views": "pocket", "prompt": "pocket_text", "cloud": "splat", "depths": "splat"}

_WORDS = {"mesh": "meshes", "cloud": "clouds", "cutout": "cut-outs"}
_NOT_TAKEN = {
    "prompt": "{} makes no {} from text.",
    "views": "{} looks at one picture only.",
    "image": "{} takes no picture.",
    "cloud": "{} takes no Gaussians and no points.",
    "depths": "{} takes no depths.",
}
_INSTEAD = {
    "prompt": "Choose a picture instead.",
    "views": "Give one picture.",
    "image": "Give {} instead.",
    "cloud": "Give {} instead.",
    "depths": "Give {} instead.",
}
_NAMES = {
    "prompt": "a text",
    "views": "a picture",
    "image": "a picture",
    "cloud": "a .ply of Gaussians or points",
    "depths": "pictures with depths",
}


def find_engine(request: Request, catalogue: Catalogue) -> EngineInfo:
    """The engine asked for, or the one for what is given where none is named, if it is there and has the preset."""
    known = {info.id: info for info in catalogue.engines()}
    info = known.get(request.engine or _fitting(request, known))
    if info is None:
        choice = ", ".join(f"{one.id} (from {' or '.join(one.inputs)})" for one in known.values())
        raise UnknownEngine(f"There is no engine called {request.engine!r}.", f"Choose one of: {choice}.")
    if not info.available:
        raise UnknownEngine(f"{info.title} is not ready: {info.status}", "Choose another engine, or install this one.")
    if request.preset not in info.presets:
        raise BadRequest(
            f"{info.title} has no preset {request.preset!r}.", f"Choose one of: {', '.join(info.presets)}."
        )
    return info


def _fitting(request: Request, known: Mapping[str, EngineInfo]) -> str:
    """The id of an engine for what is given: Maquette's own for such input, else the first that is ready."""
    own, wanted = OWN[given(request)], given(request)
    if own in known and known[own].available:
        return own
    able = (info.id for info in known.values() if info.available and wanted in info.inputs)
    return next((id for id in able if request.output in known[id].makes), own)


def find_remover(request: Request, catalogue: Catalogue) -> EngineInfo | None:
    """The engine that cuts pictures out: the one asked for, else any that is ready; None where there is none."""
    able = {info.id: info for info in catalogue.engines() if "cutout" in info.makes and "image" in info.inputs}
    if request.engine in able:
        return find_engine(request, catalogue)
    return next((info for info in able.values() if info.available), None)


def check(request: Request, catalogue: Catalogue) -> EngineInfo | None:
    """Refuses, before anything is computed, what could not work. Returns the engine's description; None for a cut-out
    that the embedded remover makes. Raises BadRequest, InputNotTaken, UnknownEngine.
    """
    if request.output not in OUTPUTS:
        raise BadRequest(f"There is no output {request.output[:40]!r}.", f"Choose one of: {', '.join(OUTPUTS)}.")
    wants_cutout = request.output == "cutout"
    info = find_remover(request, catalogue) if wants_cutout else find_engine(request, catalogue)
    if request.cutout not in MODES:
        raise BadRequest(f"There is no cut-out {request.cutout!r}.", f"Choose one of: {', '.join(MODES)}.")
    if max(len(request.prompt), len(request.negative_prompt)) > MAX_PROMPT:
        raise BadRequest("The text is too long.", f"Use at most {MAX_PROMPT} characters.")
    if not 0 <= request.target_faces < 2**31:
        raise BadRequest("The number of faces makes no sense.", "Give 0 to keep every face, or a positive number.")
    height = request.placement.height
    if height != 0 and not LOWEST <= height <= HIGHEST:  # not a number is refused too
        raise BadRequest("The height makes no sense.", "Give 0 for one metre across, or 0.0001 m to 10,000 m.")
    if type(request.options.get("keep_scale", False)) is not bool:
        raise BadRequest("The option keep_scale is not yes or no.", "Send true or false.")
    if wants_cutout:
        _check_cutout(request)
    elif info is not None:
        _check_input(request, info, catalogue)
    for picture in request.images:
        _check_picture(picture)
    if request.file:
        check_file(request.file)
        up = request.options.get("up") or AUTO
        if up != AUTO:
            turn(str(up))  # raises where there is no such direction
    if request.arrays:
        check_arrays(request.arrays)
    return info


def _check_cutout(request: Request) -> None:
    if given(request) in ("cloud", "depths"):
        raise InputNotTaken("Only a picture can be cut out.", "Choose a picture instead.")
    if len(request.images) != 1:
        raise BadRequest("A cut-out is made of one picture.", "Choose one picture.")


def _check_input(request: Request, info: EngineInfo, catalogue: Catalogue) -> None:
    """What comes in, and what is to come out, against what the engine does."""
    if bool(request.file) + bool(request.arrays) + bool(request.images or request.prompt.strip()) > 1:
        raise BadRequest(
            "There is more than one thing to start from.", "Give either pictures and a text, or a file, or an object."
        )
    wanted = given(request)
    if not wanted:
        first = next((name for name in ("image", "prompt", *info.inputs) if name in info.inputs), "image")
        verb = "Write" if first == "prompt" else "Choose"
        raise BadRequest("There is nothing to make a mesh from.", f"{verb} {_NAMES[first]} first.")
    taken = set(info.inputs) | ({"image"} if "views" in info.inputs else set())
    for name in [wanted] if not request.prompt.strip() else ["prompt", wanted]:
        if name not in taken:
            what = "image" if name == "views" and "image" not in taken else name
            sentence = _NOT_TAKEN[what].format(info.title, _WORDS[request.output])
            raise InputNotTaken(sentence, _advice(what, request.output, info, catalogue))
    if request.output not in info.makes:
        makes = " or ".join(_WORDS[made] for made in info.makes)
        raise InputNotTaken(
            f"{info.title} makes {makes}, no {_WORDS[request.output]}.",
            _advice(wanted, request.output, info, catalogue, f"Ask for {makes}."),
        )


def _advice(wanted: str, output: str, info: EngineInfo, catalogue: Catalogue, otherwise: str = "") -> str:
    """Names the engines that would do it, or what else this one could be given."""
    able = [
        other.title
        for other in catalogue.engines()
        if wanted in other.inputs and output in other.makes and other.available
    ]
    if able:
        return f"Choose {' or '.join(able)}."
    return otherwise or _INSTEAD[wanted].format(_NAMES[info.inputs[0]])


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
