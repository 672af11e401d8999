"""Poisson's equation on a lattice, and the frame it stands in."""

from __future__ import annotations

import numpy as np
import pytest
from clouds import BALL, points
from maquette.backend.surface.hull import hull
from maquette.backend.surface.poisson import Grid, Trilinear, between, good_length, indicator
from maquette.backend.watch import Watch


@pytest.mark.parametrize(("least", "length"), [(1, 4), (5, 6), (14, 16), (31, 32), (121, 128), (128, 128), (211, 216)])
def test_lengths_are_even_and_quick(least, length):
    assert good_length(least) == length


def test_splatting_and_sampling_are_each_others_transpose():
    rng = np.random.default_rng(0)
    grid = Grid(np.zeros(3), 0.5, (8, 10, 12))
    places = Trilinear(grid, rng.uniform(0.5, 3.0, (50, 3)))
    values, field = rng.normal(size=50).astype(np.float32), rng.normal(size=grid.shape).astype(np.float32)
    assert np.isclose((places.splat(values) * field).sum(), (values * places.sample(field)).sum(), rtol=1e-4)
    x = np.arange(8)[:, None, None] * 2.0 + np.zeros(grid.shape)
    assert np.allclose(
        places.sample(x.astype(np.float32)), places.sample(np.ones(grid.shape, np.float32)) * 0 + _x(places)
    )


def _x(places: Trilinear) -> np.ndarray:
    """Twice the first lattice coordinate that the shares stand for."""
    rows = [nodes // (10 * 12) for nodes in places.nodes]
    return 2 * sum(share * row for share, row in zip(places.shares, rows, strict=True))


def test_a_grid_has_a_margin_about_its_points():
    at = np.array([[-1.0, 0.0, 2.0], [3.0, 1.0, 2.5]])
    grid = Grid.around(at, 60)
    assert max(grid.shape) == 60 and all(good_length(side) == side for side in grid.shape)
    upper = grid.lower + (np.array(grid.shape) - 1) * grid.cell
    assert np.all(at.min(axis=0) - grid.lower > 0.35) and np.all(upper - at.max(axis=0) > 0.35)


def test_the_solid_of_a_ball_jumps_by_one_at_its_surface():
    """With areas that add up to the ball's, the field is an indicator: one higher within than without."""
    cloud = points(BALL, 20_000)
    grid = Grid.around(cloud.points, 64)
    areas = np.full(20_000, np.pi / 20_000, np.float32)
    field = indicator(grid, cloud.points, cloud.normals, areas, 1.0, Watch())
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)
    signed = BALL.signed((index * grid.cell + grid.lower).reshape(-1, 3)).reshape(grid.shape)
    inside, outside = field[signed > 0.1], field[(signed < -0.05) & (signed > -0.1)]
    assert inside.mean() - outside.mean() == pytest.approx(1.0, abs=0.03)
    assert ((field > 0) == (signed > 0))[np.abs(signed) > 0.5 * grid.cell].all()


def test_interpolation_meets_its_nodes_and_adds_up_to_one():
    matrix = between(13, 4)
    assert matrix.shape == (13, 5) and np.allclose(matrix.sum(axis=1), 1)
    assert np.allclose(matrix[::4][:, :4], np.eye(4))


def test_the_hull_of_a_ball_holds_it_and_little_more():
    cloud = points(BALL, 8000)
    grid = Grid.around(cloud.points, 64)
    field = hull(cloud.points, 0.02, grid)
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)
    signed = BALL.signed((index * grid.cell + grid.lower).reshape(-1, 3)).reshape(grid.shape)
    assert (field[signed > 0] > 0.99).all() and (field[signed < -0.3] < 0).all()
