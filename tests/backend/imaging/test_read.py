"""Pictures from files: every kind that people have, and every way a file can be broken."""

import os
import struct
import sys
import threading
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from maquette.backend.errors import ImageTooLarge, MissingFolder, UnreadableImage
from maquette.backend.imaging import read
from maquette.backend.imaging.read import list_images, read_image
from PIL import Image


@pytest.fixture
def pixels():
    """A picture whose corners differ, 30 high and 40 wide."""
    y, x = np.mgrid[:30, :40]
    return np.stack([x * 6, y * 8, 255 - x * 3, 255 - y * 4], -1).astype(np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff", ".webp", ".tga"])
def test_lossless_files_come_back_to_the_bit(tmp_path, pixels, suffix):
    path = tmp_path / f"ä b{suffix}"
    Image.fromarray(pixels).save(path, **({"lossless": True, "exact": True} if suffix == ".webp" else {}))
    assert np.array_equal(read_image(str(path)), pixels)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".bmp", ".gif", ".ppm"])
def test_files_without_alpha_are_opaque(tmp_path, pixels, suffix):
    path = tmp_path / f"picture{suffix}"
    Image.fromarray(np.ascontiguousarray(pixels[..., :3])).save(path)
    back = read_image(path)
    assert back.shape == pixels.shape and back.dtype == np.uint8 and (back[..., 3] == 255).all()
    assert np.abs(back[..., :3].astype(int) - pixels[..., :3]).mean() < 8


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "LAB", "I", "F"])
def test_every_mode_gives_rgba(tmp_path, mode):
    grey = np.full((8, 9), 200, np.uint8)
    picture = Image.fromarray(grey).convert("RGB")
    picture = picture.convert("L").convert(mode) if mode in ("I", "F") else _converted(picture, mode)
    path = tmp_path / "picture.tif"
    picture.save(path)
    back = read_image(path)
    assert back.shape == (8, 9, 4) and back.dtype == np.uint8 and (back[..., 3] == 255).all()


def _converted(picture, mode):
    from PIL import ImageCms

    if mode == "LAB":
        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        return ImageCms.profileToProfile(picture, *profiles, outputMode="LAB")
    return picture.convert(mode)


def test_sixteen_bits_of_grey_are_scaled_and_not_clipped(tmp_path):
    grey = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    Image.fromarray(grey).save(tmp_path / "deep.png")
    assert np.abs(read_image(tmp_path / "deep.png")[..., 0].astype(int) - np.arange(256).reshape(16, 16)).max() <= 1


def test_sixteen_bits_of_colour(tmp_path):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + struct.pack(">4H", 65535, 32896, 0, 32896) * 5 for _ in range(4))
    head = struct.pack(">IIBBBBB", 5, 4, 16, 6, 0, 0, 0)
    data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    (tmp_path / "deep.png").write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    assert np.array_equal(read_image(tmp_path / "deep.png"), np.full((4, 5, 4), (255, 128, 0, 128), np.uint8))


def test_a_transparent_palette_colour_is_transparent(tmp_path):
    index = np.zeros((6, 6), np.uint8)
    index[2:4, 2:4] = 1
    picture = Image.fromarray(index, "L").convert("P")
    picture.putpalette([255, 255, 255, 10, 20, 30])
    picture.save(tmp_path / "sprite.png", transparency=0)
    back = read_image(tmp_path / "sprite.png")
    assert (back[0, 0, 3], *back[2, 2]) == (0, 10, 20, 30, 255)


def test_of_an_animation_the_first_frame_is_taken(tmp_path):
    frames = [Image.new("RGB", (7, 5), colour) for colour in ((250, 0, 0), (0, 250, 0), (0, 0, 250))]
    frames[0].save(tmp_path / "film.gif", save_all=True, append_images=frames[1:])
    assert (read_image(tmp_path / "film.gif")[..., 0] > 200).all()


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_photographs_are_turned_as_exif_asks(tmp_path, suffix, value):
    upright = np.zeros((32, 48, 3), np.uint8)
    upright[:16, :24], upright[:16, 24:], upright[16:, :24] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
    how = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a),  # stored so that a quarter clockwise puts it right
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: np.rot90(a, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = value
    stored = Image.fromarray(np.ascontiguousarray(how[value](upright)))
    stored.save(tmp_path / f"photo{suffix}", exif=exif, **({"quality": 95} if suffix == ".jpg" else {}))
    back = read_image(tmp_path / f"photo{suffix}")
    assert back.shape == (32, 48, 4)
    for y, x in ((8, 12), (8, 36), (24, 12), (24, 36)):
        assert np.abs(back[y, x, :3].astype(int) - upright[y, x]).max() < 25


def test_the_add_on_and_the_reader_agree_on_what_is_up(tmp_path):
    from maquette.blender_addon.exif import orientation

    exif = Image.Exif()
    exif[0x0112] = 6
    for suffix in ("jpg", "png", "webp", "tif"):
        Image.new("RGB", (20, 10)).save(tmp_path / f"photo.{suffix}", exif=exif)
        assert orientation(tmp_path / f"photo.{suffix}") == 6
        assert read_image(tmp_path / f"photo.{suffix}").shape == (20, 10, 4)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_what_would_never_end_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    told = []

    def look():
        for path in (tmp_path / "pipe.png", "/dev/zero"):
            with pytest.raises(UnreadableImage, match="a pipe or a device") as caught:
                read_image(path)
            told.append(caught.value.fix)

    thread = threading.Thread(target=look, daemon=True)  # it would wait for ever
    thread.start()
    thread.join(30)
    assert told == ["Name a picture's file."] * 2


def test_size_is_looked_at_before_pixels_are(tmp_path):
    """A header that promises 40 000 × 40 000 pixels over a few bytes: refused at once, under either limit."""

    def png(side):
        head = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
        chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
        data = zlib.compress(b"\0" * 100)
        return (
            b"\x89PNG\r\n\x1a\n"
            + chunk
            + struct.pack(">I", len(data))
            + b"IDAT"
            + data
            + struct.pack(">I", zlib.crc32(b"IDAT" + data))
        )

    for side in (11_000, 40_000):
        (tmp_path / "bomb.png").write_bytes(png(side))
        with pytest.raises(ImageTooLarge, match=r"bomb\.png"):
            read_image(tmp_path / "bomb.png")


def test_what_cannot_be_read_is_named(tmp_path, pixels):
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "empty.jpg").write_bytes(b"")
    Image.fromarray(pixels).save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    for name in ("text.png", "empty.jpg", "half.png", "missing.png"):
        with pytest.raises(UnreadableImage, match=name.replace(".", r"\.")) as caught:
            read_image(tmp_path / name)
        assert caught.value.fix
    with pytest.raises(UnreadableImage, match="folder"):
        read_image(tmp_path)


def test_without_pillow_the_command_that_installs_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(UnreadableImage, match="pip install pillow"):
        read_image(tmp_path / "picture.png")


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    suffix=st.sampled_from(["png", "jpg", "gif", "webp", "tif", "bmp"]),
    hits=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=8),
    keep=st.floats(0, 1),
)
def test_broken_files_give_pixels_or_a_named_error(tmp_path, pixels, suffix, hits, keep):
    path = tmp_path / f"broken.{suffix}"
    Image.fromarray(np.ascontiguousarray(pixels[..., :3])).save(path)
    data = bytearray(path.read_bytes())
    for place, byte in hits:
        data[place % len(data)] = byte
    path.write_bytes(bytes(data[: int(len(data) * keep)]))
    try:
        back = read_image(path)
    except (UnreadableImage, ImageTooLarge) as error:
        assert path.name in error.sentence and error.fix
        return
    assert back.dtype == np.uint8 and back.ndim == 3 and back.shape[2] == 4


def test_pictures_are_listed_as_a_person_counts(tmp_path):
    names = [
        "shot10.png",
        "shot2.JPG",
        "Shot1.png",
        "a.webp",
        ".hidden.png",
        "notes.txt",
        "shot٣.png",
        "2.png",
        "10.png",
    ]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.png").mkdir()
    listed = [path.name for path in list_images(str(tmp_path))]
    assert listed == ["2.png", "10.png", "a.webp", "Shot1.png", "shot2.JPG", "shot10.png", "shot٣.png"]


def test_no_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("nowhere", "file"):
        with pytest.raises(MissingFolder, match=name):
            list_images(tmp_path / name)
    assert list_images(tmp_path) == []


def test_every_listed_suffix_has_a_reader(tmp_path, pixels):
    Image.init()
    assert set(read.SUFFIXES) <= set(Image.registered_extensions())
