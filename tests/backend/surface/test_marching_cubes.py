"""Marching cubes against scikit-image's, and against what a closed surface must be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.surface.marching_cubes import dense_cells, marching_cubes
from maquette.backend.surface.measure import count_edges, directed_edges, measure, watertight
from surface_samples import EXACT, distance_to_triangles, face_areas, meshed, noise, solid, surface_points


def analytic(name: str, cells: int = 30) -> np.ndarray:
    axis = np.linspace(-1.01, 0.99, cells, dtype=np.float32)
    grid = np.stack(np.meshgrid(axis, axis * 1.1, axis * 0.9, indexing="ij"), axis=-1)
    return np.pad(EXACT[name](grid.reshape(-1, 3)).reshape(grid.shape[:3]), 1, constant_values=-1.0).astype(np.float32)


FIELDS = [("noise", seed) for seed in range(4)] + [("analytic", name) for name in EXACT]


@pytest.mark.parametrize("kind,which", FIELDS)
@pytest.mark.parametrize("level", [0.0, 0.137])
def test_same_triangles_as_scikit_image_with_lorensens_cases(kind, which, level):
    """Vertex by vertex within 1e-5 of a cell, and the same triangles between them: the same surface."""
    peer, tree = pytest.importorskip("skimage.measure").marching_cubes, pytest.importorskip("scipy.spatial").cKDTree
    values = noise(which, (24, 21, 26)) if kind == "noise" else analytic(which)
    vertices, faces = marching_cubes(*dense_cells(values, level), level)
    theirs, their_faces, _, _ = peer(values, level, method="lorensen", gradient_direction="ascent")
    assert len(vertices) == len(theirs) and len(faces) == len(their_faces)
    distance, ours = tree(vertices).query(theirs)
    assert distance.max() < 1e-5
    assert _turned(ours[their_faces]) == _turned(faces)


def _turned(faces: np.ndarray) -> set[tuple[int, ...]]:
    """Each face from its lowest vertex on, so that orientation counts and the start does not."""
    return {tuple(f[i:] + f[:i]) for f in np.asarray(faces).tolist() for i in [f.index(min(f))]}


@pytest.mark.parametrize("name", sorted(EXACT))
def test_same_surface_as_scikit_image_with_lewiners_cases_where_nothing_is_ambiguous(name):
    """Lewiner's default tables cut some loops along the other diagonal; on smooth fields that is all they change."""
    peer = pytest.importorskip("skimage.measure").marching_cubes
    values = analytic(name)
    vertices, faces = marching_cubes(*dense_cells(values))
    theirs, their_faces, _, _ = peer(values, 0.0)
    for a, af, b, bf in ((vertices, faces, theirs, their_faces), (theirs, their_faces, vertices, faces)):
        assert distance_to_triangles(np.asarray(a, np.float64), b, bf).max() < 1e-5
        assert distance_to_triangles(surface_points(a, af, 3000), b, bf).max() < 0.02


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_noise_gives_a_closed_manifold_without_degenerate_faces(seed, whole):
    """Every edge on exactly two faces, walked in both directions; around every vertex one ring of faces."""
    mesh = meshed(noise(seed, whole=whole))
    assert watertight(mesh.faces)
    assert face_areas(mesh).min() > 0
    assert measure(mesh).volume > 0
    assert _rings(mesh.faces) == len(mesh.vertices)


def _rings(faces: np.ndarray) -> int:
    """How many closed rings of faces there are around vertices: as many as vertices where each has one."""
    corner = np.arange(faces.size)
    begin, end = directed_edges(faces)
    # The next corner about the same vertex lies across the edge that the face walks into it.
    after = dict(zip(zip(begin.tolist(), end.tolist(), strict=True), corner.tolist(), strict=True))
    rows = len(faces)
    follow = [after[int(begin[c]), int(begin[(c - rows) % faces.size])] for c in corner]
    seen, rings = set(), 0
    for start in corner.tolist():
        if start not in seen:
            rings += 1
            while start not in seen:
                seen.add(start)
                start = follow[start]
    return rings


def test_margin_keeps_vertices_off_the_corners():
    values = noise(5, whole=True)
    close, _ = marching_cubes(*dense_cells(values))
    wide, _ = marching_cubes(*dense_cells(values), margin=0.01)
    off = np.abs(wide - np.rint(wide)).max(axis=1)
    assert off.min() >= 0.01 - 1e-9
    assert np.abs(wide - close).max() <= 0.01


def test_values_at_the_level_are_outside():
    values = np.full((4, 4, 4), -1, np.float32)
    values[1:3, 1:3, 1:3] = 0
    assert len(dense_cells(values)[0]) == 0
    vertices, faces = marching_cubes(np.zeros((1, 3), int), np.zeros((1, 8), np.float32))
    assert len(vertices) == len(faces) == 0


def test_any_order_of_cells_gives_the_same_surface():
    cells, corners = dense_cells(noise(7))
    vertices, faces = marching_cubes(cells, corners)
    order = np.random.default_rng(0).permutation(len(cells))
    again, faces_again = marching_cubes(cells[order], corners[order])
    assert np.array_equal(vertices, again)
    assert _turned(faces) == _turned(faces_again)


def test_a_torus_is_a_torus():
    known = measure(solid())
    assert known.watertight and known.parts == 1 and known.euler == 0
    assert known.volume == pytest.approx(2 * np.pi**2 * 0.6 * 0.2**2, rel=0.02)
    assert count_edges(solid().faces) == 3 * known.faces // 2
