"""Mesh files, read back by small parsers of the tests' own. Blender's view of them: tests/blender."""

import errno
import json
import os
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.errors import BadRequest, DiskFull, EmptySurface, MissingFolder
from maquette.backend.shapes import TriangleMesh
from maquette.backend.shapes.files import FORMATS, write_mesh

TETRAHEDRON = TriangleMesh(
    np.array([(0, -0.5, 0), (0.5, 0.5, 0), (-0.5, 0.5, 0), (0, 0, 2)], np.float32),
    np.array([(0, 2, 1), (0, 1, 3), (1, 2, 3), (2, 0, 3)], np.int32),
    np.array([(255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (127, 64, 2, 128)], np.uint8),
)


@st.composite
def meshes(draw):
    count, faces = draw(st.integers(3, 40)), draw(st.integers(1, 60))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(st.sampled_from([1e-6, 1.0, 1e4]))
    colours = random.integers(0, 256, (count, 4)).astype(np.uint8) if draw(st.booleans()) else None
    vertices = (random.normal(size=(count, 3)) * scale).astype(np.float32)
    return TriangleMesh(vertices, random.integers(0, count, (faces, 3)).astype(np.int32), colours)


def read_ply(path):
    head, body = path.read_bytes().split(b"end_header\n", 1)
    lines = head.decode().split("\n")
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"]
    counts = {line.split()[1]: int(line.split()[2]) for line in lines if line.startswith("element")}
    coloured = "property uchar alpha" in lines
    vertex = np.dtype([("at", "<f4", 3), ("colour", "u1", 4)] if coloured else [("at", "<f4", 3)])
    face = np.dtype([("n", "u1"), ("corners", "<i4", 3)])
    assert len(body) == counts["vertex"] * vertex.itemsize + counts["face"] * face.itemsize
    vertices = np.frombuffer(body, vertex, counts["vertex"])
    faces = np.frombuffer(body, face, counts["face"], vertices.nbytes)
    assert (faces["n"] == 3).all()
    return TriangleMesh(vertices["at"], faces["corners"], vertices["colour"] if coloured else None)


def read_obj(path):
    rows = [line.split() for line in path.read_text("utf-8").splitlines()]
    table = np.array([row[1:] for row in rows if row[0] == "v"], np.float64)
    faces = np.array([row[1:] for row in rows if row[0] == "f"], np.int32) - 1
    vertices = np.stack([table[:, 0], -table[:, 2], table[:, 1]], 1).astype(np.float32)
    if table.shape[1] == 3:
        return TriangleMesh(vertices, faces)
    colours = np.full((len(table), 4), 255, np.uint8)
    colours[:, :3] = np.rint(table[:, 3:] * 255)
    return TriangleMesh(vertices, faces, colours)


def read_glb(path):
    """Checks what the specification demands of the file on the way; → document, arrays by accessor."""
    data = path.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    size, kind = struct.unpack_from("<II", data, 12)
    assert kind == 0x4E4F534A and size % 4 == 0
    document = json.loads(data[20 : 20 + size])
    binary, kind = struct.unpack_from("<II", data, 20 + size)
    assert kind == 0x004E4942 and binary % 4 == 0 and 28 + size + binary == len(data)
    assert document["asset"]["version"] == "2.0" and document["buffers"] == [{"byteLength": binary}]
    arrays = []
    for accessor in document["accessors"]:
        view = document["bufferViews"][accessor["bufferView"]]
        dtype = np.dtype({5126: "<f4", 5123: "<u2", 5125: "<u4"}[accessor["componentType"]])
        width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[accessor["type"]]
        assert view["byteOffset"] % 4 == 0 and view["byteLength"] == accessor["count"] * width * dtype.itemsize
        assert view["byteOffset"] + view["byteLength"] <= binary
        array = np.frombuffer(data, dtype, accessor["count"] * width, 28 + size + view["byteOffset"])
        arrays.append(array.reshape(-1, width))
    return document, arrays


@settings(max_examples=40, deadline=None)
@given(mesh=meshes())
def test_ply_keeps_every_bit(tmp_path_factory, mesh):
    path = tmp_path_factory.mktemp("ply") / "a.ply"
    write_mesh(path, mesh)
    back = read_ply(path)
    assert np.array_equal(back.vertices, mesh.vertices) and np.array_equal(back.faces, mesh.faces)
    assert (back.colours is None) == (mesh.colours is None)
    assert mesh.colours is None or np.array_equal(back.colours, mesh.colours)


@settings(max_examples=40, deadline=None)
@given(mesh=meshes())
def test_obj_keeps_a_micrometre_and_every_colour(tmp_path_factory, mesh):
    path = tmp_path_factory.mktemp("obj") / "a.obj"
    write_mesh(path, mesh)
    back = read_obj(path)
    assert np.allclose(back.vertices, mesh.vertices, rtol=1e-6, atol=6e-7) and np.array_equal(back.faces, mesh.faces)
    assert mesh.colours is None or np.array_equal(back.colours[:, :3], mesh.colours[:, :3])


@settings(max_examples=40, deadline=None)
@given(mesh=meshes())
def test_glb_is_what_its_specification_says(tmp_path_factory, mesh):
    path = tmp_path_factory.mktemp("glb") / "a.glb"
    write_mesh(path, mesh)
    document, arrays = read_glb(path)
    (primitive,) = document["meshes"][0]["primitives"]
    attributes = primitive["attributes"]
    points = arrays[attributes["POSITION"]]
    x, y, z = mesh.vertices.T
    assert np.array_equal(points, np.stack([x, z, -y], 1))
    assert np.array_equal(arrays[primitive["indices"]].reshape(-1, 3), mesh.faces)
    accessor = document["accessors"][attributes["POSITION"]]
    assert np.array_equal(np.float32(accessor["min"]), points.min(0))
    assert np.array_equal(np.float32(accessor["max"]), points.max(0))
    assert np.abs(np.linalg.norm(arrays[attributes["NORMAL"]], axis=1) - 1).max() < 1e-4
    assert ("COLOR_0" in attributes) == (mesh.colours is not None)


def test_glb_colours_are_linear_light(tmp_path):
    write_mesh(tmp_path / "a.glb", TETRAHEDRON)
    document, arrays = read_glb(tmp_path / "a.glb")
    index = document["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"]
    assert document["accessors"][index]["normalized"] is True
    linear = arrays[index] / 65535
    back = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert np.abs(back[:, :3] * 255 - TETRAHEDRON.colours[:, :3]).max() < 0.1
    assert np.allclose(linear[:, 3] * 255, TETRAHEDRON.colours[:, 3])
    assert linear[3, 0] == pytest.approx(0.2122, abs=1e-3)  # 127 is a fifth of the light, not a half


def test_normals_point_outward(tmp_path):
    write_mesh(tmp_path / "a.glb", TETRAHEDRON)
    _, arrays = read_glb(tmp_path / "a.glb")
    points, normals = arrays[0], arrays[1]
    assert (((points - points.mean(0)) * normals).sum(1) > 0).all()


def test_a_large_mesh_has_wide_indices(tmp_path):
    count = 70_000
    vertices = np.random.default_rng(0).random((count, 3)).astype(np.float32)
    faces = np.arange(count - count % 3, dtype=np.int32).reshape(-1, 3)
    write_mesh(tmp_path / "a.glb", TriangleMesh(vertices, faces))
    document, arrays = read_glb(tmp_path / "a.glb")
    primitive = document["meshes"][0]["primitives"][0]
    assert document["accessors"][primitive["indices"]]["componentType"] == 5125
    assert np.array_equal(arrays[primitive["indices"]].reshape(-1, 3), faces)


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_suffix_may_be_in_capitals_and_an_older_file_is_replaced(tmp_path, suffix):
    path = tmp_path / f"thing{suffix.upper()}"
    path.write_text("older")
    write_mesh(str(path), TETRAHEDRON)
    assert path.stat().st_size > 200 and os.listdir(tmp_path) == [path.name]


@pytest.mark.skipif(os.name != "posix", reason="Windows limits the path, not the name")
@pytest.mark.parametrize("suffix", FORMATS)
def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path, suffix):
    path = tmp_path / ("x" * (255 - len(suffix)) + suffix)
    write_mesh(path, TETRAHEDRON)
    assert os.listdir(tmp_path) == [path.name]


def test_bad_places_are_named(tmp_path):
    with pytest.raises(BadRequest, match=r"\.stl.*\.glb, \.obj, \.ply"):
        write_mesh(tmp_path / "a.stl", TETRAHEDRON)
    with pytest.raises(MissingFolder, match="nowhere"):
        write_mesh(tmp_path / "nowhere" / "a.glb", TETRAHEDRON)
    (tmp_path / "folder.glb").mkdir()
    with pytest.raises(BadRequest, match=r"folder\.glb"):
        write_mesh(tmp_path / "folder.glb", TETRAHEDRON)
    assert os.listdir(tmp_path) == ["folder.glb"]


@pytest.mark.parametrize("code", [errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)])
def test_a_full_disk_leaves_the_older_file_and_nothing_else(tmp_path, monkeypatch, code):
    (tmp_path / "a.glb").write_text("older")

    def full(descriptor):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match=r"a\.glb"):
        write_mesh(tmp_path / "a.glb", TETRAHEDRON)
    assert os.listdir(tmp_path) == ["a.glb"] and (tmp_path / "a.glb").read_text() == "older"


def test_arrays_that_are_no_mesh_are_refused(tmp_path):
    vertices, faces, colours = TETRAHEDRON.vertices, TETRAHEDRON.faces, TETRAHEDRON.colours
    with pytest.raises(EmptySurface):
        write_mesh(tmp_path / "a.glb", TriangleMesh(vertices, faces[:0], colours))
    hollow = vertices.copy()
    hollow[1, 1] = np.nan
    for bad in (
        TriangleMesh(vertices, faces + 1, colours),
        TriangleMesh(vertices, faces - 1, colours),
        TriangleMesh(hollow, faces, colours),
        TriangleMesh(vertices, faces, colours[:3]),
        TriangleMesh(vertices, faces, colours / np.float32(255)),
        TriangleMesh(vertices[:, :2], faces, colours),
    ):
        with pytest.raises(ValueError, match=r"not|exist"):
            write_mesh(tmp_path / "a.glb", bad)
    assert not os.listdir(tmp_path)
