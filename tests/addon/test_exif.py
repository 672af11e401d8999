"""Orientation from files: what real writers put there, and what nobody should."""

import struct
import sys
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.blender_addon.exif import orientation


def tiff(value: int, order: str = "<", kind: int = 3, others: int = 2) -> bytes:
    """A TIFF structure whose directory names the orientation among other tags."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    entries = [struct.pack(order + "HHII", 0x0100 + i, 4, 1, 7) for i in range(others)]
    entries.append(struct.pack(order + "HHIHH", 0x0112, kind, 1, value, 0))
    return head + struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4)


def jpeg(exif: bytes) -> bytes:
    jfif = b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    segment = b"Exif\0\0" + exif
    foreign = b"\xff\xe1" + struct.pack(">H", 2 + 9) + b"http://ns"  # XMP lives in APP1 too
    return (
        b"\xff\xd8"
        + jfif
        + foreign
        + b"\xff\xff\xe1"
        + struct.pack(">H", 2 + len(segment))
        + segment
        + b"\xff\xda\0\x02"
    )


def png(exif: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"tEXt", b"odd") + chunk(b"eXIf", exif)


def webp(exif: bytes, prefix: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)

    body = chunk(b"VP8X", bytes(10)) + chunk(b"ALPH", b"odd") + chunk(b"EXIF", prefix + exif)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def as_it_is(exif: bytes) -> bytes:
    return exif


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("wrap", [jpeg, png, webp, as_it_is])
def test_every_orientation_in_every_format(tmp_path, wrap, value, order):
    path = tmp_path / "photo.bin"  # the content decides
    path.write_bytes(wrap(tiff(value, order)))
    assert orientation(path) == value


def test_a_prefix_that_some_writers_keep(tmp_path):
    (tmp_path / "photo.webp").write_bytes(webp(tiff(8), b"Exif\0\0"))
    assert orientation(str(tmp_path / "photo.webp")) == 8


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        jpeg(tiff(6))[:40],
        jpeg(tiff(0)),
        jpeg(tiff(9)),
        jpeg(tiff(6, kind=2)),
        jpeg(b"XX*\0" + tiff(6)[4:]),
        jpeg(b"II*\0" + struct.pack("<I", 2**32 - 1) + tiff(6)[8:]),
        b"\xff\xd8\xff\xda\0\x02" + jpeg(tiff(6))[2:],  # pixels first: what follows is not a header
        b"\x89PNG\r\n\x1a\n" + bytes(30),
        b"RIFF\0\0\0\0WAVE" + tiff(6),
    ],
)
def test_nothing_credible_means_upright(tmp_path, data):
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    assert orientation(path) == 1


@pytest.mark.parametrize("path", ["/nowhere/at/all.jpg", "nul\0byte.jpg", "", None, 3.5])
def test_no_file_means_upright(path):
    assert orientation(path) == 1


def test_a_folder_means_upright(tmp_path):
    assert orientation(tmp_path) == 1


@settings(max_examples=300, deadline=None)
@given(
    wrap=st.sampled_from([jpeg, png, webp, as_it_is]),
    value=st.integers(1, 8),
    hits=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=6),
    cut=st.integers(0, 200),
    tail=st.binary(max_size=40),
)
def test_broken_files_never_raise(tmp_path_factory, wrap, value, hits, cut, tail):
    data = bytearray(wrap(tiff(value)))
    for at, byte in hits:
        data[at % len(data)] = byte
    path = tmp_path_factory.getbasetemp() / "broken.bin"
    path.write_bytes(bytes(data[: len(data) - cut]) + tail)
    assert orientation(path) in range(1, 9)


def test_needs_the_standard_library_only():
    import maquette.blender_addon.exif as module

    used = {name for name in vars(module) if hasattr(vars(module)[name], "__spec__")}
    assert {name for name in used if name not in sys.stdlib_module_names} == set()
