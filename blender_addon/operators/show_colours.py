"""Makes the solid view show the colours a mesh brings along."""

from __future__ import annotations

import bpy


class MAQUETTE_OT_show_colours(bpy.types.Operator):
    bl_idname = "maquette.show_colours"
    bl_label = "Show Colours in Solid View"
    bl_description = "Let this view's solid shading show the colours of meshes (Viewport Shading → Color → Attribute)"

    @classmethod
    def poll(cls, context):
        return context.space_data is not None and context.space_data.type == "VIEW_3D"

    def execute(self, context):
        context.space_data.shading.color_type = "VERTEX"
        return {"FINISHED"}


CLASSES = (MAQUETTE_OT_show_colours,)
