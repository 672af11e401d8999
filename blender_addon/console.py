"""Progress as lines of text, for Blender without a window."""

from __future__ import annotations

from .link import Failure, Progress, Result
from .session import Event


class Console:
    """Prints a line per stage and tenth of the way. Call it with every event."""

    def __init__(self, total: int):
        self._total = total
        self._done = 0
        self._last = ("", "", -1)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Progress):
            tenth = int(event.fraction * 10)
            if (event.job, event.stage, tenth) != self._last:
                self._last = (event.job, event.stage, tenth)
                self._say(f"{event.stage} … {event.fraction:4.0%}")
        elif isinstance(event, Result):
            self._done += 1
            report = event.report
            self._say(f"done in {report.seconds:.1f} s, {report.faces:,} faces")
        elif isinstance(event, Failure) and event.job:
            self._done += 1
            self._say(event.sentence)

    def _say(self, text: str) -> None:
        count = f"{min(self._done + 1, self._total)}/{self._total} " if self._total > 1 else ""
        print(f"Maquette: {count}{text}", flush=True)
