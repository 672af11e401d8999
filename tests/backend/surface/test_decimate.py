"""Fewer faces: how many, how near, still closed, still coloured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.engines.engine import Watch
from maquette.backend.errors import Cancelled
from maquette.backend.shapes import TriangleMesh
from maquette.backend.surface.decimate import decimate
from maquette.backend.surface.independent import independent_edges
from maquette.backend.surface.measure import directed_edges, measure
from surface_samples import (
    EXACT,
    block,
    distance_to_triangles,
    face_areas,
    meshed,
    noise,
    solid,
    surface_points,
    torus,
)


def sheet(side: int = 30) -> TriangleMesh:
    """A flat open square of (side − 1)² · 2 faces."""
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    vertices = np.stack([x, y, 0 * x], axis=-1).reshape(-1, 3).astype(np.float32)
    at = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).reshape(-1)
    faces = [[at, at + 1, at + side], [at + 1, at + side + 1, at + side]]
    return TriangleMesh(vertices, np.concatenate([np.stack(f, axis=1) for f in faces]).astype(np.int32))


@pytest.mark.parametrize("name", sorted(EXACT))
@pytest.mark.parametrize("target", [4000, 1000, 200])
def test_the_target_is_met_and_the_solid_stays_what_it_was(name, target):
    mesh = solid(EXACT[name], 50)
    before, after = measure(mesh), measure(thin := decimate(mesh, target, Watch()))
    assert min(target - 1, before.faces) <= after.faces <= target
    assert after.watertight and (after.parts, after.euler) == (before.parts, before.euler)
    assert after.volume == pytest.approx(before.volume, rel=0.05 if target < 1000 else 0.01)
    assert after.vertices == len(np.unique(thin.faces)) and face_areas(thin).min() > 0
    assert (thin.vertices.dtype, thin.faces.dtype) == (np.float32, np.int32) and thin.faces.flags.c_contiguous


def test_the_surface_hardly_moves():
    """Both ways, at a tenth of the faces: in the mean less than a thousandth of the longest side, which is 1.6."""
    mesh = solid(torus, 60)
    thin = decimate(mesh, len(mesh.faces) // 10, Watch())
    pairs = ((mesh, thin), (thin, mesh))
    far = [distance_to_triangles(surface_points(a.vertices, a.faces, 4000), b.vertices, b.faces) for a, b in pairs]
    assert max(d.mean() for d in far) < 1.6e-3 and max(d.max() for d in far) < 1e-2


def test_normals_do_not_turn_over():
    thin = decimate(solid(torus, 50), 600, Watch())
    a, b, c = (thin.vertices[corner].astype(np.float64) for corner in thin.faces.T)
    normal, centre = np.cross(b - a, c - a), (a + b + c) / 3
    ring = centre * [1, 1, 0]
    outward = centre - 0.6 * ring / np.linalg.norm(ring, axis=1)[:, None]
    assert (np.einsum("ij,ij->i", normal, outward) > 0).all()


def test_flat_sides_go_first_and_edges_stay_sharp():
    """A block at 1/20 of its faces still fills its bounding box, with its volume."""
    mesh = solid(block, 50)
    thin = decimate(mesh, len(mesh.faces) // 20, Watch())
    assert np.allclose(measure(thin).upper, measure(mesh).upper, atol=2e-3)
    assert measure(thin).volume == pytest.approx(measure(mesh).volume, rel=2e-3)


def test_colours_are_carried_and_their_borders_kept():
    """Half red, half blue: nearly every vertex stays purely one or the other, on its own side."""
    mesh = solid(torus, 50)
    right = mesh.vertices[:, 0] > 0
    colours = np.where(right[:, None], np.uint8([255, 0, 0, 255]), np.uint8([0, 0, 255, 255]))
    thin = decimate(TriangleMesh(mesh.vertices, mesh.faces, colours), 1200, Watch())
    assert thin.colours.shape == (len(thin.vertices), 4) and thin.colours.dtype == np.uint8
    assert (thin.colours[:, 3] == 255).all()
    red = thin.colours[:, 0] > 127
    assert np.mean(red == (thin.vertices[:, 0] > 0)) > 0.97
    assert np.mean((thin.colours[:, 0] < 20) | (thin.colours[:, 0] > 235)) > 0.9


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([4, 500, 1500]))
def test_the_topology_of_noise_survives(seed, target):
    """Hundreds of handles: where they forbid to go on, more faces remain, and nothing tears."""
    mesh = meshed(noise(seed, (8, 8, 8)))
    before, after = measure(mesh), measure(decimate(mesh, target, Watch()))
    assert after.watertight and (after.parts, after.euler) == (before.parts, before.euler)
    assert after.faces <= before.faces


def test_a_tetrahedron_stays():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    mesh = TriangleMesh(vertices, np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]], np.int32))
    assert len(decimate(mesh, 2, Watch()).faces) == 4


def test_open_borders_stay_where_they_are():
    mesh = sheet()
    thin = decimate(mesh, 300, Watch())
    assert len(thin.faces) == 300 or len(thin.faces) == 299
    assert measure(thin).area == pytest.approx(measure(mesh).area, rel=1e-6)
    rim = (mesh.vertices[:, :2] == 0).any(axis=1) | (mesh.vertices[:, :2] == 29).any(axis=1)
    assert {tuple(v) for v in mesh.vertices[rim].tolist()} <= {tuple(v) for v in np.round(thin.vertices, 5).tolist()}


def test_enough_or_no_target_changes_nothing():
    mesh = solid(torus, 20)
    assert decimate(mesh, 0, Watch()) is mesh
    assert decimate(mesh, len(mesh.faces), Watch()) is mesh


def test_same_input_same_output():
    mesh = solid(torus, 30)
    first, second = decimate(mesh, 500, Watch()), decimate(mesh, 500, Watch())
    assert np.array_equal(first.vertices, second.vertices) and np.array_equal(first.faces, second.faces)


def test_cancel_is_heard_between_rounds():
    heard = []

    def step(fraction=0.0, detail=""):
        heard.append(fraction)
        if len(heard) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        decimate(solid(torus, 40), 100, Watch(step=step))
    assert heard == sorted(heard)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 1.0), st.integers(1, 500))
def test_chosen_edges_are_independent_and_the_cheapest_is_among_them(seed, share, most):
    mesh = solid(torus, 14)
    begin, end = directed_edges(mesh.faces)
    edges = np.unique(np.sort(np.stack([begin, end]), axis=0), axis=1)
    costs = np.random.default_rng(seed).random(edges.shape[1])
    costs[::7] = np.inf
    chosen = independent_edges(edges, costs, len(mesh.vertices), share, most)
    assert np.isfinite(costs[chosen]).all()
    assert int(np.argmin(costs)) in chosen
    owner = np.full(len(mesh.vertices), -1)
    for row in chosen:
        assert (owner[edges[:, row]] < 0).all()
        owner[edges[:, row]] = row
    a, b = owner[edges]
    assert not np.any((a >= 0) & (b >= 0) & (a != b))
