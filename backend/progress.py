"""How far a job is and how long it will still take.

A job passes through named stages. Each stage has an expected length: what this machine took for the same
engine and preset before, or, on the first run, the proportions below. The fraction of the job is the
expected time behind us over the expected total, so the bar moves at an even pace.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .errors import Cancelled
from .inputs import given
from .protocol import Request
from .watch import Watch

CUT_OUT, READ, ENGINE, IMAGINE = "Cutting out", "Reading", "Reconstructing", "Imagining"
SURFACE, FINISH = "Meshing", "Finishing"
STAGES = (CUT_OUT, READ, ENGINE, IMAGINE, SURFACE, FINISH)

# Seconds on two cores of Pocket and of Pocket Text at their standard presets, and of 65,000 Gaussians; only their
# proportions matter, and only until the first job of that kind has finished.
OF_PICTURES: Mapping[str, float] = {CUT_OUT: 0.08, ENGINE: 2.0, SURFACE: 0.5, FINISH: 0.2}
OF_TEXTS: Mapping[str, float] = {IMAGINE: 1.2, SURFACE: 0.15, FINISH: 0.15}
OF_CLOUDS: Mapping[str, float] = {READ: 0.3, ENGINE: 0.05, SURFACE: 4.0, FINISH: 0.3}

REPORT_EVERY = 0.05  # seconds between two reports of one stage: more would only load the link


class Meter:
    """Watches one job. ``report(stage, fraction, eta, detail)`` is called with a fraction that never falls.

    ``expected`` seconds per stage; ``known`` whether they were learned here (an estimate from proportions
    alone is shown only once the job itself has shown its pace). ``stopped()`` says whether to give up.
    """

    def __init__(
        self,
        report: Callable[[str, float, float | None, str], None],
        stopped: Callable[[], bool] = lambda: False,
        expected: Mapping[str, float] | None = None,
        preview: Callable[[object], None] = lambda mesh: None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.seconds: dict[str, float] = {}
        self.warnings: list[str] = []
        self._report, self._stopped, self._preview, self._clock = report, stopped, preview, clock
        self._learned = expected or {}
        self.plan(OF_PICTURES)
        self._start = clock()
        self._fraction = 0.0
        self._reported = -math.inf

    def plan(self, guess: Mapping[str, float]) -> None:
        """Says which stages the job will have, in their order, and how long each may take where nothing was learned."""
        self._known = bool(self._learned)
        self._expected = {stage: max(self._learned.get(stage, seconds), 1e-3) for stage, seconds in guess.items()}
        self._total = sum(self._expected.values())

    @contextmanager
    def stage(self, name: str) -> Iterator[Watch]:
        """The Watch of one stage; its steps run from 0 to 1."""
        begun = self._clock()
        behind = 0.0
        for other, length in self._expected.items():
            if other == name:
                break
            behind += length

        def step(fraction: float = 0.0, detail: str = "") -> None:
            if self._stopped():
                raise Cancelled
            now = self._clock()
            share = min(max(fraction, 0.0), 1.0) * self._expected[name]
            self._fraction = max(self._fraction, min((behind + share) / self._total, 1.0))
            if now - self._reported >= REPORT_EVERY:
                self._reported = now
                self._report(name, self._fraction, self._eta(now), detail)

        self._reported = -math.inf  # the first step of a stage is always told
        step()
        yield Watch(step=step, warn=self.warn, preview=self._preview)
        step(1.0)
        self.seconds[name] = self.seconds.get(name, 0.0) + self._clock() - begun

    def warn(self, sentence: str) -> None:
        if sentence and sentence not in self.warnings:
            self.warnings.append(sentence)

    @property
    def elapsed(self) -> float:
        return self._clock() - self._start

    def _eta(self, now: float) -> float | None:
        """Seconds left: the expected rest at the pace this job has kept so far."""
        elapsed, done = now - self._start, self._fraction
        expected = self._total * done
        if not self._known:
            return elapsed * (1 - done) / done if done > 0.15 and elapsed > 1.0 else None
        # The job's own pace counts only as far as it has gone, so that a slow first millisecond says nothing.
        pace = 1.0 + done * (min(max(elapsed / max(expected, 1e-3), 0.3), 5.0) - 1.0)
        return self._total * (1 - done) * pace


class Timings:
    """Seconds per stage for each engine (or ``work``) and preset, learned from finished jobs and kept in one JSON file.

    A missing or damaged file is an empty one: nothing but the first estimate depends on it.
    """

    def __init__(self, file: Path | None):
        self._file = file
        self._seconds = self._read()

    @staticmethod
    def work(request: Request) -> str:
        """The name under which a job's lengths are kept: an engine takes longer for a mesh than for a cut-out."""
        name = request.engine or given(request)  # where no engine is named, the input decides on it
        return name if request.output == "mesh" else f"{name}:{request.output}"

    def expected(self, engine: str, preset: str) -> dict[str, float]:
        return dict(self._seconds.get(f"{engine}/{preset}", {}))

    def learn(self, engine: str, preset: str, seconds: Mapping[str, float]) -> None:
        """Takes a finished job into account: half the new value, half what was known."""
        known = self._seconds.setdefault(f"{engine}/{preset}", {})
        for stage, value in seconds.items():
            known[stage] = (known[stage] + value) / 2 if stage in known else value
        if self._file is None:
            return
        spare = self._file.with_suffix(f".{os.getpid()}.tmp")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            spare.write_text(json.dumps(self._seconds, indent=1), encoding="utf-8")
            os.replace(spare, self._file)
        except OSError:  # a full disk must not fail a job that has succeeded
            with contextlib.suppress(OSError):
                spare.unlink(missing_ok=True)

    def _read(self) -> dict[str, dict[str, float]]:
        try:
            raw = json.loads((self._file or Path(os.devnull)).read_text(encoding="utf-8"))
            kept = {}
            for key, stages in raw.items():
                values = {s: float(v) for s, v in stages.items() if s in STAGES and 0 <= float(v) < 86400}
                kept[str(key)] = values
            return kept
        except (OSError, ValueError, AttributeError, TypeError, RecursionError):
            return {}
