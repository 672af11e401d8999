"""One installation at a time in a folder."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ...errors import JobError
from ..store import lock


class Busy(JobError):
    """Another process installs or removes at this moment."""

    code = "runtime_busy"


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """While inside, no other process gets in. Raises Busy."""
    with contextlib.ExitStack() as inside:
        try:
            inside.enter_context(lock.alone_in(folder))
        except lock.Taken:
            raise Busy(
                "The GPU runtime is being installed or removed by another process.",
                "Wait until it is done, or stop it, then try again.",
            ) from None
        yield
