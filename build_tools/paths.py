"""Where things lie, and the one error that ends a verb with a sentence instead of a traceback."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"  # environments, demo, scratch: all of it can be deleted
TOOLS = BUILD / "tools"  # pip, uv and interpreters of our own, where the system's will not do
DIST = ROOT / "dist"  # finished zips
WHEELS = ROOT / "wheels"
REQUIREMENTS = ROOT / "requirements"


class Stop(Exception):
    """The verb cannot go on; the message is what the user reads and does next."""


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
