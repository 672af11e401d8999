"""The alignment protocols: they find what was done to a cloud, and say no more than that."""

import numpy as np
import pytest
from maquette.backend.evaluation.align import PROTOCOLS, Nearest, fit, iterate, search, starts, yaws
from maquette.backend.evaluation.metrics import sample, sampled, turned
from tiny_objects import CUBE_F, CUBE_V, boxes


def chair():
    """A seat, a back and a stump: alike from no two sides."""
    return boxes(((0, 0, 0), (0.6, 0.6, 0.1)), ((0, 0.5, 0.5), (0.6, 0.1, 0.5)), ((0.3, -0.2, -0.5), (0.2, 0.2, 0.5)))


@pytest.fixture(scope="module")
def truth():
    v, f = chair()
    points = sampled(v, f, seed=1).points
    return points, Nearest(points)


@pytest.mark.parametrize(("name", "angle", "scale"), [("yaws", 133, 1.2), ("yaws", -60, 0.8), ("search", 100, 0.8)])
def test_a_known_turn_and_scale_is_undone(truth, name, angle, scale):
    points, nearest = truth
    v, f = chair()
    other = sampled(v, f, seed=7).points
    away = turned(other, angle) / scale + np.array([0.05, -0.1, 0.08])
    found = PROTOCOLS[name](away, points, nearest)
    assert np.abs(found - other).max() < 0.03


def test_rigid_search_does_not_change_the_size_it_started_with(truth):
    points, nearest = truth
    found = search(points * 1.03, points, nearest)
    size = np.ptp(found, axis=0).max() / np.ptp(points * 1.03, axis=0).max()
    assert size == pytest.approx(1.0, abs=0.01)  # one of SCALES, and none between
    assert np.ptp(yaws(points * 1.03, points, nearest), axis=0).max() == pytest.approx(2.0, abs=0.01)


def test_shrinking_onto_a_part_gains_nothing(truth):
    """Inliers of both clouds count: else a rod would win by lying small within a rod."""
    rod = np.array([0.1, 0.1, 1.0]) * sample(CUBE_V, CUBE_F, 10_000, seed=3)
    found = search(rod, rod, Nearest(rod))
    assert np.ptp(found[:, 2]) == pytest.approx(2.0, abs=0.02)


def test_the_best_pose_of_pairs_is_the_one_they_were_moved_by():
    rng = np.random.default_rng(0)
    p = rng.normal(size=(5, 40, 3))
    turn = np.linalg.qr(rng.normal(size=(5, 3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))[:, None, None]
    y = 1.3 * p @ np.swapaxes(turn, 1, 2) + rng.normal(size=(5, 1, 3))
    y[:, :5] += 9.0  # of no weight
    weights = np.ones((5, 40))
    weights[:, :5] = 0
    pose = fit(p, y, weights, (0.7, 1.4))
    assert np.allclose(pose.scale, 1.3) and np.allclose(pose.rotation, turn)
    assert np.allclose(pose(p)[:, 5:], y[:, 5:])
    assert np.allclose(fit(p, y, weights, (0.7, 1.1)).scale, 1.1)
    assert np.allclose(fit(p, y, weights, np.full(5, 1.0)).rotation, turn)
    mirrored = fit(p, p * (1, 1, -1), np.ones((5, 40)), (0.7, 1.4))
    assert np.allclose(np.linalg.det(mirrored.rotation), 1)  # never a mirror image


def test_starts_are_every_scale_with_every_turn():
    begin = starts((0.5, 2.0), 4)
    x = begin(np.array([[1.0, 0, 0.5]]))[:, 0]
    assert np.allclose(x[:4], [[0.5, 0, 0.25], [0, 0.5, 0.25], [-0.5, 0, 0.25], [0, -0.5, 0.25]])
    assert np.allclose(x[4:], 4 * x[:4])


def test_far_pairs_count_nothing(truth):
    points, nearest = truth
    stray = points[:500].copy()
    stray[:100] += np.array([0.0, 0.0, 3.0])
    moved = iterate(starts((1.0,), 1), stray, nearest.of, scaled=False, reach=0.1)(stray)[0]
    assert np.abs(moved[100:] - points[100:500]).max() < 0.02
    everything_far = stray + np.array([0, 0, 9.0])
    assert np.isfinite(iterate(starts((1.0,), 1), everything_far, nearest.of, scaled=False, reach=0.1).shift).all()


def test_the_table_knows_the_nearest_to_within_a_cell(truth):
    points, nearest = truth
    places = np.random.default_rng(2).uniform(-1.5, 1.5, (300, 3))
    told = np.linalg.norm(nearest.of(places) - places, axis=1)
    true = np.sqrt(((places[:, None] - points[None]) ** 2).sum(-1)).min(1)
    cell = 2 * nearest.half / nearest.cells
    assert (told >= true - 1e-6).all() and (told <= true * 1.1 + 2 * cell).all()
