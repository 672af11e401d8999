"""What this computer can calculate on, as its driver says, and which build of PyTorch goes with it.

Never asked: nvcc, CUDA_HOME or any toolkit. PyTorch brings its own CUDA; only the driver must be new enough for it
and the GPU not too old. Standard library only.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import BadRequest
from .builds import BUILDS, PREFERENCE, Build

PATIENCE = 20.0  # seconds; a GPU that sleeps takes some to wake
PROBE = Path(__file__).with_name("probe_cuda.py")
FIELDS = ("driver_version", "name", "memory.total", "compute_cap")
SYSTEMS = {"linux": "linux", "darwin": "macos", "windows": "windows"}
MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA GPU. ``memory`` bytes; ``capability`` (major, minor), (0, 0) where an old driver does not tell."""

    name: str
    memory: int = 0
    capability: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Machine:
    """``platform`` by Blender's name (linux-x64); ``python`` "3.11"; ``driver`` of NVIDIA, () where there is none.

    ``cuda`` is the newest CUDA that the driver can run, () where only nvidia-smi was asked. ``system`` is the version
    of macOS, or of glibc on Linux; () where there is none or nobody tells.
    """

    platform: str
    python: str
    gpus: tuple[Gpu, ...] = ()
    driver: tuple[int, ...] = ()
    cuda: tuple[int, ...] = ()
    system: tuple[int, ...] = ()

    @property
    def best(self) -> Gpu | None:
        """The GPU with the most memory: the one worth choosing a build for."""
        return max(self.gpus, key=lambda gpu: gpu.memory, default=None)


@dataclass(frozen=True)
class Choice:
    """The build to install; ``sentence`` says what for, or why not the GPU."""

    build: Build
    sentence: str = field(default="")


def this_machine() -> Machine:
    """Asks nvidia-smi; where it is missing or broken, the driver's own library. Never raises for want of a GPU."""
    name = this_platform()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = (from_nvidia_smi() or from_libcuda()) if not name.startswith("macos") else None
    gpus, driver, cuda = found or ((), (), ())
    return Machine(name, version, gpus, driver, cuda, _system())


def this_platform() -> str:
    system = SYSTEMS.get(platform.system().lower(), platform.system().lower())
    return f"{system}-{MACHINES.get(platform.machine().lower(), platform.machine().lower())}"


def _system() -> tuple[int, ...]:
    told = platform.mac_ver()[0] if sys.platform == "darwin" else platform.libc_ver()[1]
    return tuple(int(part) for part in told.split(".") if part.isdigit())


def choose(machine: Machine, wanted: str, available: Sequence[str]) -> Choice:
    """The best of the builds ``available`` for this platform and Python that the machine can run.

    ``wanted`` auto, cpu or cuda (or the name of a build). Raises BadRequest where what is wanted cannot be.
    """
    if wanted in BUILDS and wanted not in ("cpu",):
        if wanted not in available:
            raise BadRequest(f"There is no build {wanted} for this computer.", f"Choose {' or '.join(available)}.")
        return Choice(BUILDS[wanted])
    if "mps" in available:  # on a Mac it is one and the same build
        return Choice(BUILDS["mps"], "This Mac's own GPU is used.")
    cpu = BUILDS["cpu"]
    if wanted == "cpu":
        return Choice(cpu)
    possible = [BUILDS[name] for name in PREFERENCE if name in available]
    why = _why_none(machine, possible)
    if why and wanted == "cuda":
        raise BadRequest(why, "Or install for the processor: --accelerator cpu.")
    if why:
        return Choice(cpu, f"{why} The engines will run on the processor.")
    return Choice(next(build for build in possible if not _too_old(machine, build)))


def _why_none(machine: Machine, possible: Sequence[Build]) -> str:
    """Why none of the CUDA builds runs here, in a sentence; "" where one does."""
    best = machine.best
    if best is None:
        return "No NVIDIA GPU was found."
    if not possible:
        return f"There is no PyTorch with CUDA for {machine.platform} and Python {machine.python}."
    reasons = [_too_old(machine, build) for build in possible]
    return "" if not all(reasons) else reasons[-1]


def _too_old(machine: Machine, build: Build) -> str:
    """The reason why ``build`` cannot run here, "" where it can."""
    best = machine.best
    assert best is not None
    if best.capability != (0, 0) and best.capability < build.capability:
        return f"{best.name} is too old for PyTorch {build.torch}."
    driver = ".".join(map(str, machine.driver))
    if machine.driver and machine.driver < build.driver[machine.platform.split("-")[0]]:
        newest = build.driver[machine.platform.split("-")[0]][0]
        return f"The NVIDIA driver {driver} is too old for PyTorch {build.torch}: {newest} or newer is needed."
    if machine.cuda and not machine.driver and machine.cuda < build.cuda[:1]:
        told = ".".join(map(str, machine.cuda))
        return f"The NVIDIA driver knows CUDA {told}; PyTorch {build.torch} needs {build.cuda[0]}: update the driver."
    return ""


# ------------------------------------------------------------------------------------------ who is asked

Found = tuple[tuple[Gpu, ...], tuple[int, ...], tuple[int, ...]]


def from_nvidia_smi() -> Found | None:
    """What ``nvidia-smi`` says; None where it is missing, hangs or fails."""
    tool = _nvidia_smi()
    if not tool:
        return None
    for fields in (FIELDS, FIELDS[:3]):  # drivers before 510 do not know compute_cap and refuse the whole question
        told = _ask([tool, f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits"])
        found = _parse(told) if told else None
        if found:
            return found
    return None


def from_libcuda(ask: Callable[[list[str]], str] | None = None) -> Found | None:
    """What the driver's library says, asked in a process of its own: a broken driver may crash or hang."""
    told = (ask or _ask)([sys.executable, "-I", str(PROBE)])
    try:
        raw = json.loads(told)
        gpus = tuple(
            Gpu(str(g["name"])[:80], int(g["memory"]), (int(g["major"]), int(g["minor"]))) for g in raw["gpus"]
        )
        major, minor = int(raw["cuda"]) // 1000, int(raw["cuda"]) % 1000 // 10
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return (gpus, (), (major, minor)) if gpus else None


def _parse(told: str) -> Found | None:
    gpus: list[Gpu] = []
    driver: tuple[int, ...] = ()
    for line in told.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) < 3 or not cells[0][:1].isdigit():
            continue
        driver = tuple(int(part) for part in cells[0].split(".") if part.isdigit())
        memory = int(float(cells[2]) * (1 << 20)) if cells[2].replace(".", "", 1).isdigit() else 0
        major, _, minor = (cells[3] if len(cells) > 3 else "").partition(".")
        capability = (int(major), int(minor)) if major.isdigit() and minor.isdigit() else (0, 0)
        gpus.append(Gpu(cells[1][:80], memory, capability))
    return (tuple(gpus), driver, ()) if gpus and driver else None


def _nvidia_smi() -> str | None:
    found = shutil.which("nvidia-smi")
    if found or os.name != "nt":
        return found
    folders = [Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32"]
    folders += [Path(os.environ.get("PROGRAMFILES", r"C:\Program Files")) / "NVIDIA Corporation" / "NVSMI"]
    return next((str(f / "nvidia-smi.exe") for f in folders if (f / "nvidia-smi.exe").is_file()), None)


def _ask(command: list[str]) -> str:
    """Standard output, "" where it fails."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
