"""Cameras stand where they are told to, and see what is there the right way round."""

from pathlib import Path

import numpy as np
import pytest
from maquette.backend.render.cameras import Camera, around, look_at, orbit

FIXTURES = Path(__file__).parents[2] / "parity" / "fixtures" / "lgm"
CAMERAS = [orbit(0.4, -0.3, 2.0, (64, 48)), orbit(2.0, 1.2, 3.0, (48, 64), fov=0.0, extent=1.5, target=(1, 2, 3))]


def test_the_front_is_seen_from_minus_y():
    camera = orbit(0, 0, 2.0, 100)
    np.testing.assert_allclose(camera.to_world[:3, 3], [0, -2, 0], atol=1e-12)
    centre, right, above, behind = camera.project(np.array([[0, 0, 0], [0.1, 0, 0], [0, 0, 0.1], [0, 0.5, 0]]))
    np.testing.assert_allclose(centre, [50, 50, 2], atol=1e-9)
    assert right[0] > 50 and right[1] == pytest.approx(50)  # +X is on the right
    assert above[1] < 50 and above[0] == pytest.approx(50)  # +Z is up, row 0 on top
    assert behind[2] == pytest.approx(2.5)


@pytest.mark.parametrize("azimuth, place", [(0, (0, -1, 0)), (90, (1, 0, 0)), (180, (0, 1, 0)), (270, (-1, 0, 0))])
def test_azimuth_turns_counter_clockwise_seen_from_above(azimuth, place):
    np.testing.assert_allclose(orbit(np.deg2rad(azimuth), 0, 1).to_world[:3, 3], place, atol=1e-12)


@pytest.mark.parametrize("elevation", [-90, -89, 30, 90])
def test_elevation_is_above_the_horizon_up_to_the_pole(elevation):
    camera = orbit(0.7, np.deg2rad(elevation), 2)
    assert camera.to_world[2, 3] == pytest.approx(2 * np.sin(np.deg2rad(elevation)))
    rotation = camera.to_world[:3, :3]
    np.testing.assert_allclose(rotation.T @ rotation, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert rotation[2, 1] >= 0 or abs(rotation[2, 1]) < 1e-9  # never upside down


def test_lgm_has_the_same_cameras_in_its_own_frame():
    stored = np.load(FIXTURES / "lgm_cameras_rays.npz")
    turn = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1.0]])  # +Y up → +Z up
    for (elevation, azimuth, radius), expected in zip(stored["c2w_sweep_args"], stored["c2w_sweep"], strict=True):
        ours = orbit(np.deg2rad(azimuth), -np.deg2rad(elevation), radius).to_world  # its elevation points down
        np.testing.assert_allclose(ours, turn @ expected, atol=2e-6)


@pytest.mark.parametrize("camera", CAMERAS, ids=["perspective", "orthographic"])
def test_what_is_projected_can_be_found_again(camera):
    points = np.random.default_rng(0).uniform(-0.4, 0.4, (50, 3)) + (0 if camera.fov else np.array([1, 2, 3]))
    column, row, depth = camera.project(points).T
    origins, directions = camera.rays()
    for i in range(50):
        assert 0 <= column[i] < camera.width and 0 <= row[i] < camera.height
        at = int(row[i]), int(column[i])
        seen = camera.unproject(np.full((camera.height, camera.width), depth[i]))[at]
        pixel = depth[i] / camera.focal if camera.fov else 1 / camera.focal
        assert np.abs(seen - points[i]).max() < pixel  # half a pixel, along each of two slanted axes
        np.testing.assert_allclose(camera.project(seen[None])[0], [at[1] + 0.5, at[0] + 0.5, depth[i]], atol=1e-9)
        np.testing.assert_allclose(origins[at] + directions[at] * depth[i], seen)


@pytest.mark.parametrize("camera", CAMERAS, ids=["perspective", "orthographic"])
def test_view_and_intrinsics_are_what_opencv_means_by_them(camera):
    points = np.random.default_rng(1).normal(size=(20, 3)) * 0.3
    seen = points @ camera.view[:3, :3].T + camera.view[:3, 3]
    x, y, z = seen.T
    slopes = np.stack([x / z, y / z, z / z] if camera.fov else [x, y, np.ones_like(x)])
    column, row, _ = camera.intrinsics @ slopes
    np.testing.assert_allclose(np.stack([column, row, z], 1), camera.project(points), atol=1e-9)


def test_the_field_of_view_is_the_vertical_one():
    camera = Camera(np.eye(4), 200, 100, fov=np.deg2rad(60))
    top = camera.project(np.array([[0, np.tan(np.deg2rad(30)), -1]]))[0]
    np.testing.assert_allclose(top, [100, 0, 1], atol=1e-9)
    flat = Camera(np.eye(4), 200, 100, fov=0.0, extent=4.0)
    np.testing.assert_allclose(flat.project(np.array([[0, 2, -7]]))[0], [100, 0, 7], atol=1e-9)


def test_around_covers_the_sphere_and_looks_at_the_middle():
    cameras = around(32, 2.5, target=(1, 0, 0))
    places = np.array([camera.to_world[:3, 3] for camera in cameras]) - [1, 0, 0]
    np.testing.assert_allclose(np.linalg.norm(places, axis=1), 2.5)
    assert np.abs(places.mean(0)).max() < 0.1
    apart = np.linalg.norm(places[:, None] - places, axis=-1) + 10 * np.eye(32)
    assert apart.min() > 0.5 * 2.5 * np.sqrt(4 * np.pi / 32)
    for camera in cameras:
        np.testing.assert_allclose(camera.project(np.array([[1.0, 0, 0]]))[0, :2], [128, 128], atol=1e-6)


def test_looking_along_the_upward_axis_and_at_oneself():
    matrix = look_at((0, 0, 3), (0, 0, 0))
    np.testing.assert_allclose(matrix[:3, :3], np.eye(3), atol=1e-12)  # +Y is upward then
    with pytest.raises(ValueError):
        look_at((1, 2, 3), (1, 2, 3))
