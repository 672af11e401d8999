"""Taking in weights that the user already has: recognised by hash, or by names and shapes of what is in them.

A file's own name proves nothing for weights; only for small companions (settings, vocabularies) whose length fits it
must do. Files are shared with the user's folder where the disk can (a second name of the same bytes), else copied.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errand import Errand
from ...errors import BadRequest, BadRuntime, BadWeights, MissingFolder
from ...protocol import EngineInfo, WeightsInfo
from ..weights import sha256_of
from .contents import PICKLED, compare, read_contents
from .fetch import of_folder
from .lock import alone_in
from .names import in_words
from .place import put, would_link
from .room import check_room
from .shelf import NO_LIMIT, Shelf
from .verify import manifest

MOST = 20_000  # files looked at: somebody may name the root of a disk
LOOKING, TAKING = "Looking through the files", "Taking over"
WEIGHTY = (".safetensors", *PICKLED)


@dataclass(frozen=True)
class Match:
    source: Path
    sha256: str
    published: bool  # byte for byte, as far as a hash was published


def adopt(shelf: Shelf, info: EngineInfo, engine: Any, paths: Iterable[Path], errand: Errand, link: bool = True) -> str:
    """Takes what the engine lacks from files and folders; the sentence that tells of it.

    Raises BadRequest where none of the files is wanted, MissingFolder, DiskFull, Taken, Cancelled.
    """
    lacking = [state.file for state in shelf.states(info) if not state.usable]
    if not lacking:
        return f"{info.title}'s weights are already there."
    found = tuple(_files(paths, errand))
    if not found:
        raise BadRequest("There are no files in that folder.", "Name the folder that holds the weights.")
    try:
        with alone_in(shelf.root):
            told = [_take(shelf, info, engine, file, found, errand, link) for file in lacking]
    except OSError as error:
        raise of_folder(shelf.root, error) from error
    taken = [sentence for sentence in told if sentence]
    left = [file for file, sentence in zip(lacking, told, strict=True) if not sentence]
    names = ", ".join(f"{file.file} ({in_words(file.size)})" if file.size else file.file for file in left)
    if not taken:
        count = f"“{found[0].name}” is not" if len(found) == 1 else f"None of the {len(found)} files is"
        raise BadRequest(
            f"{count} one of {info.title}'s weights.", f"Wanted: {names}. Check where it is from, or download it here."
        )
    still = f" Still lacking: {names}." if left else ""
    return " ".join(taken) + still


def _take(
    shelf: Shelf,
    info: EngineInfo,
    engine: Any,
    file: WeightsInfo,
    found: tuple[Path, ...],
    errand: Errand,
    link: bool,
) -> str:
    match = _by_hash(file, found, errand) or _by_tensors(file, found, engine, errand) or _by_name(file, found, errand)
    if match is None:
        return ""
    target = shelf.path(info.id, file.file)
    if not (link and would_link(match.source, target.parent)):
        check_room(target.parent, match.source.stat().st_size)
    if not (target.exists() and os.path.samefile(match.source, target)):
        size = match.source.stat().st_size or 1
        put(match.source, target, lambda done: errand.step(done / size, TAKING, file.file), link)
    shelf.ledger(info.id).remember(file.file, target.stat(), match.sha256, recognised=not match.published)
    proof = "" if match.published else " (recognised by its tensors, not by its bytes)"
    return f"“{match.source.name}” serves as {file.file} now{proof}."


def _by_hash(file: WeightsInfo, found: tuple[Path, ...], errand: Errand) -> Match | None:
    """Only files of the right length are read through."""
    for path in found if file.sha256 else ():
        if file.size and _size(path) != file.size:
            continue
        if not file.size and path.suffix != Path(file.file).suffix:
            continue
        sha256 = _hash(path, errand)
        if sha256 == file.sha256.lower():
            return Match(path, sha256, True)
    return None


def _by_tensors(file: WeightsInfo, found: tuple[Path, ...], engine: Any, errand: Errand) -> Match | None:
    suffix = Path(file.file).suffix
    wanted = manifest(engine, file.file) if suffix in WEIGHTY else None
    if not wanted:
        return None
    for path in sorted(found, key=lambda path: _size(path) != file.size):
        if path.suffix != suffix:
            continue
        errand.step(None, LOOKING, path.name)
        try:
            if not compare(read_contents(path), wanted):
                return Match(path, _hash(path, errand), not file.sha256 and _size(path) == file.size)
        except BadRuntime as error:
            errand.say(f"{path.name} was not looked into. {error.sentence} {error.fix}")
        except BadWeights:
            continue
    return None


def _by_name(file: WeightsInfo, found: tuple[Path, ...], errand: Errand) -> Match | None:
    """Where neither a hash was published nor tensors can be compared: the same name and length."""
    if file.sha256 or not file.size:
        return None
    for path in found:
        if path.name == Path(file.file).name and _size(path) == file.size:
            return Match(path, _hash(path, errand), True)
    return None


def _files(paths: Iterable[Path], errand: Errand) -> Iterator[Path]:
    """Regular files named, and those in folders named; links to files (as in a hub's cache) count, to folders not."""
    seen = 0
    for path in paths:
        if path.is_file():
            yield path
            continue
        if not path.is_dir():
            raise MissingFolder(f"There is no “{path}”.", "Name a file or a folder that is there.")
        for folder, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                errand.step(None, LOOKING, name)
                seen += 1
                if seen > MOST:
                    raise BadRequest(
                        f"“{path}” has more than {MOST:,} files.", "Name the folder that holds the weights."
                    )
                if os.path.isfile(os.path.join(folder, name)):
                    yield Path(folder, name)


def _hash(path: Path, errand: Errand) -> str:
    return sha256_of(path, NO_LIMIT, lambda done: errand.step(None, LOOKING, f"{path.name}, {in_words(done)}"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
