"""pip, wherever one can be had: a stock Debian or Ubuntu has Python but neither pip nor ensurepip."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache

from . import pythons
from .paths import REQUIREMENTS, TOOLS, Stop

_LOCKED = ("install", "--quiet", "--require-hashes", "--only-binary", ":all:", "--upgrade", "--target")


def pip(*arguments: str, python: str | None = None) -> None:
    """Runs pip, installing into ``python`` where one is given. Raises Stop when it fails or when there is no pip."""
    target = ["--python", python] if python else []
    command = [*_pip(), *target, "--disable-pip-version-check", *arguments]
    done = subprocess.run(command)
    if done.returncode != 0:
        raise Stop(f"pip could not do its work (see above): pip {' '.join(arguments)}. Is there a network?")


@cache
def _pip() -> tuple[str, ...]:
    """The command of a pip that knows ``--python`` (22.3 or newer)."""
    own = TOOLS / "pip"
    if (own / "pip").is_dir():
        return (sys.executable, str(own / "pip"))
    for python in pythons.every():
        if _is_recent([python, "-m", "pip"]):
            return (python, "-m", "pip")
    for python in pythons.every():  # an old pip, or the one that ensurepip carries, can fetch a new one
        for bootstrap in ([python, "-m", "pip"], _venv_pip(python)):
            if bootstrap and _runs(bootstrap):
                done = subprocess.run([*bootstrap, *_LOCKED, str(own), "--requirement", str(REQUIREMENTS / "pip.lock")])
                if done.returncode == 0:
                    return (sys.executable, str(own / "pip"))
    if shutil.which("apt-get"):
        raise Stop("This computer has no pip. Install it with: sudo apt install python3-venv")
    raise Stop("This computer has no pip. Install it with: python3 -m ensurepip --user")


def uv() -> list[str] | None:
    """The command of uv: the system's, or one that pip installs under ``build/``; None where neither can be."""
    if shutil.which("uv"):
        return ["uv"]
    binary = TOOLS / "uv" / "bin" / ("uv.exe" if pythons.WINDOWS else "uv")
    if not binary.exists():
        try:
            pip(*_LOCKED, str(TOOLS / "uv"), "--requirement", str(REQUIREMENTS / "uv.lock"))
        except Stop:
            return None
    return [str(binary)] if binary.exists() else None


def _venv_pip(python: str) -> list[str] | None:
    """pip out of a throwaway environment, on a Python whose ensurepip works though no pip is installed."""
    folder = TOOLS / "bootstrap"
    done = subprocess.run([python, "-m", "venv", "--clear", str(folder)], capture_output=True)
    inside = folder / ("Scripts/python.exe" if pythons.WINDOWS else "bin/python")
    return [str(inside), "-m", "pip"] if done.returncode == 0 and inside.exists() else None


def _runs(command: list[str]) -> bool:
    try:
        return subprocess.run([*command, "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


def _is_recent(command: list[str]) -> bool:
    try:
        done = subprocess.run([*command, "--version"], capture_output=True, text=True)
        major, minor = done.stdout.split()[1].split(".")[:2]
    except (OSError, IndexError, ValueError):
        return False
    return done.returncode == 0 and (int(major), int(minor)) >= (22, 3)
