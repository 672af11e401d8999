"""Every picture in a folder becomes an object, in a grid, in a collection named after the folder; or every splat."""

from __future__ import annotations

import os
from pathlib import Path

import bpy

from ..batch import Batch, new_batch, pictures_in
from ..clouds import CLOUD_ENGINE, SUFFIXES, of_clouds
from ..delivery import Ticket
from ..pictures import suffixes
from ..problems import MissingFolder, NothingToRun
from ..prompts import seeds_from
from ..properties import BATCH_FACES, DEFAULT_ENGINE, RELATIVE
from ..sources import FileSource, NoSource
from ..words import shown
from .options import FRESH, Cutting, Many, Seeded, cursor_of


class MAQUETTE_OT_generate_from_folder(Many, Seeded, Cutting, bpy.types.Operator):
    bl_idname = "maquette.generate_from_folder"
    bl_label = "Batch from Folder"
    bl_description = "Make an object from every picture in a folder and set them out in rows from the 3D cursor"
    bl_options = {"REGISTER"}

    directory: bpy.props.StringProperty(
        name="Folder", description="Folder with pictures, or with splats", subtype="DIR_PATH", options=FRESH | RELATIVE
    )
    target_faces: bpy.props.IntProperty(
        name="Faces",
        description="About how many triangles each mesh should have. 0 keeps all of them",
        default=BATCH_FACES,
        min=0,
        options=FRESH,
    )
    filter_image: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(default="*.ply", options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context, _event):
        if not self.properties.is_property_set("target_faces"):
            self.target_faces = context.scene.maquette.target_faces or BATCH_FACES
        self.adopt(context.scene.maquette)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, _context):
        layout = self.layout
        layout.use_property_split = True
        for key in ("preset", "cutout", "target_faces", "height"):
            layout.prop(self, key)

    def _tickets(self, context) -> tuple[Batch, list[Ticket]]:
        if not self.directory:
            raise NothingToRun("No folder is chosen.", "Choose a folder with pictures.")
        folder = Path(os.path.abspath(bpy.path.abspath(self.directory)))
        try:
            paths = self._paths(folder)
        except OSError as error:
            reason = error.strerror or "it cannot be read"
            raise MissingFolder(f"“{folder}” cannot be opened: {reason}.", "Choose another folder.") from None
        seeds = seeds_from(self.draw_seed(), self.variations)
        name = shown(self.name or folder.name or "Batch")
        total, columns = len(paths) * len(seeds), len(seeds) if len(seeds) > 1 else 0
        batch = new_batch(name, total, cursor_of(context), self.height, columns=columns)
        return batch, [self._ticket(context, path, batch, seed) for path in paths for seed in seeds]

    def _paths(self, folder: Path) -> list[Path]:
        """What the engine takes of the folder. A folder of nothing but splats needs no engine to be chosen first."""
        if of_clouds(self.engine):
            kind, paths = ".ply", pictures_in(folder, SUFFIXES)
        else:
            kind, paths = "PNG or JPEG", pictures_in(folder, suffixes())
            if not paths and self.engine == DEFAULT_ENGINE and (paths := pictures_in(folder, SUFFIXES)):
                self.engine = CLOUD_ENGINE
        if not paths:
            what = "splats" if kind == ".ply" else "pictures"
            raise MissingFolder(f"There are no {what} in “{folder}”.", f"Choose a folder with {kind} files.")
        return paths

    def _ticket(self, context, path: Path, batch: Batch, seed: int) -> Ticket:
        if of_clouds(self.engine):
            return self.ticket(context, path.stem, NoSource(), str(path), batch, file=str(path), seed=seed)
        return self.ticket(context, path.stem, FileSource(str(path)), str(path), batch, seed=seed)


CLASSES = (MAQUETTE_OT_generate_from_folder,)
