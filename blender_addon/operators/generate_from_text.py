"""A text becomes an object at the 3D cursor, or several that stand beside each other."""

from __future__ import annotations

import bpy

from ..problems import NothingToRun, Problem
from ..prompts import name_for, seeds_from
from ..properties import DEFAULT_TEXT_ENGINE, MAQUETTE_PG_settings
from ..sources import NoSource
from .options import FRESH, Seeded, carry_out, conclude, refuse


class FromText(Seeded):
    """Mix-in for operators that start from words."""

    engine: bpy.props.StringProperty(
        name="Engine", description="What makes the mesh", default=DEFAULT_TEXT_ENGINE, options=FRESH
    )
    negative_prompt: bpy.props.StringProperty(
        name="Without", description="What the object should not be or have", options=FRESH
    )

    def adopt(self, settings: MAQUETTE_PG_settings, *others: str) -> None:
        if not self.properties.is_property_set("engine"):
            self.engine = settings.text_engine
        super().adopt(settings, "negative_prompt", *others)


class MAQUETTE_OT_generate_from_text(FromText, bpy.types.Operator):
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
            seeds = seeds_from(self.draw_seed(), self.variations)
            name, without = self.name or name_for(text), self.negative_prompt.strip()
            ticket = self.ticket(context, name, NoSource(), prompt=text, negative_prompt=without)
            batch = self.row_of(context, name)
            return conclude(self, carry_out([ticket.varied(seed, batch) for seed in seeds]), batch)
        except Problem as problem:
            return refuse(self, problem)


CLASSES = (MAQUETTE_OT_generate_from_text,)
