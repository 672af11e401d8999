"""Takes the image that an Image Editor shows."""

from __future__ import annotations

import bpy


def shown_image(context: bpy.types.Context) -> bpy.types.Image | None:
    """The image in the first Image Editor of this window that shows one."""
    for area in context.screen.areas if context.screen is not None else ():
        if area.type == "IMAGE_EDITOR" and area.spaces.active.image is not None:
            return area.spaces.active.image
    return None


class MAQUETTE_OT_pick_image(bpy.types.Operator):
    bl_idname = "maquette.pick_image"
    bl_label = "From Image Editor"
    bl_description = "Use the image that the Image Editor shows, as it is painted now"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        if shown_image(context) is None:
            cls.poll_message_set("No Image Editor in this window shows an image")
            return False
        return True

    def execute(self, context):
        settings = context.scene.maquette
        settings.source = "IMAGE"
        settings.image = shown_image(context)
        return {"FINISHED"}


CLASSES = (MAQUETTE_OT_pick_image,)
