"""Finds an interpreter of an exact version on this computer.

Blender's Python module exists for Python 3.11 (Blender 4.2 to 5.0) and 3.13 (5.1 and later) only, so "any Python 3"
will not do for the tests, though any Python from 3.9 on can start them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .paths import TOOLS

WINDOWS = os.name == "nt"
FETCHED = TOOLS / "python"  # interpreters that uv brought


def version_of(python: str) -> tuple[int, int] | None:
    """(major, minor) of what ``python`` really runs; None where it does not (a shim of an absent version, say)."""
    told = _ask(python, "import sys; print(*sys.version_info[:2])")
    return tuple(map(int, told.split())) if told else None  # type: ignore[return-value]


def find(version: str) -> str | None:
    """The path of a Python ``version`` ("3.11"), or None."""
    return next(_working(version), None)


def every() -> Iterator[str]:
    """The running interpreter first, then every other one known, any version."""
    yield sys.executable
    for minor in range(14, 8, -1):
        yield from _working(f"3.{minor}")


def _working(version: str) -> Iterator[str]:
    wanted = tuple(map(int, version.split(".")))
    for candidate in _candidates(version):
        if version_of(candidate) == wanted:
            real = _ask(candidate, "import sys; print(sys.executable)")
            if real:
                yield real


def _candidates(version: str) -> Iterator[str]:
    """Where interpreters of ``version`` are put, by the usual installers, likeliest first."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        yield sys.executable
    for name in (f"python{version}", "python3", "python"):
        path = shutil.which(name)
        if path:
            yield path
    home = Path.home()
    tails = ("python.exe",) if WINDOWS else (f"bin/python{version}",)
    roots = [
        (FETCHED, f"cpython-{version}*"),
        (Path(os.environ.get("PYENV_ROOT", home / ".pyenv")) / "versions", f"{version}.*"),
    ]
    if WINDOWS:
        launcher = shutil.which("py")
        told = _ask(launcher, "import sys; print(sys.executable)", f"-{version}") if launcher else None
        if told:
            yield told
        roots += [
            (home / ".pyenv" / "pyenv-win" / "versions", f"{version}.*"),
            (Path(os.environ.get("APPDATA", home)) / "uv" / "python", f"cpython-{version}*"),
            (Path(os.environ.get("LOCALAPPDATA", home)) / "Programs" / "Python", f"Python{version.replace('.', '')}*"),
        ]
    else:
        yield from (f"{folder}/python{version}" for folder in ("/usr/bin", "/usr/local/bin"))
        roots += [
            (home / ".local/share/uv/python", f"cpython-{version}*"),
            (Path("/Library/Frameworks/Python.framework/Versions"), version),
            (Path("/opt/homebrew/opt"), f"python@{version}"),
            (Path("/usr/local/opt"), f"python@{version}"),
        ]
    for root, pattern in roots:
        for folder in sorted(root.glob(pattern), reverse=True) if root.is_dir() else ():
            yield from (str(folder / tail) for tail in tails)


@cache
def _ask(python: str, code: str, *flags: str) -> str | None:
    try:
        done = subprocess.run([python, *flags, "-I", "-c", code], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
