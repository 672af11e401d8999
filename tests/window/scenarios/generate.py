"""A user's first minutes: install, choose a picture, generate, look, undo, redo, cancel, lose the backend."""

import math
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Euler

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import hands
import product

facts: dict[str, Any] = {}
CURSOR = (1.0, -0.5, 0.25)


def first_job(clock: hands.Clock, generate: tuple[float, float]) -> Iterator[float]:
    """Generates from the mug and writes down what the user could see and feel meanwhile."""
    bpy.context.scene.cursor.location = CURSOR
    start = time.monotonic()
    yield from hands.click(generate)
    job = yield from hands.wait_for(product.running, "a running job")
    watched, half = [], False
    while not job.ended:
        if not watched or watched[-1] != (job.stage, round(job.fraction, 3)):
            watched.append((job.stage, round(job.fraction, 3)))
        if not half and job.fraction > 0.3:
            half = True
            hands.picture("2-running")
        yield 0.02
    computed = time.monotonic()
    made = yield from hands.wait_for(lambda: product.made("mug"), "the mesh")
    facts["watched"] = watched
    facts["while_computing"] = clock.between(start, computed)
    facts["seconds_to_mesh"] = time.monotonic() - start
    facts["report"] = {"seconds": job.report.seconds, "stages": job.report.stages, "warnings": job.report.warnings}
    facts["compute"] = product.session().compute
    facts["mesh"] = product.describe(made)


def look() -> Iterator[float]:
    """Measures how much of the viewport, in the solid shading it starts with, has the mug's two colours."""
    assert hands.viewport().spaces.active.shading.type == "SOLID"
    with bpy.context.temp_override(window=hands.window(), area=hands.viewport(), region=hands.region("WINDOW")):
        bpy.ops.view3d.view_selected()
    hands.viewport().spaces.active.region_3d.view_rotation = Euler(
        (math.radians(70), 0, math.radians(25))
    ).to_quaternion()
    yield 1.5
    hands.picture("3-finished")
    facts["shares"] = product.shares("3-finished", teal=(31, 138, 140), orange=(242, 163, 58))


def undo_and_redo() -> Iterator[float]:
    pane = hands.region("WINDOW")
    at = (pane.x + pane.width * 0.3, pane.y + pane.height * 0.3)
    yield from hands.move(at)
    yield from hands.key("Z", at, ctrl=True)
    yield 0.7
    hands.picture("4-undone")
    facts["after_undo"] = sorted(thing.name for thing in bpy.data.objects)
    yield from hands.key("Z", at, ctrl=True, shift=True)
    yield 0.7
    facts["after_redo"] = sorted(thing.name for thing in bpy.data.objects)
    facts["mesh_after_redo"] = product.describe(product.made("mug")) if product.made("mug") else None


def cancelled_job(generate: tuple[float, float]) -> Iterator[float]:
    """The finest preset, stopped on its way by the cross beside its bar on top of the panel."""
    before = sorted(thing.name for thing in bpy.data.objects)
    bpy.context.scene.maquette.preset = "fine"
    yield from hands.click(generate)
    job = yield from hands.wait_for(product.running, "a running job")
    (backend,) = hands.backends()
    os.kill(backend, signal.SIGSTOP)  # or an idle machine has finished before the cross is found
    cross = yield from hands.button("maquette.cancel", across=0.83)
    facts["cancelled_at"] = job.fraction
    start = time.monotonic()
    os.kill(backend, signal.SIGCONT)
    yield from hands.click(cross)
    yield from hands.wait_for(lambda: job.ended, "the end of the cancelled job")
    facts["cancelled"] = {"state": job.state, "seconds": time.monotonic() - start}
    yield 0.7
    hands.picture("5-cancelled")
    facts["cancelled"]["changed"] = sorted(thing.name for thing in bpy.data.objects) != before


def lost_backend(generate: tuple[float, float]) -> Iterator[float]:
    """The backend is killed in the middle of a job: one sentence, another backend, the job done after all."""
    bpy.context.scene.maquette.preset = "fast"
    yield from hands.click(generate)
    job = yield from hands.wait_for(product.running, "a running job")
    yield from hands.wait_for(lambda: job.fraction > 0.02 or job.ended, "some progress")
    (first,) = hands.backends()
    os.kill(first, 9)
    sentence = yield from hands.wait_for(lambda: product.session().note, "a sentence about the lost backend")
    facts["lost"] = {"sentence": sentence, "fix": product.session().fix}
    yield 0.4
    hands.picture("6-lost")
    yield from hands.wait_for(lambda: job.ended, "the end of the job that was sent again")
    yield from hands.wait_for(lambda: product.made("mug.001"), "the second mesh", 20)
    facts["lost"].update(state=job.state, another_backend=hands.backends() not in ([], [first]), tries=job.tries)
    facts["lost"]["note_afterwards"] = product.session().note


def other_shading() -> Iterator[float]:
    """EEVEE compiles its shaders for half a minute without a graphics card."""
    space = hands.viewport().spaces.active
    space.shading.type = "MATERIAL"
    yield 3
    end = time.monotonic() + 90
    while time.monotonic() < end:
        hands.picture("7-material")
        facts["shares_in_material_preview"] = product.shares("7-material", teal=(31, 138, 140), orange=(242, 163, 58))
        if min(facts["shares_in_material_preview"].values()) > 0.01:
            break
        yield 3


def scenario() -> Iterator[float]:
    clock = hands.Clock()
    yield 0.5
    facts["blender"], facts["numpy"] = bpy.app.version_string, np.__version__
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    bpy.ops.ed.undo_push(message="Delete the cube")
    product.install()
    yield from hands.open_tab("Maquette")
    yield from hands.make_room()
    hands.picture("1-rest")
    generate = yield from product.choose("/samples/mug.png")
    yield from first_job(clock, generate)
    yield from look()
    yield from undo_and_redo()
    yield from cancelled_job(generate)
    yield from lost_backend(generate)
    yield from other_shading()


hands.play(scenario(), facts)
