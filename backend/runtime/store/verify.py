"""A strict look at installed official weights: every byte, every name and shape, and one run on a fixed input.

What an engine may offer for it, as methods (or as functions of its module), both optional::

    tensors(file) -> Mapping[str, Sequence[int]]      the names and shapes that ``file`` must hold
    check(folder, device) -> CheckReport              one run of the weights in ``folder`` on "cuda", "mps" or "cpu"

``tensors`` should need no torch, for it also serves to recognise files that the user has; ``check`` may.
"""

from __future__ import annotations

import contextlib
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ... import __version__
from ...errand import Errand
from ...errors import BadRuntime, BadWeights, Cancelled, JobError
from ...protocol import EngineInfo
from .. import device
from .contents import PICKLED, Shapes, compare, read_contents
from .names import in_words
from .shelf import DAMAGED, VERIFIED, FileState, Shelf

PACKAGES = ("torch", "numpy", "safetensors", "gsplat")
HASHING, READING, RUNNING = "Comparing every byte", "Comparing names and shapes", "Running once"


@dataclass(frozen=True)
class CheckReport:
    """What an engine says after it ran once on a fixed input with the weights that are installed.

    ``dtype`` what its network was computed in, "float16" say, which is the engine's own choice;
    ``problems`` sentences, none if all was as it should be; ``outputs`` figures by which two runs can be compared
    ("mean of the matte" → "0.41235"); ``seconds`` of each part ("load", "first run"); ``peak_memory`` bytes.
    """

    problems: tuple[str, ...] = ()
    outputs: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    peak_memory: int = 0
    dtype: str = ""


def hook(engine: Any, name: str) -> Callable[..., Any] | None:
    """The engine's method of that name, or its module's function."""
    found = getattr(engine, name, None) or getattr(sys.modules.get(type(engine).__module__), name, None)
    return found if callable(found) else None


def manifest(engine: Any, file: str) -> Shapes | None:
    """Names and shapes that ``file`` must hold; None where the engine does not tell, or cannot without torch."""
    tensors = hook(engine, "tensors")
    try:
        return tensors(file) if tensors is not None else None
    except (ImportError, KeyError, BadRuntime):
        return None


@dataclass
class Findings:
    """The report as it grows: lines for a person to read and to send us, and whether all is well so far.

    ``private`` is what must not be in it: names of folders, which may tell who the user is.
    """

    title: str
    private: tuple[str, ...] = ()
    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)  # what could not be looked at

    @property
    def verdict(self) -> str:
        if self.problems:
            return f"NOT RIGHT: {len(self.problems)} problem{'s' if len(self.problems) > 1 else ''}"
        return "RIGHT, AS FAR AS COULD BE TOLD" if self.unproven else "RIGHT"

    @property
    def sentence(self) -> str:
        """The verdict where there is no room for the report."""
        return f"{self.title}'s weights: {self.verdict.lower()}."

    def text(self) -> str:
        """The whole report, fit to be shown to strangers."""
        ends = [f"problem: {sentence}" for sentence in self.problems]
        ends += [f"not checked: {sentence}" for sentence in self.unproven]
        told = "\n".join([*self.lines, *ends, f"verdict: {self.verdict}"])
        for name in self.private:
            told = told.replace(name, "…") if len(name) > 1 else told
        return told


def verify(shelf: Shelf, info: EngineInfo, engine: Any, errand: Errand) -> Findings:
    """Looks at everything. Raises BadWeights where files are not there at all."""
    findings = Findings(info.title, (str(shelf.root), str(Path.home())))
    findings.lines.append(f"Maquette {__version__}: weights of {info.title} ({info.id})")
    findings.lines.append(_surroundings())
    absent = [state.file.file for state in shelf.states(info) if not state.usable and state.state != DAMAGED]
    if absent:
        raise BadWeights(
            f"{', '.join(absent)} of {info.title} is not here yet.",
            f"Fetch the weights first: python -m backend weights fetch {info.id}",
        )
    total = sum(state.size for state in shelf.states(info)) or 1
    done = 0
    for file in info.weights:
        state = shelf.verify(info.id, file, _steps(errand, done, total))
        done += state.size
        _look_at(shelf, info, state, engine, findings, errand)
    if not findings.problems:
        _run(shelf, info, engine, findings, errand)
    return findings


def _look_at(shelf: Shelf, info: EngineInfo, state: FileState, engine: Any, findings: Findings, errand: Errand) -> None:
    """One file: its bytes, then what is in it."""
    name = state.file.file
    proof = "as published" if state.state == VERIFIED else "no hash was published"
    proof = "not as published, recognised by its tensors" if state.own else proof
    known = state.sha256 or "unknown"
    findings.lines.append(f"{name}: {state.size:,} bytes, SHA-256 {known} ({proof if state.usable else 'WRONG'})")
    if not state.usable:
        findings.problems.append(f"{name}: {state.why}")
        return
    if state.own:
        findings.unproven.append(f"{name} is not the published file, so this tells nothing of that one.")
    errand.step(None, READING, name)
    path = shelf.path(info.id, name)
    if path.suffix != ".safetensors" and path.suffix not in PICKLED:
        return
    try:
        found = read_contents(path)
    except BadRuntime as error:
        findings.unproven.append(f"{name}: {error.sentence}")
        return
    except BadWeights as error:
        findings.problems.append(error.sentence)
        return
    kinds = sorted({tensor.dtype for tensor in found.values()})
    findings.lines.append(f"{name}: {len(found)} tensors of {', '.join(kinds)}")
    wanted = manifest(engine, name)
    if wanted is None:
        findings.unproven.append(f"{name}: the engine does not tell which tensors it expects.")
        return
    findings.problems += [f"{name}: {sentence}" for sentence in compare(found, wanted).sentences()]


def _run(shelf: Shelf, info: EngineInfo, engine: Any, findings: Findings, errand: Errand) -> None:
    """The engine's own check, on the best device there is."""
    check = hook(engine, "check")
    if check is None:
        findings.unproven.append(f"{info.title} offers no run on a fixed input.")
        return
    errand.step(0.8, RUNNING)
    try:
        chosen = device.choose()
    except BadRuntime as error:
        findings.unproven.append(f"The run: {error.sentence} {error.fix}")
        return
    findings.lines.append(f"device: {chosen.title or 'processor'} ({chosen.kind})")
    begun = time.monotonic()
    try:
        with _ticking(errand):
            report = check(shelf.folder(info.id), chosen.kind)
        errand.step(1.0)
    except Cancelled:
        raise
    except JobError as error:
        findings.problems.append(f"The run failed: {error.sentence}")
        return
    except Exception as error:  # whatever it is, it belongs into the report
        what = [type(error).__name__, *str(error).splitlines()[:1]]
        findings.problems.append(f"The run failed: {': '.join(what)[:300]}")
        return
    if report.dtype:
        findings.lines.append(f"computed in: {report.dtype}")
    seconds = report.seconds or {"all": time.monotonic() - begun}
    findings.lines.append("seconds: " + ", ".join(f"{name} {value:.2f}" for name, value in seconds.items()))
    findings.lines += [f"output: {name} = {value}" for name, value in report.outputs.items()]
    if report.peak_memory:
        findings.lines.append(f"peak memory: {in_words(report.peak_memory)}")
    findings.problems += list(report.problems)


@contextlib.contextmanager
def _ticking(errand: Errand) -> Iterator[None]:
    """Says every second that we are still there: a run on a processor takes minutes in one piece."""
    over, begun = threading.Event(), time.monotonic()

    def tick() -> None:
        while not over.wait(1.0):
            with contextlib.suppress(Cancelled):  # the run itself cannot be stopped; what comes after it is
                errand.step(None, RUNNING, f"{time.monotonic() - begun:.0f} s")

    thread = threading.Thread(target=tick, name="tick", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _steps(errand: Errand, before: int, total: int) -> Callable[[int], None]:
    def step(done: int) -> None:
        errand.step(0.8 * (before + done) / total, HASHING, f"{in_words(before + done)} of {in_words(total)}")

    return step


def _surroundings() -> str:
    """Versions of everything that could matter; nothing that names the user."""
    from importlib import metadata  # slow to load, and engines import this module for its report alone

    told = [f"Python {platform.python_version()}", f"{platform.system()} {platform.release()} {platform.machine()}"]
    for package in PACKAGES:
        try:
            told.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(told)
