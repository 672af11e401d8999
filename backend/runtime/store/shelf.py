"""Where official weights live: ``<folder>/<engine>/<file>``, what state they are in, and how they leave.

Only files that an engine's ``info`` names are ever touched, and nothing outside the folder: names are plain
(``names``), and a link that leads out is treated as if it were not there.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import BadWeights, JobError
from ...protocol import EngineInfo, WeightsInfo
from ..weights import read_header, sha256_of
from .ledger import Known, Ledger
from .names import ABOUT_PART, LEDGER, PART, beside, inner_path

ABSENT, PARTIAL, PRESENT, VERIFIED, DAMAGED = "absent", "partial", "present", "verified", "damaged"
NO_LIMIT = 1 << 62
AGAIN = "Delete it and download it again."


class FolderTrouble(JobError):
    """The system does not let us read, write or remove something in the folder for weights."""

    code = "folder_trouble"


@dataclass(frozen=True)
class FileState:
    """``state`` absent | partial (some of it is there) | present (the length fits) | verified (also every byte) |
    damaged; ``size`` bytes on the disk; ``sha256`` of them, where it is known; ``why`` it is damaged, a sentence.
    ``own``: the user's file, recognised by its tensors and not compared with the published one.
    """

    file: WeightsInfo
    state: str
    size: int = 0
    sha256: str = ""
    why: str = ""
    own: bool = False

    @property
    def usable(self) -> bool:
        return self.state in (PRESENT, VERIFIED)


class Shelf:
    """One folder for weights. It need not exist yet."""

    def __init__(self, root: Path):
        self.root = Path(os.path.abspath(root))

    def folder(self, engine: str) -> Path:
        """An engine's own folder."""
        return self.root / inner_path(engine, "x").parent

    def path(self, engine: str, file: str) -> Path:
        """Where the file is, or would be. Raises BadName, FolderTrouble where a link leads out of the folder."""
        path = self.root / inner_path(engine, file)
        if not self._within(path):
            raise FolderTrouble(
                f"“{path}” leads out of the folder for weights.",
                "Put the file itself there instead of a link, or import it.",
            )
        return path

    def state(self, engine: str, file: WeightsInfo) -> FileState:
        """What can be told without reading the file: its length, or its header, and what was found out before."""
        try:
            path = self.path(engine, file.file)
            found = path.stat()
        except FolderTrouble as error:
            return FileState(file, ABSENT, why=error.sentence)
        except OSError:
            return self._partial(engine, file)
        if not stat.S_ISREG(found.st_mode):
            return FileState(file, ABSENT, why=f"“{path.name}” is not a file.")
        known = self.ledger(engine).recall(file.file, found)
        sha256 = known.sha256 if known else ""
        wrong = _wrong(path, file, found.st_size, known)
        if wrong:
            return FileState(file, DAMAGED, found.st_size, sha256, wrong)
        sure = bool(sha256) and sha256 == file.sha256.lower()
        own = known is not None and known.recognised and not sure
        return FileState(file, VERIFIED if sure else PRESENT, found.st_size, sha256, own=own)

    def states(self, info: EngineInfo) -> tuple[FileState, ...]:
        return tuple(self.state(info.id, file) for file in info.weights)

    def present(self, info: EngineInfo) -> tuple[WeightsInfo, ...]:
        """The engine's files, each with whether it is there to be loaded."""
        return tuple(replace(state.file, present=state.usable) for state in self.states(info))

    def verify(self, engine: str, file: WeightsInfo, step: Callable[[int], None] = lambda done: None) -> FileState:
        """The state after every byte was read; remembered. ``step(bytes read)`` may raise to stop.

        Where no hash was published, the file is compared with what it was when it came.
        """
        before = self.state(engine, file)
        if before.state in (ABSENT, PARTIAL):
            return before
        path = self.path(engine, file.file)
        found = path.stat()
        ledger = self.ledger(engine)
        known = ledger.recall(file.file, found)
        sha256 = sha256_of(path, NO_LIMIT, step)
        if known is None or sha256 == file.sha256.lower():
            ledger.remember(file.file, found, sha256)
        else:
            ledger.remember(file.file, found, known.sha256, known.sha256 == sha256, known.recognised)
        return self.state(engine, file)

    def delete(self, info: EngineInfo) -> int:
        """Removes the engine's files, whole and partial, and its folder if nothing else is in it; bytes freed."""
        freed = 0
        for file in info.weights:
            path = self.path(info.id, file.file)
            for victim in (path, beside(path, PART), beside(path, ABOUT_PART)):
                freed += _remove(victim)
        self.ledger(info.id).forget(*(file.file for file in info.weights))
        self._tidy(info)
        return freed

    def ledger(self, engine: str) -> Ledger:
        return Ledger(self.folder(engine) / LEDGER)

    def _partial(self, engine: str, file: WeightsInfo) -> FileState:
        try:
            found = beside(self.path(engine, file.file), PART).stat()
        except OSError:
            return FileState(file, ABSENT)
        return FileState(file, PARTIAL, found.st_size)

    def _within(self, path: Path) -> bool:
        """Whether the path, links followed, stays in the folder."""
        root, real = os.path.realpath(self.root), os.path.realpath(path)
        return os.path.commonpath([root, real]) == root if _same_drive(root, real) else False

    def _tidy(self, info: EngineInfo) -> None:
        """Removes the folders that stood only for the engine's files."""
        folders = {parent for file in info.weights for parent in inner_path(info.id, file.file).parents}
        for folder in sorted(folders - {Path(".")}, key=lambda f: len(f.parts), reverse=True):
            with contextlib.suppress(OSError):  # there is something else in it, or it was never made
                (self.root / folder).rmdir()


def _wrong(path: Path, file: WeightsInfo, size: int, known: Known | None) -> str:
    """What is wrong with a file, as far as it shows without reading it; "" if nothing."""
    if known and not known.whole:
        return "The disk has lost some of its bytes."
    if known and known.recognised:
        return ""
    if file.size and size != file.size:
        return f"It has {size:,} bytes and should have {file.size:,}."
    if known and file.sha256 and known.sha256 != file.sha256.lower():
        return "It is not the file that was published."
    if not file.size and not size:
        return "It is empty."
    if not file.size and path.suffix == ".safetensors":
        try:
            read_header(path, AGAIN)
        except BadWeights as error:
            return error.sentence
    return ""


def _same_drive(a: str, b: str) -> bool:
    return os.path.splitdrive(a)[0].lower() == os.path.splitdrive(b)[0].lower()


def _remove(path: Path) -> int:
    """Removes a file or a link (never what it leads to); bytes freed."""
    try:
        size = path.lstat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise FolderTrouble(
            f"“{path}” cannot be deleted: {(error.strerror or str(error)).lower()}.",
            "Close what uses it (Free GPU memory does for Maquette), then try again.",
        ) from None
    return size
