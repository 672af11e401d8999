"""Puts what a helper needs to know on the clipboard."""

from __future__ import annotations

import bpy

from ..troubleshooting import report


class MAQUETTE_OT_copy_report(bpy.types.Operator):
    bl_idname = "maquette.copy_report"
    bl_label = "Copy Report"
    bl_description = "Copy versions, state and the end of the log to the clipboard, to paste into a bug report"

    def execute(self, context):
        context.window_manager.clipboard = report()
        self.report({"INFO"}, "The report is on the clipboard.")
        return {"FINISHED"}


CLASSES = (MAQUETTE_OT_copy_report,)
