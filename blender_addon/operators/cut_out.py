"""The picture is cut out, to be looked at and painted before anything is made of it."""

from __future__ import annotations

import bpy

from ..cutouts import is_cutout
from ..problems import NothingToRun, Problem
from .generate_from_image import FromPicture
from .options import carry_out, conclude, refuse


class MAQUETTE_OT_cut_out(FromPicture, bpy.types.Operator):
    bl_idname = "maquette.cut_out"
    bl_label = "Cut Out"
    bl_description = (
        "Take the background away and show what is left as an image of its own, which you can paint before you generate"
    )
    bl_options = {"REGISTER"}

    def execute(self, context):
        try:
            mode = "auto" if self.cutout == "none" else self.cutout
            ticket = self.ticket_of_picture(context, output="cutout", cutout=mode)
            return conclude(self, carry_out([ticket]))
        except Problem as problem:
            return refuse(self, problem)


class MAQUETTE_OT_paint_cut_out(bpy.types.Operator):
    bl_idname = "maquette.paint_cut_out"
    bl_label = "Paint Cut-out"
    bl_description = (
        "Open the cut-out in an Image Editor in Paint mode. A brush with Blend: Erase Alpha takes away, Add Alpha "
        "brings back"
    )

    @classmethod
    def poll(cls, context):
        return context.scene is not None and is_cutout(context.scene.maquette.image)

    def execute(self, context):
        image, space = context.scene.maquette.image, self._editor(context)
        if space is None:
            return refuse(self, NothingToRun("There is no window to paint in.", "Open an Image Editor first."))
        space.image = image
        space.ui_mode = "PAINT"
        return {"FINISHED"}

    def _editor(self, context) -> bpy.types.SpaceImageEditor | None:
        """An Image Editor that is there, or a new window with one."""
        for area in context.screen.areas if context.screen is not None else ():
            if area.type == "IMAGE_EDITOR":
                return area.spaces.active
        if bpy.app.background or context.window is None:
            return None
        bpy.ops.wm.window_new()
        area = context.window_manager.windows[-1].screen.areas[0]
        area.type = "IMAGE_EDITOR"
        return area.spaces.active


CLASSES = (MAQUETTE_OT_cut_out, MAQUETTE_OT_paint_cut_out)
