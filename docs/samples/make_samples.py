"""Models the sample pictures' objects from primitives and renders them with Cycles.

    python make_samples.py [NAME…] [--to FOLDER]        any Python that has the bpy module (4.2 or later)

Every object is made here, by these lines, and by nothing else: no network has seen them. The camera stands
at 20° elevation with a 40° field of view, a little to the right of the object's front (−Y).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import bpy
from mathutils import Vector

Triple = tuple[float, float, float]
HERE = Path(__file__).resolve().parent
SIDE = 640  # pixels
FIELD_OF_VIEW, ELEVATION, AZIMUTH = math.radians(40), math.radians(20), math.radians(32)


# ------------------------------------------------------------------------------------------ materials, parts


def paint(hex_colour: str, roughness: float = 0.4) -> bpy.types.Material:
    """A plain dielectric of an sRGB colour written as in a style sheet."""
    material = bpy.data.materials.new(hex_colour)
    material.use_nodes = True
    srgb = [int(hex_colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in srgb]
    surface = material.node_tree.nodes["Principled BSDF"]
    surface.inputs["Base Color"].default_value = (*linear, 1)
    surface.inputs["Roughness"].default_value = roughness
    return material


def _finish(material: bpy.types.Material, bevel: float = 0.0, subdivide: int = 0) -> bpy.types.Object:
    thing = bpy.context.object
    bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
    if bevel:
        modifier = thing.modifiers.new("Bevel", "BEVEL")
        modifier.width, modifier.segments, modifier.limit_method = bevel, 5, "ANGLE"
    if subdivide:
        thing.modifiers.new("Subdivide", "SUBSURF").render_levels = subdivide
    thing.data.materials.append(material)
    bpy.ops.object.shade_smooth()
    return thing


def box(material, size: Triple, at: Triple, turn: Triple = (0, 0, 0), bevel: float = 0.03) -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add(size=1, location=at, rotation=turn, scale=size)
    return _finish(material, bevel)


def ball(material, radii: Triple, at: Triple, turn: Triple = (0, 0, 0)) -> bpy.types.Object:
    bpy.ops.mesh.primitive_uv_sphere_add(radius=1, segments=64, ring_count=32, location=at, rotation=turn, scale=radii)
    return _finish(material)


def rod(material, start: Triple, end: Triple, radius: float, tip: float | None = None, bevel: float = 0.0):
    """A cylinder, or a cone that ends in ``tip``, between two points."""
    along = Vector(end) - Vector(start)
    turn = along.to_track_quat("Z", "Y").to_euler()
    bpy.ops.mesh.primitive_cone_add(
        vertices=64,
        radius1=radius,
        radius2=radius if tip is None else tip,
        depth=along.length,
        location=(Vector(start) + Vector(end)) / 2,
        rotation=turn,
    )
    return _finish(material, bevel)


def ring(material, radius: float, thickness: float, at: Triple, turn: Triple = (0, 0, 0)) -> bpy.types.Object:
    bpy.ops.mesh.primitive_torus_add(
        major_radius=radius, minor_radius=thickness, major_segments=96, minor_segments=24, location=at, rotation=turn
    )
    return _finish(material)


def turned(material, profile: Sequence[tuple[float, float]]) -> bpy.types.Object:
    """A body of revolution about +Z from (radius, height) pairs, outside first, smoothed."""
    around = 48
    corners = [
        (r * math.cos(2 * math.pi * k / around), r * math.sin(2 * math.pi * k / around), z)
        for r, z in profile
        for k in range(around)
    ]
    faces = [
        (i * around + k, i * around + (k + 1) % around, (i + 1) * around + (k + 1) % around, (i + 1) * around + k)
        for i in range(len(profile) - 1)
        for k in range(around)
    ]
    mesh = bpy.data.meshes.new("turned")
    mesh.from_pydata(corners, [], faces)
    thing = bpy.data.objects.new("turned", mesh)
    bpy.context.collection.objects.link(thing)
    bpy.context.view_layer.objects.active = thing
    thing.select_set(True)
    return _finish(material, subdivide=2)


def bent(material, points: Sequence[Triple], radius: float) -> bpy.types.Object:
    """A round tube along a smooth curve through the points."""
    curve = bpy.data.curves.new("bent", "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution, curve.use_fill_caps = "3D", radius, 8, True
    spline = curve.splines.new("BEZIER")
    spline.bezier_points.add(len(points) - 1)
    for knot, point in zip(spline.bezier_points, points, strict=True):
        knot.co = point
        knot.handle_left_type = knot.handle_right_type = "AUTO"
    thing = bpy.data.objects.new("bent", curve)
    thing.data.materials.append(material)
    bpy.context.collection.objects.link(thing)
    return thing


# ------------------------------------------------------------------------------------------------- the objects


def mug() -> None:
    glaze, band, inside = paint("1f8a8c", 0.25), paint("f2a33a", 0.3), paint("f5ead6", 0.35)
    turned(glaze, [(0, 0), (0.36, 0), (0.4, 0.02), (0.42, 0.12), (0.43, 0.5), (0.44, 0.9), (0.43, 0.95), (0.4, 0.95)])
    turned(inside, [(0.405, 0.952), (0.385, 0.9), (0.375, 0.5), (0.36, 0.1), (0, 0.09)])
    turned(band, [(0.425, 0.3), (0.438, 0.32), (0.442, 0.44), (0.445, 0.56), (0.434, 0.58)])
    bent(glaze, [(0.4, 0, 0.76), (0.66, 0, 0.76), (0.74, 0, 0.48), (0.62, 0, 0.24), (0.4, 0, 0.2)], 0.07)


def mushroom() -> None:
    cap, dot, stalk, gills = paint("c8281e", 0.3), paint("fbf3e4"), paint("efe0c3", 0.6), paint("e3cfa6", 0.7)
    turned(stalk, [(0, 0), (0.24, 0), (0.28, 0.06), (0.23, 0.25), (0.18, 0.5), (0.17, 0.7), (0, 0.72)])
    turned(cap, [(0.5, 0.56), (0.57, 0.6), (0.55, 0.72), (0.46, 0.9), (0.3, 1.04), (0.14, 1.1), (0, 1.12)])
    turned(gills, [(0.52, 0.57), (0.4, 0.585), (0.16, 0.62), (0, 0.62)])
    for azimuth, height, size in (
        *((-70, 35, 0.1), (-20, 22, 0.08), (-125, 20, 0.09), (-95, 68, 0.09), (10, 50, 0.1)),
        *((-165, 45, 0.1), (60, 25, 0.09), (110, 45, 0.1), (-45, 8, 0.06), (-98, 5, 0.06)),
    ):
        a, h = math.radians(azimuth), math.radians(height)
        out = Vector((math.cos(a) * math.cos(h), math.sin(a) * math.cos(h), math.sin(h)))
        at = Vector((out.x * 0.545, out.y * 0.545, 0.66 + out.z * 0.44))
        turn = Vector((out.x / 0.545, out.y / 0.545, out.z / 0.44)).to_track_quat("Z", "Y").to_euler()
        ball(dot, (size, size, 0.03), tuple(at), tuple(turn))


def car() -> None:
    body, roof, glass = paint("e2452f", 0.25), paint("f6efe2", 0.3), paint("2b3a4a", 0.15)
    tyre, hub, lamp, bumper = paint("26262a", 0.7), paint("d9d6cf"), paint("ffd65a"), paint("9aa0a6", 0.3)
    box(body, (1.3, 0.66, 0.3), (0, 0, 0.32), bevel=0.12)
    box(roof, (0.74, 0.56, 0.34), (0.08, 0, 0.56), bevel=0.12)
    box(glass, (0.6, 0.575, 0.17), (0.08, 0, 0.57), bevel=0.05)
    box(glass, (0.755, 0.44, 0.17), (0.08, 0, 0.57), bevel=0.05)
    for x in (-0.4, 0.4):
        for y in (-0.33, 0.33):
            rod(tyre, (x, y - 0.08, 0.18), (x, y + 0.08, 0.18), 0.18, bevel=0.035)
            rod(hub, (x, y - 0.09, 0.18), (x, y + 0.09, 0.18), 0.09, bevel=0.02)
    for y in (-0.2, 0.2):
        ball(lamp, (0.04, 0.075, 0.075), (-0.645, y, 0.36))
    for x in (-0.65, 0.65):
        box(bumper, (0.08, 0.62, 0.09), (x, 0, 0.22), bevel=0.035)


def robot() -> None:
    shell, trim, dark = paint("5b8fd0", 0.35), paint("f3c03c", 0.35), paint("2d3440", 0.4)
    eye, joint = paint("f8f4ea", 0.2), paint("8b929b", 0.4)
    box(shell, (0.56, 0.4, 0.52), (0, 0, 0.56), bevel=0.08)
    box(trim, (0.34, 0.08, 0.24), (0, -0.18, 0.58), bevel=0.035)
    box(shell, (0.5, 0.42, 0.38), (0, 0, 1.06), bevel=0.1)
    rod(joint, (0, 0, 0.8), (0, 0, 0.9), 0.12)
    for x in (-0.12, 0.12):
        ball(eye, (0.085, 0.05, 0.085), (x, -0.205, 1.09))
        ball(dark, (0.04, 0.03, 0.04), (x, -0.243, 1.085))
        box(dark, (0.16, 0.2, 0.3), (x * 1.25, 0, 0.2), bevel=0.05)
        box(trim, (0.22, 0.36, 0.13), (x * 1.25, -0.05, 0.065), bevel=0.05)
    for side in (-1, 1):
        ball(joint, (0.1, 0.1, 0.1), (side * 0.32, 0, 0.74))
        box(shell, (0.16, 0.18, 0.42), (side * 0.39, -0.03, 0.55), turn=(0.15, side * -0.2, 0), bevel=0.06)
        ball(trim, (0.1, 0.11, 0.1), (side * 0.43, -0.07, 0.33))
        rod(trim, (side * 0.24, 0, 1.06), (side * 0.31, 0, 1.06), 0.09, bevel=0.02)
    rod(joint, (0, 0, 1.22), (0, 0, 1.36), 0.035)
    ball(trim, (0.075, 0.075, 0.075), (0, 0, 1.39))


def chair() -> None:
    wood, cloth = paint("b3763e", 0.5), paint("2f6f62", 0.8)
    box(wood, (0.64, 0.6, 0.07), (0, 0, 0.5), bevel=0.02)
    box(cloth, (0.58, 0.54, 0.1), (0, -0.01, 0.57), bevel=0.045)
    for x in (-0.25, 0.25):
        rod(wood, (x, -0.23, 0.5), (x * 1.15, -0.27, 0), 0.05, 0.035)
        rod(wood, (x, 0.23, 0.5), (x * 1.15, 0.3, 0), 0.05, 0.035)
        rod(wood, (x, 0.24, 0.5), (x * 1.1, 0.34, 1.16), 0.045, 0.04)
    box(cloth, (0.6, 0.09, 0.34), (0, 0.315, 0.98), turn=(-0.15, 0, 0), bevel=0.04)


def duck() -> None:
    yellow, orange, dark, white = paint("f5c518", 0.3), paint("ee7a1c", 0.35), paint("1d1d20", 0.15), paint("ffffff")
    ball(yellow, (0.38, 0.52, 0.33), (0, 0, 0.33))
    ball(yellow, (0.2, 0.24, 0.2), (0, 0.42, 0.47), turn=(0.7, 0, 0))
    ball(yellow, (0.28, 0.28, 0.27), (0, -0.26, 0.8))
    ball(yellow, (0.2, 0.2, 0.2), (0, -0.22, 0.58))
    ball(orange, (0.15, 0.16, 0.05), (0, -0.54, 0.76), turn=(0.1, 0, 0))
    for side in (-1, 1):
        ball(yellow, (0.08, 0.3, 0.2), (side * 0.36, 0.08, 0.4), turn=(0.25, side * -0.2, 0))
        ball(dark, (0.055, 0.04, 0.065), (side * 0.125, -0.485, 0.88), turn=(0, 0, side * 0.35))
        ball(white, (0.018, 0.018, 0.018), (side * 0.135, -0.525, 0.905))


def bicycle() -> None:
    frame, rubber, metal, leather = paint("d7263d", 0.3), paint("222222", 0.7), paint("c9ccd1", 0.25), paint("6b4226")
    rear, front, crank = (-0.52, 0, 0.34), (0.54, 0, 0.34), (-0.06, 0, 0.3)
    saddle, head = (-0.2, 0, 0.8), (0.36, 0, 0.82)
    for hub in (rear, front):
        ring(rubber, 0.33, 0.022, hub, (math.pi / 2, 0, 0))
        for k in range(14):
            a = 2 * math.pi * k / 14
            rod(metal, hub, (hub[0] + 0.33 * math.cos(a), 0, hub[2] + 0.33 * math.sin(a)), 0.004)
    for start, end in [(rear, crank), (rear, saddle), (crank, saddle), (crank, head), (saddle, head), (front, head)]:
        rod(frame, start, end, 0.018)
    box(leather, (0.22, 0.12, 0.05), (-0.22, 0, 0.84), bevel=0.02)
    bent(
        metal, [(0.3, -0.28, 0.94), (0.38, -0.16, 0.96), (0.36, 0, 0.92), (0.38, 0.16, 0.96), (0.3, 0.28, 0.94)], 0.014
    )
    rod(metal, head, (0.36, 0, 0.92), 0.014)
    ring(metal, 0.08, 0.01, crank, (math.pi / 2, 0, 0))


# ------------------------------------------------------------------------------------- light, camera, surroundings


def lamp(at: Triple, target: Vector, watts: float, size: float, colour: Triple = (1, 1, 1)) -> None:
    data = bpy.data.lights.new("lamp", "AREA")
    data.energy, data.size, data.color = watts, size, colour
    thing = bpy.data.objects.new("lamp", data)
    thing.location = at
    thing.rotation_euler = (target - Vector(at)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.collection.objects.link(thing)


def studio() -> None:
    """A seamless paper sweep: floor and wall are one surface, so that there is no edge behind the object."""
    sheet = [(-3.0, 0.0), (2.0, 0.0), (2.4, 0.1), (2.65, 0.35), (2.75, 0.8), (2.75, 4.0)]
    mesh = bpy.data.meshes.new("sweep")
    mesh.from_pydata(
        [(x, y, z) for y, z in sheet for x in (-7, 7)], [], [(2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2) for i in range(5)]
    )
    sweep = bpy.data.objects.new("sweep", mesh)
    sweep.rotation_euler.z = AZIMUTH
    sweep.modifiers.new("Smooth", "SUBSURF").render_levels = 3
    mesh.materials.append(paint("b9c9d6", 0.9))
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    bpy.context.collection.objects.link(sweep)


def living_room() -> None:
    """A tiled floor and a spotted wallpaper: what no outline can be read from."""
    for size, at, turn, pattern, scale in (
        ((12, 12, 0.01), (0, 0, -0.005), (0, 0, AZIMUTH), "ShaderNodeTexChecker", 26.0),
        ((12, 0.01, 6), (-0.53, 0.85, 3), (0, 0, AZIMUTH), "ShaderNodeTexVoronoi", 7.0),
    ):
        material = paint("8a5a44", 0.7)
        tree = material.node_tree
        texture = tree.nodes.new(pattern)
        texture.inputs["Scale"].default_value = scale
        place = tree.nodes.new("ShaderNodeTexCoord")
        tree.links.new(place.outputs["Object"], texture.inputs["Vector"])
        if pattern == "ShaderNodeTexChecker":
            texture.inputs["Color1"].default_value = (0.5, 0.36, 0.22, 1)
            texture.inputs["Color2"].default_value = (0.12, 0.07, 0.05, 1)
        tree.links.new(texture.outputs["Color"], tree.nodes["Principled BSDF"].inputs["Base Color"])
        box(material, size, at, turn, bevel=0)


OBJECTS: dict[str, tuple[Callable[[], None], Callable[[], None] | None, float]] = {  # object, surroundings, yaw
    "mug.png": (mug, None, 0),
    "mushroom.png": (mushroom, None, 0),
    "car.png": (car, None, -84),
    "robot.png": (robot, None, 0),
    "chair.png": (chair, None, 0),
    "duck.jpg": (duck, studio, 0),
    "bicycle.jpg": (bicycle, living_room, 0),
}


def render(name: str, folder: Path) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    build, surroundings, yaw = OBJECTS[name]
    scene = bpy.context.scene
    build()
    bpy.context.view_layer.update()
    corners = [o.matrix_world @ Vector(c) for o in scene.objects for c in o.bound_box]
    low, high = (Vector([pick(c[i] for c in corners) for i in range(3)]) for pick in (min, max))
    centre = (low + high) / 2
    if surroundings:
        surroundings()

    scene.render.resolution_x = scene.render.resolution_y = SIDE
    a = AZIMUTH + math.radians(yaw)
    back = Vector((math.sin(a) * math.cos(ELEVATION), -math.cos(a) * math.cos(ELEVATION), math.sin(ELEVATION)))
    data = bpy.data.cameras.new("camera")
    data.angle = FIELD_OF_VIEW
    camera = bpy.data.objects.new("camera", data)
    camera.rotation_euler = back.to_track_quat("Z", "Y").to_euler()
    scene.collection.objects.link(camera)
    scene.camera = camera
    bpy.context.view_layer.update()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    fit, _ = camera.camera_fit_coords(depsgraph, [x for corner in corners for x in corner])
    camera.location = fit + back * (fit - centre).length * (0.45 if surroundings else 0.06)

    side = Vector((math.cos(a), math.sin(a), 0))
    key = centre + back * 2.4 - side * 1.8 + Vector((0, 0, 1.8))
    lamp(tuple(key), centre, 130, 1.6, (1, 0.96, 0.9))
    lamp(tuple(centre + back * 1.8 + side * 2.6), centre, 45, 2.5, (0.88, 0.94, 1))
    lamp(tuple(centre - back * 1.5 + side + Vector((0, 0, 2.6))), centre, 60, 1.5)
    scene.world = bpy.data.worlds.new("room")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.35, 0.36, 0.38, 1)

    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.seed = 64, True, 1
    scene.render.threads_mode, scene.render.threads = "FIXED", 2
    scene.render.film_transparent = surroundings is None
    scene.view_settings.view_transform = "Standard"
    output = scene.render.image_settings
    output.file_format = "PNG" if name.endswith(".png") else "JPEG"
    output.color_mode = "RGBA" if surroundings is None else "RGB"
    output.compression, output.quality = 100, 80
    scene.render.dither_intensity = 0  # noise for the eye's sake, twice the file for ours
    scene.render.filepath = str(folder / name)
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Render the sample pictures.")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(OBJECTS)}; all when left out")
    parser.add_argument("--to", type=Path, default=HERE)
    arguments = parser.parse_args()
    for each in arguments.names or OBJECTS:
        render(each, arguments.to.resolve())
