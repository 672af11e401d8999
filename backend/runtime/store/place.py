"""Putting a copy of a file where it belongs: a second name of the same bytes where the disk can, else a copy."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from .room import is_full, no_room

PIECE = 4 << 20


def put(source: Path, target: Path, step: Callable[[int], None], link: bool = True) -> None:
    """``target`` becomes the same as ``source``, at once or not at all; the time of change stays too.

    ``step(bytes)`` is called with how many of them are done, and may raise to stop. With ``link`` no bytes are copied
    where both are on one disk that knows hard links. Raises DiskFull, OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    spare = target.with_name(f".{secrets.token_hex(8)}.copy")
    size = source.stat().st_size
    try:
        if not (link and _linked(source, spare)):
            _copy(source, spare, step)
        os.replace(spare, target)
    except OSError as error:
        if is_full(error):
            raise no_room(target.parent) from None
        raise
    finally:
        with contextlib.suppress(OSError):
            spare.unlink()  # it failed; or both names were one file already, which a rename leaves as they are
    step(size)


def _linked(source: Path, target: Path) -> bool:
    try:
        os.link(os.path.realpath(source), target)  # of the file, not of a link to it
    except (OSError, NotImplementedError):
        return False
    return True


def _copy(source: Path, target: Path, step: Callable[[int], None]) -> None:
    before = source.stat()
    done = 0
    with open(source, "rb") as old, open(target, "xb") as new:
        while piece := old.read(PIECE):
            new.write(piece)
            done += len(piece)
            if done > before.st_size:
                break  # somebody writes to it, perhaps without end
            step(done)
        new.flush()
        os.fsync(new.fileno())  # some disks report that they are full only here
    if done != before.st_size or target.stat().st_size != done:
        raise OSError(f"“{source.name}” changed while it was copied")
    os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))


def would_link(source: Path, folder: Path) -> bool:
    """Whether ``put`` would need no room: both on one disk."""
    existing = next(place for place in (folder, *folder.parents) if place.is_dir())
    try:
        return source.stat().st_dev == existing.stat().st_dev
    except OSError:
        return False
