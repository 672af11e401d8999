"""Brings the wheels of a plan into ``downloads``: from a folder of the user's, PyTorch's index, or pip's.

Every file is checked against the lock's SHA-256 before it counts. Files of PyTorch's index, the large ones, go on
where they stopped; of pip's files, a whole one is never fetched twice.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errand import Errand
from ...errors import DiskFull, JobError
from ...protocol import WeightsInfo
from ..store.access import Access
from ..store.download import Download
from ..store.names import in_words
from ..store.troubles import NotThere, Offline, WrongFile
from .lock import Wheel
from .pips import find_pip, run, tells_progress
from .published import published_hash

SMALL = 32_000_000  # bytes; smaller wheels are asked for together
OFFLINE_WORDS = re.compile(
    "name resolution|NameResolutionError|Name or service not known|getaddrinfo|Network is unreachable|"
    "Connection refused|NewConnectionError|No route to host|ConnectTimeout|timed out|Max retries",
    re.IGNORECASE,
)
MISSING_WORDS = re.compile(
    r"(?:satisfies the requirement|No matching distribution found for) ([\w.+=-]+)", re.IGNORECASE
)
WRONG_WORDS = re.compile("DO NOT MATCH THE HASHES|HashMismatch", re.IGNORECASE)


class MissingWheels(JobError):
    """The folder of wheels does not hold all that is needed, and the network is not to be used."""

    code = "missing_wheels"


class NoWheels(JobError):
    """The package index does not have a file of the lock."""

    code = "not_there"


class PipFailed(JobError):
    """pip gave up, for a reason that we do not know words for."""

    code = "pip_failed"


@dataclass
class Fetch:
    """``wheels`` of a plan → their paths. ``shelf`` is a folder with wheels that are there already, or None;
    ``network`` False never asks a server; ``access`` the way to PyTorch's index; ``step(bytes there)`` may raise."""

    wheels: Sequence[Wheel]
    downloads: Path
    errand: Errand
    step: Callable[[int, str], None]
    shelf: Path | None = None
    network: bool = True
    access: Access = field(default_factory=Access)

    def run(self) -> dict[Wheel, Path]:
        """Raises MissingWheels, NoWheels, PipFailed, NoPip, DiskFull, and the errors of ``troubles``."""
        self.downloads.mkdir(parents=True, exist_ok=True)
        there: dict[Wheel, Path] = {}
        for wheel in self.wheels:
            found = self._at_hand(wheel)
            if found:
                there[wheel] = found
            self.step(self._bytes(there), "Checking what is there")
        missing = [wheel for wheel in self.wheels if wheel not in there]
        if missing and not self.network:
            raise self._incomplete(missing)
        by_pip: list[Wheel] = []
        for wheel in sorted(missing, key=lambda wheel: -wheel.bytes):
            path = self._from_pytorch(wheel, self._bytes(there)) if wheel.index else None
            if path:
                there[wheel] = path
            else:
                by_pip.append(wheel)
        for batch in _batches(by_pip):
            self._from_pip(batch, self._bytes(there))
            there.update({wheel: self.downloads / wheel.file for wheel in batch})
        return there

    # -------------------------------------------------------------------------------------- what is there

    def _at_hand(self, wheel: Wheel) -> Path | None:
        """A whole, right file in ``downloads`` or on the shelf. A wrong one of ours is deleted, of theirs refused."""
        ours = self.downloads / wheel.file
        if ours.is_file():
            if self._right(ours, wheel):
                return ours
            ours.unlink()
        theirs = self.shelf / wheel.file if self.shelf else None
        if theirs and theirs.is_file():
            if not self._right(theirs, wheel):
                raise WrongFile(
                    f"“{theirs.name}” in the folder of wheels is not the file of the lock.",
                    "Delete it and download it again.",
                )
            return theirs
        return None

    def _right(self, path: Path, wheel: Wheel) -> bool:
        if wheel.size and path.stat().st_size != wheel.size:
            return False
        return not wheel.sha256 or sha256_of(path, self.errand.step) == wheel.sha256

    def _incomplete(self, missing: Sequence[Wheel]) -> MissingWheels:
        names = ", ".join(wheel.file for wheel in missing[:3]) + (" …" if len(missing) > 3 else "")
        where = f"the folder “{self.shelf}”" if self.shelf else "our folder"
        return MissingWheels(
            f"{len(missing)} of {len(self.wheels)} wheels are not in {where}: {names}.",
            "Put them there, or allow Maquette to go online.",
        )

    # ------------------------------------------------------------------------------------------ PyTorch's

    def _from_pytorch(self, wheel: Wheel, before: int) -> Path | None:
        """From PyTorch's own index; None where it cannot be reached, since the user's index may have the file too."""
        path = self.downloads / wheel.file

        def step(there: int) -> None:
            self.step(before + there, f"{wheel.name} {wheel.version}")

        known = wheel.sha256 or published_hash(wheel, self.access, self.errand.say, lambda: step(0))
        file = WeightsInfo(wheel.file, wheel.size, known, wheel.url)
        try:
            Download(file, path, self.access, step, self.errand.sleep, self.errand.say).run()
        except (Offline, NotThere) as error:
            if not wheel.sha256:  # nothing would tell another's file from PyTorch's
                raise
            self.errand.say(f"{error.sentence} Asking your own package index for {wheel.file}.")
            return None
        return path

    # ---------------------------------------------------------------------------------------------- pip's

    def _from_pip(self, batch: Sequence[Wheel], before: int) -> None:
        """Raises what pip's words mean. Afterwards every file of the batch lies in ``downloads``, checked."""
        fresh = self.downloads / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)  # of a try that was killed
        fresh.mkdir()
        try:
            listed = fresh / "wanted.txt"
            listed.write_text("".join(_requirement(wheel) for wheel in batch), encoding="utf-8")
            done = Counter(before, self.step)
            direct = {"NO_PROXY": "*", "no_proxy": "*"} if self.access.proxy == "none" else {}
            command = self._command(listed, fresh)
            code, last = run(self.errand, command, lambda line: self._heard(line, done), fresh, direct)
            if code:
                raise _explain(last, self.downloads)
            for wheel in batch:
                path = fresh / wheel.file
                if not path.is_file() or not self._right(path, wheel):
                    raise WrongFile(
                        f"pip brought another file than {wheel.file}.", "Try again, or choose another package index."
                    )
                os.replace(path, self.downloads / wheel.file)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _command(self, listed: Path, target: Path) -> list[str]:
        pip = find_pip()
        progress = "raw" if tells_progress(pip) else "off"
        words = ["download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--require-hashes"]
        words += [
            "--disable-pip-version-check",
            "--progress-bar",
            progress,
            "--retries",
            "3",
            "--dest",
            str(target),
            "--requirement",
            str(listed),
        ]
        if self.access.proxy and self.access.proxy != "none":
            words += ["--proxy", self.access.proxy]
        return [*pip, *words]

    def _heard(self, line: str, done: Counter) -> None:
        said = re.fullmatch(r"Progress (\d{1,15}) of (\d{1,15})", line)
        if said:
            done.at(int(said[1]), int(said[2]))
            return
        if line.startswith("Collecting "):
            done.begin(line.removeprefix("Collecting ").split(" ")[0])
        if line and not line.startswith(("WARNING: Location", "Saved ")):
            self.errand.say(f"pip: {line}")

    def _bytes(self, there: dict[Wheel, Path]) -> int:
        return sum(wheel.bytes for wheel in there)


@dataclass
class Counter:
    """Adds up pip's "Progress N of M", which begins anew with each file."""

    before: int
    step: Callable[[int, str], None]
    what: str = ""
    _finished: int = 0
    _last: int = 0

    def begin(self, what: str) -> None:
        self.what = what
        self._finished, self._last = self._finished + self._last, 0

    def at(self, come: int, _whole: int) -> None:
        if come < self._last:
            self._finished += self._last
        self._last = come
        self.step(self.before + self._finished + self._last, self.what)


def sha256_of(path: Path, step: Callable[[], None] = lambda: None) -> str:
    """Hexadecimal SHA-256 of a file of any size; ``step`` may raise to stop."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(4 << 20):
            digest.update(piece)
            step()
    return digest.hexdigest()


def _batches(wheels: Sequence[Wheel]) -> list[list[Wheel]]:
    """Large files alone, so that a broken-off try has lost one at most; the small ones together."""
    large = [[wheel] for wheel in wheels if wheel.bytes > SMALL]
    small = [wheel for wheel in wheels if wheel.bytes <= SMALL]
    return [small, *large] if small else large


def _requirement(wheel: Wheel) -> str:
    return f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n"


def _explain(last: str, folder: Path) -> JobError:
    """pip's last lines → the error they mean."""
    if "No space left" in last or "Errno 28" in last:
        return DiskFull(f"The disk of “{folder}” is full.", "Free some space, then try again; whole files are kept.")
    if WRONG_WORDS.search(last):
        return WrongFile(
            "Your package index has a file that is not the one of the lock.",
            "Try again; if it happens twice, choose another index or mirror.",
        )
    if OFFLINE_WORDS.search(last):
        return Offline("The package index cannot be reached.", "Connect to the internet, or check the proxy.")
    missing = MISSING_WORDS.search(last)
    if missing:
        return NoWheels(
            f"Your package index does not have {missing[1].replace('==', ' ')} for this Python and system.",
            "Connect to the internet, choose another index, or put the wheels into a folder yourself.",
        )
    line = next((line for line in reversed(last.splitlines()) if line.strip()), "it said nothing")
    return PipFailed(f"pip could not download ({line.strip()[:200]}).", "See the log; then try again.")


def check_space(folder: Path, needed: int) -> None:
    """Raises DiskFull where ``needed`` bytes are not free on the disk of ``folder``."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        free = shutil.disk_usage(there).free
    except OSError:  # some network disks do not tell
        return
    if free < needed:
        raise DiskFull(
            f"{in_words(needed)} are needed for the GPU runtime, and {in_words(free)} are free in “{folder}”.",
            "Free some space, then try again.",
        )
