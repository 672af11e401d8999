"""Finds a Python that can run the backend: Blender's own, which brings NumPy along. No bpy here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PATIENCE = 30.0  # seconds; a cold disk and a virus scanner are slow the first time
_PROBE = "import sys, numpy; assert sys.version_info >= (3, 11); print('maquette')"


class NoInterpreter(RuntimeError):
    """No Python was found that runs and has NumPy; ``tried`` lists the ones looked at."""

    def __init__(self, tried: list[str]):
        super().__init__("No Python that comes with NumPy was found.")
        self.tried = tried


def find_interpreter(resources: str = "", try_out: bool = True) -> str:
    """Path of the first candidate that starts and imports NumPy. Raises NoInterpreter.

    ``resources`` is Blender's own data folder (``bpy.utils.resource_path('LOCAL')``), beside which official
    builds keep theirs. Trying a Python out takes a fifth of a second, and many on a cold disk; with ``try_out``
    false the first candidate is believed, so that a click does not stall Blender.
    """
    tried = []
    for path in candidates(resources):
        if not try_out or _runs(path):
            return path
        tried.append(path)
    raise NoInterpreter(tried)


def candidates(resources: str = "") -> Iterator[str]:
    """Executable files that may be Python, likeliest first, each once.

    Inside Blender ``sys.executable`` is the bundled Python, or the system's where the distribution links
    to it; in the ``bpy`` module it is the Python that imported it; an embedder may leave Blender itself there.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    names = ["python.exe"] if os.name == "nt" else [version, "python3", "python"]
    folders = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.exec_prefix)]
    if resources:
        folders.append(Path(resources) / "python")
    seen = set()
    listed = [Path(p) for p in (sys.executable, getattr(sys, "_base_executable", "")) if p]
    for folder in folders:
        listed += [folder / "bin" / name for name in names] + [folder / name for name in names]
    for path in listed:
        known = os.path.normcase(path)
        if known in seen or "python" not in path.name.lower() or not os.access(path, os.X_OK) or path.is_dir():
            continue
        seen.add(known)
        yield str(path)


def _runs(path: str) -> bool:
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP")}
    try:
        done = subprocess.run(
            [path, "-s", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=clean,
            timeout=PATIENCE,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0 and done.stdout.strip() == b"maquette"
