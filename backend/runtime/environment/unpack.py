"""Installs one wheel whose hash was checked: its files go into the environment's site-packages.

A wheel is a zip whose tree is that of site-packages (PyPA, "Binary distribution format"); what stands under
``NAME.data`` goes to its own place. We unpack by ourselves, so that progress is told in bytes, a kill costs one
wheel and not the whole, Windows' long paths are no matter, and headers that only compilers read (a tenth of
PyTorch's files have no other reader) stay out.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from ...errors import JobError
from .place import long

BLOCK = 1 << 20
COMPILERS_ONLY = ("torch/include/", "torch/share/cmake/", "torch/test/")
DATA = {"purelib": "", "platlib": ""}  # parts of NAME.data that we install; scripts, headers and data have no use here
HINT = "Delete the file, then install again."


class BadWheel(JobError):
    """A wheel that is no wheel, or that would write elsewhere."""

    code = "bad_wheel"


def unpack(wheel: Path, packages: Path, step: Callable[[int], None]) -> None:
    """Unpacks ``wheel`` into ``packages``; ``step(bytes written)`` may raise to stop. Raises BadWheel, OSError.

    Whatever lies there under the same names is replaced, so a broken-off try needs no cleaning.
    """
    try:
        with zipfile.ZipFile(long(wheel)) as archive:
            inside = archive.infolist()
            for info in inside:
                target = destination(info.filename)
                if target is None or info.is_dir():
                    continue
                path = long(packages / target)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)  # never through a link
                with archive.open(info) as source, open(path, "wb") as file:
                    while block := source.read(BLOCK):
                        file.write(block)
                        step(len(block))
                mode = info.external_attr >> 16
                if mode & 0o111 and os.name == "posix":
                    path.chmod(0o755)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadWheel(f"{wheel.name} is damaged ({error}).", HINT) from None


def destination(name: str) -> str | None:
    """Where a member goes, relative to site-packages; None where it is left out. Raises BadWheel for an unsafe name."""
    path = PurePosixPath(name)
    parts = path.parts
    if path.is_absolute() or not parts or ".." in parts or "\\" in name or ":" in name or "\0" in name:
        raise BadWheel(f"A wheel holds the unsafe name “{name[:60]}”.", HINT)
    if parts[0].endswith(".data"):
        if len(parts) < 3 or parts[1] not in DATA:
            return None
        parts = parts[2:]
    inner = "/".join(parts)
    return None if inner.startswith(COMPILERS_ONLY) else inner


def remove_leftovers(packages: Path) -> None:
    """Compiled copies of modules that were replaced."""
    for folder in long(packages).rglob("__pycache__"):
        shutil.rmtree(folder, ignore_errors=True)
