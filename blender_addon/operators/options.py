"""What every generating operator can be told, and how a job is made of it."""

from __future__ import annotations

import math
from typing import Any

import bpy

from .. import catalogue, runtime
from ..batch import VARIATIONS, Batch, new_batch
from ..delivery import Ticket
from ..link import Placement, Request
from ..problems import NoSuchPlace, NothingToRun, Problem
from ..prompts import fresh_seed
from ..properties import CUTOUTS, DEFAULT_ENGINE, MOST_VARIATIONS, PRESETS, MAQUETTE_PG_settings
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
        self.take(settings, *_SHARED, *others)

    def take(self, settings: MAQUETTE_PG_settings, *keys: str) -> None:
        for key in keys:
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


class Cutting(Making):
    """What an engine that looks at pictures can be told besides."""

    cutout: bpy.props.EnumProperty(
        name="Cut-out",
        description="How the object is told from its background",
        items=CUTOUTS,
        default="auto",
        options=FRESH,
    )

    def adopt(self, settings: MAQUETTE_PG_settings, *others: str) -> None:
        super().adopt(settings, "engine", "cutout", *others)

    def ticket(self, context, name, source, path="", batch=None, **more) -> Ticket:
        return super().ticket(context, name, source, path, batch, **{"cutout": self.cutout, **more})


class Seeded(Making):
    """What an engine that leaves something to chance can be told besides."""

    seed: bpy.props.IntProperty(
        name="Seed",
        description="Another number gives another result, where the engine has a choice",
        min=0,
        options=FRESH,
    )
    new_seed: bpy.props.BoolProperty(
        name="New Seed", description="Draw the seed, whatever the number says", options=FRESH
    )
    variations: bpy.props.IntProperty(
        name="Variations",
        description="So many results, each from the next seed, beside each other",
        default=1,
        min=1,
        max=MOST_VARIATIONS,
        options=FRESH,
    )

    def adopt(self, settings: MAQUETTE_PG_settings, *others: str) -> None:
        """Where the engine leaves nothing to chance, the panel hides these, and they do not count."""
        super().adopt(settings, *others)
        chosen = self.properties.is_property_set("seed")
        self.take(settings, "seed")
        if catalogue.seeded(self.engine):
            self.take(settings, "variations", *(() if chosen else ("new_seed",)))
        if self.new_seed:  # shown, so that it can be kept
            self.new_seed, self.seed = False, fresh_seed()
            settings.seed = self.seed

    def ticket(self, context, name, source, path="", batch=None, **more) -> Ticket:
        return super().ticket(context, name, source, path, batch, **{"seed": self.seed, **more})

    def row_of(self, context: bpy.types.Context, name: str) -> Batch | None:
        """Where the variations stand, beside each other; None for a single result. Raises NoSuchPlace."""
        count = self.variations
        place = cursor_of(context)
        return new_batch(shown(name), count, place, self.height, VARIATIONS, count) if count > 1 else None

    def draw_seed(self) -> int:
        """The first seed. Raises NothingToRun where variations would all come out the same."""
        if self.variations > 1 and catalogue.seeded(self.engine) is False:
            title = catalogue.title(self.engine)
            raise NothingToRun(f"{title} makes the same of every seed, so there is nothing to vary.", "Ask for one.")
        return fresh_seed() if self.new_seed else self.seed


class Many:
    """Mix-in for operators that make a batch: ``_tickets(context)`` says of what, and may raise Problem."""

    def execute(self, context):
        try:
            batch, tickets = self._tickets(context)
            return conclude(self, carry_out(tickets), batch)
        except Problem as problem:
            return refuse(self, problem)


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


def conclude(operator: bpy.types.Operator, jobs: list[Job], batch: Batch | None = None) -> set[str]:
    """The operator's answer: an error report, which scripts get as RuntimeError, where nothing came of it. Without a
    window the jobs have ended by now; with one the list of jobs tells the same.
    """
    if batch is not None and jobs:
        return _conclude_batch(operator, batch)
    for job in jobs:
        if job.state != "done":
            operator.report({"ERROR"}, _told(job))
            return {"CANCELLED"}
        for warning in job.report.warnings if job.report is not None else ():
            operator.report({"WARNING"}, warning)
    return {"FINISHED"}


def _conclude_batch(operator: bpy.types.Operator, batch: Batch) -> set[str]:
    for label, sentence in (*batch.warned, *batch.skipped):
        operator.report({"WARNING"}, f"{label}: {sentence}")
    if not batch.made:
        operator.report({"ERROR"}, batch.summary())
        return {"CANCELLED"}
    operator.report({"INFO"}, batch.summary())
    return {"FINISHED"}


def refuse(operator: bpy.types.Operator, problem: Problem) -> set[str]:
    operator.report({"ERROR"}, str(problem))
    return {"CANCELLED"}


def _told(job: Job) -> str:
    if job.failure is not None:
        return f"{job.failure.sentence} {job.failure.fix}"
    session = runtime.session()  # it gave up before the job's turn came
    return f"{session.note} {session.fix}"
