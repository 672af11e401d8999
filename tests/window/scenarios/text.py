"""A text is typed and becomes a mesh: what the user sees on the way, and once more in its place with another seed."""

import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
from mathutils import Euler

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import hands
import product

facts: dict[str, Any] = {}
PROMPT = "a red chair"


def typed(clock: hands.Clock) -> Iterator[float]:
    """Types into the panel and presses the button; the early mesh must be seen before the finished one."""
    settings = bpy.context.scene.maquette
    settings.prompt = "somewhere"
    hands.region().tag_redraw()
    yield 0.3
    field = yield from hands.find(lambda text: text == "somewhere")
    yield from hands.fill_in(field, PROMPT)
    facts["typed"] = settings.prompt
    generate = yield from hands.button("maquette.generate_from_text", below=field[1])
    hands.picture("text-1-typed")
    start = time.monotonic()
    yield from hands.click(generate)
    job = yield from hands.wait_for(product.running, "a running job")
    ghost = product.part("ghost")
    early = False
    while not job.ended:
        if ghost.shown is not None and not early:
            early = True
            yield 0.2
            hands.picture("text-2-early")
        yield 0.02
    computed = time.monotonic()
    facts["state"], facts["failure"] = job.state, job.failure and job.failure.sentence
    made = yield from hands.wait_for(lambda: product.made(PROMPT), "the mesh", 20)
    yield 0.5
    facts["early"], facts["ghost_afterwards"] = early, ghost.shown is not None
    facts["while_computing"] = clock.between(start, computed)
    facts["report"] = {"seconds": job.report.seconds, "seed": job.report.seed, "warnings": job.report.warnings}
    facts["seed_in_the_field"], facts["mesh"] = settings.seed, product.describe(made)


def again() -> Iterator[float]:
    """Replace Mesh, with a new seed, from the object's own panel."""
    thing = product.made(PROMPT)
    thing.name, thing.rotation_euler.z = "Throne", 0.5
    old = thing.data.session_uid
    with bpy.context.temp_override(window=hands.window(), area=hands.viewport(), region=hands.region("WINDOW")):
        bpy.ops.maquette.generate_again("INVOKE_DEFAULT", in_place=True, new_seed=True)
    yield from hands.wait_for(lambda: thing.data.session_uid != old, "the new mesh")
    yield 0.7
    facts["again"] = {"names": sorted(bpy.data.objects.keys()), "turned": thing.rotation_euler.z}
    hands.picture("text-4-again")


def block() -> Iterator[float]:
    """A text block made from the panel itself, and filled, becomes an object a line."""
    new = yield from hands.button("text.new", across=0.35)
    yield from hands.click(new)
    settings = bpy.context.scene.maquette
    facts["block"] = settings.prompts is not None
    settings.prompts.write("a blue lamp\na green florb table")
    settings.variations = 1
    bpy.context.scene.cursor.location = (1.5, 0, 0)
    hands.region().tag_redraw()
    yield 0.3
    every = yield from hands.button("maquette.generate_from_text_block")
    yield from hands.click(every)
    yield from hands.wait_for(lambda: all(job.ended for job in product.session().jobs), "the block")
    yield from hands.wait_for(lambda: not product.part("runtime").busy(), "the objects", 20)
    yield 0.7
    hands.picture("text-5-block")
    facts["of_the_block"] = {job.request.prompt: job.report and job.report.warnings for job in product.session().jobs}
    facts["collections"] = {made.name: sorted(made.objects.keys()) for made in bpy.data.collections}


def undone() -> Iterator[float]:
    pane = hands.region("WINDOW")
    at = (pane.x + pane.width * 0.3, pane.y + pane.height * 0.3)
    yield from hands.move(at)
    for _ in range(2):
        yield from hands.key("Z", at, ctrl=True)
        yield 0.7
    facts["after_undo"] = sorted(bpy.data.objects.keys())


def scenario() -> Iterator[float]:
    clock = hands.Clock()
    yield 0.5
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    bpy.ops.ed.undo_push(message="Delete the cube")
    product.install()
    yield from hands.open_tab("Maquette")
    yield from hands.make_room()
    view = hands.viewport().spaces.active.region_3d
    view.view_rotation = Euler((math.radians(70), 0, math.radians(25))).to_quaternion()
    view.view_location, view.view_distance = (0, 0, 0.5), 3.5
    yield from typed(clock)
    hands.picture("text-3-finished")
    yield from again()
    yield from undone()
    yield from block()


hands.play(scenario(), facts)
