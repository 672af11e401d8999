"""One file from a server to the shelf: resumed where it broke off, and trusted only when every byte is right.

What has come lies in ``FILE.part``; ``FILE.part.json`` says where it is from, so that a later try (also of another
process, also after a kill) can ask for the rest. A server proves by the file's tag (ETag) that its rest belongs to
our beginning; where it cannot, and no hash would find out, the file starts anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError

from ...errors import BadWeights, JobError
from ...protocol import WeightsInfo
from ..weights import read_header
from .access import Access, Answer
from .ledger import write_json
from .names import ABOUT_PART, PART, beside, in_words
from .pull import Pull
from .room import is_full, no_room
from .troubles import Hitch, Offline, ServerTrouble, WrongFile, host_of

WORTH = 1 << 20  # bytes a try must bring for the count of tries to begin again
LONGEST_PAUSE = 30.0  # seconds
LARGEST = 1 << 37  # bytes of a file whose length nobody told: 137 GB


@dataclass(frozen=True)
class About:
    """What is known of a part: the published address, the server's tag, and what the file is to be."""

    url: str
    tag: str = ""  # a strong ETag; "" where the server gives none
    size: int = 0
    sha256: str = ""


class Download:
    """``run()`` brings the file and returns its SHA-256.

    ``step(bytes there)`` and ``sleep(seconds)`` may raise to stop; ``say(line)`` writes to the log; ``came`` is what
    the server has sent so far. Raises the errors of ``troubles``, DiskFull, BadRequest for an unsafe address.
    """

    def __init__(
        self,
        file: WeightsInfo,
        path: Path,
        access: Access,
        step: Callable[[int], None],
        sleep: Callable[[float], None],
        say: Callable[[str], None],
    ):
        self._file, self._path, self._access = file, path, access
        self._step, self._sleep, self._say = step, sleep, say
        self._part, self._note = beside(path, PART), beside(path, ABOUT_PART)
        self._about = About(file.url, size=file.size, sha256=file.sha256.lower())
        self.came = 0
        self._there = 0  # bytes of the part
        self._resumed = False  # whether some of them are from before
        self._digest = hashlib.sha256()

    def run(self) -> str:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._take_up()
        failed, best = 0, self._there
        while True:
            try:
                if not (self._about.size and self._there == self._about.size):
                    self._try()
                return self._keep()
            except Hitch as hitch:
                failed = 1 if self._there >= best + WORTH else failed + 1
                best = max(best, self._there)
                hopeless = isinstance(hitch.error, Offline) and not best and failed > 1
                if failed >= self._access.tries or hopeless:
                    raise hitch.error from None
                pause = max(hitch.wait, min(self._access.pause * 2 ** (failed - 1), LONGEST_PAUSE))
                self._say(f"{hitch.error.sentence} Trying again in {pause:.0f} s.")
                self._sleep(pause)

    # ----------------------------------------------------------------------------------------- the part

    def _take_up(self) -> None:
        """Goes on from what an earlier process left, if it is of the same file."""
        about = self._noted()
        known = about is not None and about.url == self._file.url
        if about is None or not known or not self._joins(about):
            self._start_anew()
            return
        with contextlib.suppress(FileNotFoundError), open(self._part, "rb") as part:
            while piece := part.read(1 << 20):
                self._digest.update(piece)
                self._there += len(piece)
                self._look()
        size = self._file.size or about.size
        if size and self._there > size:
            self._start_anew()
            return
        self._about = replace(about, size=size, sha256=self._file.sha256.lower() or about.sha256)
        self._resumed = self._there > 0

    def _joins(self, about: About) -> bool:
        """Whether it would come out if the rest belonged to another beginning."""
        return bool(about.tag or self._file.sha256 or about.sha256)

    def _start_anew(self) -> None:
        self._part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
        self._there, self._resumed, self._digest = 0, False, hashlib.sha256()
        self._about = About(self._file.url, size=self._file.size, sha256=self._file.sha256.lower())

    def _noted(self) -> About | None:
        try:
            about = About(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        typed = all(isinstance(text, str) for text in (about.url, about.tag, about.sha256))
        return about if typed and type(about.size) is int and about.size >= 0 else None

    # ------------------------------------------------------------------------------------------ one try

    def _try(self) -> None:
        """Asks for what is missing. Raises Hitch where another try may bring the rest."""
        if self._there and not self._joins(self._about):
            self._start_anew()
        wanted = {}
        if self._there:
            wanted["Range"] = f"bytes={self._there}-"
            if self._about.tag:
                wanted["If-Range"] = self._about.tag
        address = self._access.address(self._file.url)
        with Pull(self._access, address, wanted, self._look) as pull:
            try:
                answer = pull.head()
            except HTTPError as error:  # 416: there is nothing behind what we have
                error.close()
                refused = ServerTrouble(
                    f"{host_of(address)} does not know the rest of {self._file.file} (416).", "Try again later."
                )
                self._start_anew()
                raise Hitch(refused) from None
            total = self._begin(answer, address)
            self._receive(pull, total, address)

    def _begin(self, answer: Answer, address: str) -> int:
        """Checks what is about to come, before a byte of it is kept; how long the file will be, 0 if nobody says."""
        host, tag = host_of(address), (answer.headers.get("ETag") or "").strip()
        tag = tag if tag.startswith('"') and len(tag) < 300 else ""
        first, total = _range(answer)
        if answer.headers.get_content_type() in ("text/html", "application/xhtml+xml"):
            raise WrongFile(
                f"{host} sends a web page instead of {self._file.file}.",
                "Your network may want you to log in first: open any page in a browser; or choose a mirror.",
            )
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise WrongFile(f"{host} sends {self._file.file} packed.", "Choose another mirror.")
        if answer.status == 206:
            if first != self._there or (self._about.tag and tag and tag != self._about.tag):
                self._start_anew()  # the file has changed under our hands
                raise Hitch(ServerTrouble(f"{host} has changed {self._file.file} meanwhile.", "Try again."))
        elif self._there:
            self._say(f"{host} cannot go on where it stopped; {self._file.file} starts from the beginning.")
            self._start_anew()
        size, sha256 = self._file.size or answer.size, self._file.sha256.lower() or answer.sha256
        other = f"{total:,} bytes instead of {size:,}" if size and total and total != size else ""
        if answer.sha256 and answer.sha256 != sha256:
            other = f"SHA-256 {answer.sha256[:12]}… instead of {sha256[:12]}…"
        if other:
            self._start_anew()
            raise WrongFile(
                f"{host} has another {self._file.file}: {other}.",
                "Update Maquette; if you use a mirror, try without it.",
            )
        if answer.status == 206:
            tag = tag or self._about.tag
        self._about = About(self._file.url, tag, size or total, sha256)
        write_json(self._note, asdict(self._about))
        return size or total

    def _receive(self, pull: Pull, total: int, address: str) -> None:
        with open(self._part, "ab") as part:
            if part.tell() != self._there:  # somebody else has written to it
                raise Hitch(self._odd())
            for piece in pull.pieces():
                if self._there + len(piece) > (total or LARGEST):
                    self._start_anew()
                    raise WrongFile(
                        f"{host_of(address)} sends more than the {total or LARGEST:,} bytes of {self._file.file}.",
                        "Try again later, or choose another mirror.",
                    )
                self._write(part, piece)
                self._look()
        if total and self._there < total:
            raise Hitch(
                ServerTrouble(
                    f"{host_of(address)} hung up after {in_words(self._there)} of {in_words(total)}.",
                    "Try again; what has come is kept.",
                )
            )

    def _odd(self) -> JobError:
        self._start_anew()
        return ServerTrouble(f"{self._part.name} was changed by another program.", "Try again.")

    def _write(self, part: BinaryIO, piece: bytes) -> None:
        try:
            part.write(piece)
            part.flush()  # so that its length tells how far we are, whatever becomes of us
        except OSError as error:
            with contextlib.suppress(OSError):
                os.truncate(self._part, self._there)
            if is_full(error):
                raise no_room(self._path.parent) from None
            raise
        self._digest.update(piece)
        self._there += len(piece)
        self.came += len(piece)

    def _look(self) -> None:
        self._step(self._there)

    # ---------------------------------------------------------------------------------------- the whole

    def _keep(self) -> str:
        """The part becomes the file, if it is the right one."""
        if not self._there and not self._file.sha256:
            self._start_anew()
            raise WrongFile(f"{host_of(self._file.url)} sends nothing as {self._file.file}.", "Try again later.")
        sha256 = self._digest.hexdigest()
        wanted = self._about.sha256
        if wanted and sha256 != wanted:
            resumed = self._resumed
            self._start_anew()
            if resumed:  # its beginning was from before: most likely that was spoilt
                raise Hitch(ServerTrouble(f"The part of {self._file.file} that was there is spoilt.", "Try again."))
            raise WrongFile(
                f"What came as {self._file.file} is not what was published (SHA-256 {sha256[:12]}…, not "
                f"{wanted[:12]}…); it was thrown away.",
                "Try again; if it happens twice, the server or mirror has another file: choose another.",
            )
        if not wanted and self._path.suffix == ".safetensors":
            try:
                read_header(self._part)
            except BadWeights as error:
                self._start_anew()
                raise WrongFile(
                    f"What came as {self._file.file} is damaged ({error.sentence}); it was thrown away.", "Try again."
                ) from None
        with open(self._part, "rb+") as part:
            os.fsync(part.fileno())
        os.replace(self._part, self._path)
        self._note.unlink(missing_ok=True)
        return sha256


def _range(answer: Answer) -> tuple[int, int]:
    """The first byte that comes and the length of the whole file, 0 where it is not told."""
    if answer.status == 206:
        said = re.fullmatch(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15}|\*)", answer.headers.get("Content-Range") or "")
        if not said:
            return -1, 0
        return int(said[1]), 0 if said[3] == "*" else int(said[3])
    length = answer.headers.get("Content-Length") or ""
    return 0, int(length) if re.fullmatch(r"\d{1,15}", length) else 0
