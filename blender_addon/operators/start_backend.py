"""Starts the helper process, also after it was given up."""

from __future__ import annotations

import bpy

from .. import runtime
from ..problems import Problem
from .options import refuse


class MAQUETTE_OT_start_backend(bpy.types.Operator):
    bl_idname = "maquette.start_backend"
    bl_label = "Start Again"
    bl_description = "Start Maquette's helper process again and go on with the jobs that wait"

    def execute(self, _context):
        try:
            runtime.start()
        except Problem as problem:
            return refuse(self, problem)
        return {"FINISHED"}


CLASSES = (MAQUETTE_OT_start_backend,)
