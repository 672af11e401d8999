"""The lock: exactly which wheels make the environment, by platform, Python and build, each with its SHA-256.

``lock.json`` is written by ``python3 build.py wheels --lock-gpu`` from ``requirements/gpu.in``. It names versions,
sizes and hashes, no package index: pip knows the user's. Only PyTorch's own, which has the CUDA builds, is named there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...errors import JobError
from .accelerator import Choice, Machine, choose
from .builds import OLDEST_SYSTEM

FILE = Path(__file__).with_name("lock.json")
ENGINES_STILL = "Engines that need no GPU runtime work as before."


class NotForThisComputer(JobError):
    """No set of wheels was locked for this platform or Python."""

    code = "not_supported"


@dataclass(frozen=True)
class Wheel:
    """One file. ``size`` packed bytes, 0 where only ``about`` is known; ``unpacked`` bytes on the disk (of a file that
    we could not fetch: an estimate); ``index`` "" the user's own, else PyTorch's for that build (cpu, cu126, cu130),
    which is below the address ``base``.

    ``verified``: we fetched the file, or its hash from the index that has it. Otherwise ``sha256`` is what others
    published, or "", and the user is asked first.
    """

    file: str
    name: str
    version: str
    sha256: str
    size: int
    unpacked: int
    about: int = 0
    index: str = ""
    verified: bool = True
    base: str = ""

    @property
    def bytes(self) -> int:
        """Packed, as well as it is known."""
        return self.size or self.about

    @property
    def url(self) -> str:
        """Where PyTorch's index has it; "" for a file of the user's own index."""
        return f"{self.base}{self.index}/{quote(self.file)}" if self.index else ""


@dataclass(frozen=True)
class Plan:
    """What to install: the choice of build, its wheels in the order of the lock, and a key that names them all."""

    machine: Machine
    choice: Choice
    wheels: tuple[Wheel, ...]

    @property
    def key(self) -> str:
        """Changes with the lock, the build, the platform and the Python: another key, another environment."""
        told = [self.machine.platform, self.machine.python, self.choice.build.name]
        told += [f"{wheel.file} {wheel.sha256}" for wheel in self.wheels]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]

    @property
    def download(self) -> int:
        """Bytes that come over the network, at most."""
        return sum(wheel.bytes for wheel in self.wheels)

    @property
    def installed(self) -> int:
        """Bytes on the disk in the end."""
        return sum(wheel.unpacked for wheel in self.wheels)

    @property
    def unverified(self) -> tuple[Wheel, ...]:
        return tuple(wheel for wheel in self.wheels if not wheel.verified)


def plan(machine: Machine, wanted: str = "auto", path: Path = FILE) -> Plan:
    """The wheels for this machine. Raises NotForThisComputer, BadRequest."""
    lock = read(path)
    sets = lock["sets"].get(machine.platform)
    if not sets:
        known = ", ".join(sorted(lock["sets"]))
        raise NotForThisComputer(f"The GPU runtime exists for {known}; this is {machine.platform}.", ENGINES_STILL)
    builds = sets.get(machine.python)
    if not builds:
        known = ", ".join(sorted(sets, key=lambda version: int(version.split(".")[1])))
        raise NotForThisComputer(
            f"The GPU runtime exists for Python {known}; this is {machine.python}.",
            f"Start it with another Blender, or update Maquette. {ENGINES_STILL}",
        )
    oldest, called = OLDEST_SYSTEM.get(machine.platform, ((), ""))
    if machine.system and machine.system < oldest:
        raise NotForThisComputer(f"PyTorch needs {called} or newer; this system is older.", ENGINES_STILL)
    choice = choose(machine, wanted, tuple(builds))
    files = builds[choice.build.name]
    return Plan(machine, choice, tuple(_wheel(name, lock) for name in files))


@cache
def read(path: Path = FILE) -> Mapping[str, Any]:
    """The whole lock: ``torch_index``, ``files`` by name, ``sets`` platform → Python → build → names."""
    lock = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(lock, dict)
    return lock


def _wheel(file: str, lock: Mapping[str, Any]) -> Wheel:
    return Wheel(file=file, base=lock["torch_index"], **lock["files"][file])
