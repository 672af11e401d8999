"""Which folder weights are kept in: what was said at start, else the environment, else beside our other data.

``weights move`` leaves a note in the data folder, so that whoever starts later finds them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ...errors import MissingFolder
from .ledger import write_json

ENVIRONMENT = "MAQUETTE_WEIGHTS"
DATA_ENVIRONMENT = "MAQUETTE_DATA"
NOTE = "weights_dir.json"


def data_folder(given: str = "", environment: Mapping[str, str] = os.environ) -> Path:
    """Where we keep data: ``given`` (by Blender), the environment's MAQUETTE_DATA, or the system's usual place."""
    if given or environment.get(DATA_ENVIRONMENT):
        return Path(os.path.abspath(given or environment[DATA_ENVIRONMENT]))
    home = Path.home()
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local") / "Maquette"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "Maquette"
    return Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share") / "maquette"


def weights_folder(given: str = "", data_dir: str = "", environment: Mapping[str, str] = os.environ) -> Path:
    """``given`` → MAQUETTE_WEIGHTS → the note that a move left in the data folder → ``<data folder>/weights``."""
    chosen = given or environment.get(ENVIRONMENT, "")
    if chosen:
        return Path(os.path.abspath(chosen))
    data = data_folder(data_dir, environment)
    return _noted(data) or data / "weights"


def note(data: Path, folder: Path) -> None:
    """Weights are in ``folder`` from now on. Raises OSError."""
    if folder == data / "weights":
        (data / NOTE).unlink(missing_ok=True)
        return
    data.mkdir(parents=True, exist_ok=True)
    write_json(data / NOTE, {"weights_dir": str(folder)})


def check_there(folder: Path, data: Path) -> None:
    """Raises MissingFolder where the weights were moved to ``folder`` and it is gone, as a disk that is not connected.

    Whoever made it anew then would fill the wrong disk, and hide what is on the right one once it is back.
    """
    if folder == _noted(data) and not os.path.isdir(folder):
        raise MissingFolder(
            f"The weights were moved to “{folder}”, which is not there.",
            f"Connect its disk again. If it is gone for good, delete “{data / NOTE}” and fetch the weights anew.",
        )


def _noted(data: Path) -> Path | None:
    try:
        chosen = json.loads((data / NOTE).read_text(encoding="utf-8"))["weights_dir"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return Path(chosen) if isinstance(chosen, str) and os.path.isabs(chosen) else None
