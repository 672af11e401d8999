"""What ties the backend to the process that started it: the first line, the ready file, and the end.

The parent writes one JSON line to our standard input and then keeps the pipe open. When the pipe closes,
for whatever reason, the parent has gone and so do we; a watch on its process id is the second rope.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

MAX_LINE = 1 << 16
MAX_LOG = 4 << 20  # bytes of console output kept


class BadSettings(Exception):
    """The first line is not what the parent should have written."""


@dataclass(frozen=True)
class Settings:
    """The first line. Paths are absolute; "" where there is none; ``threads`` 0 lets the backend choose;
    ``idle_minutes`` without a job and large engines give back their memory, 0 keeps them loaded.
    """

    token: str
    run_dir: str = ""
    data_dir: str = ""
    parent_pid: int = 0
    blas_path: str = ""
    threads: int = 0
    interactive: bool = True
    log: str = ""
    weights_dir: str = ""
    idle_minutes: int = 10

    @classmethod
    def standalone(cls) -> Settings:
        return cls(token=secrets.token_hex(32))

    @classmethod
    def read(cls, stream: BinaryIO) -> Settings:
        """Raises BadSettings, EOFError where the parent had gone before it wrote."""
        line = stream.readline(MAX_LINE)
        if not line:
            raise EOFError
        try:
            raw = json.loads(line)
            given = {f.name: raw[f.name] for f in fields(cls) if f.name in raw}
            settings = cls(**given)
        except (ValueError, TypeError, RecursionError):
            raise BadSettings("the first line on stdin is not the JSON object expected") from None
        for f in fields(cls):
            if type(getattr(settings, f.name)).__name__ != f.type:
                raise BadSettings(f"{f.name!r} in the first line on stdin is not of type {f.type}")
        if settings.idle_minutes < 0:
            raise BadSettings("'idle_minutes' in the first line on stdin is negative")
        if len(settings.token) < 32:
            raise BadSettings("the token in the first line on stdin is too short")
        return settings


def announce(run_dir: Path, facts: dict[str, Any]) -> Path:
    """Writes ``ready.json`` so that a reader sees all of it or nothing."""
    ready = run_dir / "ready.json"
    spare = run_dir / "ready.tmp"
    spare.write_text(json.dumps(facts), encoding="utf-8")
    os.replace(spare, ready)
    return ready


def hold(handle: int, end: Callable[[], None]) -> None:
    """Calls ``end`` from a thread of its own once the pipe behind the file descriptor ``handle`` closes."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            # Not sys.stdin: a thread that waits inside it makes Python abort when it shuts down.
            while os.read(handle, 4096):
                pass
        end()

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


class Parent:
    """Tells whether the process that started us still lives."""

    def __init__(self, pid: int):
        self._pid = pid
        self._first = os.getppid() if os.name == "posix" else 0
        self._handle = _open_windows_process(pid) if os.name == "nt" and pid else None

    def alive(self) -> bool:
        if os.name == "posix":
            # An orphan is adopted by another process, whatever became of the id. A launcher between the two
            # is not the parent we were told of, so that one is asked for as well.
            return os.getppid() == self._first and (not self._pid or _posix_alive(self._pid))
        if self._handle:
            import ctypes

            return ctypes.windll.kernel32.WaitForSingleObject(self._handle, 0) != 0  # type: ignore[attr-defined]
        return True


def _posix_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _open_windows_process(pid: int) -> Any:
    import ctypes

    synchronize = 0x00100000
    open_process = ctypes.windll.kernel32.OpenProcess  # type: ignore[attr-defined]
    open_process.restype = ctypes.c_void_p
    return ctypes.c_void_p(open_process(synchronize, False, pid))


def cap_console(limit: int = MAX_LOG) -> None:
    """Empties the file that our output is redirected to once it has grown past ``limit`` bytes."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
        number = sys.stderr.fileno()
        found = os.fstat(number)
        if stat.S_ISREG(found.st_mode) and found.st_size > limit:
            os.ftruncate(number, 0)
            os.lseek(number, 0, os.SEEK_SET)
            print("(older lines were dropped)", file=sys.stderr, flush=True)
