"""Runs a job that failed once more, as it was or with the setting that would mend it."""

from __future__ import annotations

from dataclasses import replace

import bpy

from .. import runtime
from ..problems import Problem
from .options import refuse


class MAQUETTE_OT_retry(bpy.types.Operator):
    bl_idname = "maquette.retry"
    bl_label = "Try Again"
    bl_description = "Run this job once more"

    job: bpy.props.StringProperty(description="The job to run again", options={"HIDDEN", "SKIP_SAVE"})
    cutout: bpy.props.StringProperty(description="Another cut-out, if given", options={"HIDDEN", "SKIP_SAVE"})
    preset: bpy.props.StringProperty(description="Another detail, if given", options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, _context):
        ticket, session = runtime.delivery.tickets.get(self.job), runtime.current()
        if ticket is None or session is None or not any(job.id == self.job and job.ended for job in session.jobs):
            return {"CANCELLED"}
        changes = {key: value for key in ("cutout", "preset") if (value := getattr(self, key))}
        try:
            runtime.retry(self.job, replace(ticket.request, **changes))
        except Problem as problem:
            return refuse(self, problem)
        return {"FINISHED"}


CLASSES = (MAQUETTE_OT_retry,)
