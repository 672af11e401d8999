"""Distances and colours of primitives against what geometry says, and the grids against the points."""

import numpy as np
import pytest
from maquette.backend.training.grammar.build import Build
from maquette.backend.training.grammar.colours import paint
from maquette.backend.training.grammar.dice import Dice
from maquette.backend.training.grammar.field import centres, distance, grids
from maquette.backend.training.grammar.mesh import mesh
from maquette.backend.training.grammar.sample import FAMILIES, sample
from maquette.backend.training.grammar.solids import boxes

TURN = (20, 35, 50)
RED = paint(Dice("red"), "red")
BLUE = paint(Dice("blue"), "blue")
PRIMITIVES = {
    "box": lambda b: b.box((0.5, 0.3, 0.4), (0, 0, 0), RED, turn=TURN),
    "rounded box": lambda b: b.box((0.5, 0.3, 0.4), (0, 0, 0), RED, round=0.1, turn=TURN),
    "pyramid": lambda b: b.box((0.5, 0.3, 0.4), (0, 0, 0), RED, top=0.3, turn=TURN),
    "ellipsoid": lambda b: b.ball((0.5, 0.35, 0.3), (0, 0, 0), RED, turn=TURN),
    "cylinder": lambda b: b.cylinder(0.4, 0.5, (0, 0, 0), RED, round=0.05, turn=TURN),
    "oval cylinder": lambda b: b.cylinder((0.5, 0.35), 0.5, (0, 0, 0), RED, turn=TURN),
    "cone": lambda b: b.cylinder(0.4, 0.5, (0, 0, 0), RED, top=0.0, turn=TURN),
    "cup": lambda b: b.cylinder(0.3, 0.5, (0, 0, 0), RED, top=1.6, turn=TURN),
    "rod": lambda b: b.rod((-0.4, 0.1, -0.2), (0.3, 0.2, 0.4), 0.25, RED, taper=0.4),
    "growing rod": lambda b: b.rod((-0.4, 0.1, -0.2), (0.3, 0.2, 0.4), 0.1, RED, taper=2.0),
    "ring": lambda b: b.torus(0.5, 0.12, (0, 0, 0), RED, turn=TURN),
    "oval ring": lambda b: b.torus((0.6, 0.45), 0.12, (0, 0, 0), RED, turn=TURN),
    "arc": lambda b: b.torus(0.5, 0.12, (0, 0, 0), RED, turn=TURN, arc=120),
    "long arc": lambda b: b.torus(0.5, 0.12, (0, 0, 0), RED, turn=TURN, arc=260),
    "gable": lambda b: b.gable((0.5, 0.4, 0.3), (0, 0, 0), RED, turn=TURN),
    "dome": lambda b: b.dome((0.5, 0.4, 0.4), (0, 0, 0), RED, turn=TURN),
}


def _solids(*makes):
    bench = Build(Dice("test"))
    for make in makes:
        make(bench)
    return bench.solids()


def _lattice(n):
    axis = centres(n)
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_distance_leads_to_the_surface(name):
    """From anywhere near, a step of the distance along its slope lands on the surface, inside as outside."""
    solids = _solids(PRIMITIVES[name])
    points = np.random.default_rng(3).uniform(-0.8, 0.8, (6000, 3)).astype(np.float32)
    value, _ = distance(solids, points)
    near = points[np.abs(value) < 0.05]
    value = value[np.abs(value) < 0.05]
    assert (value > 0).sum() > 50 and (value < 0).sum() > 50
    step = 2e-3
    slope = np.stack([
        distance(solids, near + step * np.eye(3, dtype=np.float32)[i])[0]
        - distance(solids, near - step * np.eye(3, dtype=np.float32)[i])[0]
        for i in range(3)
    ], 1) / (2 * step)  # fmt: skip
    length = np.linalg.norm(slope, axis=1)
    assert np.quantile(np.abs(length - 1), 0.9) < 0.12
    left, _ = distance(solids, near - slope * (value / np.maximum(length, 0.5) ** 2)[:, None])
    assert np.quantile(np.abs(left), 0.85) < 0.006


@pytest.mark.parametrize("name", PRIMITIVES)
def test_boxes_hold_their_primitives_tightly(name):
    solids = _solids(PRIMITIVES[name])
    points = _lattice(56)
    inside = points[distance(solids, points)[0] > 0]
    low, high = boxes(solids)
    assert (inside >= low[0] - 0.01).all() and (inside <= high[0] + 0.01).all()
    assert np.abs(inside.min(0) - low[0]).max() < 0.09 and np.abs(inside.max(0) - high[0]).max() < 0.09


def test_what_is_cut_is_gone_and_its_wall_has_the_colour_of_the_cut():
    solids = _solids(
        lambda b: b.box((0.5, 0.5, 0.5), (0, 0, 0), RED), lambda b: b.ball(0.4, (0, 0, 0.5), BLUE, cut=True)
    )
    value, colour = distance(solids, np.array([[0, 0, 0.3], [0, 0, 0.08], [0.45, 0, -0.4]], np.float32))
    assert value[0] == pytest.approx(-0.2, abs=0.01)
    assert value[1] == pytest.approx(0.02, abs=0.01)
    assert np.allclose(colour[1], BLUE.rgb) and np.allclose(colour[2], RED.rgb)


def test_later_parts_are_not_cut():
    solids = _solids(
        lambda b: b.ball(0.5, (0, 0, 0), RED),
        lambda b: b.box((1, 1, 1), (0, 0, 0), RED, cut=True),
        lambda b: b.ball(0.2, (0, 0, 0), BLUE),
    )
    value, _ = distance(solids, np.array([[0, 0, 0], [0.4, 0, 0]], np.float32))
    assert value[0] > 0.1 and value[1] < 0


@pytest.mark.parametrize("family", ["chair", "mug", "teapot", "snail", "castle", "fish"])
def test_grids_are_the_field_at_cell_centres(family):
    solids = sample(4, family).solids
    values, rgb = grids(solids, 32)
    assert values.shape == (32, 32, 32) and values.dtype == np.float32
    assert rgb.shape == (16, 16, 16, 3) and rgb.dtype == np.uint8
    exact, _ = distance(solids, _lattice(32))
    near = np.abs(exact) < 0.06  # farther off an ellipsoid's bound is not its distance
    assert near.sum() > 300
    assert np.allclose(values.ravel()[near], exact[near] / 0.1, atol=2e-3)


def test_grid_colours_are_those_of_the_nearest_surface():
    """A thin red plate on a blue block: cells in front of it are red although the block is the deeper part."""
    solids = _solids(
        lambda b: b.box((0.6, 0.6, 0.6), (0, 0, 0), BLUE), lambda b: b.box((0.4, 0.04, 0.4), (0, -0.61, 0), RED)
    )
    _, rgb = grids(solids, 64)
    column = rgb[16, :, 16].astype(float) / 255
    axis = centres(32)
    for y, colour in zip(axis, column, strict=True):
        if abs(y + 0.65) < 0.06:
            assert np.allclose(colour, RED.rgb, atol=0.01)
        if abs(y - 0.6) < 0.06:
            assert np.allclose(colour, BLUE.rgb, atol=0.01)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_fills_a_grid_of_its_own(family):
    """Something is inside, nothing at the border, and it spans the cube's longest side."""
    values, _ = grids(sample(11, family).solids, 48)
    inside = values > 0
    assert np.isfinite(values).all() and values.min() == -1
    assert 0.001 < inside.mean() < 0.75
    border = inside.copy()
    border[1:-1, 1:-1, 1:-1] = False
    assert not border.any()
    span = [np.ptp(np.nonzero(inside.any(tuple({0, 1, 2} - {axis})))[0]) + 1 for axis in range(3)]
    assert max(span) * 2 / 48 > 1.55


def test_meshes_are_closed_and_coloured():
    vertices, faces, colours = mesh(sample(2, "mug").solids, 48)
    assert vertices.dtype == np.float32 and faces.dtype == np.int32 and colours.dtype == np.uint8
    assert len(colours) == len(vertices)
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    a, b, c = vertices[faces].transpose(1, 0, 2)
    assert (np.cross(a, b) * c).sum() > 0  # wound outwards: the volume is positive
