"""The shared libraries of a Linux desktop that Blender's module links, and the command that installs absent ones."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .paths import Stop

# soname → (Debian and Ubuntu, Fedora, Arch)
PACKAGES = {
    "libX11.so.6": ("libx11-6", "libX11", "libx11"),
    "libXrender.so.1": ("libxrender1", "libXrender", "libxrender"),
    "libXfixes.so.3": ("libxfixes3", "libXfixes", "libxfixes"),
    "libXi.so.6": ("libxi6", "libXi", "libxi"),
    "libXext.so.6": ("libxext6", "libXext", "libxext"),
    "libXt.so.6": ("libxt6", "libXt", "libxt"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    "libSM.so.6": ("libsm6", "libSM", "libsm"),
    "libICE.so.6": ("libice6", "libICE", "libice"),
    "libGL.so.1": ("libgl1", "libglvnd-glx", "libglvnd"),
    "libEGL.so.1": ("libegl1", "libglvnd-egl", "libglvnd"),
}
MANAGERS = (("apt-get", "sudo apt-get install", 0), ("dnf", "sudo dnf install", 1), ("pacman", "sudo pacman -S", 2))


OPTIONAL = {"libXt.so.6", "libEGL.so.1"}  # linked by parts of Blender that we do without


def foresee() -> None:
    """Raises Stop, before a gigabyte is fetched, where Blender's module could not be loaded afterwards."""
    if sys.platform.startswith("linux"):
        missing = [soname for soname in PACKAGES if soname not in OPTIONAL and not _loads(soname)]
        if missing:
            raise Stop(f"Blender's module needs {', '.join(missing)}. {how_to_install(missing)}")


def _loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def check(python: Path) -> None:
    """Raises Stop, naming libraries and command, where the ``bpy`` of this environment cannot be loaded."""
    done = subprocess.run([str(python), "-c", "import bpy"], capture_output=True, text=True)
    if done.returncode == 0:
        return
    missing = absent(python)
    if missing:
        raise Stop(f"Blender's module needs {', '.join(missing)}. {how_to_install(missing)}")
    reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    raise Stop(f"Blender's module does not load: {reason}")


def absent(python: Path) -> list[str]:
    """Sonames that the loader does not find for this environment's ``bpy`` (Linux; elsewhere it links none)."""
    if not sys.platform.startswith("linux") or not shutil.which("ldd"):
        return []
    code = "import importlib.util as u; print(u.find_spec('bpy').origin)"
    module = subprocess.run([str(python), "-c", code], capture_output=True, text=True).stdout.strip()
    listing = subprocess.run(["ldd", module], capture_output=True, text=True)
    return list(dict.fromkeys(re.findall(r"^\s*(\S+) => not found", listing.stdout, re.MULTILINE)))


def how_to_install(sonames: list[str]) -> str:
    for manager, command, column in MANAGERS:
        if shutil.which(manager):
            names = [PACKAGES[soname][column] for soname in sonames if soname in PACKAGES]
            strangers = [soname for soname in sonames if soname not in PACKAGES]
            more = f" and the package that holds {', '.join(strangers)}" if strangers else ""
            return f"Install with: {command} {' '.join(sorted(names))}{more}"
    return "Install the packages that hold them."
