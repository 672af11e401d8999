"""The queue on disk, so that a crash of Blender loses no job. No bpy.

Each session keeps its own file, ``queue/<pid>-<random>.json`` under the data folder, so that two Blenders never
write the same one and need no lock. A file whose process has gone is an orphan; the next session claims it by
renaming it, which only one can. A request is kept without its pixels, so only one that can find its picture
again (an absolute path in ``source``) or needs none is kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from .child import process_alive
from .link import ProtocolError, Request, from_json, to_json

FRESH = 86400.0  # seconds after which a file that nobody wrote is an orphan: its process id is used again
MAX_FILE = 64 << 20  # bytes
MAX_SAVED = 20_000  # requests

_in_use: set[Path] = set()  # by the sessions of this process


def text_of(request: Request) -> str:
    """A request as it is saved, or "" where it could not be run again from that."""
    if request.arrays:
        return ""
    if request.images or request.source:
        if not os.path.isabs(request.source):
            return ""
    elif not (request.prompt or os.path.isabs(request.file)):
        return ""
    try:
        return to_json(request.bare())
    except ProtocolError:  # nor could it be sent: the job is told so when its turn comes
        return ""


class SavedQueue:
    """One session's file, and the orphans it found."""

    def __init__(self, data_dir: Path):
        self._folder = data_dir / "queue"
        self._file = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}.json"
        _in_use.add(self._file)

    def write(self, texts: Sequence[str]) -> None:
        """Makes the file hold these requests (``text_of``, the empty ones left out). Never raises."""
        kept = _that_fit(texts)
        spare = self._file.with_suffix(".tmp")
        try:
            if not kept:
                self._file.unlink(missing_ok=True)
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            spare.write_text('{"requests": [' + ",\n".join(kept) + "]}", encoding="utf-8")
            os.replace(spare, self._file)
        except OSError:  # a full disk must not stop the work; the queue is then lost only if Blender crashes too
            with contextlib.suppress(OSError):
                spare.unlink(missing_ok=True)

    def orphans(self) -> list[Request]:
        """The requests of sessions that ended before their jobs did. They stay saved until ``discard``."""
        requests: list[Request] = []
        for file in self._claimed():
            found = _read(file)
            if found is None:
                with contextlib.suppress(OSError):
                    os.replace(file, file.with_suffix(".damaged"))
            else:
                requests.extend(found)
        return requests[:MAX_SAVED]

    def discard(self) -> None:
        """Forgets the orphans."""
        for file in self._claimed():
            with contextlib.suppress(OSError):
                file.unlink()

    def close(self) -> None:
        """What is still waiting stays on disk for the next session."""
        _in_use.discard(self._file)

    def _claimed(self) -> list[Path]:
        claimed = []
        try:
            files = sorted(self._folder.glob("*.json"))
        except OSError:
            return []
        for file in files:
            if file in _in_use:
                continue
            mine = f"{os.getpid()}-"
            if file.name.startswith(mine):
                claimed.append(file)
            elif _orphaned(file):
                taken = file.with_name(mine + file.name.rpartition("-")[2])
                with contextlib.suppress(OSError):  # another session was faster
                    os.rename(file, taken)
                    claimed.append(taken)
        return claimed


def _that_fit(texts: Sequence[str]) -> list[str]:
    """The first of them, as many as ``_read`` takes back."""
    kept, room = [], MAX_FILE - 100
    for text in texts:
        room -= len(text) + 2  # ASCII, as ``to_json`` writes
        if room < 0 or len(kept) == MAX_SAVED:
            break
        if text:
            kept.append(text)
    return kept


def _orphaned(file: Path) -> bool:
    pid = file.name.partition("-")[0]
    if not pid.isdecimal() or not process_alive(int(pid)):
        return True
    try:
        return time.time() - file.stat().st_mtime > FRESH
    except OSError:
        return False


def _read(file: Path) -> list[Request] | None:
    """None where the file is damaged; single requests that an older version wrote otherwise are left out."""
    try:
        if file.stat().st_size > MAX_FILE:
            return None
        saved = json.loads(file.read_text(encoding="utf-8"))["requests"]
        if not isinstance(saved, list):
            return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    requests = []
    for entry in saved:
        with contextlib.suppress(ProtocolError):
            requests.append(from_json(Request, json.dumps(entry)))
    return requests
