"""How a backend is started from this Blender: which Python runs it, and in which folder it may write."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import bpy

from .child import Launch
from .interpreter import NoInterpreter, find_interpreter
from .problems import NoPython
from .wishes import PACKAGE, preferences

NO_GPU = "The GPU engines did not start, so Maquette works without them; Repair, under GPU Engines, mends that."
ROOT = Path(__file__).resolve().parent.parent  # holds ``backend``

_fallback: Path | None = None  # a data folder that goes with us, where no other can be written


def best_launch(try_out: bool, apart: bool = False) -> Launch:
    """In the GPU engines' environment where there is one, unless we are to keep ``apart`` from it; or else, and
    instead, in Blender's own Python. Raises NoPython.
    """
    plain, python = plain_launch(try_out), "" if apart else private_python()
    return replace(plain, interpreter=python, instead=plain, why=NO_GPU) if python else plain


def plain_launch(try_out: bool = False) -> Launch:
    """In Blender's own Python. Raises NoPython."""
    try:
        interpreter = find_interpreter(bpy.utils.resource_path("LOCAL"), try_out)
    except NoInterpreter as error:
        tried = f" Tried: {', '.join(error.tried)}." if error.tried else ""
        raise NoPython(f"{error}{tried}", "Install Blender from blender.org, which brings both along.") from None
    return Launch(
        interpreter=interpreter,
        root=ROOT,
        data_dir=data_dir(),
        blas_path=_blas_path(),
        threads=preferences().threads,
        interactive=not bpy.app.background,
    )


def _blas_path() -> str:
    """The folder of the OpenBLAS wheel that came with the extension: the child does not see Blender's wheels."""
    spec = importlib.util.find_spec("scipy_openblas32")
    return str(Path(spec.origin).parent) if spec is not None and spec.origin else ""


def private_python() -> str:
    """The Python of the GPU engines' environment, "" while there is none. (``backend/runtime/environment`` says
    where it is: the marker is written last.)
    """
    root = data_dir() / "gpu"
    python = root / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return str(python) if _says_installed(root / "installed.json") and python.exists() else ""


def _says_installed(marker: Path) -> bool:
    """Whether the marker is whole, as the installer sees it too: what it calls unfinished is not started either."""
    try:
        facts = json.loads(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(facts, dict) and all(isinstance(facts.get(key), str) for key in ("key", "build", "self_test"))


@functools.cache
def data_dir() -> Path:
    """A folder of ours that can be written: the extension's own, else one in the user's or temporary files."""
    global _fallback
    for attempt in (_extension_folder, _user_folder):
        with contextlib.suppress(OSError, ValueError):
            folder = Path(attempt())
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
    _fallback = Path(tempfile.mkdtemp(prefix="maquette-data-"))
    return _fallback


def drop_fallback() -> None:
    """Deletes the data folder that was made for want of a better one."""
    global _fallback
    if _fallback is not None:
        shutil.rmtree(_fallback, ignore_errors=True)
        _fallback = None
        data_dir.cache_clear()


def _extension_folder() -> str:
    return bpy.utils.extension_path_user(PACKAGE, path="", create=True)


def _user_folder() -> str:
    return bpy.utils.user_resource("DATAFILES", path="maquette", create=True)
