"""Runs one command after another, shows each as it runs, and sums up at the end."""

from __future__ import annotations

import os
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path

from .paths import BUILD, ROOT

REPORTS = BUILD / "reports"


class Steps:
    """A list of steps with their outcome; a failed one does not stop the next, and nothing skipped goes unsaid."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.lines: list[tuple[str, str]] = []  # outcome, what
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        self.failed = False

    @property
    def minutes(self) -> float:
        return (time.monotonic() - self.began) / 60

    def command(self, title: str, command: Sequence[object], env: Mapping[str, str] | None = None) -> bool:
        """Runs ``command`` in the checkout. True when it exits 0."""
        print(f"\n── {title}", flush=True)
        start = time.monotonic()
        done = subprocess.run([str(word) for word in command], cwd=ROOT, env={**os.environ, **(env or {})})
        self._note(done.returncode == 0, title, time.monotonic() - start)
        return done.returncode == 0

    def pytest(self, title: str, python: Path, *arguments: object, env: Mapping[str, str] | None = None) -> bool:
        """Runs pytest and adds up what it ran. An empty selection (pytest's exit 5) is noted, and is no failure."""
        REPORTS.mkdir(parents=True, exist_ok=True)
        report = REPORTS / f"{title.replace(' ', '-').replace(':', '')}.xml"
        report.unlink(missing_ok=True)
        print(f"\n── {title}", flush=True)
        start = time.monotonic()
        told = (f"--junitxml={report}", "--durations=8", "--durations-min=5")
        command = [str(python), "-m", "pytest", *told, *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})})
        if done.returncode == 5:
            self.leave_out(title, "no test is selected")
            return True
        self._count(report)
        self._note(done.returncode == 0, title, time.monotonic() - start)
        return done.returncode == 0

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
