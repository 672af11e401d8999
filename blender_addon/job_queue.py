"""The jobs in the order they were submitted, in memory and on disk, and what has happened to them. No bpy."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from .job import Job, check_mesh, check_result, tidy
from .link import Failure, Preview, Progress, ProtocolError, Request, Result
from .saved_queue import SavedQueue, text_of

Event = Progress | Preview | Result | Failure
SAVE_EVERY = 0.5  # seconds, and longer where writing takes long:
SAVE_SHARE = 50  # times what the last time took


class JobQueue:
    """``jobs`` are in order; ``events`` what happened since they were last taken by ``happened``. At most one job is
    with the backend.
    """

    def __init__(self, data_dir: Path):
        self.jobs: list[Job] = []
        self.events: list[Event] = []
        self.saved = SavedQueue(data_dir)
        self._sent: Job | None = None  # the job the backend has, if that has not ended
        self._changed = False
        self._save_at = 0.0

    def add(self, request: Request, prepare: Callable[[], Request] | None) -> Job:
        job = Job(uuid.uuid4().hex, request, prepare, saved=text_of(request))
        self.jobs.append(job)
        self._changed = True
        return job

    def job(self, id: str) -> Job:
        """The record of a job. Raises KeyError."""
        for job in self.jobs:
            if job.id == id:
                return job
        raise KeyError(id)

    def next(self) -> Job | None:
        """The job whose turn it is."""
        return next((job for job in self.jobs if job.state == "waiting"), None)

    @property
    def running(self) -> Job | None:
        return self._sent if self._sent is not None and self._sent.state == "running" else None

    @property
    def unfinished(self) -> bool:
        return any(not job.ended for job in self.jobs)

    def sent(self, job: Job) -> None:
        """The backend has it now."""
        job.state, job.tries = "running", job.tries + 1
        self._sent = job

    def put_back(self, job: Job) -> None:
        """The backend was lost with it; its turn is next once more."""
        job.state, job.stage, job.fraction, job.eta, job.detail = "waiting", "", 0.0, None, ""

    def advance(self, job: Job, message: Event) -> bool:
        """What the backend says of the running job; whether that is its answer. Raises ProtocolError."""
        if job.cancelling and isinstance(message, (Preview, Result)):
            if isinstance(message, Result):  # it was on its way when the user changed their mind
                self.cancelled(job)
            return isinstance(message, Result)
        if isinstance(message, Progress):
            job.stage, job.detail = message.stage, message.detail
            job.eta = None if message.eta is None else max(message.eta, 0.0)
            job.fraction = max(job.fraction, min(message.fraction, 1.0))
        elif isinstance(message, Preview):
            check_mesh(message.arrays)
        elif isinstance(message, Result):
            if message.kind != job.request.output:
                raise ProtocolError(f"it made a {message.kind[:40]!r} where another thing was wanted")
            check_result(message.kind, message.arrays)
            job.report, job.fraction, job.eta, job.state = message.report, 1.0, 0.0, "done"
        else:
            job.failure = message
            job.state = "cancelled" if message.code == "cancelled" else "failed"
        answered = isinstance(message, (Result, Failure))
        job.cancelling = job.cancelling and not answered
        self.events.append(message)
        return answered

    def cancelled(self, job: Job) -> None:
        self.fail(job, "cancelled", "Cancelled.", "Press Generate to start again.")

    def fail(self, job: Job, code: str, sentence: str, fix: str) -> None:
        job.failure, job.cancelling = Failure(job.id, code, sentence, fix), False
        job.state = "cancelled" if code == "cancelled" else "failed"
        self.events.append(job.failure)

    def happened(self, now: float) -> list[Event]:
        """Takes the events, oldest first, and writes down what has changed."""
        events, self.events = self.events, []
        if any(isinstance(event, (Result, Failure)) for event in events):
            tidy(self.jobs)
            self._changed = True
        if self._changed:
            self._save(now)
        return events

    def close(self) -> None:
        """What waits stays on disk."""
        self._save(math.inf)
        self.saved.close()

    def _save(self, now: float) -> None:
        """Now and then, for a long queue is a large file; at once when there is nothing left to lose."""
        if now >= self._save_at or not self.unfinished:
            begun = time.perf_counter()
            self.saved.write([job.saved for job in self.jobs if not job.ended])
            took = time.perf_counter() - begun
            self._changed, self._save_at = False, now + max(SAVE_EVERY, took * SAVE_SHARE)
