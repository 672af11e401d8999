"""An engine's official weights: downloaded, taken over, checked, deleted, moved; each a long errand beside Blender."""

from __future__ import annotations

import os

import bpy

from .. import gpu, runtime
from ..gpu import Step
from ..problems import NothingToRun, Problem
from ..wishes import preferences
from .gpu_engines import Errand
from .options import FRESH, refuse

_ENGINE = {"description": "The engine's short name", "options": {"HIDDEN", "SKIP_SAVE"}}


class _Weights(Errand):
    """Mix-in: errands after which the backend looks again which engines are ready."""

    def about(self, title: str, *words: str):
        return self.go(Step(title, ("weights", *words)), then=_look_again)


def _look_again() -> None:
    session = runtime.current()
    if session is not None:
        session.look_again()
        runtime.wake()


class MAQUETTE_OT_fetch_weights(_Weights, bpy.types.Operator):
    bl_idname = "maquette.fetch_weights"
    bl_label = "Download"
    bl_description = "Download this engine's official weights, or the rest of them, and check every byte"

    engine: bpy.props.StringProperty(**_ENGINE)

    def execute(self, _context):
        try:
            gpu.require_network()
        except Problem as problem:
            return refuse(self, problem)
        words = ["fetch", self.engine]
        for name in ("mirror", "proxy"):
            if getattr(preferences(), name):
                words += [f"--{name}", getattr(preferences(), name)]
        return self.about("Downloading Weights", *words)


class MAQUETTE_OT_import_weights(_Weights, bpy.types.Operator):
    bl_idname = "maquette.import_weights"
    bl_label = "Import…"
    bl_description = "Take over weights that you have: files, or a folder to look through"

    engine: bpy.props.StringProperty(**_ENGINE)
    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options=FRESH)
    filter_glob: bpy.props.StringProperty(default="*.safetensors;*.pth;*.pt;*.bin;*.ckpt", options={"HIDDEN"})

    def invoke(self, context, _event):
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, _context):
        path = os.path.abspath(bpy.path.abspath(self.filepath)) if self.filepath else ""
        if not os.path.exists(path):
            return refuse(self, NothingToRun("No file is chosen.", "Choose a file, or a folder, with weights."))
        return self.about("Importing Weights", "import", self.engine, path)


class MAQUETTE_OT_verify_weights(_Weights, bpy.types.Operator):
    bl_idname = "maquette.verify_weights"
    bl_label = "Verify"
    bl_description = "Check every byte and number of this engine's weights, and let it calculate a little"

    engine: bpy.props.StringProperty(**_ENGINE)

    def execute(self, _context):
        return self.about("Verifying Weights", "verify", self.engine)


class MAQUETTE_OT_delete_weights(_Weights, bpy.types.Operator):
    bl_idname = "maquette.delete_weights"
    bl_label = "Delete"
    bl_description = "Remove this engine's weights from the disk"

    engine: bpy.props.StringProperty(**_ENGINE)

    def invoke(self, context, event):
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, _context):
        session = runtime.current()
        if session is not None:
            session.free()  # on Windows a file that is in use cannot be deleted
        return self.about("Deleting Weights", "delete", self.engine)


class MAQUETTE_OT_move_weights(_Weights, bpy.types.Operator):
    bl_idname = "maquette.move_weights"
    bl_label = "Move Weights to Another Folder…"
    bl_description = "Keep all weights in another folder, on a larger disk say, and move there what is here"

    directory: bpy.props.StringProperty(name="Folder", subtype="DIR_PATH", options=FRESH)
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context, _event):
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, _context):
        if not self.directory:
            return refuse(self, NothingToRun("No folder is chosen.", "Choose a folder."))
        return self.about("Moving Weights", "move", os.path.abspath(bpy.path.abspath(self.directory)))


CLASSES = (
    MAQUETTE_OT_fetch_weights,
    MAQUETTE_OT_import_weights,
    MAQUETTE_OT_verify_weights,
    MAQUETTE_OT_delete_weights,
    MAQUETTE_OT_move_weights,
)
