"""Makes the private environment, step by step; each step can be killed, and the next run goes on where it stopped.

1. look: what the machine has, what is to be installed, whether there is room for it
2. fetch: the wheels, each checked against the lock
3. make: a virtual environment on the Python that runs us, with nothing in it
4. unpack: wheel by wheel, each noted once it is whole
5. test: the environment calculates on its device
6. mark: ``installed.json``, last of all; then the downloads go

What was installed before counts until step 3, so that an update without a network or without room breaks nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...errand import Errand
from ...errors import JobError
from ..store.access import Access
from ..store.names import in_words
from .alone import alone_in
from .check import Damaged, SelfTest, SelfTestFailed, check_files, is_whole, self_test
from .fetch import Fetch, check_space, sha256_of
from .lock import Plan, Wheel
from .pips import clean_environment
from .place import Installed, Place, remove_tree, size_of
from .unpack import remove_leftovers, unpack

FETCHED, MADE, UNPACKED = 0.7, 0.72, 0.95  # how far the whole is after each step; a slow network decides the first
MARGIN = 200_000_000  # bytes left free


class NeedsConsent(JobError):
    """Files whose hash we could not confirm ourselves are to be installed; the user has to agree."""

    code = "needs_consent"


class NoEnvironment(JobError):
    """This Python cannot make a virtual environment."""

    code = "no_environment"


@dataclass
class Install:
    """One installation. ``shelf`` a folder with wheels, or None; ``network`` False uses only that and what is there;
    ``consent`` accepts files that are not verified, and is remembered for the very same files; ``repair`` looks at what
    is installed and replaces what is not as it was, wheel by wheel."""

    plan: Plan
    place: Place
    errand: Errand
    shelf: Path | None = None
    network: bool = True
    consent: bool = False
    repair: bool = False
    access: Access = field(default_factory=Access)
    test: Callable[[Place, str], SelfTest] = self_test

    def run(self) -> str:
        """The sentence of the self-test. Raises JobError, Cancelled, OSError."""
        with alone_in(self.place.root):
            done = self.place.installed()
            if done and done.key == self.plan.key and self.place.python.exists() and not self.repair:
                return f"Already installed. {done.self_test}"
            self.errand.step(0.0, "Looking at this computer")
            self._tell()
            if not self.place.python.exists():  # its base was removed, say: what is unpacked there is of no use
                self.place.progress.unlink(missing_ok=True)
            elif self.repair:
                self._forget_damaged()
            self._check_consent()
            self._check_space()
            wheels = self._fetch()
            self._make()
            self._unpack(wheels)
            return self._finish()

    # ------------------------------------------------------------------------------------------ the steps

    def _tell(self) -> None:
        plan, say = self.plan, self.errand.say
        build = plan.choice.build
        say(f"PyTorch {build.torch} for: {build.title} ({plan.machine.platform}, Python {plan.machine.python})")
        if plan.choice.sentence:
            say(plan.choice.sentence)
        say(f"{len(plan.wheels)} wheels, {in_words(plan.download)} to fetch, {in_words(plan.installed)} on the disk")

    def _check_consent(self) -> None:
        """Only what is still to be fetched is asked about. A repair implies no consent, but what was accepted once is
        accepted again as long as it is the same, byte for byte.
        """
        accepted, done = self.place.accepted(), self._unpacked()
        asked = [wheel for wheel in self.plan.unverified if wheel.file not in done and not _is_known(wheel, accepted)]
        if not asked or self.consent:
            return
        names = ", ".join(wheel.file for wheel in asked)
        hashed = all(wheel.sha256 for wheel in asked)
        known = "is checked against a hash that others published" if hashed else "cannot be checked against any hash"
        raise NeedsConsent(
            f"{names} comes from PyTorch's own server and {known}; we could not confirm it ourselves.",
            "Agree to that: tick “Accept Unconfirmed Files” in Blender, or say --accept-unverified; or install for the "
            "processor (--accelerator cpu).",
        )

    def _check_space(self) -> None:
        plan = self.plan
        done = self._unpacked()
        there = sum(w.bytes for w in plan.wheels if (self.place.downloads / w.file).is_file() or self._on_shelf(w))
        unpacked = sum(wheel.unpacked for wheel in plan.wheels if wheel.file in done)
        check_space(self.place.root, plan.download - there + plan.installed - unpacked + MARGIN)

    def _forget_damaged(self) -> None:
        """Wheels that are not whole any more count as not unpacked, and the environment with them as none."""
        kept, unpacked = [], self._unpacked()
        for wheel in self.plan.wheels:
            if wheel.file in unpacked:
                if is_whole(self.place, wheel.file, lambda count: self.errand.step(0.0, "Checking the files")):
                    kept.append(wheel.file)
                else:
                    self.errand.say(f"{wheel.file} is damaged and will be replaced.")
        if len(kept) == len(unpacked & {wheel.file for wheel in self.plan.wheels}):
            return
        self.place.unmark()
        self.place.progress.unlink(missing_ok=True)
        if kept:
            for line in (f"plan {self.plan.key}", *kept):
                self._note(line)

    def _on_shelf(self, wheel: Wheel) -> bool:
        return bool(self.shelf) and (self.shelf / wheel.file).is_file()  # type: ignore[operator]

    def _fetch(self) -> dict[Wheel, Path]:
        total = max(self.plan.download, 1)

        def step(there: int, what: str) -> None:
            detail = f"{in_words(there)} of {in_words(total)}" + (f" · {what}" if what else "")
            self.errand.step(FETCHED * min(there / total, 1.0), "Downloading", detail)

        done = self._unpacked()
        known = {} if self.consent else self.place.accepted()
        # What has no hash in the lock is held to that of the file which was accepted.
        held = {
            replace(wheel, sha256=wheel.sha256 or known.get(wheel.file, "")): wheel
            for wheel in self.plan.wheels
            if wheel.file not in done
        }
        fetch = Fetch(list(held), self.place.downloads, self.errand, step, self.shelf, self.network, self.access)
        found = {held[wheel]: path for wheel, path in fetch.run().items()}
        fresh = {wheel.file: wheel.sha256 or sha256_of(path) for wheel, path in found.items() if not wheel.verified}
        if fresh:
            self.place.accept(fresh)
        return found

    def _make(self) -> None:
        """The empty environment; what is there of another plan goes."""
        self.errand.step(FETCHED, "Making the environment")
        if self._unpacked() and self.place.python.exists():
            return
        self.place.unmark()  # from here on there is no finished environment
        self.place.progress.unlink(missing_ok=True)
        remove_tree(self.place.env)
        command = [sys.executable, "-I", "-m", "venv", "--without-pip", str(self.place.env)]
        hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        told = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=clean_environment(),
            creationflags=hidden,
        )
        if told.returncode or not self.place.python.exists():
            words = told.stdout.decode("utf-8", "replace").strip().splitlines()
            for line in words:
                self.errand.say(f"venv: {line}")
            raise NoEnvironment(
                f"This Python cannot make a virtual environment ({(words or ['it said nothing'])[-1][:160]}).",
                "On Debian and Ubuntu: sudo apt install python3-venv. Elsewhere use Blender from blender.org.",
            )
        self.place.packages.mkdir(parents=True, exist_ok=True)
        self._note(f"plan {self.plan.key}")

    def _unpack(self, wheels: dict[Wheel, Path]) -> None:
        total, done, written = max(self.plan.installed, 1), self._unpacked(), 0
        for wheel in self.plan.wheels:
            if wheel.file in done:
                written += wheel.unpacked
                continue
            self.place.unmark()
            begun = written

            def step(count: int, begun: int = begun, name: str = wheel.name) -> None:
                nonlocal written
                written += count
                share = min(written / total, 1.0)
                self.errand.step(MADE + (UNPACKED - MADE) * share, "Installing", f"{name}, {in_words(written)}")

            unpack(wheels[wheel], self.place.packages, step)
            self._note(wheel.file)
            written = begun + wheel.unpacked
        remove_leftovers(self.place.packages)

    def _finish(self) -> str:
        self.errand.step(UNPACKED, "Checking the files")
        total = max(self.plan.installed, 1)
        read = 0

        def step(count: int) -> None:
            nonlocal read
            read += count
            self.errand.step(UNPACKED + 0.02 * min(read / total, 1.0), "Checking the files")

        try:
            check_files(self.place, step)
        except Damaged:  # power failed while the disk still had to write, say
            self.place.unmark()
            self._forget_damaged()
            raise
        self.errand.step(0.98, "Trying it out")
        build = self.plan.choice.build
        try:
            found = self.test(self.place, "cuda" if build.cuda else "mps" if build.name == "mps" else "")
        except SelfTestFailed:
            self.place.unmark()
            raise
        self.errand.say(f"It calculates on: {found.name} ({found.device})")
        self.place.mark(
            Installed(
                key=self.plan.key,
                build=build.name,
                torch=found.torch,
                python=self.plan.machine.python,
                base=os.path.realpath(sys.executable),
                self_test=found.sentence,
                device=found.device,
                bytes=size_of(self.place.env),
            )
        )
        remove_tree(self.place.downloads)
        return found.sentence

    # ------------------------------------------------------------------------------------- what is known

    def _unpacked(self) -> set[str]:
        """The wheels of this plan that are unpacked whole; none where the environment is of another plan."""
        try:
            lines = self.place.progress.read_text(encoding="utf-8").split("\n")
        except OSError:
            return set()
        # The last piece is "" or a line that was being written when we were killed.
        return set(lines[:-1]) if lines[:1] == [f"plan {self.plan.key}"] else set()

    def _note(self, line: str) -> None:
        with open(self.place.progress, "a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())


def _is_known(wheel: Wheel, accepted: Mapping[str, str]) -> bool:
    """Whether this very file was accepted before. Without a hash in the lock, ``Fetch`` is given the one of then."""
    known = accepted.get(wheel.file, "")
    return bool(known) and wheel.sha256 in ("", known)


def remove(place: Place, errand: Errand) -> str:
    """Deletes the environment, the downloads and the marker; the folder's log stays. Raises JobError."""
    ours = (place.env, place.downloads, place.marker, place.progress, place.consent)
    if not any(os.path.lexists(path) for path in ours):
        return "Nothing is installed."
    with alone_in(place.root):
        freed = size_of(place.root)
        place.unmark()
        parts: Sequence[Path] = (place.env, place.downloads)
        for i, part in enumerate(parts):
            errand.step(i / len(parts), "Removing")
            remove_tree(part)
        place.progress.unlink(missing_ok=True)
        place.consent.unlink(missing_ok=True)
    return f"The GPU runtime is removed; {in_words(freed)} are free again."
