"""Cleaning, standing up, and what is measured of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.engines.engine import Watch
from maquette.backend.errors import EmptySurface
from maquette.backend.shapes import TriangleMesh
from maquette.backend.surface.clean import clean, drop_crumbs
from maquette.backend.surface.finish import Facts, finish, stand
from maquette.backend.surface.measure import components, measure, watertight
from surface_samples import ball, block, meshed, noise, solid, torus, two_balls


def soup(mesh: TriangleMesh) -> TriangleMesh:
    """Every face with vertices of its own."""
    colours = None if mesh.colours is None else mesh.colours[mesh.faces].reshape(-1, 4)
    return TriangleMesh(
        mesh.vertices[mesh.faces].reshape(-1, 3), np.arange(mesh.faces.size, dtype=np.int32).reshape(-1, 3), colours
    )


def together(*meshes: TriangleMesh) -> TriangleMesh:
    faces, first = [], 0
    for mesh in meshes:
        faces.append(mesh.faces + first)
        first += len(mesh.vertices)
    return TriangleMesh(np.concatenate([m.vertices for m in meshes]), np.concatenate(faces).astype(np.int32))


@pytest.mark.parametrize("height", [0.0, 0.4, 3.0])
@pytest.mark.parametrize("target", [0, 800])
def test_the_mesh_stands_on_the_ground_in_the_size_asked_for(height, target):
    mesh = solid(block, 40)
    mesh = TriangleMesh(mesh.vertices * 3 + np.float32([5, -7, 2]), mesh.faces)
    done, facts = finish(mesh, target, height, Watch())
    known = measure(done)
    assert np.allclose((known.lower + known.upper)[:2], 0, atol=1e-5) and known.lower[2] == pytest.approx(0, abs=1e-6)
    sides = known.upper - known.lower
    assert (sides[2] == pytest.approx(height, rel=1e-5)) if height else (sides.max() == pytest.approx(1, rel=1e-5))
    assert sides[0] / sides[2] == pytest.approx(1.0 / 1.4, rel=0.01)
    assert facts == Facts(known.vertices, known.faces, 1, True, ())
    if target:
        assert target * 0.98 <= facts.faces <= target


@pytest.mark.parametrize("height", [1.0, 1e4])
def test_a_flat_thing_is_not_stretched_beyond_all_measure(height):
    mesh = solid(block, 24)
    mesh = TriangleMesh(mesh.vertices * np.float32([30, 1, 0.5]), mesh.faces)
    done, facts = finish(mesh, 0, height, Watch())
    sides = np.ptp(done.vertices, axis=0)
    if height == 1.0:
        assert sides[2] == pytest.approx(1, rel=1e-5) and not facts.warnings
    else:
        assert sides.max() == pytest.approx(1e5, rel=1e-5) and sides[2] < 5000
        assert len(facts.warnings) == 1 and f"{sides[2]:,.0f} m high and not 10,000 m" in facts.warnings[0]


@pytest.mark.parametrize("height", [0.0, 2.0])
@pytest.mark.parametrize("target", [0, 400])
@pytest.mark.parametrize("size", [1e-25, 1e-20, 1e-10, 1e10, 1e30])
def test_any_size_becomes_the_one_asked_for(size, target, height):
    mesh = solid(block, 24)
    tiny = TriangleMesh((mesh.vertices.astype(np.float64) * size).astype(np.float32), mesh.faces)
    done, facts = finish(tiny, target, height, Watch())
    sides = np.ptp(done.vertices, axis=0)
    assert (sides[2] if height else sides.max()) == pytest.approx(height or 1, rel=1e-4)
    assert sides[0] / sides[2] == pytest.approx(1.0 / 1.4, rel=0.02)
    assert facts.watertight and not facts.warnings


@pytest.mark.parametrize("height", [0.0, 2.0])
def test_what_has_no_size_is_refused(height):
    mesh = solid(block, 12)
    nothing = TriangleMesh(mesh.vertices * np.float32(1e-38), mesh.faces)
    with pytest.raises(EmptySurface, match="has no size"):
        finish(nothing, 0, height, Watch())
    assert np.isfinite(stand(nothing, height).vertices).all()  # as an early look at it would have it


def test_progress_never_falls_and_ends_below_one():
    heard = []
    watch = Watch(step=lambda fraction=0.0, detail="": heard.append((fraction, detail)))
    _, facts = finish(solid(torus, 40), 500, 1.0, watch)
    assert heard == sorted(heard, key=lambda h: h[0]) and heard[0][0] == 0 and heard[-1][0] <= 1
    assert list(dict.fromkeys(detail for _, detail in heard)) == ["cleaning", "thinning out", "measuring"]
    assert facts.watertight


def test_a_target_that_cannot_be_met_is_told():
    _, facts = finish(meshed(noise(1, (8, 8, 8))), 50, 0.0, Watch())
    assert facts.watertight and facts.faces > 51
    assert len(facts.warnings) == 1 and f"{facts.faces:,}" in facts.warnings[0]


def test_nothing_to_stand_up_says_so():
    for faces in (np.zeros((0, 3), np.int32), np.zeros((5, 3), np.int32)):
        with pytest.raises(EmptySurface):
            finish(TriangleMesh(np.zeros((4, 3), np.float32), faces), 0, 0.0, Watch())


def test_cleaning_a_clean_mesh_changes_nothing():
    mesh = solid(two_balls)
    assert clean(mesh) is mesh


def test_a_soup_is_welded_with_its_colours():
    mesh = solid(torus, 24)
    mesh = TriangleMesh(
        mesh.vertices, mesh.faces, np.random.default_rng(0).integers(0, 256, (len(mesh.vertices), 4), np.uint8)
    )
    whole = clean(soup(mesh))
    assert measure(whole).watertight and len(whole.vertices) == len(mesh.vertices)
    known = {tuple(v): tuple(c) for v, c in zip(mesh.vertices.tolist(), mesh.colours.tolist(), strict=True)}
    assert all(
        known[tuple(v)] == tuple(c) for v, c in zip(whole.vertices.tolist(), whole.colours.tolist(), strict=True)
    )


def test_broken_faces_go_and_the_rest_stays():
    mesh = solid(torus, 20)
    vertices = np.concatenate([mesh.vertices, [[np.nan, 0, 0], [3, 3, 3]]]).astype(np.float32)
    n = len(mesh.vertices)
    wrong = np.array([[0, 0, 1], [0, 1, n], [2, n + 5, 3], [-1, 2, 3], [4, 5, 4]], np.int32)
    whole = clean(TriangleMesh(vertices, np.concatenate([mesh.faces, wrong])))
    assert np.array_equal(whole.faces, mesh.faces) and np.array_equal(whole.vertices, mesh.vertices)


def test_faces_without_area_go_where_the_mesh_is_open():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [2, 0, 0]], np.float32)
    whole = clean(TriangleMesh(vertices, np.array([[0, 1, 2], [0, 3, 1]], np.int32)))
    assert whole.faces.tolist() == [[0, 1, 2]] and len(whole.vertices) == 3


def test_crumbs_go_and_small_things_that_matter_stay():
    body = solid(ball, 40)
    crumb = TriangleMesh(solid(ball, 12).vertices * np.float32(0.01) + 1, solid(ball, 12).faces)
    eye = TriangleMesh(solid(ball, 12).vertices * np.float32(0.08) + 2, solid(ball, 12).faces)
    wire = TriangleMesh(solid(ball, 12).vertices * np.float32([0.004, 0.004, 0.4]) - 2, solid(ball, 12).faces)
    known = measure(drop_crumbs(together(crumb, body, crumb, eye, wire)))
    assert known.parts == 3 and known.faces == len(body.faces) + len(eye.faces) + len(wire.faces)


def test_parts_and_genus_are_counted():
    known = measure(together(solid(torus, 24), solid(ball, 16), solid(torus, 20)))
    assert (known.parts, known.euler, known.watertight) == (3, 2, True)


def test_parts_of_a_long_shuffled_strip():
    """Labels have far to go and no order to help them."""
    n = 3000
    names = np.random.default_rng(0).permutation(2 * n).astype(np.int32)
    strip = names[np.arange(n - 2)[:, None] + np.arange(3)]
    second = names[n + np.arange(n - 2)[:, None] + np.arange(3)]
    label = components(np.concatenate([strip, second]), 2 * n)
    assert len(np.unique(label)) == 2 and len(np.unique(label[strip])) == 1
    assert (label[strip] == names[:n].min()).all()


def test_a_hole_a_turned_face_and_a_doubled_one_are_not_watertight():
    faces = solid(torus, 16).faces
    assert watertight(faces)
    assert not watertight(faces[1:])
    assert not watertight(np.concatenate([faces[:1, ::-1], faces[1:]]))
    assert not watertight(np.concatenate([faces, faces[:1]]))
    assert not watertight(faces[:0])


def test_an_empty_mesh_can_be_measured():
    known = measure(TriangleMesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32)))
    assert (known.faces, known.parts, known.watertight, known.euler, known.volume) == (0, 0, False, 0, 0.0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(0, 120), st.integers(0, 20))
def test_any_faces_whatever_end_in_a_sound_mesh_or_an_empty_surface(seed, vertices, faces, target):
    """Random triangles over few points, some of them nowhere: edges on many faces, doubles, flaps, indices astray."""
    rng = np.random.default_rng(seed)
    points = rng.integers(-3, 4, (vertices, 3)).astype(np.float32)
    points[rng.random(vertices) < 0.1] = np.nan
    mesh = TriangleMesh(points, rng.integers(-1, vertices + 1, (faces, 3)).astype(np.int32))
    try:
        done, facts = finish(mesh, target, 1.0, Watch())
    except EmptySurface:
        return
    assert np.isfinite(done.vertices).all()
    assert np.array_equal(np.unique(done.faces), np.arange(len(done.vertices)))
    a, b, c = done.faces.T
    assert ((a != b) & (b != c) & (c != a)).all()
    assert (facts.vertices, facts.faces) == (len(done.vertices), len(done.faces))
    assert facts.watertight == watertight(done.faces)
