"""Pixels as the user sees them: files, painted images, floats, EXIF, renders."""

import bpy
import numpy as np
import pytest
from conftest import exif_chunk, write_png

LETTER = np.zeros((6, 4, 4), np.uint8)  # an F, to tell turned from mirrored
LETTER[..., 3] = 255
LETTER[:, 0, :3] = LETTER[0, :, :3] = LETTER[2, :3, :3] = 255


def test_rows_begin_on_top(addon, tmp_path):
    assert (addon.pictures.read_file(write_png(tmp_path / "f.png", LETTER)) == LETTER).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_the_picture_upright(addon, tmp_path, orientation):
    # What a camera that was held so writes down, for each of EXIF's eight words.
    written = {
        1: LETTER,
        2: LETTER[:, ::-1],
        3: LETTER[::-1, ::-1],
        4: LETTER[::-1],
        5: LETTER.swapaxes(0, 1),
        6: np.rot90(LETTER, 1),
        7: LETTER[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(LETTER, -1),
    }[orientation]
    path = write_png(tmp_path / "f.png", np.ascontiguousarray(written), exif_chunk(orientation))
    assert (addon.pictures.read_file(path) == LETTER).all()


def test_half_clear_colours_stay_straight(addon, tmp_path):
    pixels = np.full((2, 3, 4), (200, 100, 50, 128), np.uint8)
    assert (addon.pictures.read_file(write_png(tmp_path / "a.png", pixels)) == pixels).all()


def test_sixteen_bits_are_read_as_the_same_colours(addon, tmp_path):
    """Blender reads them as floats: linear, premultiplied."""
    eight = np.array([[(200, 100, 50, 255), (200, 100, 50, 128), (255, 255, 255, 255), (0, 0, 0, 255)]], np.uint8)
    path = write_png(tmp_path / "a.png", eight.astype(np.uint16) * 257)
    assert np.abs(addon.pictures.read_file(path).astype(int) - eight).max() <= 1


def test_reading_a_file_leaves_no_image_behind(addon, tmp_path):
    addon.pictures.read_file(write_png(tmp_path / "f.png", LETTER))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 100)
    with pytest.raises(addon.sources.UnreadableImage):
        addon.pictures.read_file(broken)
    assert not bpy.data.images


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" + b"\0" * 40])
def test_what_is_no_picture_is_refused_by_name(addon, tmp_path, content):
    path = tmp_path / "Bild.png"
    path.write_bytes(content)
    with pytest.raises(addon.sources.UnreadableImage, match=r"Bild\.png"):
        addon.pictures.read_file(path)
    with pytest.raises(addon.sources.UnreadableImage, match="folder"):
        addon.pictures.read_file(tmp_path)


def test_large_files_and_images_are_made_smaller(addon, tmp_path):
    wide = np.zeros((300, 5000, 4), np.uint8)
    wide[..., 3] = 255
    wide[:, 2500:, 0] = 255
    file = addon.pictures.read_file(write_png(tmp_path / "w.png", wide))
    image = bpy.data.images.new("w", 5000, 300, alpha=True)
    image.pixels.foreach_set((wide[::-1].astype(np.float32) / 255).ravel())
    block = addon.pictures.read_datablock(image)
    for pixels in (file, block):
        height, width = pixels.shape[:2]
        assert width <= addon.pictures.LONGEST and width / height == pytest.approx(5000 / 300, rel=0.02)
        assert pixels[height // 2, width // 4, 0] == 0 and pixels[height // 2, 3 * width // 4, 0] == 255
        assert (pixels[..., 3] == 255).all()


def test_shrinking_weighs_colours_by_alpha(addon, monkeypatch):
    """Against the mean over each block, band by band, rows and columns that are left over cut off."""
    monkeypatch.setattr(addon.pictures, "LONGEST", 10)
    monkeypatch.setattr(addon.pictures, "_BAND", 60)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (16, 29, 4)).astype(np.float32) / 255
    pixels[:3, -3:, 3] = 0  # Blender's first rows are the lowest
    image = bpy.data.images.new("w", 29, 16, alpha=True)
    image.pixels.foreach_set(pixels.ravel())
    small = addon.pictures.read_datablock(image)
    assert small.shape == (5, 9, 4)
    upper = pixels[::-1]
    for row in range(5):
        for column in range(9):
            block = upper[3 * row : 3 * row + 3, 3 * column : 3 * column + 3].reshape(9, 4)
            colour = np.average(block[:, :3], axis=0, weights=block[:, 3] + 1e-5)
            expected = np.append(colour, block[:, 3].mean()) * 255
            assert np.abs(small[row, column] - expected).max() <= 0.51


def test_a_file_of_more_pixels_than_memory_is_refused_before_blender_reads_it(addon, tmp_path, monkeypatch):
    import struct
    import zlib

    head = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 6, 0, 0, 0)
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)))
    monkeypatch.setattr(addon.pictures, "bpy", NoLoading())
    with pytest.raises(addon.pictures.ImageTooLarge, match=r"“bomb\.png” has 30000 × 30000 pixels") as caught:
        addon.pictures.read_file(path)
    assert caught.value.code == "image_too_large" and "Scale it down" in caught.value.fix


class NoLoading:
    """Stands in for bpy: may look at paths, not at pictures."""

    path = bpy.path


def test_a_large_image_is_refused_and_so_is_a_file_of_unknown_kind(addon, tmp_path, monkeypatch):
    path = write_png(tmp_path / "f.png", LETTER)
    monkeypatch.setattr(addon.pictures, "MAX_PIXELS", 23)
    monkeypatch.setattr(addon.pictures, "dimensions", lambda _path: None)
    image = bpy.data.images.new("p", 4, 6)
    with pytest.raises(addon.pictures.ImageTooLarge, match="“p” has 4 × 6"):
        addon.pictures.read_datablock(image)
    with pytest.raises(addon.pictures.ImageTooLarge, match=r"f\.png"):
        addon.pictures.read_file(path)
    monkeypatch.setattr(addon.pictures, "MAX_PIXELS", 24)
    assert addon.pictures.read_file(path).shape == (6, 4, 4)


def test_too_little_memory_is_one_sentence(addon, tmp_path, monkeypatch):
    def full(_image):
        raise MemoryError

    monkeypatch.setattr(addon.pictures, "_pixels_of", full)
    with pytest.raises(addon.pictures.ImageTooLarge, match="not enough memory"):
        addon.pictures.read_file(write_png(tmp_path / "f.png", LETTER))
    with pytest.raises(addon.pictures.ImageTooLarge, match="not enough memory"):
        addon.pictures.read_datablock(painted("p"))


def painted(name="p", **kind):
    """A 4 × 2 image, its top left pixel painted, never saved."""
    image = bpy.data.images.new(name, 4, 2, alpha=True, **kind)
    pixels = np.zeros((2, 4, 4), np.float32)
    pixels[1, 0] = (0.8, 0.4, 0.2, 1.0)  # Blender's row 1 is the upper one
    image.pixels.foreach_set(pixels.ravel())
    return image


def test_a_painted_image_counts_as_it_looks_now(addon):
    pixels = addon.pictures.read_datablock(painted())
    assert pixels[0, 0].tolist() == [204, 102, 51, 255] and pixels[1].max() == 0


def test_a_packed_image_needs_no_file(addon, tmp_path):
    path = write_png(tmp_path / "f.png", LETTER)
    image = bpy.data.images.load(str(path))
    image.pack()
    path.unlink()
    assert (addon.pictures.read_datablock(image) == LETTER).all()


def test_a_float_image_is_turned_from_linear_light(addon):
    image = painted(float_buffer=True)
    pixels = addon.pictures.read_datablock(image)
    # IEC 61966-2-1 of 0.8, 0.4, 0.2
    assert np.abs(pixels[0, 0].astype(int) - [231, 170, 124, 255]).max() <= 1


def test_float_alpha_is_unmultiplied(addon):
    image = bpy.data.images.new("f", 1, 1, alpha=True, float_buffer=True)
    image.pixels.foreach_set(np.array([0.4, 0.2, 0.1, 0.5], np.float32))
    assert np.abs(addon.pictures.read_datablock(image)[0, 0].astype(int) - [231, 170, 124, 128]).max() <= 1


def test_not_a_number_in_a_float_image_does_no_harm(addon):
    image = bpy.data.images.new("f", 2, 1, alpha=True, float_buffer=True)
    image.pixels.foreach_set(np.array([np.nan, np.inf, -1, 1, 5, 5, 5, 1], np.float32))
    assert addon.pictures.read_datablock(image)[0].tolist() == [[0, 255, 0, 255], [255, 255, 255, 255]]


def test_alpha_that_is_switched_off_is_ignored(addon, tmp_path):
    image = bpy.data.images.load(str(write_png(tmp_path / "a.png", np.full((2, 2, 4), (9, 8, 7, 0), np.uint8))))
    image.alpha_mode = "NONE"
    assert (addon.pictures.read_datablock(image)[..., 3] == 255).all()


def test_an_image_whose_file_is_gone_is_refused(addon, tmp_path):
    path = write_png(tmp_path / "f.png", LETTER)
    image = bpy.data.images.load(str(path))
    path.unlink()
    with pytest.raises(addon.sources.UnreadableImage, match="no pixels"):
        addon.pictures.read_datablock(image)


def test_the_last_render_can_be_used(addon):
    scene = bpy.context.scene
    scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(scene.camera)
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    scene.render.resolution_x, scene.render.resolution_y = 16, 8
    scene.render.film_transparent = True
    scene.render.image_settings.file_format = "OPEN_EXR"
    bpy.ops.render.render()
    pixels = addon.pictures.read_datablock(bpy.data.images["Render Result"])
    assert pixels.shape == (8, 16, 4) and (pixels[..., 3] == 0).all()
    assert scene.render.image_settings.file_format == "OPEN_EXR"


def test_a_job_holds_its_pixels_no_longer_than_it_lives(addon):
    source = addon.sources.ImageSource(painted())
    filled = source.fill(addon.link.Request())
    assert np.asarray(filled.images[0].pixels)[0, 0].tolist() == [204, 102, 51, 255]
    source.release()
    assert source._pixels is None
    assert source.fill(addon.link.Request()).images[0].pixels.shape == (2, 4, 4), "a second try reads it anew"
    source.release()
    bpy.data.images.remove(bpy.data.images["p"])
    with pytest.raises(addon.sources.UnreadableImage, match="no longer open"):
        source.fill(addon.link.Request())
