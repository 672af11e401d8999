"""Stops one job, or all of them."""

from __future__ import annotations

import bpy

from .. import runtime


class MAQUETTE_OT_cancel(bpy.types.Operator):
    bl_idname = "maquette.cancel"
    bl_label = "Cancel"
    bl_description = "Stop this job. What is already in the scene stays"

    job: bpy.props.StringProperty(description="The job to stop; empty stops all", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def description(cls, _context, properties):
        return cls.bl_description if properties.job else "Stop everything. What is already in the scene stays"

    def execute(self, _context):
        session = runtime.current()
        if session is not None:
            if not self.job:
                session.cancel_all()
            elif any(job.id == self.job for job in session.jobs):
                session.cancel(self.job)
            runtime.wake()
        return {"FINISHED"}


CLASSES = (MAQUETTE_OT_cancel,)
