"""Where things lie in ``<data folder>/gpu``, and what is known of them. Nothing is ever written outside.

``installed.json`` is written last of all: while it is missing, there is no environment, whatever else lies here.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

WINDOWS = os.name == "nt"
DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Installed:
    """The marker. ``key`` of the plan; ``self_test`` the sentence it ended with; ``base`` the Python it stands on."""

    key: str
    build: str
    torch: str
    python: str
    base: str
    self_test: str
    device: str
    bytes: int


@dataclass(frozen=True)
class Place:
    """The folder ``root`` and its parts."""

    root: Path

    @property
    def env(self) -> Path:
        return self.root / "env"

    @property
    def downloads(self) -> Path:
        return self.root / "downloads"

    @property
    def log(self) -> Path:
        return self.root / "install.log"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.env / ("Scripts/python.exe" if WINDOWS else "bin/python")

    @property
    def packages(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        found = sorted((self.env / "lib").glob("python3.*/site-packages")) if not WINDOWS else []
        return found[0] if found else self.env / ("Lib" if WINDOWS else f"lib/{version}") / "site-packages"

    @property
    def marker(self) -> Path:
        return self.root / "installed.json"

    @property
    def progress(self) -> Path:
        """Which wheels of which plan are unpacked whole, one line each."""
        return self.root / "unpacked.txt"

    @property
    def consent(self) -> Path:
        """The unverified files that the user accepted."""
        return self.root / "accepted.json"

    def accepted(self) -> dict[str, str]:
        """File names → SHA-256 of the unverified files that were accepted here; empty where that is not readable."""
        try:
            raw = json.loads(self.consent.read_text(encoding="utf-8"))
            return {str(name): digest for name, digest in raw.items() if DIGEST.fullmatch(digest)}
        except (OSError, ValueError, AttributeError, TypeError, RecursionError):
            return {}

    def accept(self, files: Mapping[str, str]) -> None:
        """Remembers more of them."""
        spare = self.consent.with_suffix(".tmp")
        spare.write_text(json.dumps({**self.accepted(), **files}, indent=1), encoding="utf-8")
        os.replace(spare, self.consent)

    def installed(self) -> Installed | None:
        """What the marker says, None where there is none or it makes no sense."""
        try:
            raw = json.loads(self.marker.read_text(encoding="utf-8"))
            found = Installed(**{field.name: raw[field.name] for field in fields(Installed)})
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        typed = all(type(getattr(found, field.name)).__name__ == field.type for field in fields(Installed))
        return found if typed else None

    def mark(self, installed: Installed) -> None:
        spare = self.marker.with_suffix(".tmp")
        spare.write_text(json.dumps(asdict(installed), indent=1), encoding="utf-8")
        os.replace(spare, self.marker)

    def unmark(self) -> None:
        self.marker.unlink(missing_ok=True)


def long(path: Path) -> Path:
    """``path`` in the form in which Windows takes more than 260 characters; elsewhere itself."""
    if not WINDOWS:
        return path
    text = os.path.abspath(path)
    return Path(text if text.startswith("\\\\") else "\\\\?\\" + text)


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder, 0 where it is missing."""
    total = 0
    for where, _folders, files in os.walk(long(folder)):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(where, name)).st_size
    return total


def remove_tree(folder: Path) -> None:
    """Deletes a folder of ours, read-only files too. Raises OSError where one cannot go (Windows: it is in use)."""

    def insist(function, path, _error) -> None:  # type: ignore[no-untyped-def]
        os.chmod(path, 0o700)
        function(path)

    if folder.is_symlink():  # the folder behind it is not ours
        folder.unlink()
    elif folder.exists():
        handler = {"onexc": insist} if sys.version_info >= (3, 12) else {"onerror": insist}
        shutil.rmtree(long(folder), **handler)  # type: ignore[arg-type]
