"""Owns the backend process and the queue of jobs. No bpy, no threads, no waiting: everything happens in ``tick``.

A ``bpy.app.timers`` callback calls ``tick`` many times a second; without a window, ``wait`` is the loop. What
the backend does, hang, die or send garbage, ends here in one sentence (``note``), its fix (``fix``) and a
restart; the queue lives on this side and survives.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .child import Child, Launch
from .link import (
    PRODUCT,
    PROTOCOL,
    AskEngines,
    AskStatus,
    Bye,
    Cancel,
    EngineInfo,
    EngineList,
    Failure,
    Hello,
    Link,
    LinkLost,
    Preview,
    Progress,
    ProtocolError,
    Report,
    Request,
    Result,
    Shutdown,
    Status,
    Submit,
    Welcome,
)
from .saved_queue import SavedQueue, text_of

__all__ = ["Job", "Launch", "Patience", "Problem", "Session"]

Event = Progress | Preview | Result | Failure
ENDED = ("done", "failed", "cancelled")
KEPT_RECORDS = 500  # ended jobs that are remembered


class Problem(Exception):
    """What ``prepare`` raises when a request cannot be made ready: one sentence and its fix."""

    def __init__(self, code: str, sentence: str, fix: str):
        super().__init__(sentence)
        self.code, self.sentence, self.fix = code, sentence, fix


@dataclass(frozen=True)
class Patience:
    """Seconds we wait, and how often we try."""

    ready: float = 60.0  # from the start to its first word: a cold disk and a virus scanner take their time
    greeting: float = 5.0
    heartbeat: float = 2.0  # between two questions how it is
    silence: float = 20.0  # without any answer it hangs
    cancel: float = 2.0
    restarts: int = 3  # in a row, before we give up
    back_off: tuple[float, ...] = (0.2, 1.0, 3.0)
    tries: int = 2  # of one job that loses its backend


@dataclass
class Job:
    """One line of the queue. ``state`` waiting | running | done | failed | cancelled."""

    id: str
    request: Request
    prepare: Callable[[], Request] | None = None
    state: str = "waiting"
    stage: str = ""
    fraction: float = 0.0
    eta: float | None = None
    detail: str = ""
    failure: Failure | None = None
    report: Report | None = None
    cancelling: bool = False
    tries: int = 0
    saved: str = ""  # its line in the saved queue

    @property
    def ended(self) -> bool:
        return self.state in ENDED


class Session:
    """``jobs`` are in the order they were submitted; ``engines`` and ``compute`` are what the backend said last."""

    def __init__(self, launch: Launch, patience: Patience | None = None):
        self.launch = launch
        self.patience = patience or Patience()
        self.jobs: list[Job] = []
        self.engines: tuple[EngineInfo, ...] = ()
        self.compute = ""
        self.memory = 0
        self.note = ""
        self.fix = ""
        self._child: Child | None = None
        self._link: Link | None = None
        self._dying: list[Child] = []
        self._greeted = False
        self._given_up = False
        self._wanted = False  # started for its own sake, without a job
        self._losses = 0  # in a row
        self._start_at = 0.0
        self._deadline = 0.0  # of what the backend owes us next
        self._ask_at = 0.0
        self._cancel_by: float | None = None
        self._ticked = 0.0
        self._saved = SavedQueue(launch.data_dir)
        self._events: list[Event] = []

    # ------------------------------------------------------------------------------ what the user does

    @property
    def state(self) -> str:
        """stopped | starting | ready | failed."""
        if self._given_up:
            return "failed"
        if self._greeted:
            return "ready"
        return "starting" if self._child is not None or self._wanted or self._pending() else "stopped"

    def start(self) -> None:
        """Starts the backend, also after it was given up."""
        if self._given_up:
            self._given_up, self._losses, self._start_at = False, 0, 0.0
            self.note = self.fix = ""
        self._wanted = self._child is None

    def submit(self, request: Request, prepare: Callable[[], Request] | None = None) -> str:
        """Queues a job and returns its id.

        ``prepare`` is called right before the request is sent, and again if it must be sent again; it
        returns the request with its pixels, so that a long queue holds none. What it raises fails that job
        alone, with ``sentence``, ``fix`` and ``code`` where the exception has them (Problem does).
        """
        job = Job(uuid.uuid4().hex, request, prepare, saved=text_of(request))
        self.jobs.append(job)
        ended = [old for old in self.jobs if old.ended]
        for old in ended[: max(0, len(ended) - KEPT_RECORDS)]:
            self.jobs.remove(old)
        self.start()
        return job.id

    def job(self, id: str) -> Job:
        """The record of a job. Raises KeyError."""
        for job in self.jobs:
            if job.id == id:
                return job
        raise KeyError(id)

    def retry(self, id: str) -> str:
        """Submits an ended job again, as a new one; returns the new id."""
        job = self.job(id)
        return self.submit(job.request, job.prepare)

    def cancel(self, id: str) -> None:
        """A waiting job ends at once, the running one when the backend says so or is killed for not saying so."""
        job = self.job(id)
        if job.state == "waiting":
            self._fail(job, "cancelled", "Cancelled.", "Press Generate to start again.")
        elif job.state == "running" and not job.cancelling:
            job.cancelling = True
            self._cancel_by = time.monotonic() + self.patience.cancel
            if self._link is not None:
                self._link.send(Cancel(job.id))

    def cancel_all(self) -> None:
        for job in [job for job in self.jobs if not job.ended]:
            self.cancel(job.id)

    def restore(self) -> list[Request]:
        """The requests that a crashed Blender left behind, without pixels, to be shown or submitted again.

        They stay on disk until ``discard_saved``; call that once they are submitted or not wanted.
        """
        return self._saved.orphans()

    def discard_saved(self) -> None:
        self._saved.discard()

    def wait(
        self, id: str, timeout: float | None = None, on_event: Callable[[Event], None] = lambda event: None
    ) -> Job:
        """Ticks until the job has ended or the backend was given up: the loop for ``blender -b``.

        Every event of every job goes to ``on_event``. Raises TimeoutError.
        """
        job = self.job(id)
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            for event in self.tick():
                on_event(event)
            if job.ended or self._given_up:
                return job
            if end is not None and time.monotonic() > end:
                raise TimeoutError(f"job {id} has not ended within {timeout} s")
            time.sleep(0.005)

    def close(self) -> None:
        """Ends the backend. What waits stays in the saved queue. The session can be started again."""
        if self._link is not None and self._greeted:
            with contextlib.suppress(LinkLost, ProtocolError):
                self._link.send(Shutdown())
                self._link.pump()
        self._hang_up()
        if self._child is not None:
            self._child.close()
            self._child = None
        for child in self._dying:
            child.close()
        self._dying.clear()
        running = self._running()
        if running is not None:
            running.state = "waiting"
        self._saved.write([job.saved for job in self._pending()], time.monotonic())
        self._saved.close()
        self._wanted = False

    # ---------------------------------------------------------------------------------------- the tick

    def tick(self, now: float | None = None) -> list[Event]:
        """Does what can be done at once and returns what happened, oldest first. Never raises, never waits."""
        now = time.monotonic() if now is None else now
        self._forgive(now)
        self._dying = [child for child in self._dying if not child.gone()]
        if self._child is None:
            self._perhaps_start(now)
        elif self._link is None:
            self._look_for_port(now)
        if self._link is not None:
            self._converse(now)
        self._saved.write([job.saved for job in self._pending()], now)
        events, self._events = self._events, []
        return events

    def _forgive(self, now: float) -> None:
        """Time in which nobody ticked (a render, a suspended laptop) is not held against the backend."""
        gap = now - self._ticked - 0.5
        if self._ticked and gap > 0:
            self._deadline += gap
            if self._cancel_by is not None:
                self._cancel_by += gap
        self._ticked = now

    def _perhaps_start(self, now: float) -> None:
        if self._given_up or now < self._start_at or not (self._wanted or self._pending()):
            return
        self._wanted = False
        try:
            self._child = Child(self.launch)
        except OSError as error:
            self._lost(now, f"Maquette's backend could not be started: {error.strerror or error}.", _REINSTALL)
            return
        self._deadline = now + self.patience.ready

    def _look_for_port(self, now: float) -> None:
        child = self._child
        assert child is not None
        code = child.exit_code()
        if code is not None:
            words = child.last_words()
            self._lost(
                now, f"Maquette's backend stopped while starting ({words or f'exit code {code}'}).", self._see_log()
            )
            return
        try:
            facts = child.ready()
        except ValueError:
            self._lost(now, "Maquette's backend announced itself in a way that makes no sense.", _REINSTALL)
            return
        if facts is None:
            if now > self._deadline:
                self._lost(now, f"Maquette's backend was not ready after {self.patience.ready:g} s.", self._see_log())
            return
        if facts.get("product") != PRODUCT or facts.get("protocol") != PROTOCOL:
            self._lost(now, "The backend that started belongs to another version of Maquette.", _REINSTALL)
            return
        try:
            self._link = Link(facts["port"])
            self._link.send(Hello(child.token))
        except (LinkLost, OSError) as error:
            self._lost(now, f"Maquette's backend cannot be reached: {error}.", _LOOPBACK)
            return
        self._deadline = now + self.patience.greeting

    def _converse(self, now: float) -> None:
        link = self._link
        assert link is not None
        try:
            if self._greeted and now >= self._ask_at:
                self._ask_at = now + self.patience.heartbeat
                link.send(AskStatus())
            self._send_next(link)
            for message in link.pump():
                self._deadline = now + self.patience.silence
                self._hear(message, now)
                if self._link is not link:
                    return
        except ProtocolError as breach:
            self._lost(now, f"Maquette's backend sent something that makes no sense ({breach}).", self._see_log())
            return
        except LinkLost as error:
            code = self._child.exit_code() if self._child is not None else None
            what = f"exit code {code}" if code is not None else str(error)
            self._lost(now, f"Maquette's backend stopped unexpectedly ({what}).", self._see_log())
            return
        if self._cancel_by is not None and now > self._cancel_by:
            self._lost(now, "Maquette's backend did not stop when asked, so it was ended.", "Nothing needs doing.")
        elif now > self._deadline:
            self._lost(now, "Maquette's backend does not answer any more.", self._see_log())

    def _send_next(self, link: Link) -> None:
        """Sends the next job once the last one has ended. One a tick: preparing may take a while."""
        if not self._greeted or self._running() is not None:
            return
        job = next((job for job in self.jobs if job.state == "waiting"), None)
        if job is None:
            return
        try:
            request = job.prepare() if job.prepare is not None else job.request
            link.send(Submit(job.id, request))
        except Exception as error:  # whatever a caller's function raises belongs to that job alone
            sentence = getattr(error, "sentence", f"The request could not be prepared ({error}).")
            fix = getattr(error, "fix", "Choose the picture again.")
            self._fail(job, getattr(error, "code", "bad_request"), sentence, fix)
            return
        job.state, job.tries = "running", job.tries + 1

    def _hear(self, message: Any, now: float) -> None:
        if not self._greeted:
            if isinstance(message, Welcome):
                if message.product != PRODUCT or message.protocol != PROTOCOL:
                    raise ProtocolError("it greets as another product or version")
                self._greeted, self._ask_at = True, now
                if self._link is not None:
                    self._link.send(AskEngines())
                return
            reason = message.reason if isinstance(message, Bye) else "it does not greet"
            self._lost(now, f"Maquette's backend refused us: {reason}", _REINSTALL)
            return
        if isinstance(message, Bye):
            self._lost(now, f"Maquette's backend closed the connection: {message.reason}", self._see_log())
        elif isinstance(message, Status):
            self.compute, self.memory = message.compute, message.memory
        elif isinstance(message, EngineList):
            self.engines = message.engines
        elif isinstance(message, (Progress, Preview, Result, Failure)):
            job = self._running()
            if job is not None and message.job == job.id:  # else it crossed a cancel on its way
                self._advance(job, message)
        else:
            raise ProtocolError(f"{type(message).__name__} is not for a client")

    def _advance(self, job: Job, message: Event) -> None:
        if isinstance(message, Progress):
            job.stage, job.eta, job.detail = message.stage, message.eta, message.detail
            job.fraction = max(job.fraction, min(message.fraction, 1.0))
        elif isinstance(message, Failure):
            self._end(job, "cancelled" if message.code == "cancelled" else "failed", failure=message)
        elif isinstance(message, Result):
            check_arrays(message.kind, message.arrays)
            job.report, job.fraction, job.eta = message.report, 1.0, 0.0
            self._end(job, "done")
        else:
            check_arrays("mesh", message.arrays)
        self._events.append(message)

    # ---------------------------------------------------------------------------------------- the ends

    def _running(self) -> Job | None:
        return next((job for job in self.jobs if job.state == "running"), None)

    def _pending(self) -> list[Job]:
        return [job for job in self.jobs if not job.ended]

    def _end(self, job: Job, state: str, failure: Failure | None = None) -> None:
        """An answer to a job also proves the backend well."""
        if job.state == "running":
            self._losses, self._cancel_by = 0, None
            self.note = self.fix = ""
        job.state, job.failure, job.cancelling = state, failure, False

    def _fail(self, job: Job, code: str, sentence: str, fix: str) -> None:
        failure = Failure(job.id, code, sentence, fix)
        self._end(job, "cancelled" if code == "cancelled" else "failed", failure)
        self._events.append(failure)

    def _lost(self, now: float, sentence: str, fix: str) -> None:
        """The backend is no use any more: says so, ends it, and decides what becomes of its job and of us."""
        self.note, self.fix = sentence, fix
        self._hang_up()
        if self._child is not None:
            self._child.kill()
            self._dying.append(self._child)
            self._child = None
        self._losses += 1
        job = self._running()
        if job is not None:
            job.stage, job.fraction, job.eta, job.detail = "", 0.0, None, ""
            job.state = "waiting"
            if job.cancelling:
                self._losses -= 1  # we ended it ourselves
                self._fail(job, "cancelled", "Cancelled.", "Press Generate to start again.")
            elif job.tries >= self.patience.tries:
                self._fail(job, "backend_lost", sentence, fix)
        if self._losses > self.patience.restarts:
            self._given_up = True
            return
        waits = self.patience.back_off
        self._start_at = now + waits[min(self._losses, len(waits)) - 1] if self._losses and waits else now

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.close()
        self._link, self._greeted, self._cancel_by = None, False, None

    def _see_log(self) -> str:
        where = f" Its log is {self._child.log}" if self._child is not None else ""
        return f"Try again.{where}"


_REINSTALL = "Restart Blender; if that does not help, install Maquette again."
_LOOPBACK = "Allow connections from this computer to itself (127.0.0.1) in your firewall."


def check_arrays(kind: str, arrays: dict[str, Any]) -> None:
    """Raises ProtocolError unless the arrays of a mesh can be handed to Blender, which trusts indices blindly."""
    if kind != "mesh":
        return
    try:
        vertices, faces, colours = (np.asarray(arrays[name]) for name in ("vertices", "faces", "colours"))
    except KeyError:
        raise ProtocolError("a mesh lacks one of its arrays") from None
    sound = (
        (vertices.ndim, vertices.shape[-1], vertices.dtype) == (2, 3, np.float32)
        and (faces.ndim, faces.shape[-1], faces.dtype) == (2, 3, np.int32)
        and colours.shape == (len(vertices), 4)
        and colours.dtype == np.uint8
        and faces.min() >= 0
        and faces.max() < len(vertices)
        and bool(np.isfinite(vertices).all())
    )
    if not sound:
        raise ProtocolError("the arrays do not make a mesh")
