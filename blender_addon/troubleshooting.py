"""What a helper needs to know when something went wrong: versions, state, failures, the end of the log."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import sys
from pathlib import Path

import bpy

from . import gpu, launching, runtime
from .words import shown

# As backend/runtime/environment/report.py has them, which cannot be imported here.
_SECRET = re.compile(r"(?i)((?:token|password|passwd|secret|api[-_]?key|authorization)\s*[=:]\s*)(?:bearer\s+)?\S+")
_IN_ADDRESS = re.compile(r"(://)[^/@\s]+@")
_TAIL = 16 << 10  # bytes of the log that are looked at


def newest_log() -> Path | None:
    """The log of the latest helper process this Blender started."""
    with contextlib.suppress(OSError):
        logs = (launching.data_dir() / "logs").glob(f"backend-{os.getpid()}-*.log")
        return max(logs, key=lambda file: file.stat().st_mtime, default=None)
    return None


def log_tail(lines: int) -> list[str]:
    """The last lines of the log, oldest first; none where nothing was started yet."""
    return _end_of(newest_log(), lines)


def _end_of(path: Path | None, lines: int) -> list[str]:
    with contextlib.suppress(OSError):
        if path is not None:
            with open(path, "rb") as file:
                file.seek(max(0, path.stat().st_size - _TAIL))
                return file.read().decode("utf-8", "replace").splitlines()[-lines:]
    return []


def report() -> str:
    """A text to paste into a bug report. It names the user's files but holds no pictures, passwords or home."""
    import numpy

    session = runtime.current()
    lines = [
        f"Maquette {_version()} in Blender {bpy.app.version_string}, {platform.platform()}, {platform.machine()}",
        f"Python {sys.version.split()[0]}, NumPy {numpy.__version__}, {os.cpu_count()} cores",
    ]
    if session is None:
        lines.append("Helper process: not started in this session")
    else:
        lines.append(f"Helper process: {session.state}, {session.launch.interpreter}")
        lines.append(f"Arithmetic: {session.compute or 'not known yet'}; memory {session.memory >> 20} MiB")
        if session.note:
            lines.append(f"Note: {session.note} {session.fix}")
        for job in session.jobs:
            told = f"{job.failure.code}: {job.failure.sentence}" if job.failure is not None else ""
            request = job.request
            lines.append(f"Job: {job.state}, {request.engine}, {request.preset}, “{request.source}” {told}".rstrip())
    lines += _about_gpu()
    tail = log_tail(40)
    lines += ["", f"Log {newest_log()}:", *tail] if tail else ["", "Log: empty"]
    return tidy(shown("\n".join(lines)))


def tidy(text: str) -> str:
    """Without the user's home, names and passwords in addresses, and tokens."""
    home = str(Path.home())
    for spelling in {home, home.replace("\\", "/"), os.path.realpath(home)}:
        if len(spelling) > 1:
            text = text.replace(spelling, "~")
    return _SECRET.sub(r"\1…", _IN_ADDRESS.sub(r"\1…@", text))


def _about_gpu() -> list[str]:
    """What is installed for the GPU engines, how the last errand went, and the end of its log."""
    facts, outcome, log = gpu.state.facts, gpu.state.outcome, gpu.state.log
    lines = []
    if facts:
        card = facts.get("gpu") or "none"
        lines.append(f"GPU engines: {facts.get('sentence', '')} {facts.get('fix', '')}".rstrip())
        lines.append(f"NVIDIA GPU: {card}, driver {facts.get('driver') or '–'}; torch {facts.get('torch') or '–'}")
    if outcome is not None:
        lines.append(f"{outcome.title}: {outcome.state} {outcome.code}, {outcome.sentence} {outcome.fix}".rstrip())
        lines += ["", f"Log {log}:", *_end_of(log, 40)]
    return lines


def _version() -> str:
    with contextlib.suppress(OSError):
        for line in (launching.ROOT / "blender_manifest.toml").read_text(encoding="utf-8").splitlines():
            if line.startswith("version ="):
                return line.partition("=")[2].strip().strip('"')
    return "of unknown version"
