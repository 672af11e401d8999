"""Everything an engine still lacks, downloaded under one bar that counts all its bytes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
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
from .shelf import DAMAGED, PARTIAL, FileState, FolderTrouble, Shelf
from .troubles import Hitch

SPAN = 10.0  # seconds over which the speed is averaged


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
        path = shelf.path(info.id, state.file.file)
        sha256 = Download(state.file, path, access, total.step, total.sleep, errand.say).run()
        shelf.ledger(info.id).remember(state.file.file, path.stat(), sha256)
        errand.say(f"{state.file.file}: {in_words(path.stat().st_size)}, SHA-256 {sha256}")
        total.end(path.stat().st_size)
    return f"{info.title}'s weights are there ({in_words(total.all)})."


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


class Total:
    """The one bar: bytes of all files, the speed of the last seconds, and the time they will still take."""

    def __init__(self, errand: Errand, sizes: list[int], clock: Callable[[], float] = time.monotonic):
        self._errand, self._sizes, self._clock = errand, list(sizes), clock
        self._i, self._stage = 0, ""
        self._before = 0  # bytes of the files that are done
        self._there = 0
        self._come = self._earlier = 0  # bytes that came by now, and when the present file began
        self._marks: deque[tuple[float, int]] = deque()

    @property
    def all(self) -> int:
        return sum(self._sizes)

    def begin(self, i: int, state: FileState) -> None:
        self._i = i
        self._there = state.size if state.state == PARTIAL else 0
        self._earlier = self._come
        self._stage = f"Downloading {Path(state.file.file).name}"

    def step(self, there: int, came: int) -> None:
        """``there`` bytes of the present file are on the disk, ``came`` of them by this call. Raises Cancelled."""
        self._there = max(there, self._there) if not came else there  # what was there is still being read again
        self._come = self._earlier + came
        now = self._clock()
        self._marks.append((now, self._come))
        while now - self._marks[0][0] > SPAN:
            self._marks.popleft()
        self._show()

    def sleep(self, seconds: float) -> None:
        self._marks.clear()  # what was before the pause says nothing of the speed after it
        self._errand.step(None, self._stage, f"waiting {seconds:.0f} s to try again")
        self._errand.sleep(seconds)

    def end(self, size: int) -> None:
        self._sizes[self._i] = size
        self._before += size
        self._there = 0
        self._show()

    def _show(self) -> None:
        done, all = self._before + self._there, max(self.all, self._before + self._there)
        known = self._sizes[self._i] > 0
        detail = f"{in_words(done)} of {in_words(all)}" if known else in_words(done)
        speed = self._speed()
        eta = None
        if speed > 0:
            detail += f", {in_words(speed)}/s"
            eta = (all - done) / speed if known else None
        self._errand.step(done / all if all and known else None, self._stage, detail, eta)

    def _speed(self) -> float:
        """Bytes a second; 0 until a second has passed."""
        if not self._marks:
            return 0.0
        (first, before), (last, after) = self._marks[0], self._marks[-1]
        return (after - before) / (last - first) if last - first >= 1.0 else 0.0


def of_folder(folder: Path, error: OSError) -> JobError:
    """What the system says of the folder, as an error with a sentence."""
    if is_full(error):
        return no_room(folder)
    reason = (error.strerror or str(error)).lower()
    return FolderTrouble(
        f"The folder for weights, “{folder}”, cannot be used: {reason}.", "Choose another folder you may write to."
    )
