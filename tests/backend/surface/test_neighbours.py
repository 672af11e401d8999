"""Nearest neighbours by cells, against all distances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.errors import Cancelled
from maquette.backend.surface.neighbours import nearest


def plainly(points, k, queries):
    """All distances in float32 about the middle of the box, as ``nearest`` promises them."""
    middle = (points.min(axis=0).astype(np.float64) + points.max(axis=0)) / 2
    places = (points - middle).astype(np.float32)
    asked = places if queries is None else (queries - middle).astype(np.float32)
    squares = np.zeros((len(asked), len(places)), np.float32)
    for axis in range(3):
        squares += (places[:, axis] - asked[:, axis, None]) ** 2
    if queries is None:
        np.fill_diagonal(squares, np.inf)
    numbers = np.argsort(squares, axis=1, kind="stable")[:, : min(k, len(points) - (queries is None))]
    return numbers, np.take_along_axis(squares, numbers, axis=1)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 300),
    st.integers(1, 20),
    st.sampled_from(["even", "heavy tails", "few places", "a line", "two worlds"]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_they_are_those_of_all_distances(count, k, kind, own, seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(count, 3))
    if kind == "heavy tails":
        points = points**5
    elif kind == "few places":
        points = np.rint(points)
    elif kind == "a line":
        points[:, 1:] = 7
    elif kind == "two worlds":
        points[: count // 2] = points[: count // 2] * 1e-4 + 50
    points = points.astype(np.float32)
    queries = None if own else (rng.normal(size=(40, 3)) * 3).astype(np.float32)
    numbers, squares = nearest(points, k, queries)
    expected, away = plainly(points, k, queries)
    assert np.array_equal(squares, away)
    assert np.array_equal(numbers, expected)
    assert (numbers.dtype, squares.dtype) == (np.int32, np.float32)


def test_points_in_one_place_and_alone():
    numbers, squares = nearest(np.ones((50, 3)), 4)
    assert numbers.shape == (50, 4) and not squares.any()
    assert all(len(set(row)) == 4 and row_number not in row for row_number, row in enumerate(numbers))
    assert nearest(np.ones((1, 3)), 4)[0].shape == (1, 0)
    assert nearest(np.ones((1, 3)), 4, np.zeros((5, 3)))[0].tolist() == [[0]] * 5
    assert nearest(np.zeros((0, 3)), 4)[0].shape == (0, 0)


def test_it_stops_when_told():
    def step(fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        nearest(np.random.default_rng(0).normal(size=(5000, 3)), 8, step=step)
