"""Settings of the add-on itself: Edit → Preferences → Add-ons → Maquette."""

from __future__ import annotations

import bpy

from . import gpu_panel, runtime
from .wishes import PACKAGE


def _start_afresh(_self, _context) -> None:
    if not runtime.busy():
        runtime.close()  # the next job starts it again, with the new number


class MAQUETTE_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = PACKAGE

    threads: bpy.props.IntProperty(
        name="Processor Cores",
        description="How many cores Maquette may use while it works. 0 uses all but one, which stays with Blender",
        default=0,
        min=0,
        max=64,
        update=_start_afresh,
    )

    solid_colours: bpy.props.BoolProperty(
        name="Show Colours in Solid View",
        description="When a mesh arrives, let 3D views whose Solid shading is as Blender set it show the colours of "
        "meshes. Views that you set otherwise, also back, are left alone",
        default=True,
    )

    proxy: bpy.props.StringProperty(
        name="Proxy",
        description="Address of an HTTP proxy for downloads, or none to use none. Empty uses the system's",
    )
    mirror: bpy.props.StringProperty(
        name="Mirror",
        description="Address of a server to download weights from instead of huggingface.co",
    )
    wheels_dir: bpy.props.StringProperty(
        name="Wheels",
        description="Folder with the GPU engines' packages, to install them without a network. Empty uses what came "
        "with Maquette",
        subtype="DIR_PATH",
    )

    def draw(self, context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "threads")
        layout.prop(self, "solid_colours")
        session = runtime.current()
        if session is not None and session.compute:
            layout.label(text=f"Arithmetic: {session.compute}")
        row = layout.row()
        row.operator("maquette.show_log", icon="TEXT")
        row.operator("maquette.copy_report", icon="COPYDOWN")
        box = layout.box()
        box.label(text="GPU Engines", icon="MEMORY")
        gpu_panel.draw_engines(box, context)
        gpu_panel.draw_weights(layout.box(), context)
        box = layout.box()
        box.label(text="Downloads", icon="URL")
        for key in ("mirror", "proxy", "wheels_dir"):
            box.prop(self, key)


CLASSES = (MAQUETTE_AP_preferences,)
