"""Writing a file so that nobody ever sees half of it."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from ...errors import BadRequest, DiskFull, MissingFolder

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


def write_atomically(path: Path, parts: Iterable[bytes]) -> None:
    """Writes ``parts`` beside ``path`` and renames the whole onto it; nothing is left behind on failure."""
    beside = path.with_name(f".{secrets.token_hex(8)}.part")  # short: a name as long as may be has no room to grow
    try:
        try:
            with open(beside, "xb") as file:
                file.writelines(parts)
                file.flush()
                os.fsync(file.fileno())  # some file systems report a full disk only here
            os.replace(beside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
    except OSError as error:
        raise _named(error, path) from error


def _named(error: OSError, path: Path) -> Exception:
    if error.errno in _FULL:
        return DiskFull(f"There is no room on the disk for “{path}”.", "Free some space, or choose another folder.")
    if not path.parent.is_dir():
        return MissingFolder(f"The folder “{path.parent}” does not exist.", "Make it, or choose another one.")
    reason = (error.strerror or str(error)).lower()
    return BadRequest(f"“{path}” cannot be written: {reason}.", "Choose another name or another folder.")
