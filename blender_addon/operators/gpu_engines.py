"""The GPU engines' environment: made, checked, mended, removed; each a long errand beside Blender."""

from __future__ import annotations

import bpy

from .. import gpu, runtime
from ..drawing import in_words, say
from ..gpu import Step
from ..problems import Problem
from ..wishes import preferences
from .options import refuse

INSTALL, VERIFY, REMOVE = "Installing GPU Engines", "Verifying GPU Engines", "Removing GPU Engines"
REPAIR = "Repairing GPU Engines"
ACCELERATORS = (
    ("auto", "Automatic", "The graphics card where its driver is new enough, else the processor"),
    ("cpu", "Processor", "A smaller download that runs everywhere, slowly"),
)


class Errand:
    """Mix-in: polls, starts, and without a window waits for the end."""

    @classmethod
    def poll(cls, _context):
        if gpu.state.busy:
            cls.poll_message_set("Something else is being installed or downloaded")
            return False
        return True

    def go(self, *steps: Step, release: bool = False, then=None):
        try:
            gpu.start(steps, release, then)
        except Problem as problem:
            return refuse(self, problem)
        return conclude(self, gpu.finish()) if bpy.app.background else {"FINISHED"}


def conclude(operator: bpy.types.Operator, outcome: gpu.Outcome) -> set[str]:
    """The operator's answer without a window; scripts get a failure as RuntimeError."""
    if outcome.state != "done":
        operator.report({"ERROR"}, f"{outcome.sentence} {outcome.fix}".strip())
        return {"CANCELLED"}
    operator.report({"INFO"}, outcome.sentence)
    return {"FINISHED"}


def install_step(accelerator: str = "auto", consent: bool = False) -> Step:
    """The errand that installs. Raises Offline where it could neither download nor find what it needs."""
    return Step(INSTALL, ("runtime", "install", "--accelerator", accelerator, *_means(consent)))


def repair_step(build: str = "", consent: bool = False) -> Step:
    """The errand that looks at the environment of that build ("" where it is not known) and replaces what is damaged.
    Raises Offline as installing does, so that nothing is touched that could not be mended.
    """
    same = ("--accelerator", build) if build else ()
    return Step(REPAIR, ("runtime", "install", "--repair", *same, *_means(consent)))


def _means(consent: bool) -> list[str]:
    """From where the packages come, and what the user agreed to."""
    wheels, words = gpu.carried(), ["--yes"]
    if wheels is not None:
        words += ["--wheels", str(wheels)]
    if not bpy.app.online_access:
        if wheels is None:
            gpu.require_network()
        words.append("--no-index")
    if consent:
        words.append("--accept-unverified")
    if preferences().proxy:
        words += ["--proxy", preferences().proxy]
    return words


class Agreeing:
    """Mix-in: files whose hash we could not confirm are installed only if the user says so, each time."""

    accept_unverified: bpy.props.BoolProperty(
        name="Accept Unconfirmed Files",
        description="Also install files from PyTorch's own server whose hash we could not confirm ourselves",
        options={"SKIP_SAVE"},
    )

    def ask(self, layout, context, names) -> None:
        """The question, where there are such files."""
        if names:
            layout.prop(self, "accept_unverified")
            listed = ", ".join(map(str, names))
            say(layout, context, f"From PyTorch's own server, hash not confirmed by us: {listed}.", "INFO")


class MAQUETTE_OT_install_gpu_engines(Errand, Agreeing, bpy.types.Operator):
    bl_idname = "maquette.install_gpu_engines"
    bl_label = "Install GPU Engines"
    bl_description = (
        "Make a private Python with PyTorch for the large engines, in Maquette's own folder. Blender's stays as it is, "
        "and you can go on working and generating meanwhile"
    )

    accelerator: bpy.props.EnumProperty(
        name="For", description="What the engines shall run on", items=ACCELERATORS, options={"SKIP_SAVE"}
    )

    def invoke(self, context, _event):
        return context.window_manager.invoke_props_dialog(self, width=420)

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        facts = gpu.facts_for(self.accelerator)
        if facts:
            sizes = f"{in_words(facts.get('download', 0))} to download, {in_words(facts.get('disk', 0))} on the disk"
            layout.label(text=f"{facts.get('title', '')}: {sizes}.")
            layout.label(text=f"{in_words(facts.get('free', 0))} are free there.")
        else:
            layout.label(text="The sizes are not known yet.")
        layout.prop(self, "accelerator")
        self.ask(layout, context, facts.get("unverified"))

    def execute(self, _context):
        try:
            step = install_step(self.accelerator, self.accept_unverified)
        except Problem as problem:
            return refuse(self, problem)
        return self.go(step, release=True, then=runtime.take_up_gpu)


class MAQUETTE_OT_verify_gpu_engines(Errand, bpy.types.Operator):
    bl_idname = "maquette.verify_gpu_engines"
    bl_label = "Verify"
    bl_description = "Compare every file of the GPU engines with what it should be, and let them calculate a little"

    def execute(self, _context):
        return self.go(Step(VERIFY, ("runtime", "verify")))


class MAQUETTE_OT_repair_gpu_engines(Errand, Agreeing, bpy.types.Operator):
    bl_idname = "maquette.repair_gpu_engines"
    bl_label = "Repair"
    bl_description = (
        "Look at every file of the GPU engines and fetch anew only what is damaged, for the same processor or graphics "
        "card. Weights stay"
    )

    def invoke(self, context, _event):
        return context.window_manager.invoke_props_dialog(self, width=420)

    def draw(self, context):
        layout = self.layout
        say(layout, context, "Every file is looked at, and only what is damaged is fetched again.")
        self.ask(layout, context, (gpu.state.facts or {}).get("unverified"))

    def execute(self, _context):
        facts = gpu.known() if bpy.app.background else gpu.state.facts or {}
        try:
            step = repair_step(str(facts.get("installed_build", "")), self.accept_unverified)
        except Problem as problem:
            return refuse(self, problem)
        return self.go(step, release=True, then=runtime.take_up_gpu)


class MAQUETTE_OT_remove_gpu_engines(Errand, bpy.types.Operator):
    bl_idname = "maquette.remove_gpu_engines"
    bl_label = "Remove GPU Engines"
    bl_description = "Delete the GPU engines' environment. Pocket works as before, and weights stay"

    def invoke(self, context, event):
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, _context):
        return self.go(Step(REMOVE, ("runtime", "remove")), release=True, then=runtime.take_up_gpu)


CLASSES = (
    MAQUETTE_OT_install_gpu_engines,
    MAQUETTE_OT_verify_gpu_engines,
    MAQUETTE_OT_repair_gpu_engines,
    MAQUETTE_OT_remove_gpu_engines,
)
