"""Shows the end of the helper process's log."""

from __future__ import annotations

import bpy

from ..troubleshooting import log_tail, newest_log

_LINES = 24


class MAQUETTE_OT_show_log(bpy.types.Operator):
    bl_idname = "maquette.show_log"
    bl_label = "Show Log"
    bl_description = "Show what Maquette's helper process wrote last"

    def invoke(self, context, _event):
        self._read()
        return context.window_manager.invoke_popup(self, width=720)

    def execute(self, _context):
        self._read()
        print("\n".join(self._lines))
        return {"FINISHED"}

    def draw(self, _context):
        column = self.layout.column(align=True)
        column.label(text=self._title, icon="TEXT")
        for line in self._lines:
            column.label(text=line)
        self.layout.operator("maquette.copy_report", icon="COPYDOWN")

    def _read(self) -> None:
        path = newest_log()
        self._title = str(path) if path is not None else "There is no log yet: nothing was started."
        self._lines = log_tail(_LINES)


CLASSES = (MAQUETTE_OT_show_log,)
