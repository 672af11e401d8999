"""What is remembered of whole files, so that a gigabyte is not hashed twice.

An entry counts only while the file has the length and the time of change that it had when it was hashed. A missing
or damaged ledger is an empty one: the file is hashed again.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

_SHA256 = re.compile("[0-9a-f]{64}")
MAX_LEDGER = 1 << 20  # bytes


@dataclass(frozen=True)
class Known:
    size: int
    changed: int  # st_mtime_ns
    sha256: str
    whole: bool = True  # false once it was read again and was another
    recognised: bool = False  # by its tensors: the user's own file, not byte for byte the published one


class Ledger:
    """One JSON file in an engine's folder; every change is written at once, whole or not at all."""

    def __init__(self, file: Path):
        self._file = file

    def recall(self, name: str, found: os.stat_result) -> Known | None:
        """What is known of the file that was ``found`` so."""
        known = self._read().get(name)
        fits = known is not None and (known.size, known.changed) == (found.st_size, found.st_mtime_ns)
        return known if fits else None

    def remember(
        self, name: str, found: os.stat_result, sha256: str, whole: bool = True, recognised: bool = False
    ) -> None:
        known = Known(found.st_size, found.st_mtime_ns, sha256.lower(), whole, recognised)
        self._write({**self._read(), name: known})

    def forget(self, *names: str) -> None:
        """The ledger itself goes with its last entry."""
        self._write({name: known for name, known in self._read().items() if name not in names})

    def _read(self) -> dict[str, Known]:
        try:
            with open(self._file, "rb") as file:
                raw = json.loads(file.read(MAX_LEDGER))
            known = {name: Known(**entry) for name, entry in raw.items()}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return {}
        return {name: k for name, k in known.items() if _sound(k)}

    def _write(self, known: dict[str, Known]) -> None:
        with contextlib.suppress(OSError):  # a full disk or a folder that may only be read: the file is hashed again
            if known:
                write_json(self._file, {name: asdict(entry) for name, entry in sorted(known.items())})
            else:
                self._file.unlink(missing_ok=True)


def _sound(known: Known) -> bool:
    numbers = type(known.size) is int and type(known.changed) is int
    typed = numbers and type(known.whole) is bool and type(known.recognised) is bool
    return typed and isinstance(known.sha256, str) and bool(_SHA256.fullmatch(known.sha256))


def write_json(path: Path, value: object) -> None:
    """Writes ``path`` so that a reader sees all of it or nothing. Raises OSError."""
    spare = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        spare.write_text(json.dumps(value, indent=1), encoding="utf-8")
        os.replace(spare, path)
    except OSError:
        with contextlib.suppress(OSError):
            spare.unlink(missing_ok=True)
        raise
