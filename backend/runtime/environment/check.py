"""Is the environment whole, and does it calculate? By the wheels' own lists of files (RECORD), then by a self-test."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import JobError
from .pips import clean_environment
from .place import Place, long
from .unpack import BadWheel, destination

SELF_TEST = Path(__file__).with_name("self_test.py")
PATIENCE = 300.0  # seconds; a virus scanner reads every file of PyTorch on its first start
REPAIR = "Repair it (python -m backend runtime install --repair): only what is damaged is fetched again."


class Damaged(JobError):
    """Files of the environment are missing or changed."""

    code = "runtime_damaged"


class SelfTestFailed(JobError):
    """PyTorch does not load or does not calculate."""

    code = "self_test_failed"


@dataclass(frozen=True)
class SelfTest:
    """What the environment's own Python found. ``device`` cuda, mps or cpu; ``cuda`` "13.0" or ""; ``memory`` bytes."""

    device: str
    name: str
    torch: str
    cuda: str
    memory: int
    seconds: float
    versions: dict[str, str]

    @property
    def sentence(self) -> str:
        """ "RTX 4070, CUDA 12.8: OK", "Apple GPU: OK", "CPU: OK"."""
        name = self.name.removeprefix("NVIDIA ").removeprefix("GeForce ")
        return f"{name}, CUDA {self.cuda}: OK" if self.device == "cuda" else f"{name}: OK"


def check_files(place: Place, step: Callable[[int], None]) -> int:
    """Compares every installed file with its wheel's RECORD; ``step(bytes)`` may raise. How many files were read.

    Raises Damaged.
    """
    records = sorted(place.packages.glob("*.dist-info/RECORD"))
    if not records:
        raise Damaged("The GPU runtime is not there.", REPAIR)
    wrong: list[str] = []
    count = 0
    for record in records:
        found = list(_listed(record))
        count += len(found)
        wrong += [name for name, digest in found if _digest(place.packages / name, step) != digest]
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise Damaged(f"{wrong[0]}{more} of the GPU runtime is missing or was changed.", REPAIR)
    return count


def is_whole(place: Place, wheel: str, step: Callable[[int], None]) -> bool:
    """Whether every file of one wheel (by its file name) is as it was; ``step(bytes)`` may raise."""
    record = place.packages / ("-".join(wheel.split("-")[:2]) + ".dist-info") / "RECORD"
    try:
        return all(_digest(place.packages / name, step) == digest for name, digest in _listed(record))
    except (OSError, csv.Error, UnicodeError, BadWheel):
        return False


def _listed(record: Path) -> Iterator[tuple[str, str]]:
    """(path below site-packages, digest) of every file that we installed. Raises OSError, csv.Error, BadWheel."""
    with open(record, encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            name, digest = [*row, "", ""][:2]
            inner = destination(name) if not name.startswith("..") else None  # ../../bin: a script, left out
            if inner is not None and digest.startswith("sha256="):
                yield inner, digest.removeprefix("sha256=")


def self_test(place: Place, device: str = "") -> SelfTest:
    """Lets the environment calculate. With ``device`` cuda or mps, a result from the processor is a failure.

    Raises SelfTestFailed.
    """
    raw, told = _run(place.python)
    if raw is None or raw.get("error"):
        what = str(raw["error"] if raw else told or "it said nothing")[:200]
        raise SelfTestFailed(f"PyTorch was installed but does not work here ({what}).", _mend(what))
    versions: dict[str, str] = {name: str(raw[name]) for name in ("numpy", "safetensors", "pillow") if name in raw}
    found = SelfTest(
        device=str(raw["device"]),
        name=str(raw["name"]),
        torch=str(raw["torch"]),
        cuda=str(raw["cuda"]),
        memory=int(raw["memory"]),
        seconds=float(raw["seconds"]),
        versions=versions,
    )
    if device in ("cuda", "mps") and found.device != device:
        raise SelfTestFailed(
            "PyTorch works, but does not see the GPU.",
            "Restart the computer, or update the driver; or install for the processor.",
        )
    return found


def _run(python: Path) -> tuple[dict[str, Any] | None, str]:
    """(what it printed as an object, the last line it said)."""
    try:
        done = subprocess.run(
            [str(python), "-I", str(SELF_TEST)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=clean_environment(),
            timeout=PATIENCE,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        return None, str(error.strerror)
    except subprocess.TimeoutExpired:
        return None, f"no answer in {PATIENCE:.0f} s"
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    try:
        raw = json.loads(lines[-1])
        assert isinstance(raw, dict) and "device" in raw
        return raw, ""
    except (ValueError, IndexError, AssertionError, RecursionError):
        words = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        return None, words[-1] if words else f"exit code {done.returncode}"


def _mend(what: str) -> str:
    lowered = what.lower()
    if os.name == "nt" and ("dll" in lowered or "winerror 126" in lowered):
        return "Install Microsoft's “Visual C++ Redistributable” (x64), restart, and verify again."
    if "glibc" in lowered or "version `" in lowered:
        return "This Linux is too old for PyTorch: it needs glibc 2.28 or newer."
    return "Copy the report and send it to us; engines that need no GPU runtime work as before."


def _digest(path: Path, step: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    try:
        with open(long(path), "rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
                step(len(piece))
    except OSError:
        return ""
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
