"""Every line of a text of Blender's Text Editor becomes an object, in a grid, in a collection named after the text."""

from __future__ import annotations

import bpy

from ..batch import TEXTS, Batch, new_batch
from ..delivery import Ticket
from ..problems import NothingToRun
from ..prompts import name_for, prompts_in, seeds_from
from ..sources import NoSource
from ..words import shown
from .generate_from_text import FromText
from .options import FRESH, Many, cursor_of


class MAQUETTE_OT_generate_from_text_block(Many, FromText, bpy.types.Operator):
    bl_idname = "maquette.generate_from_text_block"
    bl_label = "Generate from Text Block"
    bl_description = (
        "Make an object of every line of the text block and set them out in rows from the 3D cursor. Lines that begin "
        "with # are left out"
    )
    bl_options = {"REGISTER"}

    text: bpy.props.StringProperty(
        name="Text Block", description="Name of a text of Blender's Text Editor", options=FRESH
    )

    def invoke(self, context, _event):
        settings = context.scene.maquette
        self.adopt(settings)
        if not self.properties.is_property_set("text") and settings.prompts is not None:
            self.text = settings.prompts.name
        return self.execute(context)

    def _tickets(self, context) -> tuple[Batch, list[Ticket]]:
        block = bpy.data.texts.get(self.text) if self.text else None
        if block is None:
            sentence = f"There is no text block “{self.text}”." if self.text else "No text block is chosen."
            raise NothingToRun(sentence, "Choose a text of the Text Editor that has one description a line.")
        prompts = prompts_in(line.body for line in block.lines)
        if not prompts:
            raise NothingToRun(f"“{block.name}” has no line to make an object from.", "Write one description a line.")
        seeds = seeds_from(self.draw_seed(), len(prompts) * self.variations)
        columns = self.variations if self.variations > 1 else 0
        name = shown(self.name or block.name)
        batch = new_batch(name, len(seeds), cursor_of(context), self.height, TEXTS, columns)
        without, each = self.negative_prompt.strip(), [text for text in prompts for _ in range(self.variations)]
        tickets = [
            self.ticket(context, name_for(text), NoSource(), "", batch, prompt=text, negative_prompt=without, seed=seed)
            for text, seed in zip(each, seeds, strict=True)
        ]
        return batch, tickets


CLASSES = (MAQUETTE_OT_generate_from_text_block,)
