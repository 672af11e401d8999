"""Operators without a window: picture or text in, object at the cursor out, or one sentence and its fix."""

import json

import bpy
import numpy as np
import pytest
from conftest import ROOT


def colours_of(mesh):
    values = np.empty(len(mesh.vertices) * 4, np.float32)
    mesh.color_attributes["Color"].data.foreach_get("color_srgb", values)
    return np.round(values.reshape(-1, 4) * 255).astype(np.uint8)


def corner_of(thing, colour):
    """Mean of the vertices of one colour, in the world."""
    points = np.array([thing.matrix_world @ vertex.co for vertex in thing.data.vertices])
    return points[(colours_of(thing.data)[:, :3] == colour).all(axis=1)].mean(axis=0)


def test_a_real_picture_becomes_a_coloured_object(addon):
    """The whole way on the real engine, from a picture of ours."""
    bpy.context.scene.cursor.location = (3, -2, 0.5)
    answer = bpy.ops.maquette.generate_from_image(
        filepath=str(ROOT / "docs/samples/mushroom.png"), preset="fast", height=0.4
    )
    assert answer == {"FINISHED"}
    thing = bpy.context.object
    assert thing.name == thing.data.name == "mushroom" and thing.select_get()
    assert tuple(thing.location) == pytest.approx((3, -2, 0.5)) and tuple(thing.scale) == (1, 1, 1)
    points = np.array([vertex.co for vertex in thing.data.vertices])
    assert points[:, 2].min() == pytest.approx(0, abs=1e-4) and np.ptp(points[:, 2]) == pytest.approx(0.4, abs=1e-4)
    assert len(points) > 1_000 and not thing.data.validate(), "Blender found something to mend"
    assert len(np.unique(colours_of(thing.data), axis=0)) > 100
    assert thing.material_slots[0].material.name == "Maquette Vertex Colour"
    kept = json.loads(thing["maquette"])
    assert kept["engine"] == "pocket" and kept["preset"] == "fast" and kept["licence"]
    assert kept["source"].endswith("mushroom.png")


def test_the_object_stands_upright_and_faces_the_front(addon, signpost, picture):
    bpy.context.scene.cursor.location = (5, 6, 7)
    bpy.ops.maquette.generate_from_image(filepath=str(picture()), engine="signpost", height=4)
    thing = bpy.context.object
    middle = np.array(thing.location)
    hat, nose, arm = (corner_of(thing, colour) - middle for colour in ((0, 0, 255), (255, 0, 0), (0, 255, 0)))
    assert hat[2] > 3.5 and nose[1] < -0.2 and arm[0] > 0.2
    assert middle.tolist() == [5, 6, 7]
    assert tuple(thing.rotation_euler) == (0, 0, 0) and tuple(thing.scale) == (1, 1, 1)


def test_height_zero_makes_the_longest_side_one_metre(addon, signpost, picture):
    bpy.ops.maquette.generate_from_image(filepath=str(picture()), engine="signpost")
    assert max(bpy.context.object.dimensions) == pytest.approx(1)


def test_the_cursor_counts_where_it_was_at_the_click(addon, signpost, picture):
    from conftest import pump

    bpy.context.scene.cursor.location = (1, 0, 0)
    id = queue(addon, picture())
    bpy.context.scene.cursor.location = (9, 9, 9)
    pump(addon, lambda: addon.runtime.delivery.tickets[id].placed)
    assert tuple(bpy.context.object.location) == (1, 0, 0)


def queue(addon, path, name="post"):
    """Submits as the button does in a window, where nothing blocks."""
    request = addon.link.Request(
        engine="signpost",
        name=name,
        source=str(path),
        placement=addon.link.Placement(tuple(bpy.context.scene.cursor.location)),
    )
    target = addon.scene.Target.here(bpy.context)
    return addon.runtime.submit(addon.delivery.Ticket(request, addon.sources.FileSource(str(path)), target))


def test_name_and_cutout_and_target_faces_reach_the_request(addon, signpost, picture):
    bpy.ops.maquette.generate_from_image(
        filepath=str(picture()), engine="signpost", name="Wegweiser", cutout="none", target_faces=40, seed=7
    )
    assert bpy.context.object.name == "Wegweiser"
    request = addon.recall.recall(bpy.context.object).request
    assert (request.cutout, request.target_faces, request.seed) == ("none", 40, 7)


@pytest.mark.parametrize(
    "name", ["Vase à fleurs.png", "花瓶.png", "a b  c.png", "x" * 90 + ".png", "张" * 40 + ".png", "dots.in.name.png"]
)
def test_odd_file_names(addon, signpost, picture, tmp_path, name):
    path = picture(name, tmp_path / "Ordner mit Ümlaut 张")
    bpy.ops.maquette.generate_from_image(filepath=str(path), engine="signpost")
    assert path.stem.startswith(bpy.context.object.name) and len(bpy.context.object.name) > 1


def test_a_text_becomes_an_object_where_the_engine_takes_texts(addon, signpost):
    bpy.ops.maquette.generate_from_text(prompt="a signpost", engine="signpost")
    assert bpy.context.object.name == "a signpost"
    assert addon.recall.recall(bpy.context.object).request.prompt == "a signpost"


def test_an_engine_without_text_says_so(addon, signpost):
    with pytest.raises(RuntimeError, match="makes no meshes from text"):
        bpy.ops.maquette.generate_from_text(prompt="a chair", engine="pocket")
    assert not bpy.data.objects


def test_an_image_open_in_blender(addon, signpost):
    image = bpy.data.images.new("painted.png", 32, 32, alpha=True)
    pixels = np.zeros((32, 32, 4), np.float32)
    pixels[8:24, 8:24] = (0.2, 0.4, 0.6, 1)
    image.pixels.foreach_set(pixels.ravel())
    bpy.ops.maquette.generate_from_image(image="painted.png", engine="signpost")
    thing = bpy.context.object
    assert thing.name == "painted"
    assert (51, 102, 153) in {tuple(colour[:3]) for colour in colours_of(thing.data).tolist()}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "No picture is chosen"),
        ({"filepath": "/nowhere/at all.png"}, "There is no picture"),
        ({"filepath": str(ROOT / "docs/samples")}, "is a folder"),
        ({"image": "not there"}, "No image “not there”"),
        ({"filepath": __file__}, "could not be read"),
        ({"filepath": str(ROOT / "docs/samples/mug.png"), "engine": "no such"}, "There is no engine"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_a_fix(addon, signpost, options, sentence):
    with pytest.raises(RuntimeError, match=sentence) as caught:
        bpy.ops.maquette.generate_from_image(**options)
    told = str(caught.value).removeprefix("Error: ").strip()
    assert "\n" not in told and told.count(". ") >= 1 and "Traceback" not in told
    assert not bpy.data.objects and not bpy.data.meshes


def test_a_failure_of_the_engine_is_told(addon, signpost, picture):
    with pytest.raises(RuntimeError, match=r"Nothing is left of the picture\. Turn the cut-out off\."):
        bpy.ops.maquette.generate_from_image(filepath=str(picture()), engine="signpost", name="fail")


def test_generate_again_remembers_everything(addon, signpost, picture):
    bpy.ops.maquette.generate_from_image(filepath=str(picture()), engine="signpost", seed=3, height=2, cutout="none")
    first = bpy.context.object
    bpy.context.scene.cursor.location = (4, 0, 0)
    assert bpy.ops.maquette.generate_again() == {"FINISHED"}
    again = bpy.context.object
    assert again != first and tuple(again.location) == (4, 0, 0) and again.dimensions.z == pytest.approx(2)
    request = addon.recall.recall(again).request
    assert (request.seed, request.cutout) == (3, "none")


def test_what_is_written_on_an_object_is_not_trusted(addon):
    thing = bpy.data.objects.new("x", None)
    for text in ("", "{", "[]", '{"request": {}}', '{"request": 3}', "[" * 100_000):
        thing["maquette"] = text
        assert addon.recall.recall(thing) is None
    thing["maquette"] = 5
    assert addon.recall.recall(thing) is None and addon.recall.recall(None) is None


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_cursor_that_is_nowhere_is_one_sentence(addon, signpost, picture, bad):
    path = picture()
    bpy.ops.maquette.generate_from_image(filepath=str(path), engine="signpost")
    jobs = len(signpost.jobs)
    bpy.context.scene.cursor.location.y = bad
    for call in (
        lambda: bpy.ops.maquette.generate_from_image(filepath=str(path), engine="signpost"),
        lambda: bpy.ops.maquette.generate_from_text(prompt="a chair", engine="signpost"),
        lambda: bpy.ops.maquette.generate_from_folder(directory=str(path.parent), engine="signpost"),
        bpy.ops.maquette.generate_again,
    ):
        with pytest.raises(RuntimeError, match=r"3D cursor is at no place that exists\. Press Shift C"):
            call()
    assert len(signpost.jobs) == jobs


def test_a_height_that_is_no_number_is_one_sentence(addon, signpost, picture):
    with pytest.raises(RuntimeError, match="height is not a number"):
        bpy.ops.maquette.generate_from_image(filepath=str(picture()), height=float("nan"))
    assert not signpost.jobs
