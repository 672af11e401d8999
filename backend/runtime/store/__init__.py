"""The weights store: what official weights an engine of tier "gpu" needs, where they lie, how they come and go.

An engine asks ``path_of`` for its files and reads only those; the list of engines asks ``present``. Everything else
(download, import, move, check) is an errand of its own process: ``python -m backend weights``. Standard library only.
"""

from __future__ import annotations

from pathlib import Path

from ...protocol import EngineInfo, WeightsInfo
from .folder import data_folder, weights_folder
from .shelf import Shelf

_weights_dir = _data_dir = ""


def configure(weights_dir: str = "", data_dir: str = "") -> None:
    """What the process was told at start; "" leaves the choice to the environment and the usual places."""
    global _weights_dir, _data_dir
    _weights_dir, _data_dir = weights_dir, data_dir


def shelf() -> Shelf:
    """The folder for weights as it is now; it need not exist."""
    return Shelf(weights_folder(_weights_dir, _data_dir))


def data_dir() -> Path:
    """The folder for everything else we keep."""
    return data_folder(_data_dir)


def path_of(engine: str, file: str) -> Path:
    """Where an engine's file is, or would be: ``file`` as in ``EngineInfo.weights``. Raises BadName, FolderTrouble."""
    return shelf().path(engine, file)


def present(info: EngineInfo) -> tuple[WeightsInfo, ...]:
    """``info.weights``, each with whether it is there to be loaded, by its length; costs a few system calls."""
    return shelf().present(info)
