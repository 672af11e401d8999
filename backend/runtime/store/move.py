"""Moving all weights to another folder, also on another disk, so that nothing is lost if it fails half-way.

First everything is put into the new folder, then the new folder is noted as ours, and only then is the old one
emptied. Whatever stops it before the note leaves the old folder as it was; started again, it goes on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from ...errand import Errand
from ...errors import BadRequest, JobError
from ...protocol import EngineInfo
from . import folder as folders
from .fetch import of_folder
from .lock import alone_in
from .names import ABOUT_PART, PART, beside, in_words
from .place import put, would_link
from .room import check_room
from .shelf import VERIFIED, Shelf

STAGE = "Moving the weights"


def move(old: Shelf, target: Path, infos: Iterable[EngineInfo], data_dir: Path, errand: Errand) -> str:
    """Moves what the engines ``infos`` have in ``old`` to the folder ``target``; the sentence that tells of it.

    Files that no engine knows stay where they are. Raises BadRequest, DiskFull, Taken, FolderTrouble, Cancelled.
    """
    new, infos = Shelf(target), tuple(infos)
    _check(old, new)
    try:
        with ExitStack() as stack:
            for root in (old.root, new.root):
                stack.enter_context(alone_in(root))
            return _move(old, new, infos, data_dir, errand)
    except OSError as error:
        raise of_folder(new.root, error) from error


def _check(old: Shelf, new: Shelf) -> None:
    a, b = Path(os.path.realpath(old.root)), Path(os.path.realpath(new.root))
    if a == b:
        raise BadRequest(f"The weights are in “{new.root}” already.", "Choose another folder.")
    if a in b.parents or b in a.parents:
        raise BadRequest("One of the two folders lies in the other.", "Choose a folder beside it.")
    if new.root.exists() and not new.root.is_dir():
        raise BadRequest(f"“{new.root}” is not a folder.", "Choose a folder.")


def _move(old: Shelf, new: Shelf, infos: tuple[EngineInfo, ...], data_dir: Path, errand: Errand) -> str:
    going = [(source, target) for info in infos for source, target in _files(old, new, info)]
    sizes = [source.stat().st_size for source, _ in going]
    copied = [size for (s, _), size in zip(going, sizes, strict=True) if not would_link(s, new.root)]
    check_room(new.root, sum(copied))
    all, done = sum(sizes), 0
    for (source, target), size in zip(going, sizes, strict=True):
        put(source, target, _steps(errand, source.name, done, all))
        done += size
    for info in infos:
        _tell_ledger(old, new, info)
    folders.note(data_dir, new.root)
    left = []
    for info in infos:
        try:
            old.delete(info)
        except JobError as error:  # the weights are safe; only room is lost
            left.append(error.sentence)
    if left:
        errand.say(f"Some of the old files are still there: {' '.join(left)}")
    return f"The weights are in “{new.root}” now ({in_words(all)})."


def _files(old: Shelf, new: Shelf, info: EngineInfo) -> list[tuple[Path, Path]]:
    """What there is of an engine's files, whole and partial, and is not in the new folder yet."""
    pairs = []
    for file in info.weights:
        source, target = old.path(info.id, file.file), new.path(info.id, file.file)
        there = new.state(info.id, file)
        if old.state(info.id, file).usable:
            if there.state != VERIFIED and not _same(source, target):
                pairs.append((source, target))
        elif not there.usable:
            # The note goes last: a part without it is not used, a note without its part does no harm either.
            pairs += [(beside(source, end), beside(target, end)) for end in (PART, ABOUT_PART)]
    return [(source, target) for source, target in pairs if source.is_file()]


def _same(source: Path, target: Path) -> bool:
    """Whether an earlier try has put it there: only then is the time of change the same."""
    try:
        a, b = source.stat(), target.stat()
    except OSError:
        return False
    return (a.st_size, a.st_mtime_ns) == (b.st_size, b.st_mtime_ns)


def _tell_ledger(old: Shelf, new: Shelf, info: EngineInfo) -> None:
    """What was known of the files is known of them in their new place."""
    for file in info.weights:
        source, target = old.path(info.id, file.file), new.path(info.id, file.file)
        if _same(source, target):
            known = old.ledger(info.id).recall(file.file, source.stat())
            if known is not None:
                new.ledger(info.id).remember(file.file, target.stat(), known.sha256, known.whole, known.recognised)


def _steps(errand: Errand, name: str, before: int, all: int) -> Callable[[int], None]:
    def step(done: int) -> None:
        errand.step((before + done) / all if all else None, STAGE, f"{name}, {in_words(before + done)}")

    return step
