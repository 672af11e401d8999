"""Whether there is room on a disk, asked before and understood after."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from ...errors import DiskFull
from .names import in_words

RESERVE = 256 << 20  # bytes left free: a system with a disk that is full to the last byte is no pleasure


def check_room(folder: Path, needed: int) -> None:
    """Raises DiskFull unless ``needed`` bytes fit on the disk of ``folder``, which need not exist yet."""
    if needed <= 0:
        return
    existing = next(place for place in (folder, *folder.parents) if place.is_dir())
    try:
        free = shutil.disk_usage(existing).free
    except OSError:  # some network disks do not tell
        return
    if needed + RESERVE > free:
        raise no_room(folder, needed, free)


def no_room(folder: Path, needed: int = 0, free: int = 0) -> DiskFull:
    """The error for a disk that would be too full, or, without ``needed`` bytes, has turned out to be."""
    if needed:
        return DiskFull(
            f"{in_words(needed)} are needed, and {in_words(free)} are free on the disk of “{folder}”.",
            "Free some space, or choose a folder on another disk.",
        )
    return DiskFull(
        f"The disk of “{folder}” is full, or takes no files of that size.",
        "Free some space, or move the folder for weights to another disk; what has come is kept.",
    )


def is_full(error: OSError) -> bool:
    return error.errno in (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
