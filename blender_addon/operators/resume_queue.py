"""Jobs that an earlier Blender did not finish: done now, or dropped."""

from __future__ import annotations

import bpy

from .. import runtime
from ..problems import Problem
from ..resume import tickets_of
from .options import refuse


class MAQUETTE_OT_resume_queue(bpy.types.Operator):
    bl_idname = "maquette.resume_queue"
    bl_label = "Resume"
    bl_description = "Go on with the jobs that were under way when Blender ended last time"

    def execute(self, context):
        try:
            session = runtime.session()
            ids = [runtime.submit(ticket) for ticket in tickets_of(session.restore(), context)]
        except Problem as problem:
            return refuse(self, problem)
        session.discard_saved()
        runtime.forget_left_over()
        if bpy.app.background:
            runtime.finish(ids)
        self.report({"INFO"}, f"Jobs resumed: {len(ids)}")
        return {"FINISHED"}


class MAQUETTE_OT_discard_queue(bpy.types.Operator):
    bl_idname = "maquette.discard_queue"
    bl_label = "Discard"
    bl_description = "Forget the jobs that were under way when Blender ended last time"

    def execute(self, _context):
        try:
            runtime.session().discard_saved()
        except Problem as problem:
            return refuse(self, problem)
        runtime.forget_left_over()
        return {"FINISHED"}


CLASSES = (MAQUETTE_OT_resume_queue, MAQUETTE_OT_discard_queue)
