"""Names of files on the shelf, and sizes in words. A name comes from data and is believed only when it is plain."""

from __future__ import annotations

import re
from pathlib import Path

from ...errors import JobError

MAX_NAME = 200  # characters; Windows allows 260 for the whole path
PART = ".part"  # what is not whole yet
ABOUT_PART = ".part.json"  # what is known of it
LEDGER = ".known.json"  # what is known of the whole ones

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)  # files of no disk on Windows


class BadName(JobError):
    """A file's or engine's name that could lead out of the folder for weights."""

    code = "bad_name"


def inner_path(engine: str, file: str) -> Path:
    """``<engine>/<file>`` as a relative path that stays where it is put, on every system.

    ``file`` may name folders, with "/". Raises BadName for everything that is not plain letters, digits, ".", "_"
    and "-": no "..", no drive, no hidden file, no device of Windows, no name of our own.
    """
    parts = [engine, *file.split("/")]
    for part in parts:
        plain = _PLAIN.fullmatch(part) and not part.endswith(".") and not _DEVICES.fullmatch(part)
        if not plain or part.endswith((PART, ABOUT_PART)) or len(engine) + len(file) > MAX_NAME:
            raise BadName(
                f"“{engine[:40]}/{file[:80]}” is no name for a file of weights.",
                "Update Maquette, or tell us about the engine.",
            )
    return Path(*parts)


def beside(path: Path, ending: str) -> Path:
    """The file's companion: ``PART`` or ``ABOUT_PART``."""
    return path.with_name(path.name + ending)


def in_words(size: float) -> str:
    """Bytes as people count them: 830 MB, 1.7 GB."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale * 0.9995:
            number = size / scale
            return f"{number:.1f} {unit}" if number < 9.95 else f"{number:.0f} {unit}"
    return f"{size:.0f} bytes"
