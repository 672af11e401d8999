"""Real Blenders to test in: Debian boxes under ``build/boxes``, or where MAQUETTE_BOXES points."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PICTURES = ROOT / "build" / "window"  # the screenshots, to be looked at
SUITES = {"trixie": "4.3", "sid": "5.2"}  # Debian's name → the Blender it has


class NoBox(Exception):
    """Why there is no box on this computer; a sentence."""


def box(suite: str) -> Path:
    """The folder of a ready box, made now if need be (a minute, 1.3 GB). Raises NoBox."""
    if os.name != "posix" or os.geteuid() != 0:
        raise NoBox("a box needs root, for chroot and name spaces")
    if subprocess.run(["unshare", "--mount", "--pid", "--net", "--fork", "true"], capture_output=True).returncode:
        raise NoBox("this kernel or container gives no name spaces")
    folder = Path(os.environ.get("MAQUETTE_BOXES", ROOT / "build" / "boxes")) / suite
    if (folder / "usr" / "bin" / "blender").exists():
        return folder
    if not shutil.which("apt-get"):
        raise NoBox("making a box needs apt and a Debian mirror")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / f"{suite}.log", "wb") as log:
        command = ["timeout", "-s", "KILL", "1200", str(HERE / "make_box.sh"), suite, str(folder)]
        made = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT)
    if made.returncode:
        raise NoBox(f"the box could not be made; {log.name} tells why")
    return folder


def play(suite: str, scenario: str, package: Path, limit: float = 420, **settings: str) -> dict[str, Any]:
    """Installs nothing itself: runs ``scenarios/<scenario>.py`` in a window, with the package as /in/maquette.zip.

    Returns the scenario's facts with ``exit_code``, ``left`` (backends that outlived Blender) and ``log``. Its
    screenshots are copied to build/window as ``<suite>-<name>.png``. The box has no network.
    """
    home = box(suite)
    with tempfile.TemporaryDirectory(prefix="maquette-window-") as folder:
        out = Path(folder)
        binds = {out: "/out", HERE: "/scenario", package: "/in/maquette.zip", ROOT / "docs" / "samples": "/samples"}
        environment = {
            **os.environ,
            "BIND": " ".join(f"{here}:{there}" for here, there in binds.items()),
            "SETTINGS": " ".join(f"{name}={value}" for name, value in settings.items()),
        }
        environment.pop("NETWORK", None)
        command = [
            *("timeout", "-s", "KILL", str(limit)),  # unshare lets no gentler signal through
            *(str(HERE / "gui.sh"), str(home), "--factory-startup", "--window-geometry", "0", "0", "1280", "800"),
            *("--enable-event-simulate", "--python-exit-code", "9", "--python", f"/scenario/scenarios/{scenario}.py"),
        ]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        log = done.stdout.decode("utf-8", "replace")
        PICTURES.mkdir(parents=True, exist_ok=True)
        if (out / "crash.txt").exists():
            log += (out / "crash.txt").read_text(errors="replace")
        (PICTURES / f"{suite}-{scenario}.log").write_text(log)
        for picture in (*out.glob("*.png"), *out.glob("*.jpg")):
            shutil.copy(picture, PICTURES / f"{suite}-{picture.name}")
        facts = json.loads((out / "facts.json").read_text()) if (out / "facts.json").exists() else {}
        left = (out / "left.txt").read_text() if (out / "left.txt").exists() else "unknown"
        return {**facts, "exit_code": done.returncode, "left": left, "log": log}
