"""Has uv bring an interpreter that this computer lacks, or says how to install one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache

from . import pythons
from .pips import uv


@cache
def find_or_fetch(version: str) -> str | None:
    """Like ``pythons.find``; as a last resort asks uv, which has its own index of interpreters, to download one."""
    return pythons.find(version) or _from_uv(version)


def _from_uv(version: str) -> str | None:
    tool = uv()
    if tool is None:
        return None
    print(f"no Python {version} here; asking uv for one", flush=True)
    command = [*tool, "python", "install", "--no-bin", "--install-dir", str(pythons.FETCHED), version]
    return pythons.find(version) if subprocess.run(command, capture_output=True).returncode == 0 else None


def how_to_install(version: str) -> str:
    """One sentence for this system, for a Python that nobody could find or fetch."""
    if pythons.WINDOWS:
        return f"Install Python {version} from python.org or with: winget install Python.Python.{version}"
    if sys.platform == "darwin":
        return f"Install Python {version} from python.org or with: brew install python@{version}"
    if shutil.which("apt-get"):
        return (
            f"Install Python {version} with: sudo apt install python{version} python{version}-venv "
            f"(where apt has none, 'sudo apt install python3-venv' lets uv bring it)."
        )
    return f"Install Python {version} with your system's package manager."
