"""Everything an engine still lacks, downloaded under one bar that counts all its bytes."""

from __future__ import annotations

from pathlib import Path

from ...errand import Errand
from ...errors import BadRequest, JobError
from ...protocol import EngineInfo, WeightsInfo
from .access import Access
from .download import Download
from .lock import alone_in
from .names import in_words
from .pull import Pull
from .room import check_room, is_full, no_room
from .shelf import DAMAGED, PARTIAL, FolderTrouble, Shelf
from .total import Total
from .troubles import Hitch


def fetch(shelf: Shelf, info: EngineInfo, access: Access, errand: Errand) -> str:
    """Downloads what is absent, partial or damaged; the sentence that tells what was done.

    Raises Taken, DiskFull, BadRequest where a file has no address, and the errors of ``troubles``. What has come
    stays, so that the next call goes on from there.
    """
    try:
        with alone_in(shelf.root):
            return _fetch(shelf, info, access, errand)
    except OSError as error:
        raise of_folder(shelf.root, error) from error


def _fetch(shelf: Shelf, info: EngineInfo, access: Access, errand: Errand) -> str:
    lacking = [state for state in shelf.states(info) if not state.usable]
    if not lacking:
        return f"{info.title}'s weights are already there."
    for state in lacking:
        if not state.file.url:
            raise BadRequest(
                f"{state.file.file} cannot be downloaded by Maquette.",
                f"Get it where {info.title} is published, then import it.",
            )
        access.address(state.file.url)  # refuses what is unsafe before anything is on its way
        if state.state == DAMAGED:
            errand.say(f"{state.file.file} is damaged: {state.why} It will be replaced.")
    sizes = [state.file.size or _ask_size(state.file, access, errand) for state in lacking]
    there = [state.size if state.state == PARTIAL else 0 for state in lacking]
    check_room(shelf.root, sum(max(0, size - part) for size, part in zip(sizes, there, strict=True)))
    total = Total(errand, sizes)
    for i, state in enumerate(lacking):
        total.begin(i, state)
        size = _bring(shelf, info, state.file, access, errand, total)
        total.end(size)
    return f"{info.title}'s weights are there ({in_words(total.all)})."


def _bring(shelf: Shelf, info: EngineInfo, file: WeightsInfo, access: Access, errand: Errand, total: Total) -> int:
    """One file, and what is to be remembered of it; its bytes."""
    path = shelf.path(info.id, file.file)
    download = Download(file, path, access, lambda there: total.step(there, download.came), total.sleep, errand.say)
    sha256 = download.run()
    found = path.stat()
    shelf.ledger(info.id).remember(file.file, found, sha256)
    errand.say(f"{file.file}: {in_words(found.st_size)}, SHA-256 {sha256}")
    return found.st_size


def _ask_size(file: WeightsInfo, access: Access, errand: Errand) -> int:
    """What the server says of a file's length, 0 where it says nothing; only the bar depends on it."""
    try:
        with Pull(access, access.address(file.url), {}, errand.step, method="HEAD") as pull:
            answer = pull.head()
            length = answer.headers.get("Content-Length") or ""
            return answer.size or (int(length) if length.isdigit() and len(length) < 16 else 0)
    except Hitch:
        return 0
    except JobError as error:
        if error.code == "cancelled":
            raise
        return 0


def of_folder(folder: Path, error: OSError) -> JobError:
    """What the system says of the folder, as an error with a sentence."""
    if is_full(error):
        return no_room(folder)
    reason = (error.strerror or str(error)).lower()
    return FolderTrouble(
        f"The folder for weights, “{folder}”, cannot be used: {reason}.", "Choose another folder you may write to."
    )
