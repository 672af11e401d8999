"""Finds the object a finished job made."""

from __future__ import annotations

import bpy


class MAQUETTE_OT_select_result(bpy.types.Operator):
    bl_idname = "maquette.select_result"
    bl_label = "Select"
    bl_description = "Select the object this job made"
    bl_options = {"REGISTER", "UNDO"}

    object: bpy.props.StringProperty(description="Name of the object", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        return context.mode == "OBJECT"

    def execute(self, context):
        thing = context.view_layer.objects.get(self.object)
        if thing is None:
            self.report({"WARNING"}, f"“{self.object}” is not in this scene any more.")
            return {"CANCELLED"}
        for other in list(context.selected_objects):
            other.select_set(False)
        thing.select_set(True)
        context.view_layer.objects.active = thing
        return {"FINISHED"}


CLASSES = (MAQUETTE_OT_select_result,)
