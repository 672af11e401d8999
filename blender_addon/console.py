"""Progress as lines of text, for Blender without a window."""

from __future__ import annotations

from .link import Failure, Progress, Result
from .session import Event


class Console:
    """Prints a line per stage and tenth of the way. Call it with every event; ``names`` is job id → what it makes."""

    def __init__(self, names: dict[str, str]):
        self._names = names
        self._ended = 0
        self._last = ("", "", -1)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Progress):
            step = (event.job, event.stage, int(event.fraction * 10))
            if step != self._last:
                self._last = step
                self._say(event.job, f"{event.stage} … {event.fraction:.0%}")
        elif isinstance(event, Result):
            faces = f", {event.report.faces:,} faces" if event.kind == "mesh" else ""
            self._say(event.job, f"done in {event.report.seconds:.1f} s{faces}")
            self._ended += 1
        elif isinstance(event, Failure) and event.job:
            self._say(event.job, event.sentence)
            self._ended += 1

    def _say(self, job: str, text: str) -> None:
        total = len(self._names)
        count = f"{min(self._ended + 1, total)}/{total} " if total > 1 else ""
        print(f"Maquette: {count}{self._names.get(job, job)}: {text}", flush=True)
