"""What write_mesh writes, read by Blender's own importers: upright, front −Y, the right size, the right colours."""

import bpy
import numpy as np
import pytest
from maquette.backend.shapes import TriangleMesh
from maquette.backend.shapes.files import FORMATS, write_mesh

# An F-like arrangement that no rotation or mirror maps onto itself: a point far out in front (−Y), one to the
# right (+X), one on top (+Z), each of its own colour, two of them dark enough to show a wrong transfer curve.
VERTICES = np.array([(0, 0, 0), (0.1, -0.7, 0.05), (0.4, 0.05, 0.1), (-0.05, 0.1, 1.2), (-0.2, 0.3, 0)], np.float32)
COLOURS = np.array(
    [(128, 128, 128, 255), (255, 0, 10, 255), (3, 200, 0, 255), (20, 40, 250, 255), (5, 5, 5, 255)], np.uint8
)
FACES = np.array([(0, 1, 2), (1, 3, 2), (0, 3, 1), (0, 2, 4), (2, 3, 4), (3, 0, 4)], np.int32)


@pytest.fixture
def empty_file():
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)


def read(path):
    """The one mesh object that the format's importer makes with its defaults."""
    importer = {".glb": bpy.ops.import_scene.gltf, ".obj": bpy.ops.wm.obj_import, ".ply": bpy.ops.wm.ply_import}
    assert importer[path.suffix](filepath=str(path)) == {"FINISHED"}
    (found,) = (thing for thing in bpy.data.objects if thing.type == "MESH")
    return found


def corners(thing):
    """(corners, 3) places in the world and (corners, 4) sRGB of every corner of every face, in face order."""
    mesh = thing.data
    layer = mesh.color_attributes[0]
    places, colours = [], []
    for loop in mesh.loops:
        places.append(thing.matrix_world @ mesh.vertices[loop.vertex_index].co)
        colours.append(layer.data[loop.vertex_index if layer.domain == "POINT" else loop.index].color_srgb)
    return np.array(places), np.array(colours) * 255


@pytest.mark.parametrize("suffix", FORMATS)
def test_comes_back_as_it_was(empty_file, tmp_path, suffix):
    path = tmp_path / f"ünï code{suffix}"
    write_mesh(path, TriangleMesh(VERTICES, FACES, COLOURS))
    thing = read(path)
    places, colours = corners(thing)
    assert len(thing.data.polygons) == len(FACES)
    # importers may begin a face at another corner, but neither reorder faces nor turn them round
    for face, got, paint in zip(FACES, places.reshape(-1, 3, 3), colours.reshape(-1, 3, 4), strict=True):
        turn = np.linalg.norm(got - VERTICES[face[0]], axis=1).argmin()
        assert np.abs(np.roll(got, -turn, 0) - VERTICES[face]).max() < 1e-5
        assert np.abs(np.roll(paint, -turn, 0) - COLOURS[face]).max() <= 2
    assert np.abs(places.min(0) - VERTICES.min(0)).max() < 1e-5 and np.abs(places.max(0) - VERTICES.max(0)).max() < 1e-5


def test_glb_shows_its_colours_on_a_matt_one_sided_material(empty_file, tmp_path):
    write_mesh(tmp_path / "thing.glb", TriangleMesh(VERTICES, FACES, COLOURS))
    thing = read(tmp_path / "thing.glb")
    (material,) = thing.data.materials
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    assert material.use_backface_culling
    assert shader.inputs["Metallic"].default_value == 0
    assert shader.inputs["Roughness"].default_value == pytest.approx(0.8)
    assert shader.inputs["Base Color"].is_linked
    assert thing.name == thing.data.name == "thing"


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_mesh_without_colours_has_none_in_blender(empty_file, tmp_path, suffix):
    write_mesh(tmp_path / f"plain{suffix}", TriangleMesh(VERTICES, FACES))
    thing = read(tmp_path / f"plain{suffix}")
    assert len(thing.data.color_attributes) == 0 and len(thing.data.polygons) == len(FACES)
