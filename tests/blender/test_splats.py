"""Gaussians and points from a .ply become objects: what they show, where they stand, what is said."""

import bpy
import numpy as np
import pytest
from conftest import pump
from maquette.backend.shapes import GaussianCloud, PointCloud
from maquette.backend.shapes.files.cloud import write_cloud

SIDES = np.float32([1.0, 0.5, 2.0])  # of the whole, metres


def gaussians(count=3000):
    """A box's surface of flat ellipsoids: red towards −Y, green towards +X, blue on top, else grey."""
    rng = np.random.default_rng(0)
    axis, sign = rng.integers(0, 3, count), rng.choice([-1, 1], count)
    means = rng.uniform(-0.5, 0.5, (count, 3))
    means[np.arange(count), axis] = sign / 2
    colours = np.full((count, 3), 0.5)
    for where, colour in (((1, -1), (1, 0, 0)), ((0, 1), (0, 1, 0)), ((2, 1), (0, 0, 1))):
        colours[(axis == where[0]) & (sign == where[1])] = colour
    scales = np.full((count, 3), 0.03)
    scales[np.arange(count), axis] = 0.002
    turns = np.tile([1.0, 0, 0, 0], (count, 1))
    arrays = (means * SIDES, scales, turns, np.full(count, 0.9), colours)
    return GaussianCloud(*(np.float32(array) for array in arrays))


@pytest.fixture
def splat(tmp_path):
    def write(name="box.ply", up="+Z", folder=tmp_path, cloud=None):
        folder.mkdir(parents=True, exist_ok=True)
        write_cloud(folder / name, cloud or gaussians(), up=up)
        return str(folder / name)

    return write


def evaluated(thing):
    return thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).data


def positions(mesh):
    values = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", values)
    return values.reshape(-1, 3)


def srgb(mesh):
    values = np.empty(len(mesh.vertices) * 4, np.float32)
    mesh.color_attributes["Color"].data.foreach_get("color_srgb", values)
    return values.reshape(-1, 4)


def upright(points, colours):
    """Red looks to −Y, green to +X, blue is on top."""
    red, green, blue = (points[(colours[:, :3] @ np.eye(3)[i] - colours[:, :3].sum(1) / 2 > 0.45)] for i in range(3))
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    assert min(len(red), len(green), len(blue)) > 10
    assert red[:, 1].mean() < middle[1] - 0.2 * (high - low)[1]
    assert green[:, 0].mean() > middle[0] + 0.2 * (high - low)[0]
    assert blue[:, 2].mean() > middle[2] + 0.2 * (high - low)[2]


@pytest.mark.parametrize("up", ["+Z", "+Y", "-Y"])
@pytest.mark.parametrize("kind", ["splats", "points"])
def test_a_cloud_stands_upright_with_its_colours_and_numbers(addon, signpost, splat, kind, up):
    bpy.context.scene.cursor.location = (1, 2, 3)
    path = splat(up=up)
    assert bpy.ops.maquette.import_splat(filepath=path, as_=kind, up=up, height=2.0) == {"FINISHED"}
    thing = bpy.context.object
    assert thing.name == "box" and tuple(thing.location) == (1, 2, 3)
    mesh = thing.data
    assert len(mesh.vertices) == 3000 and len(mesh.polygons) == 0
    points = positions(mesh)
    assert np.allclose(points.max(axis=0) - points.min(axis=0), SIDES, rtol=0.06), "the height is that of their edges"
    assert 0.02 < points[:, 2].min() < 0.06, "the lowest touch the ground with their edges"
    upright(points, srgb(mesh))
    names = {attribute.name for attribute in mesh.attributes}
    assert {"Color", "scale", "rotation", "opacity", "reach"} <= names
    assert mesh.attributes["opacity"].data[0].value == pytest.approx(0.9, abs=0.01)
    assert addon.recall.recall(thing).request.options["up"] == up


@pytest.mark.parametrize("kind", ["splats", "points"])
def test_what_is_shown_is_geometry_with_the_points_colours(addon, signpost, splat, kind):
    bpy.ops.maquette.import_splat(filepath=splat(), as_=kind, up="+Z")
    thing = bpy.context.object
    shown = evaluated(thing)
    each = {"splats": (12, 20), "points": (6, 8)}[kind]
    assert (len(shown.vertices), len(shown.polygons)) == (3000 * each[0], 3000 * each[1])
    assert shown.color_attributes.active_color_name == "Color", "or Solid shading shows grey"
    used = {shown.materials[polygon.material_index].name for polygon in shown.polygons}
    assert used == {"Maquette Vertex Colour"}
    upright(positions(shown), srgb(shown))
    inside = positions(shown)
    assert np.all(np.abs(inside - positions(thing.data).repeat(each[0], axis=0)) < 0.2)


def test_an_ellipsoid_lies_as_its_gaussian_does(addon, signpost, splat):
    turn = np.float32([[np.cos(np.pi / 8), 0, 0, np.sin(np.pi / 8)]])  # 45° about Z
    one = GaussianCloud(
        np.float32([[0, 0, 0], [0, 0, 2]]),
        np.float32([[0.4, 0.1, 0.05]] * 2),
        np.repeat(turn, 2, axis=0),
        np.float32([1, 1]),
        np.float32([[1, 0, 0]] * 2),
    )
    bpy.ops.maquette.import_splat(filepath=splat(cloud=one), as_="splats", up="+Z", keep_scale=True)
    body = positions(evaluated(bpy.context.object))[:12].astype(np.float64)
    body -= body.mean(axis=0)
    values, axes = np.linalg.eigh(body.T @ body)
    assert abs(axes[:, 2] @ (np.sqrt(0.5), np.sqrt(0.5), 0)) > 0.999, "the longest axis"
    reach = np.sqrt(2 * np.log(1 / addon.cloud.SEEN))
    assert np.sqrt(values / values[2]) == pytest.approx([0.125, 0.25, 1], abs=0.01)
    assert np.linalg.norm(body, axis=1).max() <= 0.4 * reach + 1e-5
    assert tuple(bpy.context.object.location) == (0, 0, 0)


def test_too_many_are_thinned_out_and_it_is_said(addon, signpost, splat):
    path = splat()
    bpy.ops.maquette.import_splat(filepath=path, as_="splats", up="+Z", at_most=500)
    assert len(bpy.context.object.data.vertices) == 500
    assert any("shows the 500 largest of 3,000 Gaussians" in note for note in addon.runtime.delivery.notes)
    arrays = {"points": np.zeros((9, 3), np.float32), "colours": np.full((9, 4), 255, np.uint8)}
    arrays["scales"] = np.float32([[s, s, s] for s in range(1, 10)])
    arrays["rotations"] = np.zeros((9, 4), np.float32)
    assert list(addon.cloud._foremost(arrays, 3)) == [6, 7, 8]
    thing, note = addon.cloud.build_cloud("flat", arrays, "splats", 9)
    assert not note and np.isfinite(positions(evaluated_alone(thing))).all(), "a turn of no length turns nothing"


def evaluated_alone(thing):
    bpy.context.collection.objects.link(thing)
    return evaluated(thing)


def test_points_that_are_no_gaussians_are_shown_as_points(addon, signpost, splat):
    rng = np.random.default_rng(1)
    points = PointCloud(
        np.float32(rng.normal(size=(800, 3))),
        np.full((800, 4), (200, 30, 30, 255), np.uint8),
        np.float32([[0, 0, 1]] * 800),
    )
    bpy.ops.maquette.import_splat(filepath=splat(cloud=points), as_="splats", up="+Z")
    thing = bpy.context.object
    assert len(evaluated(thing).vertices) == 800 * 6 and "direction" in thing.data.attributes
    assert "scale" not in thing.data.attributes


def test_the_shown_shape_is_exported(addon, signpost, splat, tmp_path):
    bpy.ops.maquette.import_splat(filepath=splat(), as_="splats", up="+Z", at_most=50)
    bpy.ops.wm.ply_export(filepath=str(tmp_path / "out.ply"), apply_modifiers=True, export_selected_objects=True)
    head = (tmp_path / "out.ply").read_bytes()[:400].decode("ascii", "replace")
    assert "element vertex 600" in head and "property uchar red" in head


def test_saved_and_opened_it_still_shows(addon, signpost, splat, tmp_path):
    bpy.ops.maquette.import_splat(filepath=splat(), as_="splats", up="+Z", at_most=50)
    bpy.ops.maquette.import_splat(filepath=splat(), as_="splats", up="+Z", at_most=50)
    assert len([group for group in bpy.data.node_groups if group.get("maquette")]) == 1
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert len(evaluated(bpy.data.objects["box"]).vertices) == 600


def test_several_files_stand_in_rows(addon, signpost, splat, tmp_path):
    names = ["a.ply", "b.ply", "c.ply"]
    for name in names:
        splat(name)
    files = [{"name": name} for name in names]
    bpy.ops.maquette.import_splat(directory=str(tmp_path), files=files, as_="points", up="+Z")
    places = [tuple(bpy.data.objects[name].location) for name in ("a", "b", "c")]
    assert len(set(places)) == 3 and bpy.data.objects["a"].users_collection[0].name == "Splats"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("gone.ply", None, "There is no file"),
        ("bad.ply", b"not a ply at all", "bad.ply"),
        ("empty.ply", b"", "empty.ply"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(addon, signpost, tmp_path, name, text, words):
    if text is not None:
        (tmp_path / name).write_bytes(text)
    with pytest.raises(RuntimeError, match=words):
        bpy.ops.maquette.import_splat(filepath=str(tmp_path / name), as_="points")
    assert not bpy.data.objects


def test_it_can_be_made_again_and_resumed(addon, signpost, splat):
    bpy.ops.maquette.import_splat(filepath=splat(), as_="points", up="+Z")
    request = addon.recall.recall(bpy.context.object).request
    assert isinstance(addon.sources.source_of(request), addon.sources.NoSource)
    (ticket,) = addon.resume.tickets_of([request], bpy.context)
    assert isinstance(ticket.source, addon.sources.NoSource)
    assert bpy.ops.maquette.generate_again() == {"FINISHED"}
    assert len(bpy.data.objects["box.001"].data.vertices) == 3000


def test_dropped_files_are_ours_to_take(addon):
    handler = bpy.types.MAQUETTE_FH_splat
    assert handler.bl_import_operator == "maquette.import_splat" and handler.bl_file_extensions == ".ply"


def test_a_folder_of_splats_becomes_a_grid(addon, signpost, splat, tmp_path):
    folder = tmp_path / "splats"
    for name in ("a.ply", "b.ply"):
        splat(name, folder=folder, up="+Z")
    assert bpy.ops.maquette.generate_from_folder(directory=str(folder), target_faces=500, preset="fast") == {"FINISHED"}
    made = [bpy.data.objects[name] for name in ("a", "b")]
    assert made[0].location.x != made[1].location.x
    assert all(0 < len(thing.data.polygons) <= 600 for thing in made)


def test_as_a_mesh_it_is_closed_and_coloured(addon, signpost, splat):
    assert bpy.ops.maquette.import_splat(filepath=splat(), up="+Z", preset="fast", height=2.0) == {"FINISHED"}
    mesh = bpy.context.object.data
    assert len(mesh.polygons) > 500
    points = positions(mesh)
    assert np.allclose(points.max(axis=0) - points.min(axis=0), SIDES, atol=0.25)
    upright(points, srgb(mesh))


def test_the_method_is_the_user_s_choice(addon, signpost, splat):
    faces = {}
    for method in ("poisson", "opacity", "carve"):
        assert bpy.ops.maquette.import_splat(filepath=splat(), up="+Z", preset="fast", method=method) == {"FINISHED"}
        request = addon.recall.recall(bpy.context.object).request
        assert request.options.get("method", "poisson") == method
        assert ("method" in request.options) == (method != "poisson"), "the engine's own choice stays its own"
        faces[method] = len(bpy.context.object.data.polygons)
    assert len(set(faces.values())) == 3, "three meshes, each made another way"
    bpy.ops.maquette.import_splat(filepath=splat(), up="+Z", as_="points", method="carve")
    assert "method" not in addon.recall.recall(bpy.context.object).request.options


def test_a_mesh_can_keep_the_size_and_place_of_its_file(addon, signpost, splat):
    bpy.context.scene.cursor.location = (5, 5, 5)
    bpy.ops.maquette.import_splat(filepath=splat(), up="+Z", preset="fast", keep_scale=True, target_faces=2000)
    thing = bpy.context.object
    points = positions(thing.data)
    assert tuple(thing.location) == (0, 0, 0)
    assert np.allclose((points.min(axis=0), points.max(axis=0)), (-SIDES / 2, SIDES / 2), atol=0.1)


def test_the_user_sees_the_window_s_way(addon, signpost, splat):
    """Through the timer, as with a window: a ticket waits its turn and the note is kept for the panel."""
    op_file = splat()
    request = addon.link.Request(
        engine="splat", file=op_file, source=op_file, output="cloud", name="box", options={"up": "+Z", "at_most": 10}
    )
    ticket = addon.delivery.Ticket(request, addon.sources.NoSource(), addon.scene.Target.here(bpy.context))
    addon.runtime.submit(ticket)
    pump(addon, lambda: not addon.runtime.busy())
    assert ticket.placed and "10 largest" in ticket.placed.note
