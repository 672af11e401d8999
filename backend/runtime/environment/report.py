"""The text to paste into an issue: versions, GPU, driver, and the end of the log. No names of people, no secrets."""

from __future__ import annotations

import os
import platform
import re
import sys
from pathlib import Path

from ... import __version__
from ..store.names import in_words
from .accelerator import Machine
from .place import Place

LINES = 40
SECRET = re.compile(r"(?i)((?:token|password|passwd|secret|api[-_]?key|authorization)\s*[=:]\s*)(?:bearer\s+)?\S+")
IN_ADDRESS = re.compile(r"(://)[^/@\s]+@")


def report(machine: Machine, place: Place, what: str = "") -> str:
    """``what`` is the sentence that is shown, if any."""
    done = place.installed()
    best = machine.best
    gpu = f"{best.name}, {in_words(best.memory)}, compute {best.capability[0]}.{best.capability[1]}" if best else "none"
    driver = ".".join(map(str, machine.driver)) or (
        ".".join(map(str, machine.cuda)) + " (CUDA)" if machine.cuda else "–"
    )
    lines = [
        f"Maquette {__version__} – GPU runtime",
        f"System: {platform.platform()} ({machine.platform})",
        f"Python: {platform.python_version()} ({tidy(sys.executable)})",
        f"NVIDIA GPU: {gpu}; driver: {driver}",
        f"Installed: {done.build}, torch {done.torch}, {done.self_test}" if done else "Installed: no",
        f"Folder: {tidy(str(place.root))}",
    ]
    if what:
        lines.append(f"Said: {tidy(what)}")
    return "\n".join([*lines, "", "The end of the log:", *(tidy(line) for line in tail(place.log))]) + "\n"


def tail(log: Path, count: int = LINES) -> list[str]:
    """The last lines of a log, none where there is no log."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 16384))
            return file.read().decode("utf-8", "replace").splitlines()[-count:]
    except OSError:
        return []


def tidy(text: str) -> str:
    """Without the user's home, names and passwords in addresses, and tokens."""
    home = str(Path.home())
    for spelling in {home, home.replace("\\", "/"), os.path.realpath(home)}:
        if len(spelling) > 1:
            text = text.replace(spelling, "~")
    return SECRET.sub(r"\1…", IN_ADDRESS.sub(r"\1…@", text))
