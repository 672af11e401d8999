"""The lines of the list of jobs: what waits, runs, is done or went wrong, each with its buttons."""

from __future__ import annotations

from . import runtime
from .drawing import duration, say
from .job import Job


def draw_status(layout, session) -> None:
    """One line, always as high: how it stands, for the list of jobs may lie below the window's edge."""
    row = layout.row(align=True)
    if session is None or not session.jobs:
        row.label(text="Ready")
        return
    job = next((job for job in session.jobs if job.state == "running"), None)
    if job is not None:
        row.progress(factor=job.fraction, type="BAR", text=_stage(job))
        row.operator("maquette.cancel", text="", icon="X").job = job.id
    elif session.state == "failed":
        row.label(text="Stopped: see Jobs", icon="ERROR")
    elif not session.jobs[-1].ended:
        row.label(text="Starting", icon="TIME")
    else:
        last = session.jobs[-1]
        doubtful = last.state == "failed" or (last.report is not None and last.report.warnings)
        row.label(text=_outcome(last), icon="ERROR" if doubtful else "CHECKMARK" if last.report else "PANEL_CLOSE")


def _outcome(job: Job) -> str:
    if job.state == "done" and job.report is not None:
        return "Done, with a warning: see Jobs" if job.report.warnings else f"Done in {job.report.seconds:.1f} s"
    return "Failed: see Jobs" if job.state == "failed" else "Cancelled"


def _stage(job: Job) -> str:
    text = "Stopping" if job.cancelling else job.stage or "Starting"
    if job.eta is not None and not job.cancelling:
        text += f" · {duration(job.eta)} left"
    return text


def draw_left_over(layout, context) -> None:
    count = runtime.left_over
    box = layout.box()
    jobs = "One job was" if count == 1 else f"{count} jobs were"
    say(box, context, f"{jobs} not finished when Blender ended.", "RECOVER_LAST")
    row = box.row(align=True)
    row.operator("maquette.resume_queue")
    row.operator("maquette.discard_queue")


def draw_trouble(layout, context, session) -> None:
    box = layout.box()
    say(box, context, f"{session.note} {session.fix}", "ERROR")
    row = box.row(align=True)
    if session.state == "failed":
        row.operator("maquette.start_backend", icon="FILE_REFRESH")
    row.operator("maquette.show_log", icon="TEXT")


def draw_pending(layout, job: Job) -> None:
    column = layout.column(align=True)
    row = column.row(align=True)
    row.label(text=job.request.name, icon="PLAY" if job.state == "running" else "TIME")
    row.operator("maquette.cancel", text="", icon="X").job = job.id
    if job.state == "running":
        column.progress(factor=job.fraction, type="BAR", text=_stage(job))


def draw_ended(layout, context, job: Job) -> None:
    ticket = runtime.delivery.tickets.get(job.id)
    if job.state == "done" and job.report is not None:
        row = layout.row(align=True)
        placed = ticket.placed if ticket is not None else None
        image = ticket.image if ticket is not None else ""
        row.label(text=placed.name if placed else image or job.request.name, icon="CHECKMARK")
        row.label(text=f"{job.report.seconds:.1f} s")
        if placed:
            row.operator("maquette.select_result", text="", icon="RESTRICT_SELECT_OFF").object = placed.name
        if ticket is not None:
            say(layout, context, ticket.told, "INFO")
        for warning in job.report.warnings:
            say(layout, context, warning, "ERROR")
    elif job.state == "failed" and job.failure is not None:
        box = layout.box()
        box.label(text=job.request.name, icon="CANCEL")
        say(box, context, f"{job.failure.sentence} {job.failure.fix}")
        _draw_mending(box.row(align=True), job)
    else:
        row = layout.row(align=True)
        row.label(text=f"{job.request.name}: cancelled", icon="PANEL_CLOSE")
        if ticket is not None:
            row.operator("maquette.retry", text="", icon="FILE_REFRESH").job = job.id


def _draw_mending(row, job: Job) -> None:
    """The control that would mend the failure, where there is one, and a plain second try."""
    code = job.failure.code if job.failure is not None else ""
    if code == "empty_mask" and job.request.cutout != "none":
        mend = row.operator("maquette.retry", text="Try with Cut-out Off", icon="FILE_REFRESH")
        mend.job, mend.cutout = job.id, "none"
    elif code == "out_of_memory" and job.request.preset != "fast":
        mend = row.operator("maquette.retry", text="Try with Fast", icon="FILE_REFRESH")
        mend.job, mend.preset = job.id, "fast"
    elif code in ("input_not_taken", "unknown_engine"):
        row.menu("MAQUETTE_MT_text_engines" if job.request.prompt else "MAQUETTE_MT_engines", text="Choose Engine")
    else:
        row.operator("maquette.retry", icon="FILE_REFRESH").job = job.id
    if code in ("internal", "backend_lost"):
        row.operator("maquette.copy_report", icon="COPYDOWN")
