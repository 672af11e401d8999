"""A long errand in a process of its own: installing the GPU runtime, fetching weights.

Whoever started it follows by a report file, one JSON object that is always whole: the last state wins. A closed
standard input means that nobody waits any more. A person at a terminal gets a bar, and stops it with Ctrl-C.
Exit codes: 0 done · 2 failed · 130 cancelled. Standard library only.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from .bar import Bar
from .errors import Cancelled, DiskFull, JobError, OutOfMemory
from .lifeline import hold

DONE, FAILED, INTERRUPTED = 0, 2, 130
REPORT_EVERY = 0.2  # seconds between two writings of the report; a new stage is written at once
GRACE = 5.0  # seconds an errand that is told to stop has for tidying up, where nobody waits for it any more
_TRIES = 20  # on Windows a file that somebody reads at this moment cannot be replaced

log = logging.getLogger(__name__)


@dataclass
class Progress:
    """The report file. ``state`` running, done, failed or cancelled; ``fraction`` of the whole, 0…1; ``eta`` seconds.

    ``sentence`` is the outcome in words; ``fix`` and ``code`` go with a failure. No key is ever left out.
    """

    state: str = "running"
    stage: str = ""
    fraction: float = 0.0
    eta: float | None = None
    detail: str = ""
    sentence: str = ""
    fix: str = ""
    code: str = ""


class Errand:
    """What the work is handed. Every loop calls ``step`` and so can be cancelled.

    ``report`` is the file that somebody follows, None for a person at a terminal; ``stop`` is set once it shall end.
    """

    def __init__(self, title: str, report: Path | None = None, quiet: bool = False):
        self.stop = threading.Event()
        self.progress = Progress()
        self._report = report
        self._bar = Bar(title, quiet=quiet)
        self._begun = time.monotonic()
        self._written = -REPORT_EVERY
        self._watchers: list[Callable[[], None]] = []
        self._log: Path | None = None
        self._lock = threading.Lock()

    def step(self, fraction: float | None = None, stage: str = "", detail: str = "", eta: float | None = None) -> None:
        """Says how far the whole errand is. The fraction never falls; what is left out stays. Raises Cancelled.

        ``eta`` seconds where the work knows better than the pace since the start, as after it was taken up again.
        """
        if self.stop.is_set():
            raise Cancelled
        now, told = time.monotonic(), self.progress
        fresh = bool(stage) and stage != told.stage
        told.stage = stage or told.stage
        if stage or detail or fraction is not None:  # a bare step only looks whether to stop
            told.detail = detail
        if fraction is not None:
            told.fraction = max(told.fraction, min(max(fraction, 0.0), 1.0))
            gone = now - self._begun
            known = gone > 2.0 and told.fraction > 0.02
            told.eta = eta if eta is not None else gone * (1 - told.fraction) / told.fraction if known else None
        if fresh or now - self._written >= REPORT_EVERY:
            self._written = now
            self._write()
            # A log gets one line a stage, so the detail, which changes all the time, is only for a terminal.
            words = f"{told.stage} {detail}".rstrip() if sys.stderr.isatty() else told.stage
            self._bar.show(words, told.fraction, told.eta)

    def say(self, line: str) -> None:
        """One line for the log, which is our standard error."""
        self._bar.clear()
        print(line, file=sys.stderr, flush=True)
        self.note(line)

    def note(self, line: str) -> None:
        """One line for the kept log alone."""
        if self._log is not None:
            with contextlib.suppress(OSError), open(self._log, "a", encoding="utf-8") as file:
                file.write(line + "\n")

    def keep_log(self, file: Path) -> None:
        """From now on lines go to ``file`` too, which begins anew: reports quote it later."""
        with contextlib.suppress(OSError):  # a disk that cannot be written is told by the work itself
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("", encoding="utf-8")
            self._log = file

    def sleep(self, seconds: float) -> None:
        """Waits, unless the errand is stopped. Raises Cancelled."""
        if self.stop.wait(seconds):
            raise Cancelled

    @contextlib.contextmanager
    def on_stop(self, act: Callable[[], None]) -> Iterator[None]:
        """While inside, ``act`` is called from another thread as soon as the errand is told to stop.

        It is for what blocks: close the connection, kill the process. The work then sees its own error and calls
        ``step``, which raises Cancelled.
        """
        with self._lock:
            self._watchers.append(act)
        try:
            if self.stop.is_set():
                act()
            yield
        finally:
            with self._lock:
                self._watchers.remove(act)

    def cancel(self) -> None:
        """Tells the work to stop; from any thread."""
        self.stop.set()
        with self._lock:
            watchers = list(self._watchers)
        for act in watchers:
            with contextlib.suppress(Exception):  # each must hear of it
                act()

    def finish(self, state: str, sentence: str, fix: str = "", code: str = "") -> None:
        """The last word; the report is there when this returns, if it can be written at all."""
        told = self.progress
        told.state, told.sentence, told.fix, told.code = state, sentence, fix, code
        told.detail, told.eta = "", None
        if state == "done":
            told.fraction = 1.0
        self._bar.clear()
        for _ in range(_TRIES):
            if self._write():
                return
            time.sleep(0.05)

    def _write(self) -> bool:
        if self._report is None:
            return True
        spare = self._report.with_name(f"{self._report.name}.{os.getpid()}.tmp")
        try:
            spare.write_text(json.dumps(asdict(self.progress)), encoding="utf-8")
            os.replace(spare, self._report)
        except OSError:  # a full disk, or the reader has it open: neither is a reason to give the work up
            with contextlib.suppress(OSError):
                spare.unlink(missing_ok=True)
            return False
        return True


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that every errand has."""
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument("--follow", action="store_true", help=argparse.SUPPRESS)  # end when standard input closes
    parser.add_argument("--report", type=Path, help=argparse.SUPPRESS)  # the file that is kept up to date


def carry_out(args: argparse.Namespace, title: str, work: Callable[[Errand], str]) -> int:
    """Runs ``work`` as ``args`` (add_options) want it followed; returns the exit code.

    What ``work`` returns is the sentence that ends a good errand. Whatever it raises becomes a sentence and its
    remedy: in the report, and on standard error.
    """
    errand = Errand(title, args.report, args.quiet)
    with _interruptible(errand):
        if args.follow:
            hold(sys.stdin.fileno(), lambda: _abandoned(errand))
        try:
            sentence = work(errand)
        except BaseException as error:
            return _failed(errand, error)
    errand.finish("done", sentence)
    if sentence:
        print(sentence, flush=True)
    return DONE


def explain(error: BaseException) -> JobError:
    """Whatever was raised, as an error with a sentence; the unforeseen goes to the log in full."""
    if isinstance(error, JobError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return Cancelled()
    if isinstance(error, MemoryError):
        return OutOfMemory("This computer ran out of memory.", "Close other programs and try again.")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull("The disk is full.", "Free some space and try again; what is finished is kept.")
    log.error("this failed", exc_info=error)
    what = (f"{type(error).__name__}: {error}".splitlines() or [""])[0][:200]
    return JobError(f"Something unforeseen went wrong ({what}).", "Try again; if it happens twice, send us the log.")


def _failed(errand: Errand, error: BaseException) -> int:
    # Work that was cut short by an ``on_stop`` may end in any error; what happened is that it was stopped.
    told = Cancelled() if errand.stop.is_set() else explain(error)
    cancelled = isinstance(told, Cancelled)
    sentence, fix = (told.sentence, "") if cancelled else (told.sentence, told.fix)
    errand.note(f"{sentence} {fix}".rstrip())
    errand.finish("cancelled" if cancelled else "failed", sentence, fix, told.code)
    print(f"{sentence} {fix}".rstrip(), file=sys.stderr, flush=True)
    return INTERRUPTED if cancelled else FAILED


def _abandoned(errand: Errand) -> None:
    """The lifeline has closed: stop, and if the work hangs somewhere, end the process all the same."""
    errand.cancel()

    def end() -> None:
        time.sleep(GRACE)
        errand.finish("cancelled", Cancelled().sentence, "", Cancelled.code)
        os._exit(INTERRUPTED)

    threading.Thread(target=end, name="end", daemon=True).start()


@contextlib.contextmanager
def _interruptible(errand: Errand) -> Iterator[None]:
    """The first Ctrl-C, or a polite kill, stops at the next step; the second Ctrl-C ends at once."""

    def interrupt(_number: int, _frame: object) -> None:
        if errand.stop.is_set():
            raise KeyboardInterrupt
        # A handler runs inside whatever the main thread was doing, locks included, so the watchers hear elsewhere.
        errand.stop.set()
        threading.Thread(target=errand.cancel, name="cancel", daemon=True).start()

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return
    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
