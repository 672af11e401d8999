"""Selected objects seen with depths, and made anew: self-consistent pictures, right colours, nothing touched."""

import bpy
import numpy as np
import pytest


def add(name, colour=None, location=(0, 0, 0), scale=(1, 1, 1), kind="cube", **shape):
    import bmesh  # there only once bpy is

    body, mesh = bmesh.new(), bpy.data.meshes.new(name)
    getattr(bmesh.ops, f"create_{kind}")(body, **(shape or {"size": 1.0}))
    body.to_mesh(mesh)
    body.free()
    thing = bpy.data.objects.new(name, mesh)
    thing.location, thing.scale = location, scale
    bpy.context.collection.objects.link(thing)
    if colour is not None:
        material = bpy.data.materials.new(name)
        if bpy.app.version < (5, 0, 0):
            material.use_nodes = True
        material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*colour, 1)
        mesh.materials.append(material)
    thing.select_set(True)
    bpy.context.view_layer.objects.active = thing
    bpy.context.view_layer.update()
    return thing


@pytest.fixture
def post(addon):
    """The parts whose sides can be told apart: red to −Y, green to +X, blue on top of grey."""
    add("red", (1, 0, 0), (0, -0.3, 1), (0.3, 0.3, 0.3))
    add("green", (0, 1, 0), (0.5, 0, 1), (0.7, 0.3, 0.3))
    add("blue", (0, 0, 1), (0, 0, 1.85), (0.5, 0.5, 0.3))
    return add("post", (0.5, 0.5, 0.5), (0, 0, 0.9), (0.5, 0.4, 1.8))


def points_of(arrays):
    """World points (N,3) and colours (N,4) of all views, by the protocol's own words."""
    places, colours = [], []
    for rgba, depth, pose, (_, extent) in zip(*(arrays[k] for k in ("rgba", "depths", "poses", "views")), strict=True):
        side = len(depth)
        rows, columns = np.nonzero(depth)
        x = (columns + 0.5) / side * extent - extent / 2
        y = extent / 2 - (rows + 0.5) / side * extent
        camera = np.stack([x, y, -depth[rows, columns]], axis=1)
        places.append(camera @ pose[:3, :3].T + pose[:3, 3])
        colours.append(rgba[rows, columns])
    return np.concatenate(places), np.concatenate(colours)


def test_every_point_lies_on_the_surface_with_its_colour(addon, post):
    arrays = addon.scan.scan(list(bpy.context.selected_objects), "fast")
    assert arrays["rgba"].dtype == np.uint8 and arrays["depths"].shape == (14, 96, 96)
    places, colours = points_of(arrays)
    assert len(places) > 10_000
    red = (colours[:, 0] > 200) & (colours[:, 1] < 50)
    assert np.abs(places[red] - (0, -0.3, 1)).max() <= 0.15 + 1e-4
    inside = np.abs(places[red] - (0, -0.3, 1)).max(axis=1)
    assert np.allclose(inside, 0.15, atol=1e-4), "on the faces of its box, not near them"
    blue = (colours[:, 2] > 200) & (colours[:, 0] < 50)
    assert places[blue, 2].max() == pytest.approx(2.0, abs=1e-4)
    grey = colours[(colours[:, 0] == colours[:, 1]) & (colours[:, 1] == colours[:, 2])]
    assert set(grey[:, 0]) == {188}, "0.5 of linear light"


def test_the_backend_takes_it(addon, post):
    from maquette.backend.inputs import check_arrays

    check_arrays(addon.scan.scan(list(bpy.context.selected_objects), "fast"))


def test_vertex_colours_and_modifiers_are_seen(addon):
    thing = add("ball", kind="icosphere", subdivisions=3, radius=1.0)
    layer = thing.data.color_attributes.new("Color", "BYTE_COLOR", "POINT")
    values = np.zeros((len(thing.data.vertices), 4), np.float32)
    values[:] = (0.2, 0.4, 0.6, 1)
    layer.data.foreach_set("color_srgb", values.ravel())
    thing.modifiers.new("Array", "ARRAY").count = 2
    places, colours = points_of(addon.scan.scan([thing], "fast"))
    assert places[:, 0].max() > 2.5 and set(map(tuple, colours)) == {(51, 102, 153, 255)}


def test_a_texture_is_seen_through_its_uvs(addon):
    thing = add("card", (1, 1, 1), kind="grid", x_segments=1, y_segments=1, size=1.0)
    layer = thing.data.uv_layers.new(name="UV")
    corners = np.array([thing.data.vertices[loop.vertex_index].co[:2] for loop in thing.data.loops], np.float32)
    layer.data.foreach_set("uv", ((corners + 1) / 2).ravel())
    image = bpy.data.images.new("t", 2, 2)
    image.pixels[:] = [1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1]  # from the lower left
    tree = thing.data.materials[0].node_tree
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    tree.links.new(node.outputs["Color"], tree.nodes["Principled BSDF"].inputs["Base Color"])
    places, colours = points_of(addon.scan.scan([thing], "fast"))
    for corner, colour in (((-1, -1), (255, 0, 0)), ((1, -1), (0, 255, 0)), ((-1, 1), (0, 0, 255))):
        there = np.linalg.norm(places[:, :2] - np.array(corner) * 0.5, axis=1) < 0.3
        assert set(map(tuple, colours[there][:, :3])) == {colour}


def test_selected_becomes_a_closed_mesh_of_its_size_and_colours(addon, signpost, post):
    before = sorted(thing.name for thing in bpy.data.objects)
    scenes, cameras = len(bpy.data.scenes), len(bpy.data.cameras)
    assert bpy.ops.maquette.mesh_from_selected(preset="fast") == {"FINISHED"}
    made = bpy.context.object
    assert made.name == "post anew" and len(bpy.data.objects) == len(before) + 1
    assert (len(bpy.data.scenes), len(bpy.data.cameras)) == (scenes, cameras)
    size = np.array(made.dimensions)
    assert size[2] == pytest.approx(2.0, abs=0.02) and size[0] == pytest.approx(1.1, abs=0.1)
    values = np.empty(len(made.data.vertices) * 4, np.float32)
    made.data.color_attributes["Color"].data.foreach_get("color_srgb", values)
    colours = values.reshape(-1, 4)
    points = np.array([vertex.co for vertex in made.data.vertices])
    blue = (colours[:, 2] > 0.8) & (colours[:, 0] < 0.3)
    red = (colours[:, 0] > 0.8) & (colours[:, 2] < 0.3)
    assert blue.sum() > 20 and points[blue, 2].mean() > 1.6
    assert red.sum() > 20 and points[red, 1].mean() < points[:, 1].mean() - 0.1
    assert bpy.ops.maquette.generate_again() == {"FINISHED"}


def test_what_has_no_surface_is_refused_in_words(addon, signpost):
    light = bpy.data.objects.new("lamp", bpy.data.lights.new("lamp", "POINT"))
    bpy.context.collection.objects.link(light)
    light.select_set(True)
    with pytest.raises(RuntimeError, match="has a surface"):
        bpy.ops.maquette.mesh_from_selected()
    light.select_set(False)
    assert not bpy.ops.maquette.mesh_from_selected.poll()


def test_instances_are_seen_where_they_stand_with_the_objects_own_material(addon):
    """An empty that instances a collection, and a material that hangs on the object instead of its mesh."""
    hidden = bpy.data.collections.new("kept apart")
    bpy.ops.mesh.primitive_cube_add(size=1)
    cube = bpy.context.object
    hidden.objects.link(cube)
    bpy.context.scene.collection.objects.unlink(cube)
    cube.data.materials.append(None)
    cube.material_slots[0].link = "OBJECT"
    red = bpy.data.materials.new("red")
    red.diffuse_color = (1, 0, 0, 1)
    for node in red.node_tree.nodes if red.node_tree else ():  # Blender 5 makes them unasked
        if node.type == "BSDF_PRINCIPLED":
            node.inputs["Base Color"].default_value = (1, 0, 0, 1)
    cube.material_slots[0].material = red
    empty = bpy.data.objects.new("empty", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", hidden
    empty.location = (10, 0, 0)
    bpy.context.scene.collection.objects.link(empty)
    bpy.context.view_layer.update()
    skin = addon.scan.skin_of([empty])
    assert len(skin.triangles) == 12
    assert np.allclose(skin.points.mean(0), (10, 0, 0))
    assert np.allclose(skin.colours[..., :3], (1, 0, 0))


def test_a_linked_object_is_not_taken_for_a_local_one_of_its_name(addon, tmp_path):
    bpy.ops.mesh.primitive_uv_sphere_add()
    bpy.context.object.name = "thing"
    library = str(tmp_path / "library.blend")
    bpy.ops.wm.save_as_mainfile(filepath=library)
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.mesh.primitive_cube_add()
    local = bpy.context.object
    local.name = "thing"
    with bpy.data.libraries.load(library, link=True) as (_, into):
        into.objects = ["thing"]
    (linked,) = into.objects
    bpy.context.scene.collection.objects.link(linked)
    bpy.context.view_layer.update()
    for thing, other in ((local, linked), (linked, local)):
        names = addon.sources.names_of([thing])
        assert addon.sources._named(names) == [thing] != [other]


def test_too_many_triangles_are_refused_with_the_limit_in_words(addon, monkeypatch):
    thing = add("ball", kind="icosphere", subdivisions=4, radius=1.0)
    monkeypatch.setattr(addon.scan, "MOST_TRIANGLES", 1000)
    with pytest.raises(addon.scan.NothingToRun, match=r"1,280 triangles are too many to look at; 1,000 are the most\."):
        addon.scan.scan([thing], "fast")
    monkeypatch.setattr(addon.scan, "MOST_TRIANGLES", 1280)
    assert len(addon.scan.scan([thing], "fast")["depths"]) == 14
