"""Throws the dice for the seed."""

from __future__ import annotations

import bpy

from ..prompts import fresh_seed


class MAQUETTE_OT_draw_seed(bpy.types.Operator):
    bl_idname = "maquette.draw_seed"
    bl_label = "Draw a Seed"
    bl_description = "Put another number into the field"
    bl_options = {"INTERNAL", "UNDO"}

    def execute(self, context):
        context.scene.maquette.seed = fresh_seed()
        return {"FINISHED"}


CLASSES = (MAQUETTE_OT_draw_seed,)
