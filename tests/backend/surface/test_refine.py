"""A lattice that is finer in places: no seam may show, and nothing thin may be lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.engines.engine import Watch
from maquette.backend.shapes import SignedDistanceField, TriangleMesh
from maquette.backend.shapes.fields import Refinement
from maquette.backend.surface.marching_cubes import marching_cubes
from maquette.backend.surface.measure import watertight
from maquette.backend.surface.refine import refined
from maquette.backend.surface.sparse import dense, sparse
from scipy.spatial import cKDTree
from surface_samples import EXACT, face_areas, field, torus

MARGIN = 2.0**-10


def mesh_of(shape: SignedDistanceField, resolution: int, search=sparse) -> TriangleMesh:
    crossing = search(shape, resolution, Watch())
    vertices, faces = refined(shape, crossing, Watch(), MARGIN)
    return TriangleMesh(crossing.lattice.points(vertices), faces)


def volume(mesh: TriangleMesh) -> float:
    a, b, c = (mesh.vertices[mesh.faces[:, i]].astype(np.float64) for i in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


_TURN = np.linspace(-1, 1, 2000)
_HELIX = cKDTree(np.stack([0.6 * np.cos(4 * _TURN), 0.6 * np.sin(4 * _TURN), _TURN], -1))


def wire(points: np.ndarray) -> np.ndarray:
    """A helix a fiftieth in radius; at twelve cells across a cell is four times as wide as it."""
    return (0.02 - _HELIX.query(points)[0]).astype(np.float32)


@pytest.mark.parametrize("factor", [2, 3])
@pytest.mark.parametrize("name", sorted(EXACT))
def test_half_refined_it_is_closed_and_true(name, factor):
    half = Refinement(factor, lambda points: points[:, 0] > 0.1)
    mesh = mesh_of(field(EXACT[name], refinement=half), 24)
    assert watertight(mesh.faces)
    assert np.abs(EXACT[name](mesh.vertices)).max() < 0.03
    assert face_areas(mesh).min() > 0
    right = (mesh.vertices[:, 0] > 0.3).sum() / (mesh.vertices[:, 0] < -0.3).sum()
    assert right > 0.6 * factor**2 * (1 if name != "two_balls" else 0.3)


@pytest.mark.parametrize("where, cells", [(lambda p: p[:, 0] > 5, 1), (lambda p: p[:, 0] < 5, 3)])
def test_refined_nowhere_or_everywhere_it_is_that_lattice(where, cells):
    """Everything but the order of vertices: all coarse cells, or all finer ones."""
    mesh = mesh_of(field(torus, refinement=Refinement(3, where)), 20)
    crossing = dense(field(torus), 20 * cells, Watch())
    vertices, faces = marching_cubes(crossing.cells, crossing.corners, margin=MARGIN)
    assert len(mesh.faces) == len(faces)
    expected = crossing.lattice.points(vertices)
    near = np.linalg.norm(mesh.vertices[np.lexsort(mesh.vertices.T.round(4))].mean(0) - expected.mean(0))
    assert near < 1e-5 and volume(mesh) == pytest.approx(volume(TriangleMesh(expected, faces)), rel=1e-5)


def test_a_wire_between_the_nodes_is_found_whole():
    about = Refinement(12, lambda points: wire(points) > -0.25)
    lost = mesh_of(field(wire), 12)
    found = mesh_of(field(wire, refinement=about), 12)
    assert watertight(found.faces)
    length = 2 * np.hypot(1.0, 4 * 0.6)
    assert volume(found) == pytest.approx(np.pi * 0.02**2 * length, rel=0.25)  # a wire of few facets is slimmer
    assert volume(lost) < 0.9 * volume(found) or volume(lost) > 1.1 * volume(found)
    assert np.abs(wire(found.vertices)).max() < 0.004


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.floats(0.1, 0.9))
def test_no_seam_opens_whatever_the_field_and_the_region(seed, factor, part):
    """Noise finer than the lattice, refined in a random part of its cells, touching the box's sides."""
    rng = np.random.default_rng(seed)
    resolution = 7
    noise = rng.normal(size=(17,) * 3).astype(np.float32)
    chosen = rng.random((resolution,) * 3) < part

    def values(points):
        at = np.clip((points + 1) * 8, 0, 15.999)
        low = at.astype(int)
        t = at - low
        result = np.zeros(len(points), np.float32)
        for i, j, k in np.ndindex(2, 2, 2):
            weight = np.prod(np.where([i, j, k], t, 1 - t), 1)
            result += weight * noise[low[:, 0] + i, low[:, 1] + j, low[:, 2] + k]
        return result

    def where(points):
        at = np.clip(((points + 1) / 2 * resolution).astype(int), 0, resolution - 1)
        return chosen[tuple(at.T)]

    shape = field(values, (-1, -1, -1), (1, 1, 1), lipschitz=30.0, refinement=Refinement(factor, where))
    mesh = mesh_of(shape, resolution, dense)
    faces = mesh.faces.astype(np.int64)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    name, back = edges @ (len(mesh.vertices), 1), edges[:, ::-1] @ (len(mesh.vertices), 1)
    assert len(np.unique(name)) == len(name), "an edge runs once each way"
    assert np.array_equal(np.sort(name), np.sort(back))
    assert face_areas(mesh).min() >= 0 and volume(mesh) > 0
    used = np.zeros(len(mesh.vertices), bool)
    used[mesh.faces] = True
    assert used.all()
