"""How many processors we may use, work spread over them, and manners towards everything else that runs.

NumPy and BLAS release the interpreter's lock while they compute, so plain threads over row blocks keep all
processors busy; they also make up for a matrix product that knows only one.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise
from pathlib import Path

UNLIMITED = 1 << 16


def available_processors() -> int:
    """Processors this process may run on: affinity mask and control-group quota respected, at least 1."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(count, _quota()) if sys.platform == "linux" else count)


def thread_cap(interactive: bool = True) -> int:
    """Threads to compute with. Beside a running Blender (``interactive``) one processor stays free for it."""
    count = available_processors()
    return max(1, count - 1) if interactive else count


class Threads:
    """A small pool. ``Threads(1)`` runs everything in the caller's thread, in order."""

    def __init__(self, count: int):
        self.count = max(1, count)
        self._pool = ThreadPoolExecutor(self.count - 1, "maquette-chunk") if self.count > 1 else None

    def map(
        self, work: Callable[[slice], None], length: int, chunk: int, step: Callable[[], None] | None = None
    ) -> None:
        """Calls ``work(slice)`` for consecutive slices that cover ``length``: as even as can be, at most
        ``chunk`` long, and a multiple of the threads in number, so that none is left waiting.

        The caller's thread works too and calls ``step`` between its slices; whatever ``step`` or ``work``
        raises stops the rest and is raised here, after all threads have left ``work``.
        """
        pieces = -(-length // chunk)
        pieces = min(length, -(-pieces // self.count) * self.count)
        bounds = [length * i // pieces for i in range(pieces + 1)] if pieces else []
        self.each(work, [slice(*ends) for ends in pairwise(bounds)], step)

    def each(self, work: Callable, items: Iterable, step: Callable[[], None] | None = None) -> None:
        """Calls ``work(item)`` for every item, in any order; the rest as in ``map``."""
        queue = iter(list(items))  # next() on a list iterator is atomic, so it serves as the queue
        stop = False

        def drain(own: Callable[[], None] | None = None) -> None:
            nonlocal stop
            try:
                for item in queue:
                    if stop:
                        return
                    if own is not None:
                        own()
                    work(item)
            except BaseException:
                stop = True
                raise

        others = [self._pool.submit(drain) for _ in range(self.count - 1)] if self._pool else []
        try:
            drain(step)
        finally:
            started = [other for other in others if not other.cancel()]  # so that work may itself call ``each``
            wait(started)
        for other in started:
            other.result()

    def close(self) -> None:
        """Ends the threads; the pool must be idle."""
        if self._pool:
            self._pool.shutdown()


def lower_priority() -> bool:
    """Puts this process behind interactive ones; True where the system agreed. Never raises."""
    try:
        if sys.platform == "win32":
            import ctypes

            below_normal = 0x4000
            kernel = ctypes.windll.kernel32
            kernel.GetCurrentProcess.restype = ctypes.c_void_p
            kernel.SetPriorityClass.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
            return bool(kernel.SetPriorityClass(kernel.GetCurrentProcess(), below_normal))
        os.nice(max(0, 10 - os.nice(0)))
        return True
    except (OSError, AttributeError):
        return False


def _quota(root: Path = Path("/")) -> int:
    """Whole processors that Linux control groups grant us; a very large number where none is set."""
    granted = [_cpu_max(folder) for folder in control_groups(root)]
    return min(granted, default=UNLIMITED)


def control_groups(root: Path) -> Iterator[Path]:
    """Folders that may hold limits: our group and every one above it, and the old (v1) place in containers."""
    top = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    ours = next((line[3:] for line in lines if line.startswith("0::")), "/")
    group = top / ours.strip("/")
    while group != top and top in group.parents:
        yield group
        group = group.parent
    yield top
    yield top / "cpu"


def _cpu_max(folder: Path) -> int:
    for quota_file, period_file in (("cpu.max", ""), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
        try:
            words = (folder / quota_file).read_text().split()
            if period_file:
                words += (folder / period_file).read_text().split()
            quota, period = int(words[0]), int(words[1])
        except (OSError, ValueError, IndexError):  # "max", or no such file
            continue
        if quota > 0 and period > 0:
            return max(1, math.ceil(quota / period))
    return UNLIMITED
