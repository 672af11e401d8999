"""A long errand in a process of its own, followed without ever waiting: installing the GPU engines, fetching weights.

The process keeps a report file (``backend/errand.py`` has its keys) and ends when its standard input closes: that is
how it is cancelled, and how it dies with Blender. Whatever becomes of it – killed, hung, full of garbage – ends here
in one sentence and its fix. No bpy.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .child import Launch, environment, last_line, open_log
from .words import shown

MAX_REPORT = 1 << 16  # bytes
_STATES = ("running", "done", "failed", "cancelled")
_NUMBERS, _WORDS = ("fraction", "eta"), ("stage", "detail", "sentence", "fix", "code")


@dataclass(frozen=True)
class Patience:
    """Seconds an errand has."""

    grace: float = 8.0  # to end once it was cancelled, or has told its end
    quiet: float = 90.0  # without a word, before the user is told so; unpacking a large file is silent work


class Errand:
    """Starts ``python -m backend *arguments``; ``poll`` follows it.

    ``state`` running | done | failed | cancelled. ``stage``, ``fraction`` (never falls), ``eta`` (seconds or None) and
    ``detail`` say how far it is; ``sentence``, ``fix`` and ``code`` how it ended. ``log`` is what it prints.
    """

    def __init__(
        self,
        launch: Launch,
        arguments: Sequence[str],
        variables: Mapping[str, str] | None = None,
        patience: Patience | None = None,
    ):
        self.kind = arguments[0] if arguments else "errand"
        self.state, self.stage, self.fraction = "running", "Starting", 0.0
        self.eta: float | None = None
        self.detail = self.sentence = self.fix = self.code = ""
        self.cancelling = False
        self.quiet = 0.0  # seconds without a word
        self.log = Path()
        self._patience = patience or Patience()
        self._told: dict[str, Any] | None = None  # the last report that made sense
        self._nonsense = False  # whether what came after it did not
        self._seen: tuple[int, int, int] = (0, 0, 0)  # the report's time and size, and the log's
        self._heard_at: float | None = None
        self._end_by = math.inf
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="maquette-"))  # ours alone: mode 0700
        self._report = self._folder / "report.json"
        try:
            self._process = self._start(launch, arguments, variables or {})
        except OSError as error:
            why = error.strerror or str(error)
            self._end("failed", f"The helper process could not be started ({why}).", _REINSTALL, "backend_lost")

    @property
    def over(self) -> bool:
        return self.state != "running"

    def poll(self, now: float | None = None) -> bool:
        """Looks how it goes; whether anything changed. Never raises, never waits."""
        if self._process is None or self.over:
            return False
        now = time.monotonic() if now is None else now
        code = self._process.poll()  # before the report is read: what it wrote last is then in it
        changed = self._read(now)
        if code is None and self._ended_in_words():
            self._end_by = min(self._end_by, now + self._patience.grace)
        if code is None and now <= self._end_by:
            return changed
        if code is None:
            self._kill()
        self._conclude(code)
        return True

    def cancel(self, now: float | None = None) -> None:
        """Asks it to end, which it does at its next step; one that does not is ended."""
        if self._process is None or self.over or self.cancelling:
            return
        self.cancelling = True
        self._end_by = (time.monotonic() if now is None else now) + self._patience.grace
        self._let_go()

    def close(self, patience: float = 1.0) -> None:
        """Ends it, for good; may take a moment."""
        if self._process is not None and not self.over:
            self._let_go()
            try:
                code = self._process.wait(patience)
            except subprocess.TimeoutExpired:
                self._kill()
                code = None
            self._read(math.inf)
            self.cancelling = True
            self._conclude(code)
        shutil.rmtree(self._folder, ignore_errors=True)

    # ------------------------------------------------------------------------------------ the process

    def _start(self, launch: Launch, arguments: Sequence[str], variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
        command = launch.command or (launch.interpreter, "-X", "utf8", "-m", "backend")
        self.log, output = open_log(launch.data_dir / "logs", self.kind, self._folder)
        with output:
            return subprocess.Popen(
                [*command, *arguments, "--follow", "--report", str(self._report)],
                cwd=launch.root,
                env=environment(launch.root, **variables),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=os.name == "posix",  # so that what it started can be ended with it
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )

    def _let_go(self) -> None:
        assert self._process is not None
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _kill(self) -> None:
        assert self._process is not None
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.2)  # a killed process needs no more than that to be collected

    # ------------------------------------------------------------------------------------- the report

    def _read(self, now: float) -> bool:
        """Takes over what is new in the report; notes how long nothing was."""
        seen = (*_stamp(self._report), _stamp(self.log)[1])
        if seen == self._seen and self._heard_at is not None:
            self.quiet = max(0.0, now - self._heard_at)
            return False
        fresh = seen[:2] != self._seen[:2]
        self._seen, self._heard_at, self.quiet = seen, now, 0.0
        if not fresh:
            return False
        told = _report(self._report)
        self._nonsense = told is None
        if told is None:
            return False
        self._told = told
        self.stage, self.detail = told["stage"] or self.stage, told["detail"]
        self.fraction = max(self.fraction, min(max(told["fraction"], 0.0), 1.0))
        self.eta = None if told["eta"] is None else max(told["eta"], 0.0)
        return True

    def _ended_in_words(self) -> bool:
        return self._told is not None and self._told["state"] != "running" and not self._nonsense

    def _conclude(self, code: int | None) -> None:
        """It has ended, or was ended (code None)."""
        told = self._told
        if told is not None and self._ended_in_words() and not (self.cancelling and told["state"] == "failed"):
            self._end(told["state"], told["sentence"], told["fix"], told["code"])
        elif self.cancelling:
            self._end("cancelled", "Cancelled.", "", "cancelled")
        elif self._nonsense:
            self._end("failed", "The helper process wrote a report that makes no sense.", _AGAIN, "backend_lost")
        else:
            how = last_line(self.log) or ("it did not end" if code is None else _death(code))
            sentence = f"The helper process stopped unexpectedly ({how})."
            self._end("failed", sentence, f"{_AGAIN} Its log: {self.log}", "backend_lost")
        self._let_go()

    def _end(self, state: str, sentence: str, fix: str, code: str) -> None:
        self.state, self.sentence, self.fix, self.code = state, shown(sentence), shown(fix), code
        self.eta, self.detail = None, ""
        if state == "done":
            self.fraction = 1.0
        if self.log.parent != self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


_REINSTALL = "Restart Blender; if that does not help, install Maquette again."
_AGAIN = "Try again; what was finished is kept."


def _death(code: int) -> str:
    if code in (-9, 137):
        return "the system ended it, perhaps for want of memory"
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _stamp(file: Path) -> tuple[int, int]:
    """When it was written and how long it is; zeros where it is not there."""
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def _report(file: Path) -> dict[str, Any] | None:
    """What the report says, every key of its type; None where it makes no sense. One that is not there yet, or
    cannot be opened at this moment, says nothing new, which is sense.
    """
    try:
        with open(file, "rb") as opened:
            raw = opened.read(MAX_REPORT + 1)
    except OSError:
        return dict(state="running", fraction=0.0, eta=None, **dict.fromkeys(_WORDS, ""))
    try:
        told = json.loads(raw) if len(raw) <= MAX_REPORT else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or told.get("state") not in _STATES:
        return None
    kept: dict[str, Any] = {"state": told["state"]}
    for key in _WORDS:
        if not isinstance(told.get(key), str):
            return None
        kept[key] = shown(told[key])[:2000]
    for key in _NUMBERS:
        value = told.get(key)
        if isinstance(value, bool) or not (isinstance(value, (int, float)) or (key == "eta" and value is None)):
            return None
        try:
            kept[key] = None if value is None else float(value)
        except OverflowError:
            return None
        if kept[key] is not None and not math.isfinite(kept[key]):
            return None
    return kept
