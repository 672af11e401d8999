"""What becomes of a job's end: an object in the scene, a place in a grid, or a sentence."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field, replace

import bpy
import numpy as np

from . import ghost
from .batch import Batch
from .cutouts import keep, told
from .link import Failure, Preview, Request, Result
from .mesh import UnusableMesh
from .problems import Problem, UnusableResult
from .renewal import renew
from .scene import Placed, Target, extent, find_group, place
from .session import Job, Session
from .sources import Source
from .words import shown

log = logging.getLogger(__name__)

NOT_RENEWED = "The object that was to get a new mesh is gone, or is being edited; the result is “{}”."


@dataclass
class Ticket:
    """What is known of a job on this side of the link. ``replaces`` the object, by its session id, that is to get the
    new mesh, or 0; ``placed`` once there is an object; ``told`` a sentence for its line in the list; ``image`` the name
    of its cut-out.
    """

    request: Request
    source: Source
    target: Target
    batch: Batch | None = None
    replaces: int = 0
    placed: Placed | None = None
    told: str = ""
    image: str = ""

    def varied(self, seed: int, batch: Batch | None) -> Ticket:
        """The same from another seed, in the batch's row where there is one."""
        place = replace(self.request.placement, collection=batch.name) if batch else self.request.placement
        return replace(self, request=replace(self.request, seed=seed, placement=place), batch=batch)

    def at_origin(self) -> Ticket:
        """The same, to stand where its file has it and not at the 3D cursor."""
        place = replace(self.request.placement, location=(0.0, 0.0, 0.0))
        return replace(self, request=replace(self.request, placement=place))


@dataclass
class Delivery:
    """The tickets of all jobs, and the results that wait for the user to finish a gesture."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    waiting: deque[Result] = field(default_factory=deque)
    notes: deque[str] = field(default_factory=lambda: deque(maxlen=5))

    def fail(self, session: Session, failure: Failure) -> None:
        """Counts a job's failure. Failures of no job are the session's own to tell."""
        ticket = self.tickets.get(failure.job)
        if ticket is None:
            return
        ticket.source.release()
        if ticket.batch is None:
            return
        if failure.code == "cancelled":
            ticket.batch.cancelled += 1
        else:
            ticket.batch.skipped.append((_label(ticket.request), f"{failure.sentence} {failure.fix}"))
        self._perhaps_sum_up(ticket.batch)

    def land(self, session: Session, result: Result) -> Placed | None:
        """Makes the object, or the image of a cut-out. None where there is no object; the job has failed where there
        should be one.
        """
        ticket = self.tickets.get(result.job)
        if ticket is None:
            return None
        ticket.source.release()
        batch = ticket.batch
        problem = None
        try:
            if result.kind == "cutout":
                ticket.image = keep(result, ticket.request, ticket.target).name
                ticket.told = told(result, {info.id: info.title for info in session.engines})
                return None
            ticket.placed = self._place(result, ticket)
        except UnusableMesh as error:
            problem = UnusableResult(f"The result makes no mesh: {error}.", "Try again.")
        except Problem as error:
            problem = error
        except Exception as error:  # the mesh is lost, so it must not look done
            log.exception("A result could not be put into the scene")
            why = str(error).strip().rstrip(".") or type(error).__name__
            problem = Problem(f"The result could not be put into the scene ({why}).", "Try again.")
        if problem is not None:
            self._end(session, Failure(result.job, problem.code, problem.sentence, problem.fix))
            return None
        if ticket.placed.note:
            self.notes.append(ticket.placed.note)
        if batch is not None:
            batch.made += 1
            batch.warned += [(_label(ticket.request), warning) for warning in result.report.warnings]
            self._perhaps_sum_up(batch)
        return ticket.placed

    def glimpse(self, preview: Preview) -> bool:
        """Shows a job's early mesh where its result will stand, unless it is to replace a mesh that hides it. Whether
        there is anything new to be seen.
        """
        ticket = self.tickets.get(preview.job)
        if ticket is None or ticket.replaces:
            return False
        location = ticket.request.placement.location
        if ticket.batch is not None:
            location = ticket.batch.shelf.peek(*_footprint(preview.arrays))
        return ghost.show(preview.job, ticket.target.scene, preview.arrays, location)

    def _place(self, result: Result, ticket: Ticket) -> Placed:
        request, location = ticket.request, ticket.request.placement.location
        if ticket.replaces and result.kind == "mesh":
            renewed = renew(result.arrays, request, result.report, ticket.replaces)
            if renewed is not None:
                return renewed
        if ticket.batch is not None:
            location = ticket.batch.shelf.next(*_footprint(result.arrays))
        placed = place(result.arrays, request, result.report, ticket.target, location, request.placement.collection)
        return replace(placed, note=placed.note or NOT_RENEWED.format(placed.name)) if ticket.replaces else placed

    def _end(self, session: Session, failure: Failure) -> None:
        """What the session took for done ended otherwise on this side."""
        job = _job(session, failure.job)
        if job is not None:
            job.state, job.failure = "cancelled" if failure.code == "cancelled" else "failed", failure
        self.fail(session, failure)

    def drop_waiting(self, session: Session) -> None:
        """The results that wait to be placed are not wanted any more."""
        while self.waiting:
            id = self.waiting.popleft().job
            self._end(session, Failure(id, "cancelled", "Cancelled.", "Press Generate to start again."))

    def again(self, id: str, request: Request) -> Ticket:
        """The ticket for another try of a job that failed or was cancelled. Raises KeyError."""
        old = self.tickets[id]
        if old.batch is not None:
            old.batch.reopen(_label(old.request))
        return Ticket(request, old.source, old.target, old.batch, old.replaces)

    def forget_ended(self, session: Session) -> None:
        """Drops the tickets of jobs that the session has dropped."""
        known = {job.id for job in session.jobs}
        for id in [id for id in self.tickets if id not in known]:
            del self.tickets[id]

    def _perhaps_sum_up(self, batch: Batch) -> None:
        if batch.over:
            self.notes.append(batch.summary())


def resume_origin(target: Target, group: str, location: tuple[float, ...]) -> tuple[float, float, float]:
    """Where a batch goes on that an earlier session began: in a new row behind what stands there."""
    collection = find_group(target, group)
    box = extent(list(collection.objects)) if collection is not None else None
    if box is None:
        return (location[0], location[1], location[2])
    low, high = box
    return (low.x + 0.5, high.y + 0.75, location[2])


def _job(session: Session, id: str) -> Job | None:
    return next((job for job in session.jobs if job.id == id), None)


def _footprint(arrays: dict) -> tuple[float, float]:
    """Width along X and depth along Y of what stands about x = y = 0, metres; a cloud's few strays are not counted."""
    if "points" in arrays:
        size = 2 * np.percentile(np.abs(np.asarray(arrays["points"])[:, :2]), 99, axis=0)
    else:
        size = 2 * np.abs(np.asarray(arrays["vertices"])[:, :2]).max(axis=0)
    return float(size[0]), float(size[1])


def _label(request: Request) -> str:
    """What tells one of a batch from the others: its file, or its name and seed."""
    return shown(bpy.path.basename(request.source)) or f"{request.name} (seed {request.seed})"
