"""Takes the pictures of the window that the README shows: a finished mesh with the next one under way, and a batch.

Not a test: ``python -m tests.window.portrait`` plays it.
"""

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
from mathutils import Euler

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import hands
import product

facts: dict[str, Any] = {}


def aim(names: list[str], elevation: float, azimuth: float, distance: float) -> None:
    """Turns the view to the middle of the objects."""
    view = hands.viewport().spaces.active.region_3d
    boxes = [product.describe(bpy.data.objects[name]) for name in names]
    low = [min(box["low"][i] for box in boxes) for i in range(3)]
    high = [max(box["high"][i] for box in boxes) for i in range(3)]
    view.view_location = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
    view.view_rotation = Euler((math.radians(90 - elevation), 0, math.radians(azimuth))).to_quaternion()
    view.view_distance = distance
    bpy.ops.object.select_all(action="DESELECT")


def scenario() -> Iterator[float]:
    yield 0.5
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    for helper in ("Camera", "Light"):
        bpy.data.objects[helper].hide_set(True)
    product.install()
    yield from hands.open_tab("Maquette")
    yield from hands.make_room()
    space = hands.viewport().spaces.active
    space.shading.color_type = "VERTEX"
    generate = yield from product.choose("/samples/car.png")
    yield from hands.click(generate)
    yield from hands.wait_for(lambda: product.made("car"), "the car")
    bpy.context.scene.cursor.location = (1.3, 0.3, 0)
    bpy.context.scene.maquette.filepath = "/samples/robot.png"
    yield 1.0
    generate = yield from hands.button("maquette.generate_from_image")
    yield from hands.click(generate)
    job = yield from hands.wait_for(product.running, "the robot under way")
    aim(["car"], 22, 18, 2.1)
    view = space.region_3d
    view.view_location.x += 0.45
    yield from hands.wait_for(lambda: job.fraction > 0.5 or job.ended, "half of it")
    yield 0.3
    hands.picture("window.jpg")
    facts["fraction"] = job.fraction
    yield from hands.wait_for(lambda: product.made("robot"), "the robot")

    for thing in ("car", "robot"):
        bpy.data.objects.remove(bpy.data.objects[thing])
    bpy.ops.maquette.clear_finished()
    bpy.context.scene.cursor.location = (0, 0, 0)
    bpy.ops.maquette.generate_from_folder("EXEC_DEFAULT", directory="/samples")
    yield from hands.wait_for(lambda: all(job.ended for job in product.session().jobs), "the batch", 1200)
    yield 1.5
    names = [thing.name for thing in bpy.data.collections["samples"].objects]
    aim(names, 30, 12, 5.6)
    space.region_3d.view_location.x += 0.75
    yield 1.5
    hands.picture("batch.jpg")
    facts["made"] = names
    facts["warnings"] = {job.request.name: job.report.warnings for job in product.session().jobs if job.report}


hands.play(scenario(), facts)
