"""The sparse search against asking everywhere."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.engines.engine import Watch
from maquette.backend.errors import BadRequest, Cancelled
from maquette.backend.surface import lattice, sparse
from maquette.backend.surface.marching_cubes import marching_cubes
from maquette.backend.surface.measure import watertight
from surface_samples import EXACT, ball, field, torus

BOXES = {
    "whole": ((-1.0, -1.0, -1.5), (1.0, 1.0, 1.5)),
    "cut": ((-0.5, -0.31, -0.1), (0.45, 0.7, 0.12)),
    "flat": ((-0.9, -0.9, 0.01), (0.9, 0.9, 0.05)),
}


@pytest.mark.parametrize("name", sorted(EXACT))
@pytest.mark.parametrize("box", sorted(BOXES))
@pytest.mark.parametrize("resolution", [1, 5, 24, 47])
def test_exact_distances_give_the_arrays_of_dense(name, box, resolution):
    shape = field(EXACT[name], *BOXES[box])
    found, reference = sparse.sparse(shape, resolution, Watch()), sparse.dense(shape, resolution, Watch())
    assert np.array_equal(found.cells, reference.cells) and found.cells.dtype == reference.cells.dtype
    assert np.array_equal(found.corners, reference.corners) and found.corners.dtype == reference.corners.dtype
    assert found.grown == 0
    assert found.evaluated <= reference.evaluated
    if len(found.cells):
        assert watertight(marching_cubes(found.cells, found.corners)[1])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 30), st.floats(0.2, 5.0))
def test_any_union_of_balls_in_any_box(seed, resolution, scale):
    rng = np.random.default_rng(seed)
    centres, radii = rng.uniform(-1, 1, (5, 3)).astype(np.float32), rng.uniform(0.05, 0.6, 5)

    def values(points):
        return scale * np.max([ball(points, c, r) for c, r in zip(centres, radii, strict=True)], axis=0)

    lower = rng.uniform(-1.2, -0.1, 3)
    shape = field(values, lower, lower + rng.uniform(0.3, 2.0, 3), lipschitz=scale)
    found, reference = sparse.sparse(shape, resolution, Watch()), sparse.dense(shape, resolution, Watch())
    assert np.array_equal(found.cells, reference.cells)
    assert np.array_equal(found.corners, reference.corners)


@pytest.mark.parametrize("bound", [1.0, 3.0, 100.0])
def test_a_loose_bound_costs_questions_and_changes_nothing(bound, monkeypatch):
    """In many small parts, too."""
    whole = sparse.sparse(field(torus), 30, Watch())
    monkeypatch.setattr(sparse, "CHUNK", 64)
    parts = sparse.sparse(field(torus, lipschitz=bound), 30, Watch())
    assert np.array_equal(parts.cells, whole.cells) and np.array_equal(parts.corners, whole.corners)
    assert whole.evaluated <= parts.evaluated <= 31 * 31 * 46


def test_sparse_asks_little():
    found = sparse.sparse(field(torus), 96, Watch())
    assert found.evaluated < 0.08 * 97 * 97 * 145
    assert found.evaluated < 4 * len(found.cells)


def test_each_point_is_asked_once():
    asked = []

    def values(points):
        asked.append(points)
        return torus(points)

    found = sparse.sparse(field(values), 40, Watch())
    points = np.concatenate(asked)
    assert len(points) == found.evaluated == len(np.unique(points, axis=0))


def test_a_broken_promise_is_mended_by_following_the_surface():
    """A field steeper than it says: the bound drops cells that the surface passes through, and following finds them
    again from those that were found; the surface is closed and the same as dense.
    """
    shape = field(lambda p: 6.0 * torus(p), lipschitz=1.0)
    found, reference = sparse.sparse(shape, 48, Watch()), sparse.dense(shape, 48, Watch())
    assert found.grown > 0
    assert np.array_equal(found.cells, reference.cells)
    assert np.array_equal(found.corners, reference.corners)


def test_seeds_find_what_the_bound_hides():
    """A field that is flat but for a small ball, with a bound that hides it; one seed and the whole ball is there."""
    centre = (0.31, -0.22, 0.4)

    def values(points):
        return np.where(ball(points, centre, 0.2) > -0.05, ball(points, centre, 0.2), -0.9).astype(np.float32)

    blind = field(values, lipschitz=0.01)
    assert len(sparse.sparse(blind, 40, Watch()).cells) == 0
    seeded = dataclasses.replace(blind, seeds=np.array([[0.31, -0.22, 0.6], [9.0, 9.0, 9.0]], np.float32))
    found, reference = sparse.sparse(seeded, 40, Watch()), sparse.dense(blind, 40, Watch())
    assert np.array_equal(found.cells, reference.cells)


def test_what_the_box_cuts_off_is_closed_in_the_boxs_side():
    shape = field(ball, (-0.3, -2.0, -2.0), (0.3, 2.0, 2.0))
    found = sparse.sparse(shape, 12, Watch())
    vertices, faces = marching_cubes(found.cells, found.corners)
    points = found.lattice.points(vertices)
    assert watertight(faces)
    assert points[:, 0].min() == pytest.approx(-0.3, abs=1e-5) and points[:, 0].max() == pytest.approx(0.3, abs=1e-5)


def test_a_field_that_is_inside_everywhere_is_the_box():
    found = sparse.sparse(field(lambda p: np.ones(len(p), np.float32), (0, 0, 0), (1, 2, 1)), 8, Watch())
    vertices, faces = marching_cubes(found.cells, found.corners)
    points = found.lattice.points(vertices)
    assert watertight(faces)
    assert np.allclose(points.min(axis=0), [0, 0, 0], atol=1e-4) and np.allclose(
        points.max(axis=0), [1, 2, 1], atol=1e-4
    )


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_values_that_are_no_numbers(bad):
    def values(points):
        return np.where(points[:, 0] > 0.2, np.float32(bad), ball(points))

    found, reference = sparse.sparse(field(values), 20, Watch()), sparse.dense(field(values), 20, Watch())
    assert np.isfinite(found.corners).all() and np.isfinite(reference.corners).all()
    assert (found.undefined > 0) == math.isnan(bad)
    assert watertight(marching_cubes(found.cells, found.corners)[1])


def test_the_watch_hears_every_batch_and_can_stop_it(monkeypatch):
    monkeypatch.setattr(lattice, "BATCH", 500)
    heard = []
    sparse.sparse(field(torus), 40, Watch(step=lambda fraction=0.0, detail="": heard.append(fraction)))
    assert len(heard) > 10 and heard == sorted(heard) and heard[0] >= 0 and heard[-1] <= 1

    def stop(fraction=0.0, detail=""):
        if fraction > 0.4:
            raise Cancelled

    for search in (sparse.sparse, sparse.dense):
        with pytest.raises(Cancelled):
            search(field(torus), 40, Watch(step=stop))


def test_boxes_and_grids_that_make_no_sense():
    for lower, upper in (((0, 0, 0), (1, 0, 1)), ((0, 0, 0), (1, math.nan, 1)), ((0, 0, 0), (1, math.inf, 1))):
        with pytest.raises(BadRequest):
            sparse.sparse(field(ball, lower, upper), 8, Watch())
    with pytest.raises(BadRequest):
        sparse.sparse(field(ball), 4000, Watch())
    with pytest.raises(ValueError, match="shape"):
        sparse.sparse(field(lambda p: np.zeros((len(p), 1), np.float32)), 8, Watch())
