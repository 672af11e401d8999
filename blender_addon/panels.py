"""The sidebar's tab. Draws what ``runtime`` and the scene's settings say; computes nothing, reads no files."""

from __future__ import annotations

import bpy

from . import catalogue, gpu_panel, job_lines, runtime, thumbnails
from .choices import draw_button, draw_chance, draw_engine, draw_meaning, fields
from .cutouts import is_cutout, mode_for
from .drawing import say, sentences
from .mesh import COLOURS
from .properties import DEFAULT_ENGINE, DEFAULT_TEXT_ENGINE
from .recall import recall

CATEGORY = "Maquette"
_ZERO = {"target_faces": "0: every face", "height": "0: longest side 1 m"}  # what the fields mean by it
_SHOWN = 10  # of the jobs that wait, and of those that have ended: the list stays short


class _Sidebar:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = CATEGORY


class MAQUETTE_PT_generate(_Sidebar, bpy.types.Panel):
    """What holds for everything that is made, whatever it is made from."""

    bl_label = "Maquette"
    bl_idname = "MAQUETTE_PT_generate"

    def draw(self, context):
        job_lines.draw_status(self.layout, runtime.current())
        fields(self.layout).prop(context.scene.maquette, "preset")
        _draw_colour_hint(self.layout, context)


class MAQUETTE_PT_image(_Sidebar, bpy.types.Panel):
    bl_label = "From Image"
    bl_idname = "MAQUETTE_PT_image"
    bl_parent_id = "MAQUETTE_PT_generate"

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
        column = fields(layout)
        column.prop(settings, "cutout")
        if settings.source == "IMAGE" and mode_for(settings.image, settings.cutout) != settings.cutout:
            draw_meaning(column, "Done: as the cut-out has it")
        draw_engine(layout, context, "MAQUETTE_MT_engines", settings.engine)
        draw_chance(column, settings, settings.engine)
        draw_button(layout, "maquette.generate_from_image", "MESH_MONKEY", settings, settings.engine)
        layout.operator("maquette.generate_from_folder", text="Batch from Folder…", icon="FILE_FOLDER")


class MAQUETTE_PT_text(_Sidebar, bpy.types.Panel):
    bl_label = "From Text"
    bl_idname = "MAQUETTE_PT_text"
    bl_parent_id = "MAQUETTE_PT_generate"

    def draw(self, context):
        layout, settings = self.layout, context.scene.maquette
        column = layout.column(align=True)
        column.prop(settings, "prompt", text="", placeholder="A small red chair")
        column.prop(settings, "negative_prompt", text="", placeholder="Without …")
        draw_engine(layout, context, "MAQUETTE_MT_text_engines", settings.text_engine)
        draw_chance(fields(layout), settings, settings.text_engine)
        draw_button(layout, "maquette.generate_from_text", "GREASEPENCIL", settings, settings.text_engine)
        column = layout.column(align=True)
        column.template_ID(settings, "prompts", new="text.new", open="text.open")
        row = column.row()
        row.enabled = settings.prompts is not None
        row.operator("maquette.generate_from_text_block", text="Every Line of the Text Block", icon="TEXT")


class MAQUETTE_PT_size(_Sidebar, bpy.types.Panel):
    bl_label = "Faces & Height"
    bl_idname = "MAQUETTE_PT_size"
    bl_parent_id = "MAQUETTE_PT_generate"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        settings, column = context.scene.maquette, fields(self.layout)
        for key, meaning in _ZERO.items():
            column.prop(settings, key)
            if not getattr(settings, key):
                draw_meaning(column, meaning)


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
        say(column, context, f"From: {made_from}")
        if request.negative_prompt:
            say(column, context, f"Without: {request.negative_prompt}")
        seeded = catalogue.seeded(request.engine)
        seed = f", seed {request.seed}" if seeded else ""
        column.label(text=f"{catalogue.title(request.engine)}, {request.preset}{seed}, {memory.seconds:.1f} s")
        if memory.licence:
            column.label(text=f"Licence: {memory.licence}")
        for warning in memory.warnings:
            say(layout, context, warning, "ERROR")
        _draw_again(layout, context.object, request, bool(seeded))


def _draw_again(layout, thing, request, seeded: bool) -> None:
    """Once more at the cursor, or in place; each also with a new seed where that makes a difference."""
    column = layout.column(align=True)
    ways = [(False, "Generate Again", "FILE_REFRESH")]
    if request.output == "mesh" and thing.type == "MESH":
        ways.append((True, "Replace Mesh", "MESH_DATA"))
    for in_place, text, icon in ways:
        row = column.row(align=True)
        again = row.operator("maquette.generate_again", text=text, icon=icon)
        again.in_place, again.new_seed = in_place, False
        if seeded:
            again = row.operator("maquette.generate_again", text="New Seed")
            again.in_place, again.new_seed = in_place, True
    layout.operator("maquette.take_up", icon="LOOP_BACK")


class _Engines:
    """A menu of engines; ``for_texts`` says for what they are."""

    bl_label = "Engine"
    for_texts = False
    default = DEFAULT_ENGINE

    def draw(self, _context):
        listed = catalogue.for_texts() if self.for_texts else catalogue.for_pictures()
        for engine in listed:
            row = self.layout.row()
            row.enabled = engine.available
            self._offer(row, engine.id, sentences(engine.paper, engine.status, engine.proof))
        if not listed:
            self._offer(self.layout, self.default, "")

    def _offer(self, layout, id: str, about: str) -> None:
        choice = layout.operator("maquette.choose_engine", text=catalogue.title(id))
        choice.engine, choice.for_texts, choice.about = id, self.for_texts, about


class MAQUETTE_MT_engines(_Engines, bpy.types.Menu):
    bl_idname = "MAQUETTE_MT_engines"


class MAQUETTE_MT_text_engines(_Engines, bpy.types.Menu):
    bl_idname = "MAQUETTE_MT_text_engines"
    for_texts = True
    default = DEFAULT_TEXT_ENGINE


# ------------------------------------------------------------------------------------------------ parts


def _draw_colour_hint(layout, context) -> None:
    """Solid shading shows one grey for all until it is told otherwise."""
    shading = getattr(context.space_data, "shading", None)
    thing = context.object
    plain = shading is not None and shading.type == "SOLID" and shading.color_type != "VERTEX"
    ours = thing is not None and thing.type == "MESH" and "maquette" in thing
    if plain and ours and COLOURS in thing.data.color_attributes:
        layout.operator("maquette.show_colours", icon="COLOR")


CLASSES = (
    MAQUETTE_PT_generate,
    MAQUETTE_PT_image,
    MAQUETTE_PT_text,
    MAQUETTE_PT_size,
    MAQUETTE_PT_splats,
    MAQUETTE_PT_gpu,
    MAQUETTE_PT_queue,
    MAQUETTE_PT_object,
    MAQUETTE_MT_engines,
    MAQUETTE_MT_text_engines,
)
