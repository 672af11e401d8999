"""Where results stand, what undo does, and that the user's work is left alone."""

import bpy
import numpy as np
import pytest

TETRAHEDRON = {
    "vertices": np.array([(-0.5, -0.5, 0), (0.5, -0.5, 0), (0, 0.5, 0), (0, 0, 1)], np.float32),
    "faces": np.array([(0, 2, 1), (0, 1, 3), (1, 2, 3), (2, 0, 3)], np.int32),
    "colours": np.array([(255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (127, 64, 32, 255)], np.uint8),
}


@pytest.fixture
def report(addon):
    return addon.link.Report("pocket", "standard", 0, 1.5, 4, 4, 1, True, (), {}, 0, "CC-BY-4.0")


@pytest.fixture
def place(addon, report):
    def place(name="thing", target=None, location=(0, 0, 0), group="", **arrays):
        target = target or addon.scene.Target.here(bpy.context)
        request = addon.link.Request(name=name, source="/a/thing.png")
        return addon.scene.place({**TETRAHEDRON, **arrays}, request, report, target, location, group)

    return place


@pytest.fixture
def cube(addon):
    bpy.ops.mesh.primitive_cube_add()
    bpy.context.object.name = "cube"
    return bpy.context.object


def test_the_result_alone_is_selected_and_active(place, cube):
    placed = place()
    assert [thing.name for thing in bpy.context.selected_objects] == [placed.name] == ["thing"]
    assert bpy.context.object.name == "thing" and not placed.note


def test_one_undo_step_takes_object_mesh_and_material_away(place, cube):
    bpy.ops.ed.undo_push(message="before")
    cube.location.x = 3
    bpy.ops.ed.undo_push(message="moved")
    place()
    assert "thing" in bpy.data.objects
    bpy.ops.ed.undo()
    assert "thing" not in bpy.data.objects and "thing" not in bpy.data.meshes and not bpy.data.materials
    assert bpy.data.objects["cube"].location.x == 3, "undo took back more than the result"
    bpy.ops.ed.redo()
    assert "thing" in bpy.data.objects
    assert "Color" in bpy.data.objects["thing"].data.color_attributes


@pytest.mark.parametrize("mode", ["EDIT", "SCULPT", "VERTEX_PAINT", "WEIGHT_PAINT"])
def test_work_in_another_mode_goes_on_undisturbed(place, cube, mode):
    bpy.ops.object.mode_set(mode=mode)
    placed = place()
    assert cube.mode == mode and bpy.context.object == cube and cube.select_get()
    assert not bpy.data.objects[placed.name].select_get()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert placed.name in bpy.context.view_layer.objects


def test_a_second_result_shares_the_material(place):
    place("a")
    place("b")
    assert len(bpy.data.materials) == 1
    assert bpy.data.objects["a"].active_material == bpy.data.objects["b"].active_material


def test_a_material_the_user_unplugged_is_left_alone(place):
    place("a")
    theirs = bpy.data.objects["a"].active_material
    theirs.node_tree.links.clear()
    place("b")
    ours = bpy.data.objects["b"].active_material
    assert ours != theirs and not theirs.node_tree.links and ours.node_tree.links


def test_a_material_the_user_made_shinier_is_still_shared(place):
    place("a")
    shared = bpy.data.objects["a"].active_material
    shared.name = "My ceramics"
    next(n for n in shared.node_tree.nodes if n.type == "BSDF_PRINCIPLED").inputs["Roughness"].default_value = 0.1
    place("b")
    assert bpy.data.objects["b"].active_material == shared


def test_it_goes_into_the_collection_that_was_active(addon, place):
    own = bpy.data.collections.new("Props")
    bpy.context.scene.collection.children.link(own)
    bpy.context.view_layer.active_layer_collection = bpy.context.view_layer.layer_collection.children["Props"]
    target = addon.scene.Target.here(bpy.context)
    bpy.context.view_layer.active_layer_collection = bpy.context.view_layer.layer_collection
    own.name = "Renamed meanwhile"
    place(target=target)
    assert [thing.name for thing in own.objects] == ["thing"]


def test_a_collection_that_is_gone_is_replaced_by_the_scene_and_said_so(addon, place):
    own = bpy.data.collections.new("Props")
    bpy.context.scene.collection.children.link(own)
    bpy.context.view_layer.active_layer_collection = bpy.context.view_layer.layer_collection.children["Props"]
    target = addon.scene.Target.here(bpy.context)
    bpy.data.collections.remove(own)
    placed = place(target=target)
    assert "Props" in placed.note and placed.name in bpy.context.scene.collection.objects


def test_a_scene_that_is_gone_is_replaced_by_the_one_in_use(addon, place):
    other = bpy.data.scenes.new("Stage")
    with bpy.context.temp_override(scene=other):
        target = addon.scene.Target.here(bpy.context)
    assert target.scene == other.session_uid
    bpy.data.scenes.remove(other)
    placed = place(target=target)
    assert "Stage" in placed.note and placed.name in bpy.context.scene.objects


@pytest.fixture
def linked_scene(tmp_path):
    """A scene of another file, linked into this one."""
    there = bpy.data.scenes.new("Stage")
    there.collection.children.link(bpy.data.collections.new("Props"))
    path = str(tmp_path / "stage.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path, copy=True)  # writing the one scene alone crashes some Blenders
    bpy.data.scenes.remove(there)
    bpy.data.collections.remove(bpy.data.collections["Props"])
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.scenes = ["Stage"]
    return next(scene for scene in bpy.data.scenes if scene.library is not None)


@pytest.mark.parametrize("group", ["", "Folder"])
def test_a_scene_of_a_library_is_left_for_the_first_of_this_file(addon, place, linked_scene, group):
    target = addon.scene.Target(linked_scene.session_uid, linked_scene.collection.session_uid, "Stage", "")
    placed = place(target=target, group=group)
    assert placed.name in bpy.context.scene.objects and bpy.context.scene.library is None
    assert "Stage" in placed.note and "linked from another file" in placed.note


def test_what_cannot_be_placed_leaves_nothing_behind(addon, place, monkeypatch):
    def burst(*_):
        raise TypeError("no such thing")

    for step in ("remember", "resolve"):
        monkeypatch.setattr(addon.scene, step, burst)
        with pytest.raises(TypeError, match="no such thing"):
            place()
        monkeypatch.undo()
        assert not bpy.data.objects and not bpy.data.meshes


def test_another_scene_gets_its_result_though_nobody_looks_at_it(addon, place):
    other = bpy.data.scenes.new("Stage")
    target = addon.scene.Target(other.session_uid, other.collection.session_uid, "Stage", "")
    placed = place(target=target)
    assert placed.name in other.objects and placed.name not in bpy.context.scene.objects and not placed.note


def test_a_collection_left_out_of_the_view_layer_still_gets_it(addon, place):
    own = bpy.data.collections.new("Props")
    bpy.context.scene.collection.children.link(own)
    layer = bpy.context.view_layer.layer_collection.children["Props"]
    target = addon.scene.Target(bpy.context.scene.session_uid, own.session_uid, "Scene", "Props")
    layer.exclude = True
    placed = place(target=target)
    assert placed.name in own.objects and "leaves out" in placed.note


def test_groups_are_made_once_and_found_again(addon, place):
    bpy.data.collections.new("Folder")  # somebody else's: the name is taken
    place("a", group="Folder")
    place("b", group="Folder")
    group = addon.scene.find_group(addon.scene.Target.here(bpy.context), "Folder")
    assert sorted(thing.name for thing in group.objects) == ["a", "b"]
    assert len(bpy.context.scene.collection.children) == 1


def test_the_view_keeps_its_shading(place):
    screens = [space for area in bpy.context.screen.areas for space in area.spaces if space.type == "VIEW_3D"]
    before = [(space.shading.type, space.shading.color_type) for space in screens]
    place()
    assert before == [(space.shading.type, space.shading.color_type) for space in screens]


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ({"faces": np.array([(0, 1, 4)], np.int32)}, "does not exist"),
        ({"faces": np.array([(0, 1, -1)], np.int32)}, "does not exist"),
        ({"faces": np.array([(0, 1, 1)], np.int32)}, "twice"),
        ({"faces": np.empty((0, 3), np.int32)}, "nothing"),
        ({"faces": np.array([0, 1, 2], np.int32)}, "threes"),
        ({"vertices": np.full((4, 3), np.nan, np.float32)}, "number"),
        ({"vertices": np.array([(np.inf, 0, 0), (-np.inf, 0, 0), (0, 0, 1), (0, 1, 0)], np.float32)}, "number"),
        ({"colours": np.zeros((3, 4), np.uint8)}, "colour"),
        ({"colours": np.zeros((4, 4), np.float32)}, "colour"),
    ],
)
def test_arrays_that_are_no_mesh_leave_nothing_behind(addon, place, arrays, why):
    with pytest.raises(addon.mesh.UnusableMesh, match=why):
        place(**arrays)
    assert not bpy.data.meshes and not bpy.data.objects and not bpy.data.materials


def test_the_mesh_is_what_blender_itself_would_have_made(addon):
    """Against from_pydata, on a mesh large enough to have every kind of edge."""
    rng = np.random.default_rng(0)
    vertices = rng.normal(size=(500, 3)).astype(np.float32)
    faces = np.array([rng.choice(500, 3, replace=False) for _ in range(400)], np.int32)
    ours = addon.mesh.build_mesh("ours", memoryview(vertices), memoryview(faces))
    theirs = bpy.data.meshes.new("theirs")
    theirs.from_pydata(vertices.tolist(), [], faces.tolist())
    assert len(ours.edges) == len(theirs.edges) and len(ours.polygons) == len(theirs.polygons)
    for mine, other in zip(ours.polygons, theirs.polygons, strict=True):
        assert list(mine.vertices) == list(other.vertices)
    assert {tuple(sorted(edge.vertices)) for edge in ours.edges} == {tuple(sorted(e.vertices)) for e in theirs.edges}
    assert not ours.validate()


def test_every_byte_of_colour_arrives(addon):
    colours = np.zeros((256, 4), np.uint8)
    colours[:, 0], colours[:, 1], colours[:, 2], colours[:, 3] = np.arange(256), np.arange(256)[::-1], 128, 255
    vertices = np.random.default_rng(0).normal(size=(256, 3)).astype(np.float32)
    mesh = addon.mesh.build_mesh("m", vertices, np.array([(0, 1, 2)], np.int32), memoryview(colours))
    layer = mesh.color_attributes["Color"]
    assert (layer.data_type, layer.domain) == ("BYTE_COLOR", "POINT")
    assert mesh.color_attributes.active_color == layer
    assert mesh.color_attributes[mesh.color_attributes.render_color_index] == layer
    back = np.empty(1024, np.float32)
    layer.data.foreach_get("color_srgb", back)
    assert (np.round(back.reshape(-1, 4) * 255) == colours).all()
