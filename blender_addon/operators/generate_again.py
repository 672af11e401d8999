"""What made an object is asked for once more: beside it, or in its place."""

from __future__ import annotations

from dataclasses import replace

import bpy

from ..delivery import Ticket
from ..link import Placement
from ..problems import NothingToRun, Problem
from ..prompts import fresh_seed
from ..recall import recall
from ..renewal import renewable
from ..scene import Target
from ..sources import source_of
from .options import FRESH, carry_out, conclude, cursor_of, refuse


class MAQUETTE_OT_generate_again(bpy.types.Operator):
    bl_idname = "maquette.generate_again"
    bl_label = "Generate Again"
    bl_description = "Make the active object once more, from the same picture or text and settings"
    bl_options = {"REGISTER"}

    new_seed: bpy.props.BoolProperty(
        name="New Seed", description="Draw another seed, for another result", options=FRESH
    )
    in_place: bpy.props.BoolProperty(
        name="In Place",
        description="Give the object itself the new mesh. Its name, place, modifiers and materials stay",
        options=FRESH,
    )

    @classmethod
    def poll(cls, context):
        return recall(getattr(context, "object", None)) is not None

    @classmethod
    def description(cls, _context, properties):
        what = "Give the active object a new mesh" if properties.in_place else "Make the active object once more"
        seed = "another seed" if properties.new_seed else "the same seed"
        where = "Its name, place, modifiers and materials stay" if properties.in_place else "It comes at the 3D cursor"
        return f"{what}, from the same picture or text and settings, with {seed}. {where}"

    def execute(self, context):
        thing = getattr(context, "object", None)
        memory = recall(thing)
        if thing is None or memory is None:
            return {"CANCELLED"}
        request = memory.request
        try:
            if self.in_place and not renewable(thing):
                raise NothingToRun(
                    f"“{thing.name}” cannot be given another mesh now.",
                    "Leave Edit Mode, or make a linked object local.",
                )
            if self.in_place and request.output != "mesh":
                raise NothingToRun(f"“{thing.name}” is no mesh of Maquette's.", "Generate it again beside this one.")
            place = tuple(thing.matrix_world.translation) if self.in_place else cursor_of(context)
            seed = fresh_seed() if self.new_seed else request.seed
            request = replace(request, placement=Placement(place, request.placement.height), seed=seed)
            uid = thing.session_uid if self.in_place else 0
            ticket = Ticket(request, source_of(request), Target.here(context), replaces=uid)
            return conclude(self, carry_out([ticket]))
        except Problem as problem:
            return refuse(self, problem)


CLASSES = (MAQUETTE_OT_generate_again,)
