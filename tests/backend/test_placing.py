"""Clouds stand on the ground in their own proportions, and what floats far off does not shrink them."""

from dataclasses import replace

import numpy as np
import pytest
from cloud_jobs import gaussians, sphere_arrays
from maquette.backend import placing
from maquette.backend.errors import EmptySurface
from maquette.backend.inputs import cloud_of
from maquette.backend.placing import bounds, moved, stand
from maquette.backend.shapes import GaussianCloud, PointCloud


def test_the_longest_side_is_one_metre_and_the_ground_is_touched():
    placed = stand(gaussians(), height=0)
    np.testing.assert_allclose(bounds(placed), [[-0.25, -0.5, 0], [0.25, 0.5, 0.25]], atol=0.02)
    lower, upper = bounds(placed)
    assert (upper - lower).max() == pytest.approx(1) and lower[2] == pytest.approx(0, abs=1e-6)
    assert placed.means.dtype == placed.scales.dtype == np.float32


@pytest.mark.parametrize("height", [1e-4, 0.7, 1e4])
def test_a_height_keeps_every_proportion(height):
    before, after = gaussians(), stand(gaussians(), height)
    lower, upper = bounds(before)
    factor = height / (upper - lower)[2]
    assert factor == pytest.approx(height, rel=0.08)  # its middles are 1 m apart, and they are 0.02 m across
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
    lower, upper = bounds(cloud)
    assert (lower < cloud.means.min(0)).all() and (upper > cloud.means.max(0)).all()
    assert (lower > cloud.means.min(0) - 0.04).all() and (upper < cloud.means.max(0) + 0.04).all()


@pytest.mark.parametrize("count", [300, 5000])
def test_an_ordinary_cloud_is_hardly_larger_than_its_middles(count):
    cloud = gaussians(count)
    of_middles, whole = np.ptp(cloud.means, axis=0), np.ptp(bounds(cloud), axis=0)
    assert whole.max() == pytest.approx(of_middles.max(), rel=0.03)


def turned_needle(count):
    """Needles along (1, 1, 0), 5 m in standard deviation, all in one place."""
    half = np.pi / 8
    return replace(
        gaussians(count),
        means=np.full((count, 3), 0.5, np.float32),
        scales=np.tile(np.float32([5, 1e-4, 1e-4]), (count, 1)),
        rotations=np.tile(np.float32([np.cos(half), 0, 0, np.sin(half)]), (count, 1)),
    )


@pytest.mark.parametrize("count", [1, 300, 3000])
def test_gaussians_in_one_place_are_as_large_as_they_are_wide(count):
    cloud = (
        turned_needle(count) if count > 1 else GaussianCloud(*(part[:1] for part in vars(turned_needle(2)).values()))
    )
    along = 2 * 5 / np.sqrt(2)
    np.testing.assert_allclose(np.ptp(bounds(cloud), axis=0), [2 * along, 2 * along, 4e-4], rtol=1e-4)
    placed = stand(cloud, 0)
    np.testing.assert_allclose(placed.scales, cloud.scales / (2 * along), rtol=1e-4)
    assert np.abs(placed.means).max() < 1e-3


def test_giants_are_made_small_and_a_few_of_them_are_strays():
    cloud = gaussians(3000)
    giants = replace(cloud, scales=np.full((3000, 3), np.exp(10), np.float32))
    placed = stand(giants, 0)
    assert placed.scales.max() == pytest.approx(0.25, rel=1e-3)
    scales = cloud.scales.copy()
    scales[:9] = np.exp(10)
    np.testing.assert_allclose(bounds(replace(cloud, scales=scales)), bounds(cloud), atol=0.02)


def test_thin_gaussians_count_for_their_length():
    cloud = replace(gaussians(3000), scales=np.tile(np.float32([5, 1e-4, 1e-4]), (3000, 1)))
    lower, upper = bounds(stand(cloud, 0))
    assert (upper - lower).max() == pytest.approx(1, rel=1e-3)
    assert stand(cloud, 0).scales.max() < 0.3


@pytest.mark.parametrize("size", [1e-20, 1e-6, 1e6, 1e15])
def test_any_size_becomes_one_metre(size):
    cloud = moved(gaussians(), np.zeros(3), size)
    placed = stand(cloud, 0)
    lower, upper = bounds(placed)
    assert (upper - lower).max() == pytest.approx(1, rel=1e-4)
    np.testing.assert_allclose(placed.means, stand(gaussians(), 0).means, atol=1e-4)


@pytest.mark.parametrize("height", [0.0, 2.0])
def test_gaussians_without_any_size_are_refused(height):
    nothing = replace(turned_needle(40), scales=np.zeros((40, 3), np.float32))
    with pytest.raises(EmptySurface, match="all in one place"):
        stand(nothing, height)


def test_the_edges_are_measured_alike_however_many_are_held_at_once(monkeypatch):
    whole = bounds(gaussians(5000))
    monkeypatch.setattr(placing, "AT_ONCE", 7)
    assert (np.array(bounds(gaussians(5000))) == np.array(whole)).all()


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
