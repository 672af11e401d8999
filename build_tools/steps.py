"""Runs commands, one after another or in two lanes, shows what each says, and sums up at the end."""

from __future__ import annotations

import os
import subprocess
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .paths import BUILD, ROOT, Stop

REPORTS = BUILD / "reports"
NOTHING_SELECTED = 5  # pytest's exit code


class Steps:
    """A list of steps with their outcome; a failed one does not stop the next, and nothing skipped goes unsaid."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.lines: list[tuple[str, str]] = []  # outcome, what
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        self.failed = False
        self._lane = threading.local()  # ``whole`` where a lane's output must not mix with another's
        self._turn = threading.Lock()

    @property
    def minutes(self) -> float:
        return (time.monotonic() - self.began) / 60

    def command(self, title: str, command: Sequence[object], env: Mapping[str, str] | None = None) -> bool:
        """Runs ``command`` in the checkout. True when it exits 0."""
        return self._run(title, [str(word) for word in command], {**os.environ, **(env or {})}) == 0

    def together(self, *jobs: Callable[[], None], lanes: int = 2) -> None:
        """Runs the jobs in ``lanes`` lanes, in their order; what a command says is shown in one piece at its end.

        Most of our tests wait for one processor, so that two lanes on two processors take little more than half; a lane
        that has ended takes the next job, so that neither waits for the other while there is work.
        """
        waiting = list(reversed(jobs))
        broken: list[BaseException] = []

        def walk() -> None:
            self._lane.whole = True
            while True:  # a job that breaks does not keep the others from running
                with self._turn:
                    if not waiting:
                        return
                    job = waiting.pop()
                try:
                    job()
                except BaseException as error:
                    broken.append(error)

        threads = [threading.Thread(target=walk) for _ in range(lanes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if broken:
            raise broken[0]

    def pytest(
        self,
        title: str,
        python: Path,
        *arguments: object,
        env: Mapping[str, str] | None = None,
        may_be_empty: bool = True,
    ) -> bool:
        """Runs pytest and adds up what it ran. An empty selection (pytest's exit 5) is noted, and is no failure
        where it ``may_be_empty``.
        """
        REPORTS.mkdir(parents=True, exist_ok=True)
        report = REPORTS / f"{title.replace(' ', '-').replace(':', '')}.xml"
        report.unlink(missing_ok=True)
        told = (f"--junitxml={report}", "--durations=8", "--durations-min=5", "-rs")
        command = [str(python), "-m", "pytest", *told, *map(str, arguments)]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
        code = self._run(title, command, environment, report, may_be_empty)
        return code == 0 or (may_be_empty and code == NOTHING_SELECTED)

    def made(self, title: str, make: Callable[[], Path]) -> Path | None:
        """What ``make`` returns as a step of its own; None, and a failed run, where it raises Stop."""
        start = time.monotonic()
        try:
            path: Path | None = make()
        except Stop as reason:
            print(reason, flush=True)
            path = None
        with self._turn:
            self._note(path is not None, title, time.monotonic() - start)
        return path

    def leave_out(self, title: str, why: str) -> None:
        self.lines.append(("not run", f"{title}: {why}"))

    def finish(self) -> int:
        """Prints the summary and returns the exit code."""
        print(f"\n── summary after {self.minutes:.1f} min")
        for outcome, what in self.lines:
            print(f"{outcome:>8}  {what}")
        if any(self.counts.values()):
            print(", ".join(f"{number} {what}" for what, number in self.counts.items()))
        return 1 if self.failed else 0

    def _run(
        self,
        title: str,
        command: list[str],
        env: Mapping[str, str],
        report: Path | None = None,
        may_be_empty: bool = True,
    ) -> int:
        start = time.monotonic()
        whole = getattr(self._lane, "whole", False)
        if not whole:
            print(f"\n── {title}", flush=True)
        out, err = (subprocess.PIPE, subprocess.STDOUT) if whole else (None, None)
        done = subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        with self._turn:
            if whole:
                print(f"\n── {title}\n{done.stdout.decode('utf-8', 'replace')}", end="", flush=True)
            if report is not None and done.returncode == NOTHING_SELECTED and may_be_empty:
                self.leave_out(title, "no test is selected")
                return done.returncode
            if report is not None:
                self._count(report)
            self._note(done.returncode == 0, title, time.monotonic() - start)
        return done.returncode

    def _note(self, good: bool, title: str, seconds: float) -> None:
        self.lines.append(("ok" if good else "FAILED", f"{title} ({seconds:.0f} s)"))
        self.failed |= not good

    def _count(self, report: Path) -> None:
        if not report.exists():
            return  # pytest died before its report; its exit code already says so
        for suite in ET.parse(report).getroot().iter("testsuite"):
            bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped = int(suite.get("skipped", 0))
            self.counts["failed"] += bad
            self.counts["skipped"] += skipped
            self.counts["passed"] += int(suite.get("tests", 0)) - bad - skipped
