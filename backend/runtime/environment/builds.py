"""The builds of PyTorch that the lock knows, and what each asks of the driver and the GPU.

Drivers: NVIDIA, "CUDA Toolkit Release Notes", table "CUDA Toolkit and Minimum Required Driver Version for CUDA Minor
Version Compatibility" (any 12.x runs on 525 and newer, on Windows 528.33; any 13.x on 580). GPUs: PyTorch, RELEASE.md,
"CUDA architectures supported": the 12.6 build goes down to Maxwell (5.0), CUDA 13 itself starts at Turing (7.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TORCH = "2.13.0"


@dataclass(frozen=True)
class Build:
    """``name`` as PyTorch calls it; ``driver`` and ``capability`` are the oldest that will do; ``cuda`` as (13, 0)."""

    name: str
    title: str
    cuda: tuple[int, ...] = ()
    driver: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    capability: tuple[int, int] = (0, 0)
    torch: str = TORCH


BUILDS: Mapping[str, Build] = {
    build.name: build
    for build in (
        Build("cu130", "NVIDIA GPU, CUDA 13.0", (13, 0), {"linux": (580,), "windows": (580,)}, (7, 5)),
        Build("cu126", "NVIDIA GPU, CUDA 12.6", (12, 6), {"linux": (525, 60, 13), "windows": (528, 33)}, (5, 0)),
        Build("mps", "Apple GPU (Metal)"),
        Build("cpu", "Processor only"),
    )
}
# The oldest system that the wheels run on, by their tags (manylinux_2_28, macosx_14_0), and how people call it.
OLDEST_SYSTEM = {
    "linux-x64": ((2, 28), "a Linux with glibc 2.28 (Debian 10, Ubuntu 20.04, RHEL 8)"),
    "macos-arm64": ((14,), "macOS 14"),
}
PREFERENCE = ("cu130", "cu126")  # the newest first: it knows the newest GPUs
