"""Colours survive the ways out of Blender: exported, read back, compared vertex by vertex; and rendered."""

import bpy
import numpy as np
import pytest

COLOURS = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (127, 64, 32)], np.uint8)


@pytest.fixture
def thing(addon):
    """A tetrahedron with four known colours, 2 m tall, facing −Y with its red corner."""
    vertices = np.array([(0, -0.5, 0), (0.5, 0.5, 0), (-0.5, 0.5, 0), (0, 0, 2)], np.float32)
    faces = np.array([(0, 2, 1), (0, 1, 3), (1, 2, 3), (2, 0, 3)], np.int32)
    rgba = np.concatenate([COLOURS, np.full((4, 1), 255, np.uint8)], axis=1)
    report = addon.link.Report("pocket", "standard", 0, 1.0, 4, 4, 1, True)
    arrays = {"vertices": vertices, "faces": faces, "colours": rgba}
    target = addon.scene.Target.here(bpy.context)
    placed = addon.scene.place(arrays, addon.link.Request(name="thing"), report, target, (0, 0, 0))
    return bpy.data.objects[placed.name]


def corners(mesh_object):
    """{position: sRGB} of every corner of every face, in the world."""
    mesh = mesh_object.data
    layer = mesh.color_attributes[0]
    found = {}
    for loop in mesh.loops:
        at = layer.data[loop.vertex_index if layer.domain == "POINT" else loop.index]
        place = mesh_object.matrix_world @ mesh.vertices[loop.vertex_index].co
        colour = np.round(np.array(at.color_srgb[:3]) * 255).astype(int)
        found.setdefault(tuple(np.round(place, 4).tolist()), colour)
    return found


@pytest.mark.parametrize("format", ["glb", "obj", "ply"])
def test_colours_and_posture_survive(thing, tmp_path, format):
    before = corners(thing)
    path = str(tmp_path / f"out.{format}")
    if format == "glb":
        bpy.ops.export_scene.gltf(filepath=path)
    elif format == "obj":
        bpy.ops.wm.obj_export(filepath=path, export_colors=True)
    else:
        bpy.ops.wm.ply_export(filepath=path)
    bpy.data.objects.remove(thing)
    if format == "glb":
        bpy.ops.import_scene.gltf(filepath=path)
    elif format == "obj":
        bpy.ops.wm.obj_import(filepath=path)
    else:
        bpy.ops.wm.ply_import(filepath=path, import_colors="SRGB")
    bpy.context.view_layer.update()
    (back,) = (one for one in bpy.data.objects if one.type == "MESH")
    after = corners(back)
    assert len(after) == len(before) == 4
    for place, colour in before.items():
        nearest = min(after, key=lambda other: np.linalg.norm(np.subtract(other, place)))
        assert np.linalg.norm(np.subtract(nearest, place)) < 1e-3, "it was turned or scaled on the way"
        assert np.abs(after[nearest] - colour).max() <= 1


def test_the_blend_file_keeps_what_was_asked_for(addon, thing, tmp_path):
    path = str(tmp_path / "a.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert addon.recall.recall(bpy.data.objects["thing"]).request.name == "thing"


def render(engine, tmp_path):
    """A picture taken from the front, (32, 32, 4) sRGB, row 0 at the bottom."""
    scene = bpy.context.scene
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(camera)
    camera.location, camera.rotation_euler = (0, -5, 1), (np.pi / 2, 0, 0)
    camera.data.type, camera.data.ortho_scale = "ORTHO", 2.2
    scene.camera = camera
    scene.world = bpy.data.worlds.new("white")
    if bpy.app.version < (5, 0, 0):
        scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (1, 1, 1, 1)
    scene.render.engine = engine
    scene.render.resolution_x = scene.render.resolution_y = 32
    scene.render.film_transparent = True
    scene.view_settings.view_transform = "Standard"
    if engine == "CYCLES":
        scene.cycles.samples, scene.cycles.device = 4, "CPU"
    else:
        scene.display.shading.light, scene.display.shading.color_type = "FLAT", "VERTEX"
    scene.render.filepath = str(tmp_path / "render.png")
    bpy.ops.render.render(write_still=True)
    return np.array(bpy.data.images.load(scene.render.filepath).pixels).reshape(32, 32, 4)


@pytest.mark.parametrize(("engine", "tolerance"), [("CYCLES", 0.12), ("BLENDER_WORKBENCH", 0.01)])
def test_colours_show_in_renders_as_they_are_in_the_picture(addon, tmp_path, engine, tolerance):
    """Cycles adds what a matt surface does in white light; taking sRGB for linear would be off by 0.27 here."""
    vertices = np.array([(-1, 0, 0), (1, 0, 0), (0, 0, 2)], np.float32)
    rgba = np.tile(np.uint8([200, 100, 50, 255]), (3, 1))
    arrays = {"vertices": vertices, "faces": np.array([(0, 1, 2)], np.int32), "colours": rgba}
    report = addon.link.Report("pocket", "standard", 0, 1.0, 3, 1, 1, False)
    target = addon.scene.Target.here(bpy.context)
    addon.scene.place(arrays, addon.link.Request(name="flag"), report, target, (0, 0, 0))
    try:
        pixels = render(engine, tmp_path)
    except RuntimeError as error:
        if engine == "BLENDER_WORKBENCH" and "GPU" in str(error):
            pytest.skip("no graphics library here")
        raise
    middle = pixels[12, 16]
    assert np.abs(middle - np.array([200, 100, 50, 255]) / 255).max() < tolerance, middle
