"""One errand at a time in a folder: two that write the same file would spoil it. The system lets go when we die."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from ...errors import JobError

NAME = ".lock"


class Taken(JobError):
    """Another process changes the folder at this moment."""

    code = "store_taken"


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """While inside, nobody else gets in. Raises Taken, OSError where the folder cannot be made."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        try:
            _lock(handle)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise Taken(
                    f"Weights in “{folder}” are being changed by another process.",
                    "Wait until it is done, or stop it, then try again.",
                ) from None
            # Some network folders know no locks; there, we are alone by the user's word.
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
