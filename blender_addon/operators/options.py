"""What every generating operator can be told, and how a job is made of it."""

from __future__ import annotations

import math
from typing import Any

import bpy

from .. import runtime
from ..batch import Batch
from ..delivery import Ticket
from ..link import Placement, Request
from ..problems import NoSuchPlace, Problem
from ..properties import CUTOUTS, DEFAULT_ENGINE, PRESETS, MAQUETTE_PG_settings
from ..scene import Target
from ..session import Job
from ..sources import Source
from ..words import shown

# Blender would bring back what a button's last click used; the panel's settings are what counts.
FRESH = {"SKIP_SAVE"}
_FARTHEST = 1e9  # metres; Blender turns infinity into the largest float
_SHARED = ("preset", "target_faces", "height")


class Making:
    """Mix-in for operators that make something: options as operator properties, filled from the panel where the panel
    is the caller.
    """

    engine: bpy.props.StringProperty(
        name="Engine", description="What makes the mesh", default=DEFAULT_ENGINE, options=FRESH
    )
    preset: bpy.props.EnumProperty(
        name="Detail", description="How fine the mesh is", items=PRESETS, default="standard", options=FRESH
    )
    target_faces: bpy.props.IntProperty(
        name="Faces",
        description="About how many triangles the mesh should have. 0 keeps all of them",
        min=0,
        options=FRESH,
    )
    height: bpy.props.FloatProperty(
        name="Height",
        description="How tall the object is, in metres. 0 makes its longest side one metre",
        min=0.0,
        max=10_000.0,
        unit="LENGTH",
        options=FRESH,
    )
    name: bpy.props.StringProperty(
        name="Name", description="Name of the new object. Empty takes the picture's", options=FRESH
    )

    def adopt(self, settings: MAQUETTE_PG_settings, *others: str) -> None:
        """Takes from the panel what the caller has not set."""
        for key in (*_SHARED, *others):
            if not self.properties.is_property_set(key):
                setattr(self, key, getattr(settings, key))

    def ticket(
        self,
        context: bpy.types.Context,
        name: str,
        source: Source,
        path: str = "",
        batch: Batch | None = None,
        **more: Any,
    ) -> Ticket:
        """A job for these options, to stand at the 3D cursor of this moment; ``more`` fields of the Request.

        Raises NoSuchPlace.
        """
        if not math.isfinite(self.height):
            raise NoSuchPlace("The height is not a number.", "Set a height in metres, or 0.")
        fields = {
            "engine": self.engine,
            "preset": self.preset,
            "target_faces": self.target_faces,
            "placement": Placement(cursor_of(context), self.height, batch.name if batch else ""),
            "name": shown(name),
            "source": path,
        }
        return Ticket(Request(**{**fields, **more}), source, Target.here(context), batch)


class Options(Making):
    """What an engine that looks at pictures or text can be told besides."""

    cutout: bpy.props.EnumProperty(
        name="Cut-out",
        description="How the object is told from its background",
        items=CUTOUTS,
        default="auto",
        options=FRESH,
    )
    seed: bpy.props.IntProperty(
        name="Seed",
        description="Another number gives another result, where the engine has a choice",
        min=0,
        options=FRESH,
    )

    def adopt(self, settings: MAQUETTE_PG_settings, *others: str) -> None:
        super().adopt(settings, "engine", "cutout", "seed", *others)

    def ticket(self, context, name, source, path="", batch=None, **more) -> Ticket:
        return super().ticket(context, name, source, path, batch, **{"cutout": self.cutout, "seed": self.seed, **more})


def cursor_of(context: bpy.types.Context) -> tuple[float, float, float]:
    """Where the 3D cursor is, metres. Raises NoSuchPlace: a driver or a script may have sent it anywhere."""
    x, y, z = context.scene.cursor.location
    if not all(abs(value) < _FARTHEST for value in (x, y, z)):  # NaN is not less either
        raise NoSuchPlace("The 3D cursor is at no place that exists.", "Press Shift C to bring it back.")
    return x, y, z


def carry_out(tickets: list[Ticket]) -> list[Job]:
    """Queues the jobs; without a window also does them, and returns them ended. Raises Problem."""
    ids = [runtime.submit(ticket) for ticket in tickets]
    return runtime.finish(ids) if bpy.app.background else []


def conclude(operator: bpy.types.Operator, jobs: list[Job]) -> set[str]:
    """The operator's answer for a single job: an error report, which scripts get as RuntimeError, where it failed."""
    for job in jobs:
        if job.state != "done":
            operator.report({"ERROR"}, _told(job))
            return {"CANCELLED"}
        for warning in job.report.warnings if job.report is not None else ():
            operator.report({"WARNING"}, warning)
    return {"FINISHED"}


def refuse(operator: bpy.types.Operator, problem: Problem) -> set[str]:
    operator.report({"ERROR"}, str(problem))
    return {"CANCELLED"}


def _told(job: Job) -> str:
    if job.failure is not None:
        return f"{job.failure.sentence} {job.failure.fix}"
    session = runtime.session()  # it gave up before the job's turn came
    return f"{session.note} {session.fix}"
