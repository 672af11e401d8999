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


class NotWritable(JobError):
    """A file is in use (on Windows, by a backend that runs), or the folder belongs to somebody else."""

    code = "runtime_in_use"


@contextlib.contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        what = Path(str(error.filename or folder)).name
        raise NotWritable(
            f"“{what}” in “{folder}” cannot be changed: it is in use, or you may not write there.",
            "Stop the backend and close other Blenders, then try again.",
        ) from None
    except (NotADirectoryError, FileExistsError):
        raise NotWritable(f"“{folder}” is no folder.", "Choose another folder for Maquette's data.") from None


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """While inside, no other process gets in. Raises Busy, and NotWritable for what may not be changed there."""
    with contextlib.ExitStack() as inside, _writable(folder):
        try:
            inside.enter_context(lock.alone_in(folder))
        except lock.Taken:
            raise Busy(
                "The GPU runtime is being installed or removed by another process.",
                "Wait until it is done, or stop it, then try again.",
            ) from None
        yield
