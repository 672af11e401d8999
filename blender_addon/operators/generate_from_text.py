"""A text becomes an object at the 3D cursor."""

from __future__ import annotations

import bpy

from ..problems import NothingToRun, Problem
from ..sources import NoSource
from .options import FRESH, Options, carry_out, conclude, refuse

_NAME = 40  # letters of the text that name the object


class MAQUETTE_OT_generate_from_text(Options, bpy.types.Operator):
    bl_idname = "maquette.generate_from_text"
    bl_label = "Generate from Text"
    bl_description = "Make a coloured mesh of what the text describes and stand it at the 3D cursor"
    bl_options = {"REGISTER"}

    prompt: bpy.props.StringProperty(name="Text", description="What the object is, in a few words", options=FRESH)

    def invoke(self, context, _event):
        self.adopt(context.scene.maquette, "prompt")
        return self.execute(context)

    def execute(self, context):
        text = self.prompt.strip()
        try:
            if not text:
                raise NothingToRun("There is no text to make an object from.", "Describe the object in a few words.")
            ticket = self.ticket(context, self.name or text[:_NAME].strip(), NoSource(), prompt=text)
            return conclude(self, carry_out([ticket]))
        except Problem as problem:
            return refuse(self, problem)


CLASSES = (MAQUETTE_OT_generate_from_text,)
