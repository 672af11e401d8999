"""From grids to a solid: where it is, how smooth it is, what is dropped, and whose colour it has."""

import numpy as np
import pytest
from maquette.backend.engines.pocket_text.solid import BAND, joined, pieces, solid_of, whole
from maquette.backend.runtime import blas
from maquette.backend.runtime.threads import Threads
from maquette.backend.surface.extract import extract
from maquette.backend.surface.measure import measure
from maquette.backend.surface.sparse import dense, sparse
from maquette.backend.watch import Watch

COMPUTE = blas.Blas("NumPy", Threads(1), blas._by_matmul)
AXIS = (np.arange(64) + 0.5) / 32 - 1
X, Y, Z = np.meshgrid(AXIS, AXIS, AXIS, indexing="ij")
GREY = np.full((32, 32, 32, 3), 0.5, np.float32)


def ball(radius=0.6, x=0.0, y=0.0, z=0.0):
    return (radius - np.sqrt((X - x) ** 2 + (Y - y) ** 2 + (Z - z) ** 2)).astype(np.float32)


def box(*half):
    return np.minimum.reduce([h - np.abs(a) for h, a in zip(half, (X, Y, Z), strict=True)]).astype(np.float32)


def mesh_of(sdf, rgb=GREY, resolution=64):
    return extract(solid_of(sdf / BAND, rgb, resolution, COMPUTE), resolution, Watch())


@pytest.mark.parametrize("resolution", [64, 96, 128])
def test_a_ball_is_round_and_in_its_place(resolution):
    mesh = mesh_of(ball(0.5, 0.2, -0.1, 0.3), resolution=resolution)
    away = np.linalg.norm(mesh.vertices - np.float32([0.2, -0.1, 0.3]), axis=1)
    assert np.abs(away - 0.5).max() < 0.004
    known = measure(mesh)
    assert known.watertight and known.parts == 1 and known.volume == pytest.approx(4 / 3 * np.pi * 0.125, rel=0.02)


def test_what_is_flat_stays_flat_and_in_place():
    mesh = mesh_of(box(0.5, 0.3, 0.4), resolution=128)
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    assert np.allclose(high, (0.5, 0.3, 0.4), atol=0.006) and np.allclose(low, -high, atol=0.002)


def test_a_leg_two_cells_thick_keeps_its_thickness():
    half = 0.04
    sdf = (half - np.sqrt((X - 0.01) ** 2 + (Y + 0.02) ** 2)).astype(np.float32)
    sdf = np.minimum(sdf, 0.8 - np.abs(Z).astype(np.float32))
    v = mesh_of(sdf, resolution=128).vertices
    middle = v[np.abs(v[:, 2]) < 0.5]
    width = np.hypot(middle[:, 0] - 0.01, middle[:, 1] + 0.02)
    assert 0.85 * half < width.mean() < 1.05 * half and width.min() > 0.7 * half


FOAM = np.random.default_rng(0).standard_normal((64, 64, 64)).astype(np.float32)


@pytest.mark.parametrize("made_for", [64, 96])
@pytest.mark.parametrize(
    "sdf",
    [np.maximum(ball(0.3, -0.4), np.maximum(ball(0.2, 0.3, 0.4, -0.4), box(0.9, 0.05, 0.05))), ball(0.5, 0.8), FOAM],
    ids=["parts", "cut by the box", "foam"],
)
def test_the_sparse_search_finds_what_asking_everywhere_finds(sdf, made_for):
    """Also on a coarser lattice than the field was made for, as early meshes are."""
    field = solid_of(sdf / BAND, GREY, made_for, COMPUTE)
    for resolution in (made_for, made_for // 4):
        found, expected = (search(field, resolution, Watch()) for search in (sparse, dense))
        assert len(expected.cells) and np.array_equal(found.cells, expected.cells)


def test_crumbs_and_hollows_go_and_parts_stay():
    big, part, crumb = ball(0.5, -0.3), ball(0.15, 0.6), ball(0.05, 0.6, 0.6, 0.6)
    hollow = -ball(0.2, -0.3)
    sdf = np.minimum(np.maximum.reduce([big, part, crumb]), hollow)
    made = whole(np.clip(sdf / BAND, -1, 1))
    assert np.array_equal(made > 0, np.maximum(big, part) > 0)
    known = measure(mesh_of(sdf))
    assert known.parts == 2 and known.watertight


def test_what_nearly_holds_together_is_put_together():
    """A rod that fades in the middle, and beside it a ball that was meant to be apart."""
    rod = np.minimum(0.06 - np.hypot(X, Y), 0.8 - np.abs(Z)) / BAND - 0.65 * np.exp(-((Z / 0.1) ** 2))
    rod = rod.astype(np.float32)
    assert len(np.unique(pieces(rod > 0)[rod > 0])) == 2
    once = joined(rod)
    assert len(np.unique(pieces(once > 0)[once > 0])) == 1 and np.allclose(once - rod, 0.3)
    apart = np.maximum(rod, ball(0.2, 0.6) / BAND)
    assert len(np.unique(pieces(joined(apart) > 0)[joined(apart) > 0])) == 2


def test_what_is_in_one_piece_or_far_apart_stays_as_it_is():
    fog = np.maximum.reduce([ball(0.2, -0.5), ball(0.2, 0.5), np.full((64, 64, 64), -0.01)]) / BAND
    for sdf in (fog, ball() / BAND, np.maximum(ball(0.3, -0.5), ball(0.3, 0.5)) / BAND, np.full((64, 64, 64), -1.0)):
        assert joined(sdf) is sdf or np.array_equal(joined(sdf), sdf)


def test_a_hollow_with_a_way_in_stays():
    cup = np.minimum(box(0.5, 0.5, 0.5), -np.minimum.reduce([0.4 - np.abs(X), 0.4 - np.abs(Y), 0.4 - np.abs(Z - 0.2)]))
    assert np.array_equal(whole(cup.astype(np.float32)) > 0, cup > 0)


def test_pieces_touch_face_to_face():
    cells = np.zeros((3, 3, 3), bool)
    cells[0, 0, 0] = cells[0, 0, 1] = cells[1, 1, 1] = cells[2, 1, 1] = True
    names = pieces(cells)
    assert names[0, 0, 0] == names[0, 0, 1] == 0 and names[1, 1, 1] == names[2, 1, 1] == 13


@pytest.mark.parametrize("value", [-1.0, 0.0])
def test_nothing_is_no_solid(value):
    assert solid_of(np.full((64, 64, 64), value, np.float32), GREY, 64, COMPUTE) is None


def test_a_solid_that_fills_everything_is_closed():
    known = measure(mesh_of(np.ones((64, 64, 64), np.float32)))
    assert known.watertight and known.volume == pytest.approx(8, rel=0.01)


def test_each_part_has_its_own_colour_and_none_of_the_air():
    """Red for x < 0 and blue beyond; the cells outside, which no one painted, are green."""
    rgb = np.zeros((32, 32, 32, 3), np.float32)
    rgb[:16, ..., 0] = rgb[16:, ..., 2] = 1
    coarse = ball().reshape(32, 2, 32, 2, 32, 2).mean((1, 3, 5))
    rgb[coarse < -0.06] = (0, 1, 0)
    mesh = mesh_of(ball(), rgb)
    colour, x = mesh.colours[:, :3] / 255.0, mesh.vertices[:, 0]
    assert colour[:, 1].max() < 0.1
    assert np.abs(colour[x < -0.08] - (1, 0, 0)).max() < 0.15 and np.abs(colour[x > 0.08] - (0, 0, 1)).max() < 0.15
