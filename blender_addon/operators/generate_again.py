"""What made an object is asked for once more."""

from __future__ import annotations

from dataclasses import replace

import bpy

from ..delivery import Ticket
from ..link import Placement
from ..problems import Problem
from ..recall import recall
from ..scene import Target
from ..sources import source_of
from .options import carry_out, conclude, cursor_of, refuse


class MAQUETTE_OT_generate_again(bpy.types.Operator):
    bl_idname = "maquette.generate_again"
    bl_label = "Generate Again"
    bl_description = "Make the active object once more, from the same picture and settings, at the 3D cursor"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context):
        return recall(getattr(context, "object", None)) is not None

    def execute(self, context):
        memory = recall(getattr(context, "object", None))
        if memory is None:
            return {"CANCELLED"}
        try:
            place = Placement(cursor_of(context), memory.request.placement.height)
            request = replace(memory.request, placement=place)
            ticket = Ticket(request, source_of(request), Target.here(context))
            return conclude(self, carry_out([ticket]))
        except Problem as problem:
            return refuse(self, problem)


CLASSES = (MAQUETTE_OT_generate_again,)
