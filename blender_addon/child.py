"""The backend as a child process: how it is started, what it says when ready, and that it ends. No bpy.

Nothing here waits, save ``close``, and that for a moment only.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEPT_LOGS = 8
MAX_READY = 4096


@dataclass(frozen=True)
class Launch:
    """What it takes to start a backend.

    ``interpreter`` a Python ≥ 3.11 with NumPy; ``root`` the folder that holds ``backend/``; ``data_dir``
    where logs, timings and the saved queue live; ``blas_path`` the folder of the OpenBLAS wheel or "";
    ``threads`` 0 lets the backend choose; ``interactive`` leaves a processor to Blender; ``weights_dir`` where the
    official weights of engines are, or "". ``command`` replaces the argument list (tests start other backends with
    it). ``instead`` is what to start where this one does not come up, with ``why`` for the user.
    """

    interpreter: str
    root: Path
    data_dir: Path
    blas_path: str = ""
    threads: int = 0
    interactive: bool = True
    weights_dir: str = ""
    command: tuple[str, ...] | None = None
    instead: Launch | None = None
    why: str = ""

    def arguments(self) -> list[str]:
        return list(self.command or (self.interpreter, "-X", "utf8", "-m", "backend", "serve"))


class Child:
    """A backend that has just been started. Raises OSError where it could not be."""

    def __init__(self, launch: Launch):
        self.token = secrets.token_hex(32)
        self.run_dir = Path(tempfile.mkdtemp(prefix="maquette-"))  # ours alone: mode 0700
        try:
            self.log, output = open_log(launch.data_dir / "logs", "backend", self.run_dir)
            with output:
                self.process = subprocess.Popen(
                    launch.arguments(),
                    cwd=launch.root,
                    env=environment(launch.root),
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
        except OSError:
            shutil.rmtree(self.run_dir, ignore_errors=True)
            raise
        settings = {
            "token": self.token,
            "parent_pid": os.getpid(),
            "run_dir": str(self.run_dir),
            "data_dir": str(launch.data_dir),
            "blas_path": launch.blas_path,
            "threads": launch.threads,
            "weights_dir": launch.weights_dir,
            "interactive": launch.interactive,
            "log": str(self.log),
        }
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):  # it has died already: ``exit_code`` will tell
            # Far below what a pipe takes at once, so this does not wait. The pipe then stays open: while it
            # is, the child knows that we live.
            self.process.stdin.write(json.dumps(settings).encode() + b"\n")
            self.process.stdin.flush()

    def exit_code(self) -> int | None:
        return self.process.poll()

    def ready(self) -> dict[str, Any] | None:
        """What the child announced; None while it has not. Raises ValueError where that makes no sense."""
        try:
            with open(self.run_dir / "ready.json", "rb") as file:
                facts = json.loads(file.read(MAX_READY))
        except OSError:
            return None
        if not isinstance(facts, dict) or not isinstance(facts.get("port"), int) or not 0 < facts["port"] < 65536:
            raise ValueError("ready.json names no port")
        return facts

    def last_words(self) -> str:
        """The last line of its log, for the user; "" where it said nothing."""
        return last_line(self.log)

    def kill(self) -> None:
        """Ends it at once; ``gone`` says later whether it has been collected."""
        with contextlib.suppress(OSError):
            self.process.kill()
        self._let_go()

    def gone(self) -> bool:
        """Collects the ended process; then removes what it leaves in the temporary folder."""
        if self.process.poll() is None:
            return False
        shutil.rmtree(self.run_dir, ignore_errors=True)
        return True

    def close(self, patience: float = 0.5) -> None:
        """Lets it end by itself, which takes milliseconds, or kills it."""
        self._let_go()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
        self.gone()

    def _let_go(self) -> None:
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()


def process_alive(pid: int) -> bool:
    """Whether a process of this id exists."""
    if os.name == "nt":  # os.kill would send it Ctrl-C there
        import ctypes

        kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
        kernel.OpenProcess.restype = ctypes.c_void_p
        query, still_active = 0x1000, 259
        handle = ctypes.c_void_p(kernel.OpenProcess(query, False, pid))
        if not handle:
            return False
        code = ctypes.c_uint32()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return code.value == still_active
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is somebody else's
    return True


def environment(root: Path, **more: str) -> dict[str, str]:
    """Ours without what steers another Python; the child sees its own packages and ``root``, no user site."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("PYTHON")}
    ours = {"PYTHONPATH": str(root), "PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**kept, **ours, **more}


def open_log(folder: Path, kind: str, spare: Path) -> tuple[Path, Any]:
    """A new log ``<kind>-<our pid>-….log`` in ``folder``, of which the newest few are kept; in ``spare`` where that
    cannot be written. Raises OSError where neither can.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        old = sorted(folder.glob(f"{kind}-*.log"), key=lambda file: file.stat().st_mtime)
        for file in old[: -KEPT_LOGS + 1]:
            with contextlib.suppress(OSError):  # another Blender's may be in use
                file.unlink()
        path = folder / f"{kind}-{os.getpid()}-{secrets.token_hex(2)}.log"
        return path, open(path, "wb")
    except OSError:
        path = spare / f"{kind}.log"
        return path, open(path, "wb")


def last_line(log: Path) -> str:
    """The last line of a log that says anything, at most 200 letters; "" where there is none."""
    with contextlib.suppress(OSError), open(log, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - 4096))
        lines = file.read().decode("utf-8", "replace").splitlines()
        return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")
    return ""
