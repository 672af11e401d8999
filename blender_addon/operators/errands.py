"""What goes on beside Blender: stopped, or looked at."""

from __future__ import annotations

import bpy

from .. import gpu, runtime
from ..wishes import PACKAGE


class MAQUETTE_OT_cancel_errand(bpy.types.Operator):
    bl_idname = "maquette.cancel_errand"
    bl_label = "Cancel"
    bl_description = "Stop it. What is finished is kept, so that it can go on later"

    @classmethod
    def poll(cls, _context):
        return gpu.state.busy

    def execute(self, _context):
        gpu.cancel()
        return {"FINISHED"}


class MAQUETTE_OT_show_errand_log(bpy.types.Operator):
    bl_idname = "maquette.show_errand_log"
    bl_label = "Show Log"
    bl_description = "Open what it writes in a Text Editor; lines are added as they come"

    def execute(self, context):
        text = gpu.show_log()
        if bpy.app.background or context.window is None:
            print(text.as_string())
            return {"FINISHED"}
        bpy.ops.wm.window_new()
        area = context.window_manager.windows[-1].screen.areas[0]
        area.type = "TEXT_EDITOR"
        area.spaces.active.text = text
        return {"FINISHED"}


class MAQUETTE_OT_show_preferences(bpy.types.Operator):
    bl_idname = "maquette.show_preferences"
    bl_label = "Preferences and Weights…"
    bl_description = "Open Maquette's preferences: official weights, downloads, processor cores"

    def execute(self, _context):
        bpy.ops.preferences.addon_show(module=PACKAGE)
        return {"FINISHED"}


class MAQUETTE_OT_free_memory(bpy.types.Operator):
    bl_idname = "maquette.free_memory"
    bl_label = "Free GPU Memory"
    bl_description = "Let the engines give their memory back as soon as no job runs. They load again when needed"

    @classmethod
    def poll(cls, _context):
        session = runtime.current()
        return session is not None and session.state == "ready"

    def execute(self, _context):
        session = runtime.current()
        if session is not None:
            session.free()
            runtime.wake()
        return {"FINISHED"}


CLASSES = (
    MAQUETTE_OT_cancel_errand,
    MAQUETTE_OT_show_errand_log,
    MAQUETTE_OT_show_preferences,
    MAQUETTE_OT_free_memory,
)
