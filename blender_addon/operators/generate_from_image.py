"""A picture becomes an object at the 3D cursor."""

from __future__ import annotations

import os
from pathlib import Path

import bpy

from ..cutouts import mode_for
from ..delivery import Ticket
from ..problems import NothingToRun, Problem, UnreadableImage
from ..prompts import seeds_from
from ..properties import RELATIVE
from ..sources import FileSource, ImageSource
from .options import FRESH, Cutting, Seeded, carry_out, conclude, refuse


class FromPicture(Cutting):
    """Mix-in for operators that start from one picture: a file, or an image open in Blender."""

    filepath: bpy.props.StringProperty(
        name="Picture", description="Picture file", subtype="FILE_PATH", options=FRESH | RELATIVE
    )
    image: bpy.props.StringProperty(
        name="Image", description="Name of an image open in Blender, used instead of a file", options=FRESH
    )
    filter_image: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context, _event):
        settings = context.scene.maquette
        self.adopt(settings)
        chosen = self.properties.is_property_set("filepath") or self.properties.is_property_set("image")
        if not chosen and settings.source == "IMAGE":
            if settings.image is None:
                return refuse(self, NothingToRun("No image is chosen.", "Choose one that is open, or take a file."))
            self.image = settings.image.name
        elif not chosen:
            if not settings.filepath:
                context.window_manager.fileselect_add(self)
                return {"RUNNING_MODAL"}
            self.filepath = settings.filepath
        return self.execute(context)

    def ticket_of_picture(self, context, jobs: int = 1, **more) -> Ticket:
        """For so many ``jobs`` that start from the one picture. Raises Problem."""
        if self.image:
            image = bpy.data.images.get(self.image)
            if image is None:
                raise UnreadableImage(f"No image “{self.image}” is open in Blender.", "Open it, or choose another.")
            more = {"cutout": mode_for(image, self.cutout), **more}
            return self.ticket(
                context, self.name or Path(image.name).stem, ImageSource(image, jobs), image.name, **more
            )
        if not self.filepath:
            raise NothingToRun("No picture is chosen.", "Choose a picture file first.")
        path = os.path.abspath(bpy.path.abspath(self.filepath))
        if os.path.isdir(path):
            raise UnreadableImage(f"“{path}” is a folder.", "Choose a picture, or use Batch from Folder.")
        if not os.path.isfile(path):
            raise UnreadableImage(f"There is no picture “{path}”.", "Choose it again; it may have been moved.")
        return self.ticket(context, self.name or Path(path).stem, FileSource(path), path, **more)


class MAQUETTE_OT_generate_from_image(Seeded, FromPicture, bpy.types.Operator):
    bl_idname = "maquette.generate_from_image"
    bl_label = "Generate from Image"
    bl_description = "Make a coloured mesh from the picture and stand it at the 3D cursor"
    bl_options = {"REGISTER"}

    def execute(self, context):
        try:
            seeds = seeds_from(self.draw_seed(), self.variations)
            ticket = self.ticket_of_picture(context, len(seeds))
            batch = self.row_of(context, ticket.request.name)
            return conclude(self, carry_out([ticket.varied(seed, batch) for seed in seeds]), batch)
        except Problem as problem:
            return refuse(self, problem)


CLASSES = (MAQUETTE_OT_generate_from_image,)
