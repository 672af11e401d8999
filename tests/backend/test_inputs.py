"""Files and arrays from a socket: what is right is taken, everything else ends in one sentence."""

import math
import os

import numpy as np
import pytest
from cloud_jobs import depth_arrays, sphere_arrays
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from maquette.backend import inputs
from maquette.backend.errors import BadRequest
from maquette.backend.inputs import check_arrays, check_file, cloud_of, views_of
from maquette.backend.protocol import Picture, Request

PICTURE = Picture(np.zeros((4, 4, 4), np.uint8))


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (Request(), ""),
        (Request(prompt="  "), ""),
        (Request(prompt="a chair"), "prompt"),
        (Request(images=(PICTURE,), prompt="a chair"), "image"),
        (Request(images=(PICTURE, PICTURE)), "views"),
        (Request(file="/x.ply"), "cloud"),
        (Request(arrays=sphere_arrays(3)), "cloud"),
        (Request(arrays=depth_arrays()), "depths"),
        (Request(arrays={"nonsense": np.ones(3, np.float32)}), "depths"),  # refused by check_arrays
    ],
)
def test_what_a_job_is_made_from(request_, kind):
    assert inputs.given(request_) == kind


# ------------------------------------------------------------------------------------------------ files


def test_a_file_is_taken_by_its_path_alone(tmp_path):
    for name in ("a.ply", "Wörter und 空.PLY"):
        (tmp_path / name).write_bytes(b"ply\n")
        check_file(str(tmp_path / name))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.ply", "There is no file"),
        ("folder.ply", "not a file"),
        ("pipe.ply", "not a file"),
        ("cloud.obj", "no file of Gaussians or points"),
        ("ply", "no file of Gaussians or points"),
        ("x" * 300 + ".ply", "cannot be opened"),
        ("nul\0l.ply", "cannot be opened"),
        ("lone\ud800.ply", "cannot be opened|no file"),
    ],
)
def test_a_path_that_leads_to_no_cloud_is_refused(tmp_path, name, words):
    (tmp_path / "folder.ply").mkdir()
    (tmp_path / "cloud.obj").write_text("")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.ply")
    else:
        (tmp_path / "pipe.ply").mkdir()
    with pytest.raises(BadRequest, match=words) as caught:
        check_file(f"{tmp_path}{os.sep}{name}")
    assert caught.value.fix


@pytest.mark.parametrize("path", ["scene.ply", "../scene.ply", "~/scene.ply", "", "."])
def test_a_path_must_be_whole(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scene.ply").write_bytes(b"ply\n")
    with pytest.raises(BadRequest, match="not a whole one"):
        check_file(path)


def test_a_file_may_not_be_of_any_size(tmp_path, monkeypatch):
    (tmp_path / "large.ply").write_bytes(b"x" * 101)
    monkeypatch.setattr(inputs, "MAX_FILE", 100)
    with pytest.raises(BadRequest, match="the limit is"):
        check_file(str(tmp_path / "large.ply"))
    monkeypatch.setattr(inputs, "MAX_FILE", 101)
    check_file(str(tmp_path / "large.ply"))


@settings(max_examples=200)
@given(st.text())
def test_no_path_is_a_surprise(path):
    for whole in (path, os.sep + path, os.sep + path + ".ply"):
        with pytest.raises(BadRequest):
            check_file(whole)


# ----------------------------------------------------------------------------------------------- arrays


def test_points_travel_as_they_are_and_normals_become_unit():
    given_arrays = sphere_arrays(50)
    given_arrays["normals"][7] = 0
    check_arrays(given_arrays)
    cloud = cloud_of({name: memoryview(array) for name, array in given_arrays.items()})  # as the link hands them over
    assert (cloud.points == given_arrays["points"]).all() and (cloud.colours == given_arrays["colours"]).all()
    assert cloud.points.dtype == cloud.normals.dtype == np.float32
    length = np.linalg.norm(cloud.normals, axis=1)
    np.testing.assert_allclose(np.delete(length, 7), 1, atol=1e-6)
    assert length[7] == 0


def test_points_alone_are_enough():
    only = {"points": sphere_arrays(9)["points"]}
    check_arrays(only)
    cloud = cloud_of(only)
    assert cloud.colours is None and cloud.normals is None


def test_depths_become_views_that_see_nothing_where_they_are_0():
    arrays_ = depth_arrays(views=3)
    arrays_["views"][1] = (0.8, 0)  # one of them in perspective
    check_arrays(arrays_)
    views = views_of(arrays_)
    assert len(views) == 3 and views[0].rgba.dtype == views[0].depth.dtype == np.float32
    assert np.isinf(views[2].depth[0]).all() and (views[2].depth[1:-1, 1:-1] == 2).all()
    assert views[0].rgba.max() == pytest.approx(200 / 255) and (views[2].to_world == arrays_["poses"][2]).all()
    assert [(view.fov, view.extent) for view in views] == [(0, 3), (pytest.approx(0.8), 0), (0, 3)]


def broken(make, name, change):
    made = make()
    made[name] = change(made[name])
    return made


def put(array, at, value):
    array = array.copy()
    array[at] = value
    return array


@pytest.mark.parametrize(
    ("arrays_", "words"),
    [
        ({}, "“depths” is missing"),
        ({"vertices": np.ones((3, 3), np.float32)}, "is missing"),
        ({**sphere_arrays(), "faces": np.ones((3, 3), np.int32)}, "no array called “faces”"),
        ({**depth_arrays(), "masks": np.ones((3, 3), np.float32)}, "no array called “masks”"),
        ({**depth_arrays(), "points": np.ones((3, 3), np.float32)}, "no array called “depths”"),
        ({"points": np.ones((3, 3), np.int32)}, "int32 and not"),
        ({"points": np.ones(3, np.float32)}, "and not"),
        ({"points": np.ones((3, 4), np.float32)}, "and not"),
        (broken(sphere_arrays, "colours", lambda a: a[1:]), "and not"),
        (broken(sphere_arrays, "colours", lambda a: a[:, :3]), "and not"),
        (broken(sphere_arrays, "normals", lambda a: a.T), "and not"),
        (broken(sphere_arrays, "points", lambda a: put(a, (3, 1), np.nan)), "not numbers"),
        (broken(sphere_arrays, "normals", lambda a: put(a, (3, 1), np.inf)), "not numbers"),
        (broken(sphere_arrays, "points", lambda a: put(a, (3, 1), 2e6)), "farther than 1,000 km"),
        (broken(depth_arrays, "depths", lambda a: a[0]), "make no sense"),
        (broken(depth_arrays, "depths", lambda a: a[:, :1]), "make no sense"),
        (broken(depth_arrays, "depths", lambda a: np.tile(a[:1], (65, 1, 1))), "make no sense"),
        (broken(depth_arrays, "depths", lambda a: -a), "negative"),
        (broken(depth_arrays, "depths", lambda a: a * 0), "show nothing"),
        (broken(depth_arrays, "depths", lambda a: put(a, (0, 2, 2), np.inf)), "not numbers"),
        (broken(depth_arrays, "rgba", lambda a: a[..., :3]), "and not"),
        (broken(depth_arrays, "rgba", lambda a: a.transpose(0, 2, 1, 3)), "and not"),
        (broken(depth_arrays, "poses", lambda a: a[:, :3]), "and not"),
        (broken(depth_arrays, "poses", lambda a: a * 2), "scaled, skewed"),
        (broken(depth_arrays, "poses", lambda a: a * np.float32([-1, 1, 1, 1])), "mirrored"),
        (broken(depth_arrays, "poses", lambda a: put(a, (0, 3, 0), 1)), "scaled, skewed"),
        (broken(depth_arrays, "views", lambda a: put(a, (0, 0), math.pi)), "field of view"),
        (broken(depth_arrays, "views", lambda a: put(a, (0, 0), -1)), "field of view"),
        (broken(depth_arrays, "views", lambda a: put(a, (0, 1), 0)), "field of view"),
        (broken(depth_arrays, "views", lambda a: put(a, (0, 0), math.pi - 1e-4)), "field of view"),
        (broken(depth_arrays, "views", lambda a: put(a, (0, 0), 1e-4)), "field of view"),
        (broken(depth_arrays, "views", lambda a: put(a, (1, 1), 1e38)), "more than 1,000 km"),
        (broken(depth_arrays, "views", lambda a: put(a, (1, 1), 1e-7)), r"less than 0\.001 mm"),
    ],
)
def test_arrays_that_make_no_sense_are_refused(arrays_, words):
    with pytest.raises(BadRequest, match=words) as caught:
        check_arrays(arrays_)
    assert caught.value.fix and "\n" not in str(caught.value)


def test_the_extent_of_a_perspective_camera_does_not_count():
    for views in ((0.8, 0), (0.8, 1e38), (3.0, 0), (0.01, 0), (0, 1e6), (0, 1e-6)):
        check_arrays(broken(depth_arrays, "views", lambda a, views=views: np.tile(np.float32(views), (len(a), 1))))


def test_there_is_a_most_of_points(monkeypatch):
    monkeypatch.setattr(inputs, "MAX_POINTS", 20)
    check_arrays({"points": np.zeros((20, 3), np.float32)})
    with pytest.raises(BadRequest, match=r"21 points are not 1 to 20\."):
        check_arrays({"points": np.zeros((21, 3), np.float32)})


ANY_ARRAY = st.one_of(
    arrays(np.float32, array_shapes(max_dims=4, max_side=5)),
    arrays(np.uint8, array_shapes(max_dims=4, max_side=5)),
    arrays(np.int32, array_shapes(max_dims=4, max_side=5)),
)
NAMES = st.sampled_from(("points", "colours", "normals", "rgba", "depths", "poses", "views", "faces", ""))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, ANY_ARRAY, max_size=5))
def test_arrays_of_any_kind_are_taken_whole_or_refused(arrays_):
    _taken_or_refused(arrays_)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_one_wrong_array_is_taken_whole_or_refused(data):
    """The same from a right set of arrays in which one is replaced, or one number changed."""
    arrays_ = data.draw(st.sampled_from((sphere_arrays, depth_arrays)))()
    name = data.draw(st.sampled_from(sorted(arrays_)))
    if data.draw(st.booleans()):
        arrays_[name] = data.draw(ANY_ARRAY)
    else:
        at = data.draw(st.integers(0, arrays_[name].size - 1))
        numbers = st.floats(width=32) if arrays_[name].dtype == np.float32 else st.integers(0, 255)
        flat = arrays_[name].copy()
        flat.reshape(-1)[at] = data.draw(numbers)
        arrays_[name] = flat
    _taken_or_refused(arrays_)


def _taken_or_refused(arrays_):
    try:
        check_arrays(arrays_)
    except BadRequest as error:
        assert error.sentence and error.fix
        return
    if "points" in arrays_:
        cloud = cloud_of(arrays_)
        assert cloud.points.shape == (len(cloud.points), 3) and np.isfinite(cloud.points).all()
        assert cloud.normals is None or np.isfinite(cloud.normals).all()
    else:
        for view in views_of(arrays_):
            assert view.rgba.shape == (*view.depth.shape, 4) and (view.depth > 0).all()
            assert 0 <= view.fov < math.pi and np.isfinite(view.to_world).all()
