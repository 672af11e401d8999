"""Sets the engine for pictures, or the one for texts; the menus that offer them are in ``panels``."""

from __future__ import annotations

import bpy


class MAQUETTE_OT_choose_engine(bpy.types.Operator):
    bl_idname = "maquette.choose_engine"
    bl_label = "Use This Engine"
    bl_description = "Make meshes with this engine"
    bl_options = {"INTERNAL", "UNDO"}

    engine: bpy.props.StringProperty(description="The engine's short name", options={"HIDDEN", "SKIP_SAVE"})
    for_texts: bpy.props.BoolProperty(
        description="Whether it is to make meshes of texts, not of pictures", options={"HIDDEN", "SKIP_SAVE"}
    )
    about: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def description(cls, _context, properties):
        return properties.about or cls.bl_description

    def execute(self, context):
        setattr(context.scene.maquette, "text_engine" if self.for_texts else "engine", self.engine)
        return {"FINISHED"}


CLASSES = (MAQUETTE_OT_choose_engine,)
