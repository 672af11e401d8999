"""The sidebar's tab. Draws what ``runtime`` and the scene's settings say; computes nothing, reads no files."""

from __future__ import annotations

import bpy

from . import gpu_panel, job_lines, runtime, thumbnails
from .cutouts import is_cutout, mode_for
from .drawing import say
from .link import EngineInfo
from .mesh import COLOURS
from .properties import DEFAULT_ENGINE
from .recall import recall
from .words import shown

CATEGORY = "Maquette"
_ZERO = {"target_faces": "0: every face", "height": "0: longest side 1 m"}  # what the fields mean by it
_TAKEN = {"image", "views", "prompt"}  # what the panel's own buttons give; a splat chooses its engine by itself
_SHOWN = 10  # of the jobs that wait, and of those that have ended: the list stays short


class _Sidebar:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = CATEGORY


class MAQUETTE_PT_generate(_Sidebar, bpy.types.Panel):
    bl_label = "Maquette"
    bl_idname = "MAQUETTE_PT_generate"

    def draw(self, context):
        layout, settings = self.layout, context.scene.maquette
        layout.row().prop(settings, "source", expand=True)
        if settings.source == "FILE":
            layout.prop(settings, "filepath", text="")
            icon = thumbnails.icon_of_file(settings.filepath)
        else:
            layout.template_ID(settings, "image", open="image.open")
            layout.operator("maquette.pick_image", icon="IMAGE")
            icon = thumbnails.icon_of_image(settings.image)
        if icon:
            layout.template_icon(icon, scale=6.0)
            row = layout.row(align=True)
            row.operator("maquette.cut_out", icon="IMAGE_ALPHA")
            if settings.source == "IMAGE" and is_cutout(settings.image):
                row.operator("maquette.paint_cut_out", icon="BRUSH_DATA")
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        for key in ("cutout", "preset", "target_faces", "height"):
            column.prop(settings, key)
            if not getattr(settings, key):
                _draw_meaning(column, _ZERO[key])
            elif key == "cutout" and settings.source == "IMAGE" and mode_for(settings.image, key) != key:
                _draw_meaning(column, "Done: as the cut-out has it")
        _draw_engine(column, settings)
        big = layout.column(align=True)
        big.scale_y = 1.4
        big.operator("maquette.generate_from_image", icon="MESH_MONKEY")
        layout.operator("maquette.generate_from_folder", text="Batch from Folder…", icon="FILE_FOLDER")
        _draw_colour_hint(layout, context)


class MAQUETTE_PT_text(_Sidebar, bpy.types.Panel):
    bl_label = "From Text"
    bl_idname = "MAQUETTE_PT_text"
    bl_parent_id = "MAQUETTE_PT_generate"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout, settings = self.layout, context.scene.maquette
        layout.prop(settings, "prompt", text="", placeholder="A small red chair")
        layout.operator("maquette.generate_from_text", icon="GREASEPENCIL")
        engine = _engine(settings.engine)
        if engine is not None and "prompt" not in engine.inputs:
            say(layout, context, f"{engine.title} makes meshes from pictures only.", "INFO")


class MAQUETTE_PT_splats(_Sidebar, bpy.types.Panel):
    bl_label = "Splats & Points"
    bl_idname = "MAQUETTE_PT_splats"
    bl_parent_id = "MAQUETTE_PT_generate"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, _context):
        self.layout.operator("maquette.import_splat", text="Import .ply…", icon="IMPORT")
        self.layout.operator("maquette.mesh_from_selected", icon="MOD_REMESH")


class MAQUETTE_PT_gpu(_Sidebar, bpy.types.Panel):
    bl_label = "GPU Engines"
    bl_idname = "MAQUETTE_PT_gpu"
    bl_parent_id = "MAQUETTE_PT_generate"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout, session = self.layout, runtime.current()
        gpu_panel.draw_engines(layout, context)
        gpu_panel.draw_device(layout, context, session)
        layout.operator("maquette.show_preferences", icon="PREFERENCES")


class MAQUETTE_PT_queue(_Sidebar, bpy.types.Panel):
    bl_label = "Jobs"
    bl_idname = "MAQUETTE_PT_queue"

    @classmethod
    def poll(cls, _context):
        session = runtime.current()
        lines = session is not None and (session.jobs or session.note)
        return bool(lines or runtime.delivery.notes or runtime.left_over)

    def draw(self, context):
        layout, session = self.layout, runtime.current()
        if runtime.left_over:
            job_lines.draw_left_over(layout, context)
        if session is not None:
            if session.note:
                job_lines.draw_trouble(layout, context, session)
            pending = [job for job in session.jobs if not job.ended]
            for job in pending[:_SHOWN]:
                job_lines.draw_pending(layout, job)
            if len(pending) > _SHOWN:
                layout.label(text=f"… and {len(pending) - _SHOWN} more")
            if len(pending) > 1:
                layout.operator("maquette.cancel", text=f"Cancel All ({len(pending)})", icon="X").job = ""
            for job in [job for job in reversed(session.jobs) if job.ended][:_SHOWN]:
                job_lines.draw_ended(layout, context, job)
        for note in runtime.delivery.notes:
            say(layout, context, note, "INFO")
        if runtime.delivery.notes or (session is not None and any(job.ended for job in session.jobs)):
            layout.operator("maquette.clear_finished", icon="TRASH")


class MAQUETTE_PT_object(_Sidebar, bpy.types.Panel):
    bl_label = "Made by Maquette"
    bl_idname = "MAQUETTE_PT_object"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        return context.object is not None and "maquette" in context.object

    def draw(self, context):
        memory = recall(context.object)
        layout = self.layout
        if memory is None:
            say(layout, context, "What is written on this object cannot be read.", "ERROR")
            return
        request = memory.request
        column = layout.column(align=True)
        made_from = request.prompt or bpy.path.basename(request.source) or request.source
        column.label(text=f"From: {shown(made_from)}")
        column.label(text=f"{_title(request.engine)}, {request.preset}, {memory.seconds:.1f} s")
        if memory.licence:
            column.label(text=f"Licence: {memory.licence}")
        for warning in memory.warnings:
            say(layout, context, warning, "ERROR")
        layout.operator("maquette.generate_again", icon="FILE_REFRESH")


class MAQUETTE_MT_engines(bpy.types.Menu):
    bl_label = "Engine"
    bl_idname = "MAQUETTE_MT_engines"

    def draw(self, _context):
        for engine in _engines():
            if "mesh" not in engine.makes or not _TAKEN & set(engine.inputs):
                continue
            row = self.layout.row()
            row.enabled = engine.available
            choice = row.operator("maquette.choose_engine", text=engine.title)
            choice.engine = engine.id
            choice.about = f"{engine.paper}. {engine.status}".strip(". ")
        if not _engines():
            choice = self.layout.operator("maquette.choose_engine", text=_title(DEFAULT_ENGINE))
            choice.engine = DEFAULT_ENGINE


# ------------------------------------------------------------------------------------------------ parts


def _draw_engine(layout, settings) -> None:
    split = layout.split(factor=0.4)
    label = split.row()
    label.alignment = "RIGHT"
    label.label(text="Engine")
    split.menu("MAQUETTE_MT_engines", text=_title(settings.engine))
    engine = _engine(settings.engine)
    if engine is not None and engine.seeded:
        layout.prop(settings, "seed")


def _draw_meaning(column, text: str) -> None:
    """A greyed line under a field, in line with its value."""
    split = column.split(factor=0.4)
    split.label(text="")
    line = split.row()
    line.active = False
    line.label(text=text)


def _draw_colour_hint(layout, context) -> None:
    """Solid shading shows one grey for all until it is told otherwise."""
    shading = getattr(context.space_data, "shading", None)
    thing = context.object
    plain = shading is not None and shading.type == "SOLID" and shading.color_type != "VERTEX"
    ours = thing is not None and thing.type == "MESH" and "maquette" in thing
    if plain and ours and COLOURS in thing.data.color_attributes:
        layout.operator("maquette.show_colours", icon="COLOR")


def _engines() -> tuple[EngineInfo, ...]:
    """As the helper process listed them; none before it was first started."""
    session = runtime.current()
    return session.engines if session is not None else ()


def _engine(id: str) -> EngineInfo | None:
    return next((engine for engine in _engines() if engine.id == id), None)


def _title(id: str) -> str:
    engine = _engine(id)
    return engine.title if engine is not None else id.replace("_", " ").title()


CLASSES = (
    MAQUETTE_PT_generate,
    MAQUETTE_PT_text,
    MAQUETTE_PT_splats,
    MAQUETTE_PT_gpu,
    MAQUETTE_PT_queue,
    MAQUETTE_PT_object,
    MAQUETTE_MT_engines,
)
