"""What is selected is looked at from all around, with depths, and made anew as one closed mesh."""

from __future__ import annotations

import bpy

from ..clouds import CLOUD_ENGINE
from ..problems import Problem
from ..scene import extent
from ..sources import ScanSource, names_of
from .options import FRESH, Making, carry_out, conclude, refuse


class MAQUETTE_OT_mesh_from_selected(Making, bpy.types.Operator):
    bl_idname = "maquette.mesh_from_selected"
    bl_label = "Mesh from Selected"
    bl_description = (
        "Look at the selected objects from fourteen sides and make one closed, coloured mesh of what is seen, at the "
        "3D cursor. The objects stay as they are"
    )
    bl_options = {"REGISTER"}

    engine: bpy.props.StringProperty(
        name="Engine", description="What makes the mesh", default=CLOUD_ENGINE, options=FRESH
    )

    @classmethod
    def poll(cls, context):
        if context.mode != "OBJECT" or not getattr(context, "selected_objects", None):
            cls.poll_message_set("Select objects in Object Mode first")
            return False
        return True

    def invoke(self, context, _event):
        self.adopt(context.scene.maquette)
        return self.execute(context)

    def execute(self, context):
        things = list(context.selected_objects)
        first = context.object if context.object in things else things[0]
        box = extent(things)
        if not self.height and box is not None:
            self.height = max(box[1].z - box[0].z, 0.0)
        try:
            names = names_of(things)
            source = ScanSource(names, self.preset)
            name = self.name or f"{first.name} anew"
            ticket = self.ticket(context, name, source, first.name, options={"scanned": names})
            return conclude(self, carry_out([ticket]))
        except Problem as problem:
            return refuse(self, problem)


CLASSES = (MAQUETTE_OT_mesh_from_selected,)
