"""Gaussians and points as .ply: every dialect in, our own out, and a clear word for what is broken."""

import dataclasses
import os
import struct
from pathlib import Path

import clouds
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from maquette.backend.errors import BadRequest, EmptyCloud, JobError, MissingFolder, UnreadableCloud
from maquette.backend.shapes import GaussianCloud, PointCloud
from maquette.backend.shapes.files import read_cloud, write_cloud
from maquette.backend.shapes.files.ply_rows import MOST_ROWS
from maquette.backend.shapes.gaussians import rotation_matrices

GAUSSIANS = clouds.fuzzy(clouds.SIGNPOST, 300)
POINTS = clouds.points(clouds.SIGNPOST, 300)
COLUMNS = clouds.columns_of(GAUSSIANS)
FIELDS = ("means", "scales", "rotations", "opacities", "colours")
FIXTURES = Path(__file__).parents[2] / "parity" / "fixtures" / "lgm"


@pytest.fixture
def put(tmp_path):
    """Bytes → the path of a file that holds them."""

    def put(content, name="cloud.ply"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return put


def same(found, expected, tolerance=2e-6):
    assert type(found) is type(expected)
    fields = FIELDS if isinstance(found, GaussianCloud) else ("points", "normals", "colours")
    for field in fields:
        a, b = getattr(found, field), getattr(expected, field)
        assert (a is None) == (b is None), field
        if a is not None:
            assert a.shape == b.shape and a.dtype == b.dtype, field
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=tolerance, err_msg=field)


def refused(path, error=UnreadableCloud, **options):
    with pytest.raises(error) as caught:
        read_cloud(path, **options)
    assert caught.value.sentence.endswith(".") and caught.value.fix.endswith(".")
    return caught.value.sentence


# --------------------------------------------------------------------------------------------- dialects


@pytest.mark.parametrize("form", ["ascii", "binary_little_endian", "binary_big_endian"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("shuffled", [False, True])
def test_every_form(put, form, newline, shuffled):
    names = list(COLUMNS)
    if shuffled:
        np.random.default_rng(3).shuffle(names)
    content = clouds.ply({name: COLUMNS[name] for name in names}, form, ("made by hand",), newline=newline)
    same(read_cloud(put(content), up="+Z"), GAUSSIANS)


def test_doubles_and_what_stands_around(put):
    before = (
        ("camera", 2, "property float fov\nproperty uchar kind", struct.pack("<fBfB", 1, 2, 3, 4)),
        (
            "face",
            3,
            "property list uchar int vertex_indices\nproperty short tag",
            struct.pack("<BiiihBiiihBiiih", *((3, 0, 1, 2, 9) * 3)),
        ),
    )
    after = (("extra", 1, "property double x", struct.pack("<d", 5)),)
    wide = {name: values.astype(np.float64) for name, values in COLUMNS.items()}
    more = {"index": np.arange(300, dtype=np.int32), **wide, "nx": np.zeros(300, np.float32)}
    same(read_cloud(put(clouds.ply(more, before=before, after=after)), up="+Z"), GAUSSIANS)


def test_a_list_in_every_row(put):
    rows = np.zeros(4, [("x", "<f4"), ("n", "u1"), ("of", "<i4", 2), ("y", "<f4"), ("z", "<f4")])
    rows["x"], rows["n"], rows["y"], rows["z"] = range(4), 2, 5, 6
    head = (
        b"ply\nformat binary_little_endian 1.0\nelement vertex 4\nproperty float x\n"
        b"property list uchar int of\nproperty float y\nproperty float z\nend_header\n"
    )
    assert read_cloud(put(head + rows.tobytes())).points.tolist() == [[i, 5, 6] for i in range(4)]
    text = head.replace(b"binary_little_endian", b"ascii")
    lines = b"".join(b"%d 2 7 8 5 6\n" % i for i in range(4))
    assert read_cloud(put(text + lines)).points.tolist() == [[i, 5, 6] for i in range(4)]
    rows["n"][2] = 1
    assert "different lengths" in refused(put(head + rows.tobytes()))
    assert "different lengths" in refused(put(text + lines.replace(b"2 2 7 8", b"2 1 7 8")))


def test_text_with_elements_before_and_blank_lines(put):
    head = "ply\nformat ascii 1.0\nelement camera 2\nproperty float fov\nelement vertex 2\n"
    head += "property float x\nproperty float y\nproperty float z\nend_header\n"
    assert read_cloud(put((head + "0.5\n\n0.7\n1 2 3\n\n4 5 6e0\n").encode())).points.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_points_with_all_and_with_nothing(put):
    same(read_cloud(put(clouds.ply(clouds.columns_of(POINTS)))), POINTS)
    bare = read_cloud(put(clouds.ply({axis: POINTS.points[:, i] for i, axis in enumerate("xyz")})))
    assert bare.colours is None and bare.normals is None


@pytest.mark.parametrize("scale, dtype", [(255, "u1"), (1, "f4"), (255, "f4"), (65535, "u2"), (255, "i4")])
def test_colours_of_every_type(put, scale, dtype):
    columns = {axis: POINTS.points[:, i] for i, axis in enumerate("xyz")}
    for i, name in enumerate(("red", "green", "blue")):
        columns[name] = (POINTS.colours[:, i] / 255.0 * scale).astype(dtype)
    found = read_cloud(put(clouds.ply(columns))).colours
    assert np.abs(found.astype(int) - POINTS.colours).max() <= 1 and (found[:, 3] == 255).all()


def test_a_mesh_gives_its_corners(put):
    faces = ("face", 1, "property list uchar int vertex_indices", struct.pack("<Biii", 3, 0, 1, 2))
    heard = []
    content = clouds.ply(clouds.columns_of(POINTS), after=(faces,))
    assert len(read_cloud(put(content), warn=heard.append).points) == 300
    assert len(heard) == 1 and "corners" in heard[0]


def test_surfels_of_two_scales(put):
    flat = {name: values for name, values in COLUMNS.items() if name != "scale_2"}
    found = read_cloud(put(clouds.ply(flat)), up="+Z")
    np.testing.assert_allclose(found.scales[:, :2], GAUSSIANS.scales[:, :2], rtol=1e-5)
    assert (found.scales[:, 2] < 0.1 * found.scales[:, :2].min(1)).all() and (found.scales > 0).all()


def test_view_dependent_colour_is_left_out_and_said(put):
    rest = {f"f_rest_{i}": np.ones(300, np.float32) for i in range(45)}
    heard = []
    same(read_cloud(put(clouds.ply({**COLUMNS, **rest})), up="+Z", warn=heard.append), GAUSSIANS)
    assert len(heard) == 1 and "direction of view" in heard[0]
    still = {name: 0 * values for name, values in rest.items()}  # many programs write the columns and nothing in them
    read_cloud(put(clouds.ply({**COLUMNS, **still})), up="+Z", warn=heard.append)
    assert len(heard) == 1


def test_colours_are_clipped_and_may_be_plain(put):
    loud = {**COLUMNS, "f_dc_0": np.full(300, 9, np.float32), "f_dc_1": np.full(300, -9, np.float32)}
    found = read_cloud(put(clouds.ply(loud)), up="+Z")
    assert (found.colours[:, 0] == 1).all() and (found.colours[:, 1] == 0).all()
    plain = {name: values for name, values in COLUMNS.items() if not name.startswith("f_dc")}
    plain |= {name: np.full(300, 51, np.uint8) for name in ("red", "green", "blue")}
    np.testing.assert_allclose(read_cloud(put(clouds.ply(plain)), up="+Z").colours, 0.2, atol=1e-6)


# ----------------------------------------------------------------------------------------------- packed


def packed_file(coloured, form="binary_little_endian", n=700):
    """Random words, their chunks, and what they mean by arithmetic of the test's own, one by one."""
    random = np.random.default_rng(5)
    words = random.integers(0, 2**32, (n, 4), dtype=np.uint64).astype(np.uint32)
    low = random.uniform(-2, 0, (3, 3, 3))
    chunks = np.stack([low[:, i] + side * np.array([0.5, 1, 2]) for i in range(3) for side in (0, 1)], 1)
    chunks[:, 4:] = np.clip(chunks[:, 4:], 0, 1)
    names = [f"{end}_{stem}{axis}" for stem in ("", "scale_") for end in ("min", "max") for axis in "xyz"]
    names += [f"{end}_{axis}" for end in ("min", "max") for axis in "rgb"]
    chunks = chunks.reshape(3, -1).astype(np.float32)[:, : 18 if coloured else 12]
    order = ">" if form == "binary_big_endian" else "<"
    properties = "\n".join(f"property float {name}" for name in names[: chunks.shape[1]])
    before = (("chunk", 3, properties, chunks.astype(order + "f4").tobytes()),)
    keys = ("packed_position", "packed_rotation", "packed_scale", "packed_color")
    content = clouds.ply({key: words[:, i] for i, key in enumerate(keys)}, form, before=before)
    means = []
    for i, (position, rotation, scale, colour) in enumerate(words.tolist()):
        box = chunks[i // 256].tolist()

        def within(word, at, box=box):
            parts = (word >> 21) / 2047, ((word >> 11) % 1024) / 1023, (word % 2048) / 2047
            return [box[at + k] * (1 - t) + box[at + 3 + k] * t for k, t in enumerate(parts)]

        others = [(((rotation >> shift) % 1024) / 1023 - 0.5) * 2**0.5 for shift in (20, 10, 0)]
        turn = others[:]
        turn.insert(rotation >> 30, max(0, 1 - sum(o * o for o in others)) ** 0.5)
        bytes_ = [(colour >> shift) % 256 / 255 for shift in (24, 16, 8, 0)]
        if coloured:
            bytes_[:3] = [box[12 + k] * (1 - bytes_[k]) + box[15 + k] * bytes_[k] for k in range(3)]
        means.append((within(position, 0), np.exp(within(scale, 6)), turn, bytes_[3], bytes_[:3]))
    return content, [np.array(part) for part in zip(*means, strict=True)]


@pytest.mark.parametrize("coloured", [False, True])
@pytest.mark.parametrize("form", ["binary_little_endian", "binary_big_endian"])
def test_compressed_files(put, coloured, form):
    content, (means, scales, turns, opacities, colours) = packed_file(coloured, form)
    found = read_cloud(put(content), up="+Z")
    np.testing.assert_allclose(found.means, means, atol=1e-5)
    np.testing.assert_allclose(found.scales, scales, rtol=1e-5)
    np.testing.assert_allclose(found.opacities, opacities, atol=1e-6)
    np.testing.assert_allclose(found.colours, np.clip(colours, 0, 1), atol=1e-6)
    np.testing.assert_allclose(rotation_matrices(found.rotations), rotation_matrices(turns), atol=1e-5)


def test_a_compressed_file_of_splat_transform_is_what_it_unpacks_it_to():
    """Both files were written by PlayCanvas's splat-transform 2.7.1, the second one from the first."""
    folder = FIXTURES.parent / "splat"
    packed, unpacked = (
        read_cloud(folder / f"splat_transform.{kind}.ply", up="+Z") for kind in ("compressed", "decoded")
    )
    same(dataclasses.replace(packed, rotations=unpacked.rotations), unpacked)
    turns = [rotation_matrices(cloud.rotations) for cloud in (packed, unpacked)]
    np.testing.assert_allclose(*turns, atol=2e-6)
    assert len(packed.means) == 600  # more than two chunks


def test_a_compressed_file_without_its_chunks(put):
    content, _ = packed_file(False)
    assert "chunks" in refused(put(content.replace(b"element chunk", b"element crumb")))


# ----------------------------------------------------------------------------------------- parity, frames


def test_a_file_of_lgm_reads_as_lgm_reads_it():
    expected = np.load(FIXTURES / "ply_roundtrip.npz")["loaded"]
    found = read_cloud(FIXTURES / "lgm_reference.ply", up="+Z")
    table = np.concatenate(
        [found.means, found.opacities[:, None], found.scales, found.rotations, found.colours], 1
    )  # LGM's order of the 14 channels
    assert np.abs(table - expected).max() < 1e-6


def test_our_file_is_the_one_that_lgm_writes(tmp_path):
    g = np.load(FIXTURES / "ply_roundtrip.npz")["gaussians"]
    cloud = GaussianCloud(g[:, :3], g[:, 4:7], g[:, 7:11], g[:, 3], g[:, 11:])
    write_cloud(tmp_path / "ours.ply", cloud, up="+Z", least_opacity=0.005)
    ours, theirs = (
        (folder / name).read_bytes() for folder, name in ((tmp_path, "ours.ply"), (FIXTURES, "lgm_reference.ply"))
    )
    heads = [content.split(b"end_header\n")[0].decode().splitlines() for content in (ours, theirs)]
    assert [line for line in heads[0] if not line.startswith("comment")] == heads[1]
    a, b = (np.frombuffer(content.split(b"end_header\n")[1], "<f4") for content in (ours, theirs))
    assert len(a) == len(b) and np.abs(a - b).max() < 1e-6


@pytest.mark.parametrize("up", ["+Z", "-Z", "+Y", "-Y"])
@pytest.mark.parametrize("cloud", [GAUSSIANS, POINTS], ids=["gaussians", "points"])
def test_round_trip_with_every_axis_up(tmp_path, up, cloud):
    path = tmp_path / "cloud.ply"
    write_cloud(path, cloud, up=up)
    turned_back = read_cloud(path)  # the comment tells
    if isinstance(cloud, PointCloud):
        same(turned_back, cloud)
    else:
        signs = np.sign((turned_back.rotations * cloud.rotations).sum(1, keepdims=True))
        same(
            GaussianCloud(
                turned_back.means,
                turned_back.scales,
                turned_back.rotations * signs,
                turned_back.opacities,
                turned_back.colours,
            ),
            cloud,
        )
    axis = {"X": 0, "Y": 1, "Z": 2}[up[1]]
    as_is = read_cloud(path, up="+Z")
    means = as_is.points if isinstance(cloud, PointCloud) else as_is.means
    mine = cloud.points if isinstance(cloud, PointCloud) else cloud.means
    np.testing.assert_allclose(means[:, axis] * (1 if up[0] == "+" else -1), mine[:, 2], atol=1e-6)


def test_viewers_show_what_we_write_upright(tmp_path):
    """They take −Y for up in Gaussians, and +Z in points."""
    write_cloud(tmp_path / "gaussians.ply", GAUSSIANS)
    np.testing.assert_allclose(
        -read_cloud(tmp_path / "gaussians.ply", up="+Z").means[:, 1], GAUSSIANS.means[:, 2], atol=1e-6
    )
    write_cloud(tmp_path / "points.ply", POINTS)
    same(read_cloud(tmp_path / "points.ply", up="+Z"), POINTS)


@pytest.mark.parametrize("up, front", [("+Z", (0, -1, 0)), ("-Z", (0, -1, 0)), ("+Y", (0, 0, 1)), ("-Y", (0, 0, -1))])
def test_the_front_comes_to_face_minus_y(put, up, front):
    columns = {axis: np.array([front[i], 0], np.float32) for i, axis in enumerate("xyz")}
    assert read_cloud(put(clouds.ply(columns)), up=up).points[0].tolist() == [0, -1, 0]


def test_means_rotations_and_normals_turn_together(put):
    found = read_cloud(put(clouds.ply(COLUMNS)), up="+Y")
    turn = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    np.testing.assert_allclose(found.means, GAUSSIANS.means @ turn.T, atol=1e-6)
    before, after = rotation_matrices(GAUSSIANS.rotations), rotation_matrices(found.rotations)
    np.testing.assert_allclose(after, turn @ before, atol=1e-5)
    points = read_cloud(put(clouds.ply(clouds.columns_of(POINTS))), up="+Y")
    np.testing.assert_allclose(points.normals, POINTS.normals @ turn.T, atol=1e-6)


def test_what_is_taken_where_nothing_is_said(put):
    full = {**COLUMNS, "nx": np.zeros(300, np.float32)}
    for columns, up in ((COLUMNS, "+Y"), (full, "-Y"), (clouds.columns_of(POINTS), "+Z")):
        heard = []
        path = put(clouds.ply(columns))
        same(read_cloud(path, warn=heard.append), read_cloud(path, up=up))
        assert any(up in sentence for sentence in heard) == ("opacity" in columns)  # for points +Z is no guess
    nerfstudio = clouds.ply(full, comments=("Generated by something", "Vertical Axis: z"))
    same(read_cloud(put(nerfstudio)), GAUSSIANS)


def test_the_original_programs_columns(tmp_path):
    path = tmp_path / "full.ply"
    write_cloud(path, GAUSSIANS, up="+Z", full=True)
    names = [line.split()[-1] for line in path.read_bytes().split(b"end_header")[0].decode().splitlines()[4:]]
    assert names[:9] == ["x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2"]
    assert names[9:54] == [f"f_rest_{i}" for i in range(45)]
    assert names[54:] == ["opacity", "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"]
    same(read_cloud(path, up="+Z"), GAUSSIANS)


# ------------------------------------------------------------------------------------- what is no number


def test_rows_that_are_not_finite_are_left_out_and_counted(put):
    broken = {name: values.copy() for name, values in COLUMNS.items()}
    for i, name in enumerate(("x", "opacity", "scale_1", "rot_2", "f_dc_0")):
        broken[name][i] = np.nan
    broken["z"][5] = np.inf
    broken["scale_0"][6] = 1e9
    broken["y"][7] = 3e38
    heard = []
    found = read_cloud(put(clouds.ply(broken)), up="+Z", warn=heard.append)
    assert len(found.means) == 292 and heard == ["8 of 300 Gaussians were left out: their numbers are not finite."]
    same(found, GaussianCloud(*(getattr(GAUSSIANS, field)[8:] for field in FIELDS)))


def test_infinite_logarithms_mean_their_limits(put):
    odd = {name: values.copy() for name, values in COLUMNS.items()}
    odd["opacity"][:2] = np.inf, -np.inf
    odd["scale_2"][0] = -np.inf
    found = read_cloud(put(clouds.ply(odd)), up="+Z")
    assert found.opacities[:2].tolist() == [1, 0] and 0 < found.scales[0, 2] < 1e-6


def test_quaternions_of_any_length_and_of_none(put):
    odd = {name: values * 7 if name.startswith("rot") else values for name, values in COLUMNS.items()}
    for i in range(4):
        odd[f"rot_{i}"][0] = 0
    heard = []
    found = read_cloud(put(clouds.ply(odd)), up="+Z", warn=heard.append)
    np.testing.assert_allclose(found.rotations[1:], GAUSSIANS.rotations[1:], atol=1e-6)
    assert found.rotations[0].tolist() == [1, 0, 0, 0] and "1 Gaussians without a rotation" in heard[0]


def test_points_far_from_the_origin_keep_their_detail(put):
    far = POINTS.points.astype(np.float64) + np.array([4.5e6, 5.3e5, 120])
    heard = []
    found = read_cloud(put(clouds.ply({axis: far[:, i] for i, axis in enumerate("xyz")})), warn=heard.append)
    apart = np.linalg.norm(found.points - found.points[0], axis=1) - np.linalg.norm(
        POINTS.points - POINTS.points[0], axis=1
    )
    assert np.abs(apart).max() < 1e-5 and "moved" in heard[0]


def test_one_missing_normal_gives_them_all_up(put):
    columns = clouds.columns_of(POINTS)
    for axis in ("nx", "ny", "nz"):
        columns[axis][7] = 0
    heard = []
    assert read_cloud(put(clouds.ply(columns)), warn=heard.append).normals is None and "normal" in heard[0]


def test_faint_gaussians_can_be_left_out(put):
    path = put(clouds.ply(COLUMNS))
    found = read_cloud(path, up="+Z", least_opacity=0.5)
    assert len(found.means) == np.count_nonzero(GAUSSIANS.opacities >= 0.5) and found.opacities.min() >= 0.5
    assert "seen" in refused(path, EmptyCloud, least_opacity=0.999)


# --------------------------------------------------------------------------------------------- refusals


def test_what_is_missing_is_named(put):
    some = {name: values for name, values in COLUMNS.items() if name not in ("opacity", "rot_3")}
    assert "lacks opacity, rot_3" in refused(put(clouds.ply(some)))
    uncoloured = {name: values for name, values in COLUMNS.items() if not name.startswith("f_dc")}
    assert "lacks f_dc_0" in refused(put(clouds.ply(uncoloured)))
    flat = {name: values for name, values in clouds.columns_of(POINTS).items() if name != "z"}
    assert "lacks z" in refused(put(clouds.ply(flat)))


@pytest.mark.parametrize("form", ["ascii", "binary_little_endian"])
@pytest.mark.parametrize("keep", [0.0, 0.3, 0.999])
def test_cut_off_files(put, form, keep):
    content = clouds.ply(COLUMNS, form)
    body = content.index(b"end_header\n") + 11
    whole = content[: body + int((len(content) - body) * keep)]
    assert "cut off" in refused(put(whole[: whole.rindex(b"\n") + 1] if form == "ascii" else whole))


@pytest.mark.parametrize("form", ["ascii", "binary_little_endian"])
def test_counts_that_lie(put, form):
    for count in (10**7, MOST_ROWS, MOST_ROWS + 1, 10**17):
        said = refused(put(clouds.ply(COLUMNS, form, count=count)))
        assert ("more than" in said) == (count > MOST_ROWS)
    assert "header" in refused(put(clouds.ply(COLUMNS, form, count=-1)))
    assert "header" in refused(put(clouds.ply(COLUMNS, form, count=10**30)))
    fewer = read_cloud(put(clouds.ply(COLUMNS, form, count=10)), up="+Z")
    assert len(fewer.means) == 10


def test_an_element_before_that_lies(put):
    before = (("camera", 10**12, "property float fov", b""),)
    assert "cut off" in refused(put(clouds.ply(COLUMNS, before=before)))
    empty = (("camera", 10**12, "", b""),)  # rows without properties take no room
    same(read_cloud(put(clouds.ply(COLUMNS, before=empty)), up="+Z"), GAUSSIANS)


def test_files_that_are_something_else(put):
    for name, content, word in (
        ("a.splat", b"\0" * 64, "SuperSplat"),
        ("a.spz", b"\x1f\x8b\x08\0", "SuperSplat"),
        ("a.sog", b"PK\x03\x04", "SuperSplat"),
        ("a.ply", b"PK\x03\x04", "Unpack"),
        ("a.ksplat", b"\0" * 64, "viewer"),
        ("a.glb", b"glTF\2\0\0\0", "Blender"),
        ("a.las", b"LASF\0\0", "CloudCompare"),
        ("a.ply", b"<!DOCTYPE html>", "Download"),
        ("a.ply", b"version https://git-lfs.github.com/spec/v1\n", "git lfs"),
        ("a.ply", b"plyformat", "Choose"),
        ("a.ply", b"", "again"),
    ):
        with pytest.raises(UnreadableCloud) as caught:
            read_cloud(put(content, name))
        assert word in caught.value.fix, name


def test_places_that_are_no_file(tmp_path):
    assert "no file" in refused(tmp_path / "nothing.ply")
    assert "not a file" in refused(tmp_path)
    refused(tmp_path / "a\0b.ply")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.ply")
        assert "not a file" in refused(tmp_path / "pipe.ply")  # and does not wait for a writer


def test_nothing_in_it(put):
    refused(put(clouds.ply({name: values[:0] for name, values in COLUMNS.items()})), EmptyCloud)
    nan = {name: np.full(3, np.nan, np.float32) for name in COLUMNS}
    assert "finite" in refused(put(clouds.ply(nan)), EmptyCloud)
    assert "no points" in refused(put(b"ply\nformat ascii 1.0\nelement face 0\nend_header\n"))


def test_text_that_is_no_number(put):
    content = clouds.ply(clouds.columns_of(POINTS), "ascii")
    at = content.index(b"end_header\n") + 30
    assert "promises" in refused(put(content[:at] + b"zero " + content[at:]))
    assert "too long" in refused(put(content[:at] + b"1" * 70000 + content[at:]))


def test_a_wrong_axis_and_wrong_places(tmp_path, put):
    refused(put(clouds.ply(COLUMNS)), BadRequest, up="north")
    with pytest.raises(BadRequest):
        write_cloud(tmp_path / "a.ply", GAUSSIANS, up="Z")
    with pytest.raises(BadRequest):
        write_cloud(tmp_path / "a.splat", GAUSSIANS)
    with pytest.raises(MissingFolder):
        write_cloud(tmp_path / "no" / "a.ply", GAUSSIANS)
    with pytest.raises(EmptyCloud):
        write_cloud(tmp_path / "a.ply", GAUSSIANS, least_opacity=2)
    assert [path.name for path in tmp_path.iterdir()] == ["cloud.ply"]


@st.composite
def headers(draw):
    kinds = st.sampled_from(["float", "uchar", "double", "int64", "list uchar int", "list float int", "bool", "list"])
    names = st.sampled_from(["x", "y", "z", "opacity", "rot_0", "#x", "packed_position", "min_x", "red", ""])
    counts = st.sampled_from(["0", "1", "3", "300", "99999999", "10000000000000000", "-1", "1e3", "٣", "", "nan"])
    lines = [draw(st.sampled_from(["ply", "ply", "PLY", "plyx"])), f"format {draw(st.sampled_from([*FORMS, 'x']))} 1.0"]
    for _ in range(draw(st.integers(0, 4))):
        lines.append(f"element {draw(st.sampled_from(['vertex', 'chunk', 'face', 'sh']))} {draw(counts)}")
        for _ in range(draw(st.integers(0, 5))):
            lines.append(f"property {draw(kinds)} {draw(names)}")
    if draw(st.booleans()):
        lines.insert(draw(st.integers(0, len(lines))), draw(st.text(max_size=30)))
    body = draw(st.binary(max_size=200))
    return "\n".join([*lines, "end_header", ""]).encode("utf-8", "replace") + body


FORMS = ["ascii", "binary_little_endian", "binary_big_endian"]
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(headers())
def test_any_header_is_read_or_refused_in_words(tmp_path, content):
    path = tmp_path / "any.ply"
    path.write_bytes(content)
    try:
        found = read_cloud(path)
    except JobError as error:
        assert error.sentence and error.fix
    else:
        values = found.points if isinstance(found, PointCloud) else found.means
        assert len(values) and np.isfinite(values).all()


@QUICK
@given(st.integers(0, 10**6), st.integers(0, 255), st.sampled_from(FORMS))
def test_any_changed_byte_is_read_or_refused_in_words(tmp_path, at, byte, form):
    content = bytearray(clouds.ply({name: values[:5] for name, values in COLUMNS.items()}, form))
    content[at % len(content)] = byte
    path = tmp_path / "any.ply"
    path.write_bytes(content)
    try:
        found = read_cloud(path, up="+Z")
    except JobError as error:
        assert error.sentence and error.fix
    else:
        assert isinstance(found, (PointCloud, GaussianCloud))
        if isinstance(found, GaussianCloud):
            assert all(np.isfinite(getattr(found, field)).all() for field in FIELDS) and (found.scales > 0).all()
