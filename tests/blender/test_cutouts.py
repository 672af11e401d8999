"""The cut-out: an image to look at and to paint, which Generate then takes as it is."""

import json

import bpy
import numpy as np
import pytest
from conftest import pump, write_png


@pytest.fixture
def photograph(tmp_path):
    """A red disc, off centre, before a plain grey wall; no transparency."""
    y, x = np.mgrid[:96, :128]
    rgba = np.full((96, 128, 4), (150, 150, 150, 255), np.uint8)
    rgba[(x - 50) ** 2 + (y - 40) ** 2 < 30**2] = (220, 40, 30, 255)
    return str(write_png(tmp_path / "disc.png", rgba))


def pixels_of(image):
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(image.size[1], image.size[0], 4)[::-1]


def generate():
    """As the button would from what the panel says now; without a window operators are not invoked."""
    settings = bpy.context.scene.maquette
    return bpy.ops.maquette.generate_from_image(image=settings.image.name, cutout=settings.cutout, engine="signpost")


def test_the_cut_out_is_an_image_that_generate_takes(addon, signpost, photograph):
    settings = bpy.context.scene.maquette
    assert bpy.ops.maquette.cut_out(filepath=photograph) == {"FINISHED"}
    image = bpy.data.images["disc cut-out"]
    assert (settings.source, settings.image, settings.cutout) == ("IMAGE", image, "auto")
    assert tuple(image.size) == (128, 96) and image.packed_file is not None and image.alpha_mode == "STRAIGHT"
    seen = pixels_of(image)
    assert seen[40, 50, 3] == 1 and seen[5, 120, 3] == 0 and seen[90, 5, 3] == 0
    assert np.allclose(seen[40, 50, :3], np.array([220, 40, 30]) / 255, atol=0.01)
    assert not bpy.data.objects, "nothing is made yet"
    assert generate() == {"FINISHED"}
    assert "disc cut-out" in bpy.data.objects


def test_what_is_painted_is_what_is_generated_from(addon, signpost, photograph):
    bpy.ops.maquette.cut_out(filepath=photograph)
    image = bpy.data.images["disc cut-out"]
    seen = pixels_of(image).copy()
    seen[:, :, :3] = (0, 0, 1)
    seen[:, 60:, 3] = 0
    image.pixels.foreach_set(np.ascontiguousarray(seen[::-1]).ravel())
    generate()
    thing = bpy.data.objects["disc cut-out"]
    assert tuple(thing.data.color_attributes[0].data[0].color_srgb)[:3] == pytest.approx((0, 0, 1), abs=0.02)


def test_a_second_cut_out_replaces_the_first_but_not_what_was_painted(addon, signpost, photograph, tmp_path):
    bpy.ops.maquette.cut_out(filepath=photograph)
    bpy.ops.maquette.cut_out(filepath=photograph)
    assert [image.name for image in bpy.data.images if image.get("maquette_cutout")] == ["disc cut-out"]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "kept.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "kept.blend"))
    bpy.ops.maquette.cut_out(filepath=photograph)
    painted = bpy.data.images["disc cut-out"]
    assert "disc cut-out.001" not in bpy.data.images, "a file that was opened again has nothing painted"
    values = pixels_of(painted).copy()
    values[:10, :10] = 1
    painted.pixels.foreach_set(np.ascontiguousarray(values[::-1]).ravel())
    bpy.ops.maquette.cut_out(filepath=photograph)
    assert np.allclose(pixels_of(painted), values)
    assert bpy.context.scene.maquette.image == bpy.data.images["disc cut-out.001"]


def made_by(make):
    """The request that the object of ``make()`` remembers."""
    before = set(bpy.data.objects)
    assert make() == {"FINISHED"}
    (thing,) = set(bpy.data.objects) - before
    return json.loads(thing["maquette"])["request"]


@pytest.mark.parametrize("mode", ["auto", "background", "alpha"])
def test_the_next_opaque_picture_still_loses_its_background(addon, signpost, photograph, mode, tmp_path):
    settings = bpy.context.scene.maquette
    settings.cutout = mode
    bpy.ops.maquette.cut_out(filepath=photograph, cutout="auto")
    assert settings.cutout == mode, "the user's own setting"
    assert made_by(generate)["cutout"] == "alpha"
    settings.cutout = "none"
    assert made_by(generate)["cutout"] == "none", "the whole picture, if that is what is wanted"
    settings.cutout, settings.source, settings.filepath = mode, "FILE", photograph
    ask = {"cutout": settings.cutout, "engine": "signpost"}
    assert made_by(lambda: bpy.ops.maquette.generate_from_image(filepath=photograph, **ask))["cutout"] == mode
    opaque = bpy.data.images.load(photograph)
    assert made_by(lambda: bpy.ops.maquette.generate_from_image(image=opaque.name, **ask))["cutout"] == mode


def test_after_a_cut_out_a_photograph_becomes_no_slab(addon, signpost, photograph):
    bpy.ops.maquette.cut_out(filepath=photograph)
    settings = bpy.context.scene.maquette
    settings.source, settings.filepath = "FILE", photograph
    bpy.ops.maquette.generate_from_image(filepath=settings.filepath, cutout=settings.cutout, engine="outline")
    thing = bpy.context.object
    assert thing.dimensions.x == pytest.approx(thing.dimensions.z, rel=0.2), "the disc; the picture is 4 by 3"
    points = np.array([vertex.co for vertex in thing.data.vertices])
    corner = np.hypot(points[:, 0], points[:, 2] - points[:, 2].mean()).max()
    assert corner < 0.58 * thing.dimensions.z, "round: a slab's corners are farther out"


def test_what_was_erased_from_an_opaque_cut_out_counts(addon, signpost, photograph):
    """Painted back everywhere, the whole picture is what the user wants: nothing is removed again."""
    bpy.ops.maquette.cut_out(filepath=photograph)
    image = bpy.data.images["disc cut-out"]
    seen = pixels_of(image).copy()
    seen[:, :, 3] = 1
    image.pixels.foreach_set(np.ascontiguousarray(seen[::-1]).ravel())
    settings = bpy.context.scene.maquette
    bpy.ops.maquette.generate_from_image(image=image.name, cutout=settings.cutout, engine="outline")
    thing = bpy.context.object
    assert thing.dimensions.x / thing.dimensions.z == pytest.approx(4 / 3, rel=0.1)


def test_it_survives_saving_and_is_replaced_by_the_next(addon, signpost, photograph, tmp_path):
    bpy.ops.maquette.cut_out(filepath=photograph)
    bpy.ops.maquette.cut_out(filepath=photograph)
    assert [image.name for image in bpy.data.images if "cut-out" in image.name] == ["disc cut-out"]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    image = bpy.data.images["disc cut-out"]
    assert pixels_of(image)[40, 50, 3] == 1 and addon.cutouts.is_cutout(image)
    assert bpy.context.scene.maquette.image == image


def test_the_line_says_which_remover_it_was(addon, signpost, photograph):
    request = addon.link.Request(output="cutout", name="disc", source=photograph)
    ticket = addon.delivery.Ticket(request, addon.sources.FileSource(photograph), addon.scene.Target.here(bpy.context))
    addon.runtime.submit(ticket)
    pump(addon, lambda: not addon.runtime.busy())
    assert ticket.image == "disc cut-out" and ticket.told == "Cut out by the colours of the background."
    report = addon.link.Report("birefnet", "standard", 0, 1.0, 0, 0, 0, False, cutout="learned")
    result = addon.link.Result("j", "cutout", {}, report)
    assert addon.cutouts.told(result, {"birefnet": "BiRefNet"}) == "Cut out by BiRefNet."


def test_a_learned_remover_can_be_asked_for(addon, signpost, photograph):
    assert bpy.ops.maquette.cut_out(filepath=photograph, cutout="background") == {"FINISHED"}
    with pytest.raises(RuntimeError, match=r"learned|Install"):
        bpy.ops.maquette.cut_out(filepath=photograph, cutout="learned")
    choices = bpy.context.scene.maquette.bl_rna.properties["cutout"].enum_items
    numbers = {choice.identifier: choice.value for choice in choices}
    assert numbers == {"auto": 0, "alpha": 1, "background": 2, "none": 3, "learned": 4}, "saved files keep their choice"


def test_painting_needs_a_cut_out_and_an_editor(addon, signpost, photograph):
    assert not bpy.ops.maquette.paint_cut_out.poll()
    bpy.ops.maquette.cut_out(filepath=photograph)
    assert bpy.ops.maquette.paint_cut_out.poll()
    with pytest.raises(RuntimeError, match="Open an Image Editor first"):
        bpy.ops.maquette.paint_cut_out()
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    bpy.ops.maquette.cut_out(filepath=photograph)
    screen = next(screen for screen in bpy.data.screens if any(a.type == "IMAGE_EDITOR" for a in screen.areas))
    window = bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window, screen=screen):
        assert bpy.ops.maquette.paint_cut_out() == {"FINISHED"}
    space = next(a for a in screen.areas if a.type == "IMAGE_EDITOR").spaces.active
    assert space.image.name == "disc cut-out" and space.ui_mode == "PAINT"


def test_an_empty_cut_out_is_one_sentence(addon, signpost, tmp_path):
    path = write_png(tmp_path / "clear.png", np.zeros((40, 40, 4), np.uint8))
    with pytest.raises(RuntimeError, match="picture"):
        bpy.ops.maquette.cut_out(filepath=str(path))
    assert not [image for image in bpy.data.images if "cut-out" in image.name]
