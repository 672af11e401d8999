"""pip, which fetches wheels from the user's own package index: it knows the user's mirror, proxy and certificates.

The zip of Maquette carries pip's own wheel (pure Python, it runs as it is), because a Debian has Python without pip.
"""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

from ...errand import Errand
from ...errors import JobError

LEASH = Path(__file__).with_name("leash.py")
CARRIED = (Path(__file__).parent, Path(__file__).resolve().parents[3] / "wheels")  # in the zip; in a checkout
POLL = 0.1
# What would send files elsewhere than we say, or change which ones come; mirrors, proxies and certificates stay.
FORGOTTEN = re.compile(
    "PYTHON.*|PIP_(USER|TARGET|PREFIX|ROOT|REQUIREMENT|CONSTRAINT|EDITABLE|NO_BINARY|ONLY_BINARY|PLATFORM|"
    "PYTHON|PYTHON_VERSION|ABI|IMPLEMENTATION|LOG|REPORT|DRY_RUN|REQUIRE_VIRTUALENV|QUIET|VERBOSE|PROGRESS_BAR|DEST)"
)


class NoPip(JobError):
    """This Python has no pip, and Maquette's own copy is missing."""

    code = "no_pip"


@cache
def find_pip() -> tuple[str, ...]:
    """The command of the best pip at hand. Raises NoPip."""
    for folder in (*CARRIED, *_ensurepip()):
        wheels = sorted(folder.glob("pip-*-py3-none-any.whl"), key=_version)
        if wheels:
            return (sys.executable, str(wheels[-1] / "pip"))
    command = (sys.executable, "-m", "pip")
    if subprocess.run([*command, "--version"], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0:
        return command
    raise NoPip(
        "This Python has no pip to download with.",
        "Install Maquette again, or on Debian and Ubuntu: sudo apt install python3-pip.",
    )


def tells_progress(command: Sequence[str]) -> bool:
    """Whether this pip knows ``--progress-bar raw`` (24.1 and newer)."""
    found = re.search(r"pip-(\d+)\.(\d+)", command[1]) if len(command) > 1 else None
    return bool(found) and (int(found[1]), int(found[2])) >= (24, 1)  # type: ignore[index]


def run(
    errand: Errand,
    command: Sequence[str],
    heard: Callable[[str], None],
    folder: Path,
    more: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, str]:
    """Runs ``command`` on a leash, in ``folder``; each line goes to ``heard``. Its exit code and its last lines.

    ``more`` is added to its environment variables.

    Raises Cancelled, having killed it.
    """
    leashed = [sys.executable, "-I", str(LEASH), *command]
    lines: queue.Queue[str | None] = queue.Queue()
    last: list[str] = []
    child = subprocess.Popen(
        leashed,
        cwd=folder,
        env={**clean_environment(), **more},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    assert child.stdin and child.stdout
    threading.Thread(target=_pass_on, args=(child.stdout, lines), name="pip", daemon=True).start()
    try:
        while True:
            errand.step()
            try:
                line = lines.get(timeout=POLL)
            except queue.Empty:
                continue
            if line is None:
                return child.wait(), "\n".join(last)
            heard(line)
            if not line.startswith("Progress "):
                last = [*last[-29:], line]
    finally:
        child.stdin.close()  # the leash kills it, if it still runs
        child.wait()


def clean_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not FORGOTTEN.fullmatch(name.upper())}
    return {**kept, "PYTHONUTF8": "1", "PYTHONNOUSERSITE": "1", "PIP_NO_INPUT": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _pass_on(stream, lines: queue.Queue[str | None]) -> None:  # type: ignore[no-untyped-def]
    with stream:
        for line in stream:
            lines.put(line.decode("utf-8", "replace").rstrip())
    lines.put(None)


def _ensurepip() -> list[Path]:
    try:
        import ensurepip
    except ImportError:  # Debian's
        return []
    return [Path(ensurepip.__file__).parent / "_bundled"]


def _version(wheel: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in wheel.name.split("-")[1].split(".") if part.isdigit())
