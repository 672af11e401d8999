"""What the commands share: numbers, interruption, and the places they write to."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import BadRequest, MissingFolder

SOME_FAILED, FAILED, INTERRUPTED = 1, 2, 130
MAX_SEED, MAX_THREADS = 2**31 - 1, 1024  # a seed must also fit into Blender's properties


def seed(text: str) -> int:
    return _whole(text, MAX_SEED)


def threads(text: str) -> int:
    return _whole(text, MAX_THREADS)


def _whole(text: str, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if not 0 <= number <= most:
        raise argparse.ArgumentTypeError(f"“{text[:40]}” is not a whole number from 0 to {most:,}.")
    return number


def check_output(output: Path, suffixes: tuple[str, ...], what: str, source: Path | None = None) -> None:
    """Before minutes are spent on what could not be written. ``what`` is to be written: Meshes, say."""
    if output.suffix.lower() not in suffixes:
        raise BadRequest(f"{what} cannot be written as “{output.name}”.", f"End the name in {' or '.join(suffixes)}.")
    if not os.path.isdir(output.parent):
        raise MissingFolder(f"There is no folder “{output.parent}”.", "Make it first, or write somewhere else.")
    try:
        output.stat()
    except FileNotFoundError:
        return
    except OSError as error:  # a name that is too long, above all
        reason = (error.strerror or str(error)).lower()
        raise BadRequest(f"“{output}” cannot be written: {reason}.", "Give the output another name.") from None
    if output.is_dir():
        raise BadRequest(f"“{output}” is a folder.", "Give the output another name.")
    if source is not None and os.path.exists(source) and os.path.samefile(output, source):
        raise BadRequest("The output is the input itself.", "Give the output another name.")


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise MissingFolder(f"“{folder}” is a file, not a folder.", "Name a folder for the output.") from None
    except PermissionError:
        raise MissingFolder(f"“{folder}” cannot be made.", "Name a folder you may write to.") from None


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """The first Ctrl-C stops at the next step and keeps what is done; the second ends at once."""
    stop = threading.Event()

    def interrupt(_number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
