"""A short question to the backend's command line, whose answer is JSON lines, asked without waiting. No bpy."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from .child import Launch, environment

PATIENCE = 60.0  # seconds; a driver that sleeps and a cold disk take their time
MAX_ANSWER = 4 << 20  # bytes


class Question:
    """``python -m backend *arguments``; ``poll`` until ``over``, then ``answer``: the objects it printed, or None."""

    def __init__(self, launch: Launch, arguments: Sequence[str], patience: float = PATIENCE):
        self.answer: list[dict[str, Any]] | None = None
        self.over = False
        self._end_by = time.monotonic() + patience
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # closed by _end
        command = launch.command or (launch.interpreter, "-X", "utf8", "-m", "backend")
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = subprocess.Popen(
                [*command, *arguments],
                cwd=launch.root,
                env=environment(launch.root),
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError:
            self._end()

    def poll(self) -> bool:
        """Whether it is over. Never raises, never waits."""
        if self.over or self._process is None:
            return True
        if self._process.poll() is not None:
            self.answer = self._read() if self._process.returncode == 0 else None
            self._end()
        elif time.monotonic() > self._end_by:
            self.close()
        return self.over

    def close(self) -> None:
        """Gives it up."""
        if not self.over and self._process is not None:
            with contextlib.suppress(OSError):
                self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.5)
        self._end()

    def _end(self) -> None:
        self.over = True
        with contextlib.suppress(OSError):
            self._output.close()

    def _read(self) -> list[dict[str, Any]] | None:
        try:
            self._output.seek(0)
            raw = self._output.read(MAX_ANSWER + 1)
            lines = [json.loads(line) for line in raw.splitlines() if line.strip()] if len(raw) <= MAX_ANSWER else None
        except (OSError, ValueError, RecursionError):
            return None
        return lines if lines is not None and all(isinstance(line, dict) for line in lines) else None
