"""The jobs: a queue, one worker thread, and what becomes of each job. Knows nothing of sockets."""

from __future__ import annotations

import errno
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .errors import BadRequest, Cancelled, DiskFull, JobError
from .imaging.cutout import CutOut
from .pipeline import Finished
from .progress import Meter, Timings
from .protocol import Failure, Preview, Progress, Request, Result
from .shapes import GaussianCloud, PointCloud, TriangleMesh
from .thrift import is_out_of_memory, out_of_memory

log = logging.getLogger(__name__)

MAX_WAITING = 64
MAX_WAITING_BYTES = 1 << 30  # of pictures that wait


class QueueFull(JobError):
    code = "queue_full"


@dataclass(eq=False)
class Job:
    """``owner`` is whoever submitted it, as ``emit`` knows them; ids are unique per owner only."""

    owner: int
    id: str
    request: Request
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def size(self) -> int:
        arrays = [picture.pixels for picture in self.request.images] + list(self.request.arrays.values())
        return sum(np.asarray(array).nbytes for array in arrays)


FREE = Job(0, "", Request())  # stands in a job's place when engines are to give back their memory
REST = Job(0, "", Request())  # the same when nothing has come for a while


class Jobs:
    """One worker does the jobs in the order they came.

    ``work(request, meter)`` does one; ``emit(owner, message)`` is called from both threads and must not
    block; ``prepare()`` runs first on the worker and returns the sentence for ``compute``. ``log_path`` is
    what the user is asked to send when something unforeseen happens. ``release()`` runs on the worker after ``free``,
    ``rest()`` once ``rest_after`` seconds have gone by without a job (0: never).
    """

    def __init__(
        self,
        work: Callable[[Request, Meter], Finished],
        emit: Callable[[int, Any], None],
        timings: Timings,
        prepare: Callable[[], str] = lambda: "",
        log_path: str = "",
        release: Callable[[], None] = lambda: None,
        rest: Callable[[], None] = lambda: None,
        rest_after: float = 0.0,
    ):
        self.compute = ""
        self._work, self._emit, self._timings = work, emit, timings
        self._prepare, self._log_path, self._release = prepare, log_path, release
        self._rest, self._rest_after = rest, rest_after or None
        self._to_free = False
        self._rested = True
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._turn = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, owner: int, id: str, request: Request) -> None:
        """Queues a job, or emits its Failure where the queue is full. ``has(owner, id)`` must be false."""
        job = Job(owner, id, request)
        with self._turn:
            size = job.size + sum(other.size for other in self._waiting)
            full = len(self._waiting) >= MAX_WAITING or (size > MAX_WAITING_BYTES and bool(self._waiting))
            if not full:
                self._waiting.append(job)
                self._turn.notify()
        if full:
            self._fail(job, QueueFull("Too many jobs are waiting.", "Wait until some are done, then try again."))

    def cancel(self, owner: int, id: str) -> None:
        """A waiting job ends at once, the running one at its next step; one that is not there is no error."""
        with self._turn:
            dropped = [job for job in self._waiting if job.owner == owner and job.id == id]
            for job in dropped:
                self._waiting.remove(job)
            if self._running is not None and (self._running.owner, self._running.id) == (owner, id):
                self._running.stop.set()
        for job in dropped:
            self._fail(job, Cancelled())

    def forget(self, owner: int) -> None:
        """Ends every job of an owner who has gone."""
        with self._turn:
            self._waiting = deque(job for job in self._waiting if job.owner != owner)
            if self._running is not None and self._running.owner == owner:
                self._running.stop.set()

    def has(self, owner: int, id: str) -> bool:
        with self._turn:
            jobs = [*self._waiting, self._running]
            return any(job is not None and (job.owner, job.id) == (owner, id) for job in jobs)

    def free(self) -> None:
        """Lets engines give back their memory as soon as no job runs."""
        with self._turn:
            self._to_free = True
            self._turn.notify()

    def state(self) -> tuple[str, tuple[str, ...]]:
        """The running job's id or "", and the ids that wait, in order."""
        with self._turn:
            return (self._running.id if self._running else "", tuple(job.id for job in self._waiting))

    def close(self, timeout: float = 1.0) -> None:
        """Stops the worker at its next step."""
        with self._turn:
            self._closed = True
            self._waiting.clear()
            if self._running is not None:
                self._running.stop.set()
            self._turn.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout)

    # ------------------------------------------------------------------------------------ the worker

    def _serve(self) -> None:
        try:
            self.compute = self._prepare()
        except Exception as error:  # a slow machine is better than none
            log.exception("could not prepare")
            self.compute = f"NumPy ({error})"
        while (job := self._next()) is not None:
            if job is FREE or job is REST:
                self._let_go(self._release if job is FREE else self._rest)
                continue
            message = self._do(job)
            with self._turn:
                self._running = None  # before the answer leaves: who reads it may submit the same id again
            self._emit(job.owner, message)
            del job, message  # or the last result would stay in memory until the next job

    def _next(self) -> Job | None:
        with self._turn:
            patience = None if self._rested else self._rest_after
            if not self._turn.wait_for(lambda: self._waiting or self._closed or self._to_free, patience):
                self._rested = True
                return REST
            if self._to_free and not self._closed:
                self._to_free, self._rested = False, True
                return FREE
            self._running = None if self._closed else self._waiting.popleft()
            self._rested = False
            return self._running

    def _let_go(self, give_back: Callable[[], None]) -> None:
        try:
            give_back()
        except Exception:  # the worker must outlive every engine
            log.exception("an engine did not give back its memory")

    def _do(self, job: Job) -> Result | Failure:
        def report(stage: str, fraction: float, eta: float | None, detail: str) -> None:
            self._emit(job.owner, Progress(job.id, stage, fraction, eta, detail))

        def preview(mesh: Any) -> None:
            self._emit(job.owner, Preview(job.id, arrays_of(mesh)))

        work, preset = Timings.work(job.request), job.request.preset
        meter = Meter(report, job.stop.is_set, self._timings.expected(work, preset), preview)
        try:
            finished = self._work(job.request, meter)
            if finished.report.preset == preset:  # and not a smaller one, for want of memory
                self._timings.learn(work, preset, meter.seconds)
            kind, arrays = as_sent(finished.made)
            return Result(job.id, kind, arrays, finished.report)
        except BaseException as error:  # the worker must outlive every job
            return failure(job.id, error, self._log_path)

    def _fail(self, job: Job, error: JobError) -> None:
        self._emit(job.owner, failure(job.id, error, self._log_path))


def as_sent(made: TriangleMesh | GaussianCloud | PointCloud | CutOut) -> tuple[str, dict[str, Any]]:
    """What a job made as ``Result`` names it: its kind and its arrays."""
    if isinstance(made, TriangleMesh):
        return "mesh", arrays_of(made)
    if isinstance(made, CutOut):
        return "cutout", {"pixels": np.ascontiguousarray(np.rint(np.clip(made.rgba, 0, 1) * 255), np.uint8)}
    if isinstance(made, PointCloud):
        arrays = {"points": made.points, "colours": made.colours, "normals": made.normals}
        if made.colours is None:
            arrays["colours"] = np.full((len(made.points), 4), 255, np.uint8)
    else:
        rgba = np.column_stack([made.colours, made.opacities])
        colours = np.rint(np.clip(rgba, 0, 1) * 255).astype(np.uint8)
        arrays = {"points": made.means, "colours": colours, "scales": made.scales, "rotations": made.rotations}
    return "cloud", {name: np.ascontiguousarray(array) for name, array in arrays.items() if array is not None}


def arrays_of(mesh: TriangleMesh) -> dict[str, Any]:
    """A mesh as it travels: contiguous, of the protocol's dtypes; white where it is not painted."""
    colours = mesh.colours
    if colours is None:
        colours = np.full((len(mesh.vertices), 4), 255, np.uint8)
    return {
        "vertices": np.ascontiguousarray(mesh.vertices, np.float32),
        "faces": np.ascontiguousarray(mesh.faces, np.int32),
        "colours": np.ascontiguousarray(colours, np.uint8),
    }


def failure(job: str, error: BaseException, log_path: str = "") -> Failure:
    """Whatever was raised, as one sentence and its remedy; the unforeseen goes to the log in full."""
    if is_out_of_memory(error) and not isinstance(error, JobError):
        error = out_of_memory()
    elif isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        error = DiskFull("The disk is full.", "Free some space and try again.")
    elif isinstance(error, RecursionError):
        error = BadRequest("The request is nested too deeply.", "Start again with other settings.")
    if isinstance(error, JobError):
        return Failure(job, error.code, error.sentence, error.fix)
    log.error("%s failed", f"job {job}" if job else "this", exc_info=error)
    what = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    where = f"Try again; if it happens twice, send us the log: {log_path}" if log_path else "Try again."
    return Failure(job, "internal", f"Something unforeseen went wrong ({what}).", where)
