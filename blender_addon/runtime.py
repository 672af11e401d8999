"""The one session of this Blender process: made when first needed, ticked by a timer, ended with the add-on.

Running state lives here, in plain Python: undo brings back old values of everything that lives in the scene.
"""

from __future__ import annotations

import atexit
import logging
from collections.abc import Sequence

import bpy

from . import ghost, launching
from .console import Console
from .delivery import Delivery, Ticket
from .launching import best_launch
from .link import Failure, Preview, Request, Result
from .saved_queue import SavedQueue
from .scene import occupied
from .session import Event, Job, Session
from .shading import SAID, Views, all_views
from .wishes import preferences

log = logging.getLogger(__name__)

BUSY, IDLE = 0.05, 1.0  # seconds between ticks

_session: Session | None = None
delivery = Delivery()
views = Views()
_apart = False  # from the GPU engines' environment, because it is being changed
left_over = 0  # jobs that an ended Blender left in the saved queue
_drawn: object = None  # what the panels showed last


def session() -> Session:
    """The session, made when it is first wanted. Raises NoPython."""
    global _session
    if _session is None:
        _session = Session(best_launch(bpy.app.background))
    return _session


def start() -> None:
    """Starts the backend for the user who asks for it, with a Python that was tried out. Raises NoPython."""
    ours = session()
    if ours.state == "failed":
        ours.launch = best_launch(True)
    ours.start()
    wake()


def current() -> Session | None:
    """The session if there is one: what the panels look at."""
    return _session


def submit(ticket: Ticket) -> str:
    """Queues a job and wakes the timer. Raises NoPython."""
    request, source = ticket.request, ticket.source
    id = session().submit(request, lambda: source.fill(request))
    delivery.tickets[id] = ticket
    wake()
    return id


def retry(id: str, request: Request) -> str:
    """Queues a job that failed or was cancelled once more, as ``request`` has it now. Raises KeyError, NoPython."""
    ticket = delivery.again(id, request)
    session().jobs.remove(session().job(id))
    return submit(ticket)


def finish(ids: Sequence[str]) -> list[Job]:
    """Works until the jobs have ended, and prints how it goes: the way without a window, where timers never run."""
    ours = session()
    console = Console({id: delivery.tickets[id].request.name for id in ids})

    def hear(event: Event) -> None:
        console(event)
        _hear(event, at_once=True)

    try:
        return [ours.wait(id, on_event=hear) for id in ids]
    except KeyboardInterrupt:
        ours.cancel_all()
        raise


def wake() -> None:
    """Ticks soon, and from then on."""
    if bpy.app.timers.is_registered(pump):
        bpy.app.timers.unregister(pump)
    bpy.app.timers.register(pump, first_interval=0.01, persistent=True)


def pump() -> float | None:
    """The timer's callback: seconds until it wants to be called again. Never raises: Blender would drop it."""
    try:
        return _turn()
    except Exception:
        log.exception("Maquette's timer stumbled")
        return IDLE


def busy() -> bool:
    """Whether a job waits, runs, or has a result that is not in the scene yet."""
    return bool(delivery.waiting) or (_session is not None and any(not job.ended for job in _session.jobs))


def stop_jobs(reason: str) -> None:
    """Cancels everything, and says why, if there was anything."""
    if _session is None or not busy():
        return
    delivery.drop_waiting(_session)
    _session.cancel_all()
    delivery.notes.append(reason)


def forget_left_over() -> None:
    """They were resumed, or are not wanted."""
    global left_over
    left_over = 0


def close() -> None:
    """Ends the backend and forgets everything; what still waited stays in the saved queue."""
    global _session
    if bpy.app.timers.is_registered(pump):
        bpy.app.timers.unregister(pump)
    if _session is not None:
        _session.close()
        _session = None
    ghost.hide()
    delivery.tickets.clear()
    delivery.waiting.clear()
    launching.drop_fallback()


def register() -> None:
    atexit.register(close)
    bpy.app.handlers.load_post.append(_after_load)
    bpy.app.handlers.render_init.append(_before_render)
    bpy.app.timers.register(_look_for_left_over, first_interval=1.0, persistent=True)


def unregister() -> None:
    if bpy.app.timers.is_registered(_look_for_left_over):
        bpy.app.timers.unregister(_look_for_left_over)
    bpy.app.handlers.load_post.remove(_after_load)
    bpy.app.handlers.render_init.remove(_before_render)
    atexit.unregister(close)
    close()


def let_go_of_gpu() -> None:
    """The backend goes back to Blender's own Python, so that the environment can be changed. See gpu_is_free."""
    global _apart
    _apart = True
    _restart()


def gpu_is_free() -> bool:
    """Whether no backend runs in the environment that is to be changed."""
    return not _apart or _session is None or _session.retired


def take_up_gpu() -> None:
    """The environment is new, or whole again: the backend moves there, or comes back from there."""
    global _apart
    _apart = False
    _restart()


def _restart() -> None:
    launch = best_launch(False, _apart)
    if _session is not None and (_session.launch != launch or _session.fell_back):
        _session.use(launch)
        wake()


def _turn() -> float | None:
    if _session is None:
        return None
    for event in _session.tick():
        _hear(event, at_once=False)
    if delivery.waiting and not occupied():
        _land_in_view(delivery.waiting.popleft())  # one a tick: each is a short hitch
    _lay_ghost()
    delivery.forget_ended(_session)
    _redraw()
    if busy() or _session.state == "starting":
        return BUSY
    return IDLE if _session.state == "ready" else None


def _hear(event: Event, at_once: bool) -> None:
    assert _session is not None
    if isinstance(event, Result):
        if at_once:
            _land(event)
        else:
            delivery.waiting.append(event)
    elif isinstance(event, Failure):
        delivery.fail(_session, event)
    elif isinstance(event, Preview) and not at_once and delivery.glimpse(event):
        _redraw_views()


def _land(result: Result) -> None:
    assert _session is not None
    delivery.land(_session, result)


def _land_in_view(result: Result) -> None:
    """For a user who looks on: the mesh shows its colours, also in Solid."""
    ticket = delivery.tickets.get(result.job)
    _land(result)
    if ticket is not None and ticket.placed and preferences().solid_colours and views.show_colours(all_views()):
        ticket.told = SAID


def _lay_ghost() -> None:
    """The early look goes once the result stands, or will not come."""
    assert _session is not None
    if ghost.shown is None:
        return
    at_work = {job.id for job in _session.jobs if job.state == "running"} | {result.job for result in delivery.waiting}
    if ghost.shown.job not in at_work and ghost.hide():
        _redraw_views()


def _redraw_views() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def _redraw() -> None:
    """Asks the sidebars to be drawn again, where something they show has changed."""
    global _drawn
    ours = _session
    assert ours is not None
    # Jobs that wait look all the same, and there may be thousands.
    ended = [job for job in ours.jobs if job.state != "waiting"]
    rows = tuple((job.id, job.state, job.stage, round(job.fraction, 2), round(job.eta or 0)) for job in ended)
    shows = (
        rows,
        len(ours.jobs),
        ours.state,
        ours.note,
        ours.compute,
        ours.engines,
        ours.device,
        tuple(delivery.notes),
    )
    if shows == _drawn:
        return
    _drawn = shows
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


def _look_for_left_over() -> None:
    """Once, after Blender has started: whether the last one ended before its jobs did."""
    global left_over
    queue = SavedQueue(launching.data_dir())
    left_over = len(queue.orphans())
    queue.close()


@bpy.app.handlers.persistent
def _after_load(*_) -> None:
    """Not before: a file that turns out damaged leaves the old one open. No timer runs in between."""
    views.forget()
    stop_jobs("Another file was opened, so the jobs that were under way were cancelled.")


@bpy.app.handlers.persistent
def _before_render(*_) -> None:
    """A final render gets the graphics card's memory; engines load again when they are needed. What is sent here
    leaves with the next tick, and no tick comes while a render without a window blocks, so it is pumped at once.
    """
    if _session is not None and _session.device and _session.free():
        for event in _session.tick():
            _hear(event, at_once=False)
