"""The virtual environments under ``build/venvs``, each made from a lock file whose every line carries a hash."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from . import interpreters, libraries, pythons, wheelhouse
from .paths import BUILD, REQUIREMENTS, ROOT, Stop, sha256
from .pips import pip

VENVS = BUILD / "venvs"


@dataclass(frozen=True)
class Recipe:
    """One environment: ``name`` is also that of its lock; ``pythons`` are the versions it may be made with."""

    name: str
    pythons: tuple[str, ...]
    blender: bool = False


DEV = Recipe("dev", ("3.11", "3.13", "3.12", "3.14"))
BLENDERS = (
    Recipe("blender-4.2", ("3.11",), blender=True),
    Recipe("blender-5.0", ("3.11",), blender=True),
    Recipe("blender-5.2", ("3.13",), blender=True),
)
LOW_END = "blender-4.2"  # this one has the oldest NumPy that we support


def make(recipe: Recipe) -> Path:
    """The environment's interpreter. Made anew when its lock changed; the marker is written last.

    Raises Stop where no Python of the right version can be had, or a system library that Blender needs is missing.
    """
    folder, lock = VENVS / recipe.name, REQUIREMENTS / f"{recipe.name}.lock"
    python = folder / ("Scripts/python.exe" if pythons.WINDOWS else "bin/python")
    marker, wanted = folder / "made-from", sha256(lock)
    if not (marker.exists() and marker.read_text() == wanted and pythons.version_of(str(python))):
        base = _base(recipe)
        if recipe.blender:
            libraries.foresee()
        print(f"making {folder.relative_to(BUILD.parent)} with {base}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        # Without pip inside: Debian's Python has no ensurepip, and pip installs from outside just as well.
        subprocess.run([base, "-m", "venv", "--without-pip", str(folder)], check=True)
        locked = ("--require-hashes", "--only-binary", ":all:", "--requirement", str(lock))
        pip("install", "--quiet", *locked, python=str(python))
        marker.write_text(wanted)
    if recipe.blender:
        libraries.check(python)
    return python


def gpu_environment() -> Path:
    """The interpreter of the GPU runtime, for the processor, made by the very installer that users run.

    It lies in ``build/gpu`` and is kept while its lock is the same; what tests need beside it comes from
    ``gpu-test.lock``. Raises Stop where it cannot be had, for want of a network above all.
    """
    dev = make(DEV)
    wheelhouse.fetch_pip()  # the installer's own, for a Python without one
    words = ("install", "--accelerator", "cpu", "--accept-unverified", "--yes", "--data", str(BUILD))
    told = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    if subprocess.run([str(dev), "-m", "backend", "runtime", *words], cwd=ROOT, env=told).returncode != 0:
        raise Stop("The GPU runtime could not be installed; why stands above.")
    folder = BUILD / "gpu"
    python = folder / "env" / ("Scripts/python.exe" if pythons.WINDOWS else "bin/python")
    lock, marker = REQUIREMENTS / "gpu-test.lock", folder / "env" / "tests-made-from"  # goes when the environment goes
    if not marker.exists() or marker.read_text() != sha256(lock):
        locked = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", str(lock))
        pip("install", "--quiet", *locked, python=str(python))
        marker.write_text(sha256(lock))
    return python


def why_no_gpu_environment() -> str:
    """A sentence where no GPU runtime is locked for this kind of computer; "" where one is."""
    told = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(make(DEV)), "-m", "backend", "runtime", "status", "--json", "--data", str(BUILD)]
    state = json.loads(subprocess.run(command, cwd=ROOT, env=told, check=True, capture_output=True).stdout)
    return "" if state["supported"] else str(state["sentence"])


def available(recipes: tuple[Recipe, ...]) -> tuple[list[tuple[Recipe, Path]], list[str]]:
    """Every environment of ``recipes`` that this computer can have, and a sentence for each that it cannot."""
    made, missing = [], []
    for recipe in recipes:
        if any(interpreters.find_or_fetch(version) for version in recipe.pythons):
            made.append((recipe, make(recipe)))
        else:
            missing.append(
                f"{recipe.name}: no Python {recipe.pythons[0]}. {interpreters.how_to_install(recipe.pythons[0])}"
            )
    return made, missing


def first_possible(recipes: Iterable[Recipe]) -> Recipe:
    """The first of ``recipes`` whose Python is on this computer, else the first that uv can bring one for."""
    recipes = list(recipes)
    for look in (pythons.find, interpreters.find_or_fetch):
        for recipe in recipes:
            if any(look(version) for version in recipe.pythons):
                return recipe
    wanted = sorted({recipe.pythons[0] for recipe in recipes})
    raise Stop(f"This needs Python {' or '.join(wanted)}. {interpreters.how_to_install(wanted[0])}")


def _base(recipe: Recipe) -> str:
    for look in (pythons.find, interpreters.find_or_fetch):
        for version in recipe.pythons:
            found = look(version)
            if found:
                return found
    wanted = " or ".join(recipe.pythons)
    raise Stop(f"The environment {recipe.name} needs Python {wanted}. {interpreters.how_to_install(recipe.pythons[0])}")
