"""Runs in Blender's module: installs the zip in a fresh profile, makes a mesh of a picture and one of a text, renders
both with Cycles.

``python demo_scene.py ZIP PICTURE TEXT OUT`` with BLENDER_USER_RESOURCES naming the profile.
"""

import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import bpy
from mathutils import Vector

BESIDE = 1.15  # metres to the right of the first
SEED = 3


def install(package: Path) -> None:
    bpy.ops.extensions.package_install_files(repo="user_default", filepath=str(package), enable_on_install=True)


def generate(make: Callable[[], object]) -> bpy.types.Object:
    """What an artist's button does, without a window: it blocks until the mesh stands in the scene."""
    before = set(bpy.data.objects)
    try:
        make()
    except RuntimeError as error:  # an operator's own report: a sentence and its remedy
        raise SystemExit(str(error).strip().removeprefix("Error: ")) from None
    made = [thing for thing in bpy.data.objects if thing not in before and thing.type == "MESH"]
    if len(made) != 1:
        raise SystemExit(f"Expected one new mesh, found {len(made)}.")
    return made[0]


def stage(*things: bpy.types.Object) -> None:
    """A floor, a camera at three quarters, a warm key light, a cool fill and a rim, all sized by the objects."""
    corners = [thing.matrix_world @ Vector(corner) for thing in things for corner in thing.bound_box]
    low = Vector(min(corner[axis] for corner in corners) for axis in range(3))
    high = Vector(max(corner[axis] for corner in corners) for axis in range(3))
    middle, size = (low + high) / 2, max(high - low)
    bpy.ops.mesh.primitive_plane_add(size=40 * size, location=(middle.x, middle.y, low.z))
    floor = bpy.context.object
    paint = bpy.data.materials.new("Floor")
    if bpy.app.version < (5, 0, 0):
        paint.use_nodes = True
    surface = next(node for node in paint.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    surface.inputs["Base Color"].default_value = (0.55, 0.55, 0.57, 1)
    surface.inputs["Roughness"].default_value = 0.7
    floor.data.materials.append(paint)
    for name, direction, energy, width, colour in (
        ("Key", (-1.6, -2.0, 2.4), 90, 1.2, (1.0, 0.95, 0.88)),
        ("Fill", (2.4, -1.4, 1.2), 25, 2.5, (0.85, 0.92, 1.0)),
        ("Rim", (0.8, 2.4, 2.2), 60, 1.0, (1.0, 1.0, 1.0)),
    ):
        light = bpy.data.lights.new(name, "AREA")
        light.energy, light.size, light.color = energy * size * size, width * size, colour
        _look(bpy.data.objects.new(name, light), middle + Vector(direction) * size, middle)
    camera = bpy.data.cameras.new("Camera")
    camera.lens, camera.clip_end = 65, 100 * size
    eye = Vector((math.sin(math.radians(32)), -math.cos(math.radians(32)), 0.42)) * 2.75 * size
    bpy.context.scene.camera = _look(bpy.data.objects.new("Camera", camera), middle + eye, middle)


def _look(thing: bpy.types.Object, place: Vector, target: Vector) -> bpy.types.Object:
    bpy.context.scene.collection.objects.link(thing)
    thing.location, thing.rotation_euler = place, (target - place).to_track_quat("-Z", "Y").to_euler()
    return thing


def render(path: Path) -> None:
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 20, True  # a few seconds; the rest is the denoiser's
    scene.cycles.max_bounces = 4
    scene.render.resolution_x, scene.render.resolution_y = 800, 600
    scene.view_settings.view_transform = "Standard"  # the picture's colours, not a film's
    scene.world.color = (0.18, 0.19, 0.21)
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def main(package: Path, picture: Path, text: str, out: Path) -> None:
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    marks = [time.monotonic()]
    install(package)
    marks.append(time.monotonic())
    things = [generate(lambda: bpy.ops.maquette.generate_from_image(filepath=str(picture)))]
    marks.append(time.monotonic())
    bpy.context.scene.cursor.location = (BESIDE, 0, 0)
    things.append(generate(lambda: bpy.ops.maquette.generate_from_text(prompt=text, seed=SEED, new_seed=False)))
    marks.append(time.monotonic())
    bpy.ops.object.select_all(action="DESELECT")
    for thing in things:
        thing.select_set(True)
    bpy.ops.export_scene.gltf(filepath=str(out / "demo.glb"), use_selection=True)
    stage(*things)
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "demo.blend"))
    render(out / "demo.png")
    marks.append(time.monotonic())
    installed, *made, rendered = (later - sooner for sooner, later in zip(marks, marks[1:], strict=False))
    print(f"\nBlender {bpy.app.version_string}: installed in {installed:.1f} s")
    for source, thing, seconds in zip((picture.name, f"“{text}”"), things, made, strict=True):
        size = f"{len(thing.data.vertices):,} vertices, {len(thing.data.polygons):,} faces"
        print(f"  {source} → {thing.name} ({size}) in {seconds:.1f} s")
    print(f"  the first with the start of the backend; saved and rendered in {rendered:.1f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
