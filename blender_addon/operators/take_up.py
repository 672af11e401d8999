"""What made an object comes back into the panel, to be changed and tried again."""

from __future__ import annotations

import contextlib
import os

import bpy

from ..recall import recall

_SAME = ("preset", "target_faces", "seed")


class MAQUETTE_OT_take_up(bpy.types.Operator):
    bl_idname = "maquette.take_up"
    bl_label = "Use These Settings"
    bl_description = "Put the text or the picture, the seed and the settings that made this object back into the panel"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        memory = recall(getattr(context, "object", None))
        return memory is not None and bool(memory.request.prompt or memory.request.source)

    def execute(self, context):
        memory, settings = recall(getattr(context, "object", None)), context.scene.maquette
        if memory is None:
            return {"CANCELLED"}
        request = memory.request
        if request.prompt:
            settings.prompt, settings.negative_prompt = request.prompt, request.negative_prompt
            settings.text_engine = request.engine
        elif not request.file and not request.options:
            settings.engine = request.engine
            with contextlib.suppress(TypeError):
                settings.cutout = request.cutout
            self._take_picture(settings, request.source)
        for key in _SAME:
            with contextlib.suppress(TypeError, ValueError):  # what is written on an object may be anything
                setattr(settings, key, getattr(request, key))
        settings.height = request.placement.height
        settings.new_seed = False
        return {"FINISHED"}

    def _take_picture(self, settings, source: str) -> None:
        if os.path.isabs(source):
            settings.source, settings.filepath = "FILE", source
        elif source in bpy.data.images:
            settings.source, settings.image = "IMAGE", bpy.data.images[source]


CLASSES = (MAQUETTE_OT_take_up,)
