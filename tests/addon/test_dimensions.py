"""A picture's size from its header: against Pillow's writers, hand-made headers, and anything at all."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from maquette.blender_addon.dimensions import dimensions

WIDTH, HEIGHT = 301, 70


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("PNG", {}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("JPEG", {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0", "comment": b"x" * 5000}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}),
        ("BMP", {}),
        ("TGA", {}),
        ("DDS", {}),
        ("JPEG2000", {}),
        ("JPEG2000", {"no_jp2": True}),
    ],
)
def test_what_pillow_writes(tmp_path, form, options):
    image = pytest.importorskip("PIL.Image")
    path = tmp_path / f"a.{form.lower()}"
    try:
        image.new("RGB", (WIDTH, HEIGHT), (9, 8, 7)).save(path, form, **options)
    except (KeyError, OSError) as error:
        pytest.skip(f"this Pillow does not write it: {error}")
    assert dimensions(path) == (WIDTH, HEIGHT)


def exr():
    attributes = b"channels\0chlist\0" + struct.pack("<i", 1) + b"\0"
    window = struct.pack("<4i", -5, 2, -5 + WIDTH - 1, 2 + HEIGHT - 1)
    return b"\x76\x2f\x31\x01\2\0\0\0" + attributes + b"dataWindow\0box2i\0" + struct.pack("<i", 16) + window + b"\0"


@pytest.mark.parametrize(
    "content",
    [
        exr(),
        b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 70 +X 301\n\2\2",
        b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, HEIGHT, WIDTH, 8, 3),
        b"BM" + struct.pack("<IIIIHH", 99, 0, 26, 12, WIDTH, HEIGHT),
        b"BM" + struct.pack("<IIIIii", 99, 0, 54, 40, WIDTH, -HEIGHT),
        b"MM\0*" + struct.pack(">IHHHIHHHHII", 8, 2, 256, 3, 1, WIDTH, 0, 257, 4, 1, HEIGHT),
    ],
)
def test_headers_by_hand(tmp_path, content):
    path = tmp_path / "a"
    path.write_bytes(content)
    assert dimensions(path) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("path", ["/no/such file", "/", "a\0b"])
def test_what_cannot_be_opened_has_no_size(path):
    assert dimensions(path) is None


STARTS = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"BM", b"8BPS", b"DDS ", b"#?", b"\0\0\0\x0cjP  "]
STARTS += [b"\x76\x2f\x31\x01", b"\xff\x4f\xff\x51", *(b"RIFF0000WEBP" + kind for kind in (b"VP8 ", b"VP8L", b"VP8X"))]


@given(st.sampled_from(STARTS), st.binary(max_size=64), st.sampled_from([".tga", ".png"]))
def test_no_content_makes_it_raise(tmp_path_factory, start, rest, suffix):
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(start + rest)
    found = dimensions(path)
    assert found is None or min(found) > 0


def test_a_cut_short_file_has_no_size(tmp_path):
    image = pytest.importorskip("PIL.Image")
    whole = io.BytesIO()
    image.new("RGB", (WIDTH, HEIGHT)).save(whole, "JPEG")
    (tmp_path / "a.jpg").write_bytes(whole.getvalue()[:100])
    assert dimensions(tmp_path / "a.jpg") is None
