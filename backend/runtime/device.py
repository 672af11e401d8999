"""The accelerator: which one there is, what numbers it computes in, and how much of its memory is left.

Importing this imports no torch; ``choose`` does, and is called only where an engine of tier "gpu" is about to run.
The other functions answer from what was chosen and cost next to nothing before that.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import logging
import os
import platform
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any

from ..errors import BadRuntime
from . import memory

log = logging.getLogger(__name__)

KINDS = ("cuda", "mps", "cpu")  # in the order of preference
OVERRIDE = (
    "MAQUETTE_DEVICE"  # an environment variable: one of KINDS, for who wants to know whether the card is to blame
)


@dataclass(frozen=True)
class Device:
    """``kind`` as torch names it; ``dtype`` the name of the floating type that engines compute in; ``title`` for the
    user ("RTX 4070, CUDA 12.8"), "" for a plain processor; ``note`` why a better one was passed over, or "".
    """

    kind: str = "cpu"
    title: str = ""
    dtype: str = "float32"
    note: str = ""

    @property
    def accelerated(self) -> bool:
        return self.kind != "cpu"


_lock = threading.Lock()
_chosen: Device | None = None
_torch: Any = None


def torch_present() -> bool:
    """Whether this interpreter has torch, found out without importing it."""
    try:
        return importlib.util.find_spec("torch") is not None
    except (ImportError, ValueError):  # half imported, or put out of action by a test
        return False


def choose() -> Device:
    """Loads torch and picks the best device that passes a small sum; the same one each time after that.

    Raises BadRuntime where torch is missing or broken.
    """
    global _chosen, _torch
    with _lock:
        if _chosen is None:
            _torch = _import_torch()
            _chosen = _pick(_torch)
            log.info("torch %s on %s", _torch.__version__, _chosen)
        return _chosen


def current() -> Device:
    """What was chosen; the processor before that."""
    return _chosen or Device()


def forget() -> None:
    """Takes the choice back, so that the next ``choose`` looks anew."""
    global _chosen, _torch
    with _lock:
        _chosen = _torch = None


# ------------------------------------------------------------------------------------------- its memory


def free_memory() -> int:
    """Bytes of the chosen device that nobody holds; 0 where it does not tell. Never raises."""
    kind = current().kind
    try:
        if kind == "cuda":
            return int(_torch.cuda.mem_get_info()[0])
        if kind == "mps":  # one memory for all: what Metal may still take, and no more than the computer has
            left = int(_torch.mps.recommended_max_memory()) - int(_torch.mps.driver_allocated_memory())
            return max(0, min(left, memory.free_memory() or left))
    except Exception as error:  # drivers raise what they like, and an answer is a comfort only
        log.warning("the device does not tell its free memory: %s", error)
        return 0
    return memory.free_memory()


def total_memory() -> int:
    """Bytes the chosen device has; 0 where it does not tell. Never raises."""
    kind = current().kind
    try:
        if kind == "cuda":
            return int(_torch.cuda.mem_get_info()[1])
        if kind == "mps":
            return int(_torch.mps.recommended_max_memory())
    except Exception as error:
        log.warning("the device does not tell its memory: %s", error)
        return 0
    return memory.total_memory()


def held_memory() -> int:
    """Bytes of the accelerator that this process holds, in use or not; 0 for a processor. Never raises."""
    kind = current().kind
    try:
        if kind == "cuda":
            return int(_torch.cuda.memory_reserved())
        if kind == "mps":
            return int(_torch.mps.driver_allocated_memory())
    except Exception as error:
        log.warning("the device does not tell what is held: %s", error)
    return 0


def forget_peak() -> None:
    """Lets ``peak_memory`` begin anew. Never raises."""
    if current().kind == "cuda":
        with contextlib.suppress(Exception):
            _torch.cuda.reset_peak_memory_stats()


def peak_memory() -> int:
    """Bytes of the accelerator held at most since ``forget_peak``; Metal tells only what is held now; 0 for a
    processor. Never raises.
    """
    if current().kind == "cuda":
        with contextlib.suppress(Exception):
            return int(_torch.cuda.max_memory_reserved())
    return held_memory()


def empty_cache() -> None:
    """Gives back to the system what torch keeps for later. Never raises; does nothing before torch was loaded.

    What a driver needs for itself (on CUDA some hundred MB) goes back only when the process ends.
    """
    kind = current().kind
    if kind in ("cuda", "mps"):
        gc.collect()  # networks hang together in circles
        with contextlib.suppress(Exception):  # after a failed kernel even this may raise
            getattr(_torch, kind).empty_cache()


# ------------------------------------------------------------------------------------------ the choice


def _import_torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ModuleNotFoundError as error:
        if error.name == "torch":
            raise BadRuntime("PyTorch is not installed here.", "Install the GPU engines first.") from None
        raise _broken(error) from error
    except (ImportError, OSError, RuntimeError) as error:  # a library that is missing or of another version
        raise _broken(error) from error


def _broken(error: Exception) -> BadRuntime:
    log.error("torch cannot be loaded", exc_info=error)
    why = (str(error) or type(error).__name__).splitlines()[0][:160]
    return BadRuntime(f"PyTorch cannot be loaded ({why}).", "Verify or install the GPU engines again.")


def _pick(torch: Any) -> Device:
    wanted = os.environ.get(OVERRIDE, "").strip().lower()
    notes: list[str] = []
    for kind in [wanted] if wanted in KINDS else KINDS:
        if not _offered(torch, kind):
            continue
        try:
            _prove(torch, kind)
            return Device(kind, _title(torch, kind), _dtype(torch, kind), " ".join(notes))
        except Exception as error:  # a card too old for this build, a driver too old for the library
            why = (str(error) or type(error).__name__).splitlines()[0][:160]
            log.warning("%s is there but does not compute: %s", kind, why)
            notes.append(f"{_NAMES[kind]} was passed over: {why}.".replace("..", "."))
    return Device(note=" ".join(notes))


_NAMES = {"cuda": "The graphics card", "mps": "Metal", "cpu": "The processor"}


def _offered(torch: Any, kind: str) -> bool:
    if kind == "cuda":
        return bool(torch.cuda.is_available())
    if kind == "mps":
        return bool(getattr(torch.backends, "mps", None)) and bool(torch.backends.mps.is_available())
    return True


def _prove(torch: Any, kind: str) -> None:
    """A product small enough to cost nothing, which a device without kernels for this build cannot do."""
    ones = torch.ones((8, 8), device=kind)
    if float((ones @ ones).sum()) != 512.0:
        raise ArithmeticError("its sums are wrong")


def _dtype(torch: Any, kind: str) -> str:
    """bfloat16 where the card itself knows it (from compute capability 8.0, and AMD's), float16 on older ones; float32
    elsewhere, where halves are slow or lack operations.
    """
    if kind != "cuda":
        return "float32"
    if getattr(torch.version, "hip", None):
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    return "bfloat16" if tuple(torch.cuda.get_device_capability()) >= (8, 0) else "float16"


def _title(torch: Any, kind: str) -> str:
    if kind == "cuda":
        name = str(torch.cuda.get_device_name())
        for maker in ("NVIDIA ", "GeForce "):
            name = name.removeprefix(maker)
        hip = getattr(torch.version, "hip", None)
        return f"{name}, ROCm {hip.partition('-')[0]}" if hip else f"{name}, CUDA {torch.version.cuda}"
    return f"{_apple_chip()}, Metal" if kind == "mps" else ""


def _apple_chip() -> str:
    if sys.platform == "darwin":
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
    return platform.machine() or "Apple"
