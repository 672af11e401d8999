"""Renders what Maquette made of a picture: the picture itself, then the mesh from the front, the side and behind.

    python make_strips.py --to FOLDER PICTURE=MESH.glb…        any Python that has the bpy module (4.2 or later)

Nothing is chosen or touched up: the mesh is shown as it was written, with its vertex colours and no other light
than a soft sky and one lamp.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import bpy
from mathutils import Matrix, Vector

TURNS = (("from the front", 0), ("three-quarter", 50), ("from the side", 90), ("from behind", 180))  # degrees
STEP = 1.42  # metres between two; the longest side of a mesh is one metre
HEIGHT = 320  # pixels
ELEVATION = math.radians(12)
GREY = (0.62, 0.64, 0.67)


def emitting(name: str) -> tuple[bpy.types.Material, bpy.types.Node]:
    """A material that shines by itself, and its emission."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.remove(tree.nodes["Principled BSDF"])
    light = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(light.outputs[0], tree.nodes["Material Output"].inputs["Surface"])
    return material, light


def facing(thing: bpy.types.Object, centre: Vector) -> None:
    """Stands it before the camera, which looks along +Y and a little down."""
    thing.location = centre
    thing.rotation_euler = (math.pi / 2 - ELEVATION, 0, 0)
    bpy.context.scene.collection.objects.link(thing)


def show_picture(file: Path, centre: Vector, side: float) -> None:
    """The user's picture as a square, over the colour of the background where it is transparent."""
    mesh = bpy.data.meshes.new("picture")
    h = side / 2
    mesh.from_pydata([(-h, -h, 0), (h, -h, 0), (h, h, 0), (-h, h, 0)], [], [(0, 1, 2, 3)])
    corners = mesh.uv_layers.new()
    for loop, uv in zip(corners.data, [(0, 0), (1, 0), (1, 1), (0, 1)], strict=True):
        loop.uv = uv
    material, light = emitting("picture")
    tree = material.node_tree
    pixels = tree.nodes.new("ShaderNodeTexImage")
    pixels.image = bpy.data.images.load(str(file))
    see_through = tree.nodes.new("ShaderNodeBsdfTransparent")
    mix = tree.nodes.new("ShaderNodeMixShader")
    tree.links.new(pixels.outputs["Color"], light.inputs["Color"])
    tree.links.new(pixels.outputs["Alpha"], mix.inputs[0])
    tree.links.new(see_through.outputs[0], mix.inputs[1])
    tree.links.new(light.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], tree.nodes["Material Output"].inputs["Surface"])
    mesh.materials.append(material)
    facing(bpy.data.objects.new("picture", mesh), centre)


def show_caption(text: str, centre: Vector) -> None:
    letters = bpy.data.curves.new(text, "FONT")
    letters.body, letters.size, letters.align_x = text, 0.095, "CENTER"
    material, light = emitting("ink")
    light.inputs["Color"].default_value = (0.03, 0.03, 0.035, 1)
    letters.materials.append(material)
    facing(bpy.data.objects.new(text, letters), centre)


def show_mesh(file: Path) -> None:
    """The mesh, once a turn; it stands on z = 0."""
    bpy.ops.import_scene.gltf(filepath=str(file))
    made = next(thing for thing in bpy.context.selected_objects if thing.type == "MESH")
    made.parent = None
    bpy.ops.object.transform_apply(location=True, rotation=True, scale=True)
    points = [made.matrix_world @ vertex.co for vertex in made.data.vertices]
    low, high = (Vector([pick(p[i] for p in points) for i in range(3)]) for pick in (min, max))
    middle = (low + high) / 2
    for column, (_, degrees) in enumerate(TURNS, start=1):
        copy = bpy.data.objects.new("made", made.data)
        turn = Matrix.Rotation(-math.radians(degrees), 4, "Z")  # so that the camera walks to our right
        copy.matrix_world = Matrix.Translation((STEP * column, 0, 0)) @ turn @ Matrix.Translation(-middle)
        bpy.context.scene.collection.objects.link(copy)
    bpy.data.objects.remove(made)


def strip(picture: Path, mesh: Path, target: Path) -> None:
    """One row of five."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    show_mesh(mesh)
    up = Vector((0, math.sin(ELEVATION), math.cos(ELEVATION)))
    nearer = Vector((0, -math.cos(ELEVATION), math.sin(ELEVATION)))
    show_picture(picture, Vector((0, 0, 0)), 1.22)
    for column, text in enumerate(["the picture", *(name for name, _ in TURNS)]):
        show_caption(text, Vector((STEP * column, 0, 0)) - up * 0.76 + nearer * 2)

    middle = Vector((STEP * len(TURNS) / 2, 0, 0)) - up * 0.08
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.type, camera.data.ortho_scale = "ORTHO", STEP * (len(TURNS) + 1)
    camera.location = middle + nearer * 20
    camera.rotation_euler = (math.pi / 2 - ELEVATION, 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
    sun.data.energy, sun.data.angle = 1.6, 0.6
    sun.rotation_euler = (math.radians(50), math.radians(-18), math.radians(-25))
    scene.collection.objects.link(sun)
    scene.world = bpy.data.worlds.new("sky")
    scene.world.use_nodes = True
    sky = scene.world.node_tree.nodes["Background"]
    sky.inputs["Color"].default_value, sky.inputs["Strength"].default_value = (*GREY, 1), 1.0

    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.seed = 24, True, 1
    scene.render.threads_mode, scene.render.threads = "FIXED", 2
    scene.render.resolution_x, scene.render.resolution_y = HEIGHT * (len(TURNS) + 1), round(HEIGHT * 1.12)
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format, scene.render.image_settings.quality = "JPEG", 88
    scene.render.filepath = str(target)
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Render what was made of pictures.")
    parser.add_argument("pairs", nargs="+", metavar="PICTURE=MESH.glb")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    arguments = parser.parse_args()
    for pair in arguments.pairs:
        picture, _, mesh = pair.partition("=")
        target = arguments.to.resolve() / f"{Path(picture).stem}.jpg"
        strip(Path(picture).resolve(), Path(mesh).resolve(), target)
