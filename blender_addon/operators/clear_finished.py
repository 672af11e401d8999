"""Empties the list of what is over. Objects stay."""

from __future__ import annotations

import bpy

from .. import runtime


class MAQUETTE_OT_clear_finished(bpy.types.Operator):
    bl_idname = "maquette.clear_finished"
    bl_label = "Clear List"
    bl_description = "Take finished and failed jobs off the list. Their objects stay in the scene"

    def execute(self, _context):
        session = runtime.current()
        if session is not None:
            session.jobs[:] = [job for job in session.jobs if not job.ended]
            runtime.wake()
        runtime.delivery.notes.clear()
        return {"FINISHED"}


CLASSES = (MAQUETTE_OT_clear_finished,)
