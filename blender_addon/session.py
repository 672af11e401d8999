"""Owns the backend process and the queue of jobs. No bpy, no threads, no waiting: everything happens in ``tick``.

A ``bpy.app.timers`` callback calls ``tick`` many times a second; without a window, ``wait`` is the loop. What
the backend does, hang, die or send garbage, ends here in one sentence (``note``), its fix (``fix``) and a
restart; the queue lives on this side and survives.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from .child import Launch
from .contact import Contact, Lost, Patience
from .job import Job
from .job_queue import Event, JobQueue
from .link import (
    AskEngines,
    Cancel,
    EngineInfo,
    EngineList,
    Failure,
    Free,
    Preview,
    Progress,
    ProtocolError,
    Request,
    Result,
    Status,
    Submit,
)

__all__ = ["Event", "Job", "Launch", "Patience", "Session"]


class Session:
    """``jobs`` are in the order they were submitted; ``engines``, ``compute`` (a sentence), ``memory`` (bytes),
    ``device`` (the accelerator or "") and ``device_memory`` are what the backend said last; ``note`` and ``fix`` what
    went wrong with it, or ""; ``fell_back`` why ``launch.instead`` had to take over, or "".
    """

    def __init__(self, launch: Launch, patience: Patience | None = None):
        self.launch = launch
        self.patience = patience or Patience()
        self.engines: tuple[EngineInfo, ...] = ()
        self.compute = ""
        self.memory = 0
        self.device = ""
        self.device_memory = 0
        self.fell_back = ""
        self.note = ""
        self.fix = ""
        self._contact: Contact | None = None
        self._dying: list[Contact] = []
        self._wanted = False  # started for its own sake, without a job
        self._stale = False  # the backend that runs is not what ``launch`` says
        self._proved: float | None = None  # when this backend greeted; infinite once it was given a job
        self._given_up = False
        self._losses = 0  # in a row
        self._start_at = 0.0
        self._cancel_by = 0.0
        self._ticked: float | None = None
        self._queue = JobQueue(launch.data_dir)

    # ------------------------------------------------------------------------------ what the user does

    @property
    def jobs(self) -> list[Job]:
        return self._queue.jobs

    @property
    def state(self) -> str:
        """stopped | starting | ready | failed (given up until ``start``, ``submit`` or ``retry``)."""
        if self._given_up:
            return "failed"
        if self._contact is not None and self._contact.ready:
            return "ready"
        return "starting" if self._contact is not None or self._wanted or self._queue.unfinished else "stopped"

    def start(self) -> None:
        """Has the backend started by the next tick, also after it was given up."""
        self._forget_losses()
        self._wanted = self._contact is None

    def use(self, launch: Launch) -> None:
        """Another way to start the backend. One that runs is replaced as soon as it has no job."""
        self.launch, self.fell_back = launch, ""
        self._stale = self._contact is not None
        self._forget_losses()

    @property
    def retired(self) -> bool:
        """Whether nothing runs any more that was started otherwise than ``launch`` says."""
        return not self._stale and not self._dying

    def free(self) -> bool:
        """Has the engines give back their memory, as soon as no job runs; whether there was anybody to ask."""
        return self._tell(Free())

    def look_again(self) -> bool:
        """Asks which engines there are, for that has changed; whether there was anybody to ask."""
        return self._tell(AskEngines())

    def submit(self, request: Request, prepare: Callable[[], Request] | None = None) -> str:
        """Queues a job and returns its id.

        ``prepare`` is called right before the request is sent, and again if it must be sent again; it
        returns the request with its pixels, so that a long queue holds none. Whatever it raises fails that
        job alone, with the exception's ``code``, ``sentence`` and ``fix`` where it has them.
        """
        job = self._queue.add(request, prepare)
        self._forget_losses()
        return job.id

    def job(self, id: str) -> Job:
        """The record of a job. Raises KeyError."""
        return self._queue.job(id)

    def retry(self, id: str) -> str:
        """Submits the job again, as a new one; returns the new id."""
        job = self.job(id)
        return self.submit(job.request, job.prepare)

    def cancel(self, id: str) -> None:
        """A waiting job ends at the next tick, the running one when the backend says so or is ended for not
        saying so. One that has ended stays as it is.
        """
        job = self.job(id)
        if job.state == "waiting":
            self._queue.cancelled(job)
        elif job.state == "running" and not job.cancelling and self._contact is not None:
            job.cancelling, self._cancel_by = True, time.monotonic() + self.patience.cancel
            self._contact.send(Cancel(job.id))

    def cancel_all(self) -> None:
        for job in [job for job in self.jobs if not job.ended]:
            self.cancel(job.id)

    def restore(self) -> list[Request]:
        """The requests that an ended Blender left behind, without pixels, to be shown or submitted again.

        They stay on disk until ``discard_saved``; call that once they are submitted, or not wanted.
        """
        return self._queue.saved.orphans()

    def discard_saved(self) -> None:
        self._queue.saved.discard()

    def wait(
        self, id: str, timeout: float | None = None, on_event: Callable[[Event], None] = lambda event: None
    ) -> Job:
        """Ticks until the job has ended: the loop for ``blender -b``. Every event of every job goes to
        ``on_event``. A backend that was given up fails the job. Raises TimeoutError, the job still running.
        """
        job = self.job(id)
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            for event in self.tick():
                on_event(event)
            if self._given_up and not job.ended:
                self._queue.fail(job, "backend_lost", self.note, self.fix)
            if job.ended and not self._queue.events:
                return job
            if end is not None and time.monotonic() > end:
                raise TimeoutError(f"job {id} has not ended within {timeout} s")
            time.sleep(0.002)

    def close(self) -> None:
        """Ends the backend, for good; may take a moment. What waits stays in the saved queue."""
        for contact in [*self._dying, *([self._contact] if self._contact else [])]:
            contact.close()
        self._contact, self._wanted = None, False
        self._dying.clear()
        self._queue.close()

    # ---------------------------------------------------------------------------------------- the tick

    def tick(self, now: float | None = None) -> list[Event]:
        """Does what can be done at once; returns what happened, oldest first. Never raises, never waits."""
        now = time.monotonic() if now is None else now
        self._forgive(now)
        self._dying = [contact for contact in self._dying if not contact.gone()]
        try:
            self._perhaps_retire()
            self._perhaps_start(now)
            self._converse(now)
        except Lost as lost:
            self._lost(lost, now)
        return self._queue.happened(now)

    def _forgive(self, now: float) -> None:
        """Time in which nobody ticked (a render, a suspended laptop) is not held against the backend."""
        gap = now - self._ticked - 0.5 if self._ticked is not None else 0.0
        if gap > 0 and self._contact is not None:
            self._contact.forgive(gap)
            self._cancel_by += gap
        self._ticked = now

    def _tell(self, message: Any) -> bool:
        if self._contact is None or not self._contact.ready:
            return False
        self._contact.send(message)
        return True

    def _perhaps_retire(self) -> None:
        if self._stale and self._queue.running is None:
            self._stale = False
            if self._contact is not None:
                self._contact.kill()
                self._dying.append(self._contact)
                self._contact, self._wanted = None, True

    def _perhaps_start(self, now: float) -> None:
        if self._contact is not None or self._given_up or now < self._start_at:
            return
        if self._wanted or self._queue.unfinished:
            self._wanted, self._proved = False, None
            self._contact = Contact(self.launch, self.patience, now)

    def _converse(self, now: float) -> None:
        contact = self._contact
        if contact is None:
            return
        if contact.ready and self._proved is None:
            self._proved = now
        if contact.ready and self._queue.running is None and not self._stale:
            self._send_next(contact)
        try:
            for message in contact.turn(now):
                self._hear(message)
        except ProtocolError as breach:
            raise contact.garbage(breach) from None
        job = self._queue.running
        if job is not None and job.cancelling and now > self._cancel_by:
            raise Lost("Maquette's backend did not stop when asked, so it was ended.", "It starts again by itself.")

    def _send_next(self, contact: Contact) -> None:
        """Sends the job whose turn it is. One a tick: preparing may take a while."""
        job = self._queue.next()
        if job is None:
            return
        try:
            request = job.prepare() if job.prepare is not None else job.request
            if not isinstance(request, Request):
                raise TypeError("it was made ready as something else")
            contact.send(Submit(job.id, request))
        except Exception as error:  # whatever a caller's function raises belongs to that job alone
            sentence = getattr(error, "sentence", f"The request could not be prepared ({error}).")
            fix = getattr(error, "fix", "Choose the picture again.")
            self._queue.fail(job, getattr(error, "code", "bad_request"), sentence, fix)
        else:
            self._queue.sent(job)
            self._proved = math.inf

    def _hear(self, message: Any) -> None:
        if isinstance(message, Status):
            self.compute, self.memory = message.compute, message.memory
            self.device, self.device_memory = message.device, message.device_memory
        elif isinstance(message, EngineList):
            self.engines = message.engines
        elif isinstance(message, Failure) and not message.job:
            self.note, self.fix = message.sentence, message.fix
        elif isinstance(message, (Progress, Preview, Result, Failure)):
            job = self._queue.running
            if job is not None and message.job == job.id and self._queue.advance(job, message):
                self._losses, self.note, self.fix = 0, "", ""  # an answer, whichever, proves the backend well
        else:
            raise ProtocolError(f"{type(message).__name__} is not for a client")

    # --------------------------------------------------------------------------------------- the losses

    def _lost(self, lost: Lost, now: float) -> None:
        """Says what happened, ends the backend, and decides what becomes of its job and of us."""
        self.note, self.fix = lost.sentence, lost.fix
        if self._contact is not None:
            self._contact.kill()
            self._dying.append(self._contact)
            self._contact = None
        self._stale = False
        job = self._queue.running
        if self._still_born(now):
            self._fall_back(lost)
            return
        self._losses += 1
        if job is not None and job.cancelling:
            self._losses -= 1  # we ended it ourselves
            self._queue.cancelled(job)
        elif job is not None and job.tries >= self.patience.tries:
            self._queue.fail(job, "backend_lost", lost.sentence, lost.fix)
        elif job is not None:
            self._queue.put_back(job)
        self._given_up = self._losses > self.patience.restarts
        waits = self.patience.back_off
        self._start_at = now + waits[min(self._losses, len(waits)) - 1] if self._losses and waits else now

    def _still_born(self, now: float) -> bool:
        """Whether there is another way to start, and this one never came to work."""
        young = self._proved is None or 0 <= now - self._proved < self.patience.infancy
        return self.launch.instead is not None and young

    def _fall_back(self, lost: Lost) -> None:
        assert self.launch.instead is not None
        self.note = self.fell_back = f"{self.launch.why} ({lost.sentence.rstrip('.')}.)".strip()
        self.launch, self._wanted = self.launch.instead, True
        self.engines, self.device, self.device_memory = (), "", 0
        self._start_at = 0.0

    def _forget_losses(self) -> None:
        """The user wants us to try again."""
        if self._given_up:
            self._given_up, self._losses, self._start_at = False, 0, 0.0
            self.note = self.fix = ""
