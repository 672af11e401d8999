"""A .ply of Gaussians or points comes into the scene: as a mesh, as points, or as a preview of what it is."""

from __future__ import annotations

import os
from pathlib import Path

import bpy

from ..batch import new_batch
from ..clouds import CLOUD_ENGINE, KINDS, METHODS, UPS
from ..delivery import Ticket
from ..problems import NothingToRun, Problem, UnreadableFile
from ..sources import NoSource
from .options import FRESH, Making, carry_out, conclude, cursor_of, refuse

_GROUP = "Splats"  # several at once, set out in rows


class MAQUETTE_OT_import_splat(Making, bpy.types.Operator):
    bl_idname = "maquette.import_splat"
    bl_label = "Import Splat or Points"
    bl_description = "Bring a .ply file of Gaussians or points in: as a coloured mesh, as a preview, or as points"
    bl_options = {"REGISTER"}

    filepath: bpy.props.StringProperty(name="File", description="A .ply file", subtype="FILE_PATH", options=FRESH)
    directory: bpy.props.StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    files: bpy.props.CollectionProperty(type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(default="*.ply", options={"HIDDEN", "SKIP_SAVE"})
    engine: bpy.props.StringProperty(
        name="Engine", description="What makes the mesh", default=CLOUD_ENGINE, options=FRESH
    )
    as_: bpy.props.EnumProperty(name="As", description="What it becomes", items=KINDS, default="mesh", options=FRESH)
    method: bpy.props.EnumProperty(
        name="Method", description="How the mesh is made", items=METHODS, default="poisson", options=FRESH
    )
    up: bpy.props.EnumProperty(
        name="Up", description="The axis of the file that points up", items=UPS, default="auto", options=FRESH
    )
    keep_scale: bpy.props.BoolProperty(
        name="Keep Size and Place",
        description="Leave it as large as the file has it, about the file's own origin",
        options=FRESH,
    )
    at_most: bpy.props.IntProperty(
        name="At Most",
        description="Show at most so many Gaussians or points, the largest first. 0 shows what most computers bear",
        min=0,
        options=FRESH,
    )

    def invoke(self, context, _event):
        self.adopt(context.scene.maquette)
        if not self._chosen():
            context.window_manager.fileselect_add(self)
            return {"RUNNING_MODAL"}
        return context.window_manager.invoke_props_dialog(self)  # dropped onto a view: asked what it shall become

    def draw(self, _context):
        layout = self.layout
        layout.use_property_split = True
        keys = ("method", "preset", "target_faces") if self.as_ == "mesh" else ("at_most",)
        for key in ("as_", "up", *keys, "keep_scale", "height"):
            row = layout.row()
            row.enabled = key != "height" or not self.keep_scale
            row.prop(self, key)

    def execute(self, context):
        try:
            return conclude(self, carry_out(self._tickets(context)))
        except Problem as problem:
            return refuse(self, problem)

    def _chosen(self) -> list[str]:
        folder = bpy.path.abspath(self.directory)
        several = [os.path.join(folder, file.name) for file in self.files if file.name]
        return several or ([bpy.path.abspath(self.filepath)] if self.filepath else [])

    def _tickets(self, context) -> list[Ticket]:
        paths = [os.path.abspath(path) for path in self._chosen()]
        if not paths:
            raise NothingToRun("No file is chosen.", "Choose a .ply file of Gaussians or points.")
        for path in paths:
            if not os.path.isfile(path):
                raise UnreadableFile(f"There is no file “{path}”.", "Choose it again; it may have been moved.")
        batch = new_batch(_GROUP, len(paths), cursor_of(context), self.height) if len(paths) > 1 else None
        return [self._ticket(context, path, batch) for path in paths]

    def _ticket(self, context, path: str, batch) -> Ticket:
        as_mesh = self.as_ == "mesh"
        options = {"up": self.up, "keep_scale": self.keep_scale}
        if as_mesh and self.method != "poisson":
            options["method"] = self.method
        elif not as_mesh:
            options |= {"show_as": self.as_, "at_most": self.at_most}
        more = {"file": path, "options": options, "output": "mesh" if as_mesh else "cloud"}
        ticket = self.ticket(context, self.name or Path(path).stem, NoSource(), path, batch, **more)
        return ticket.at_origin() if self.keep_scale and batch is None else ticket


class MAQUETTE_FH_splat(bpy.types.FileHandler):
    bl_idname = "MAQUETTE_FH_splat"
    bl_label = "Splat or Points (Maquette)"
    bl_import_operator = "maquette.import_splat"
    bl_file_extensions = ".ply"

    @classmethod
    def poll_drop(cls, context):
        return context.area is not None and context.area.type == "VIEW_3D"


def draw_menu(menu, _context) -> None:
    """The entry under File → Import."""
    menu.layout.operator("maquette.import_splat", text="Gaussian Splat or Points (.ply)")


CLASSES = (MAQUETTE_OT_import_splat, MAQUETTE_FH_splat)
