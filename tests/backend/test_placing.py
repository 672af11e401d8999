"""Clouds stand on the ground in their own proportions, and what floats far off does not shrink them."""

from dataclasses import replace

import numpy as np
import pytest
from cloud_jobs import gaussians, sphere_arrays
from maquette.backend.errors import EmptySurface
from maquette.backend.inputs import cloud_of
from maquette.backend.placing import bounds, moved, stand
from maquette.backend.shapes import PointCloud


def test_the_longest_side_is_one_metre_and_the_ground_is_touched():
    placed = stand(gaussians(), height=0)
    np.testing.assert_allclose(bounds(placed), [[-0.25, -0.5, 0], [0.25, 0.5, 0.25]], atol=1e-6)
    assert placed.means.dtype == placed.scales.dtype == np.float32


@pytest.mark.parametrize("height", [1e-4, 0.7, 1e4])
def test_a_height_keeps_every_proportion(height):
    before, after = gaussians(), stand(gaussians(), height)
    factor = height / 1.0  # it is 1 m high
    np.testing.assert_allclose(np.ptp(after.means, axis=0), np.ptp(before.means, axis=0) * factor, rtol=1e-5)
    np.testing.assert_allclose(after.scales, before.scales * factor, rtol=1e-5)
    assert (after.rotations == before.rotations).all() and (after.colours == before.colours).all()


def test_points_stand_like_gaussians_and_keep_colours_and_normals():
    before = cloud_of(sphere_arrays())
    after = stand(before, 0)
    lower, upper = bounds(after)
    assert np.ptp([lower, upper], axis=0).max() == pytest.approx(1) and lower[2] == pytest.approx(0, abs=1e-6)
    assert after.colours is before.colours and after.normals is before.normals


def test_what_floats_far_off_or_is_hardly_seen_does_not_count():
    cloud = gaussians(5000)
    means, opacities = cloud.means.copy(), cloud.opacities.copy()
    means[2:5] = [[900, 0, 0], [0, 0, -400], [0, 700, 0]]  # three strays among five thousand
    means[10:200] += 50  # a haze
    opacities[10:200] = 0.05
    np.testing.assert_allclose(bounds(replace(cloud, means=means, opacities=opacities)), bounds(cloud), atol=0.02)


def test_a_small_cloud_has_no_strays():
    cloud = gaussians(50)
    assert (np.array(bounds(cloud)) == np.array([cloud.means.min(0), cloud.means.max(0)])).all()


def test_a_cloud_of_faint_ones_is_measured_all_the_same():
    faint = replace(gaussians(), opacities=np.full(200, 0.01, np.float32))
    np.testing.assert_allclose(bounds(faint), bounds(gaussians()))


@pytest.mark.parametrize("height", [0.0, 2.0])
def test_one_point_and_a_flat_sheet_do_not_break_it(height):
    for points in (np.ones((1, 3)), np.random.default_rng(0).uniform(size=(99, 3)) * (1, 1, 0)):
        placed = stand(PointCloud(points.astype(np.float32)), height)
        assert np.isfinite(placed.points).all() and np.abs(placed.points).max() <= 1e4


def test_nothing_cannot_stand():
    with pytest.raises(EmptySurface):
        stand(PointCloud(np.zeros((0, 3), np.float32)), 0)


def test_moving_is_turned_back():
    before = gaussians()
    there = moved(before, np.array([1.0, 2, 3]), 4)
    back = moved(there, np.array([-4.0, -8, -12]), 0.25)
    np.testing.assert_allclose(back.means, before.means, atol=1e-5)
    np.testing.assert_allclose(back.scales, before.scales, rtol=1e-6)
