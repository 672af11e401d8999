"""Attention within groups of rows equals each group's own, and what is not seen might as well not be there."""

import numpy as np
import pytest
from maquette.backend.network.attention import Attention
from maquette.backend.network.layers import Linear, Run
from maquette.backend.runtime import blas
from maquette.backend.runtime.threads import Threads

HEADS, SIZE = 2, 6


@pytest.fixture(params=[1, 3], ids=["1 thread", "3 threads"])
def run(request):
    return Run(blas.Blas("NumPy", Threads(request.param), blas._by_matmul), lambda fraction: None)


@pytest.fixture(params=[0.4, 60.0], ids=["bounded scores", "scores that would overflow"])
def attention(request):
    rng = np.random.default_rng(3)
    weight = rng.standard_normal((3 * HEADS * SIZE, HEADS * SIZE)).astype(np.float32)
    made = Attention(Linear(weight, np.zeros(len(weight), np.float32)), np.full(SIZE, request.param, "f4"), HEADS)
    assert made._bounded == (request.param < 1)
    return made


def rows(n, seed=0):
    return np.random.default_rng(seed).standard_normal((n, HEADS * SIZE)).astype(np.float32)


@pytest.mark.parametrize("length", [7, 300])  # below and above what is looked at in one piece
def test_groups_do_not_see_each_other(run, attention, length):
    x = rows(3 * length)
    together = attention(run, x, groups=3)
    apart = np.concatenate([attention(run, part) for part in np.split(x, 3)])
    assert np.allclose(together, apart, atol=1e-3) and not np.allclose(together, attention(run, x), atol=1e-2)


def test_what_is_not_seen_changes_nothing(run, attention):
    x = rows(12)
    seen = np.array([True] * 4 + [False] * 2 + [False] + [True] * 5)
    found = attention(run, x, groups=2, seen=seen)
    alone = [attention(run, part) for part in (x[:4], x[7:])]
    assert np.allclose(found[:4], alone[0], atol=1e-5) and np.allclose(found[7:], alone[1], atol=1e-5)
    other = x.copy()
    other[~seen] = 7 * rows(3, 9)
    again = attention(run, other, groups=2, seen=seen)
    assert np.array_equal(found[seen], again[seen]) and np.isfinite(again).all()
