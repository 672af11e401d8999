"""What is measured of generated objects, on objects whose measures are known."""

import numpy as np
import pytest
from maquette.backend.evaluation.text.colours import measured_colour, shares
from maquette.backend.evaluation.text.measures import NOTHING, chamfer, diversity, interval, overlap, rank
from maquette.backend.evaluation.text.nearest import Shelf, bits
from maquette.backend.evaluation.text.retrieve import WordOverlap, words
from maquette.backend.evaluation.text.sheet import picture, sheet
from maquette.backend.evaluation.text.solid import (
    Solid,
    is_apart,
    is_empty,
    largest_part,
    surface_colours,
    surface_points,
)
from maquette.backend.evaluation.text.views import VIEWS, views

AXIS = (np.arange(64) + 0.5) / 32 - 1
X, Y, Z = np.meshgrid(AXIS, AXIS, AXIS, indexing="ij")
RED = np.tile(np.float32((0.8, 0.1, 0.1)), (32, 32, 32, 1))
PALETTE = {"red": (0.8, 0.1, 0.1), "blue": (0.1, 0.2, 0.8), "white": (0.95, 0.95, 0.95)}


def solid(depth, rgb=RED):
    return Solid.of(depth / 0.1, rgb)


def ball(radius=0.5, centre=(0.0, 0.0, 0.0), rgb=RED):
    return solid(radius - np.sqrt((X - centre[0]) ** 2 + (Y - centre[1]) ** 2 + (Z - centre[2]) ** 2), rgb)


def box(low, high, rgb=RED):
    inside = [np.minimum(g - a, b - g) for g, a, b in zip((X, Y, Z), low, high, strict=True)]
    return solid(np.minimum(np.minimum(*inside[:2]), inside[2]), rgb)


NONE = solid(np.full((64, 64, 64), -1.0))


def test_points_lie_on_the_surface():
    points = surface_points(ball(0.6, (0.1, -0.2, 0.3)), 500)
    assert points.shape == (500, 3)
    assert np.linalg.norm(points - (0.1, -0.2, 0.3), axis=1) == pytest.approx(np.full(500, 0.6), abs=2e-3)
    assert len(surface_points(NONE)) == 0


def test_the_distance_between_two_walls_is_their_distance():
    wall, other = np.zeros((50, 3)), np.zeros((80, 3))
    wall[:, 0] = np.linspace(-1, 1, 50)
    other[:, 0], other[:, 1] = np.linspace(-1, 1, 80), 0.3
    assert chamfer(wall, other) == pytest.approx(0.3, abs=0.005)
    assert chamfer(wall, wall) == 0
    assert chamfer(wall, np.zeros((0, 3))) == NOTHING


def test_overlap_of_shifted_boxes():
    a = box((-0.5, -0.5, -0.5), (0.5, 0.5, 0.5))
    half = box((0.0, -0.5, -0.5), (1.0, 0.5, 0.5))
    assert overlap(a, half) == pytest.approx(1 / 3, abs=0.02)
    assert overlap(a, a) == 1 and overlap(NONE, NONE) == 1 and overlap(a, NONE) == 0


def test_diversity_is_nothing_for_equals_and_grows_with_the_difference():
    same = diversity([ball(), ball(), ball()])
    little, much = diversity([ball(0.5), ball(0.55)]), diversity([ball(0.5), ball(0.8)])
    assert same.chamfer == 0 and same.difference == 0
    assert 0 < little.chamfer < much.chamfer and 0 < little.difference < much.difference
    assert much.chamfer == pytest.approx(0.3, abs=0.02)
    assert much.difference == pytest.approx(1 - (5 / 8) ** 3, abs=0.02)


def test_a_thing_in_two_pieces_has_come_apart():
    two = solid(np.maximum(ball(0.3, (-0.5, 0, 0)).sdf, ball(0.3, (0.5, 0, 0)).sdf) * 0.1)
    crumb = solid(np.maximum(ball(0.6).sdf, ball(0.1, (0.8, 0.8, 0.8)).sdf) * 0.1)
    assert largest_part(two) == pytest.approx(0.5, abs=0.01) and is_apart(two)
    assert not is_apart(crumb) and not is_apart(ball()) and not is_apart(NONE)
    assert is_empty(NONE) and is_empty(ball(0.04)) and not is_empty(ball(0.1))


def test_views_show_each_side_where_it_is():
    """A box on the right, behind and above the middle, red to its right half, seen from four sides."""
    rgb = RED.copy()
    rgb[:22] = PALETTE["blue"]
    seen = views(box((0.0, 0.25, 0.5), (0.75, 0.75, 0.9), rgb))
    spans = {}
    for name, image in zip(VIEWS, seen, strict=True):
        rows, columns = np.nonzero(image.max(0))
        spans[name] = [columns.min(), columns.max() + 1, rows.min(), rows.max() + 1]
    assert spans["front"] == pytest.approx([16, 28, 2, 8], abs=1)
    assert spans["back"] == pytest.approx([4, 16, 2, 8], abs=1)
    assert spans["right"] == pytest.approx([20, 28, 2, 8], abs=1)
    assert spans["top"] == pytest.approx([16, 28, 4, 12], abs=1)
    front, right, back, _top = seen
    assert front[2, 5, 18] > 150 > front[0, 5, 18]  # blue on the left
    assert front[0, 5, 26] > 150 > front[2, 5, 26]
    assert back[0, 5, 6] > 150 and right[0, 5, 24] > 150
    # nearness: the front wall is 1.25 of 2 from the near side, the right one 0.25, less the outset
    assert front[4, 5, 25] / 255 == pytest.approx(1 - 0.9 * (1.25 - 0.025) / 2, abs=0.02)
    assert right[4, 5, 24] / 255 == pytest.approx(1 - 0.9 * (0.25 - 0.025) / 2, abs=0.02)


def test_a_ball_is_brightest_towards_the_lamp():
    for shade in views(ball(0.8))[:, 3]:
        row, column = np.unravel_index(shade.argmax(), shade.shape)
        assert row < 13 and column < 15  # up and to the left in each view
        assert shade[16, 1] == 0 and shade.max() >= 250


def test_a_leg_thinner_than_a_cell_is_still_seen():
    for x in (-0.41, -0.4, -0.39, -0.375):
        leg = solid(0.026 - np.hypot(X - x, Y))
        front = views(leg)[0]
        assert (front[:, 4:28].max(0).max(1) > 0).all()


def test_no_object_makes_black_pictures():
    assert not views(NONE).any()
    assert (picture(NONE, 16) == 255).all()


def test_most_of_the_surface_names_the_colour():
    rgb = RED.copy()
    rgb[:, :, :10] = (0.15, 0.25, 0.75)
    thing = ball(0.6, rgb=rgb)
    found = shares(thing, PALETTE)
    assert measured_colour(thing, PALETTE) == "red"
    # a ball's area is even along every axis: 0.6 − 0.375 of 1.2 lies below the tenth layer
    assert found["blue"] == pytest.approx(0.225 / 1.2, abs=0.03)
    assert sum(found.values()) == pytest.approx(1) and len(surface_colours(thing)) > 1000
    assert measured_colour(NONE, PALETTE) == ""


def test_rank_counts_what_is_above_and_shares_ties():
    assert rank(np.array([0.1, 0.9, 0.5]), 1) == 1
    assert rank(np.array([0.1, 0.9, 0.5]), 0) == 3
    assert rank(np.array([0.5, 0.5, 0.5, 0.5]), 2) == 2.5  # nothing known: the middle


def test_the_interval_covers_the_mean_and_narrows():
    rng = np.random.default_rng(3)
    few, many = interval(rng.random(20)), interval(rng.random(2000))
    assert few.low < few.mean < few.high
    assert many.high - many.low < 0.2 * (few.high - few.low)
    assert many.high - many.low == pytest.approx(2 * 1.96 * np.sqrt(1 / 12 / 2000), rel=0.2)
    assert interval([1, 1, 1]).low == 1 and np.isnan(interval([]).mean)
    assert interval([0, 1, 1]) == interval([0, 1, 1])


def test_retrieval_prefers_rare_words_and_lets_the_seed_choose_among_equals():
    captions = ["a red chair", "a blue chair with armrests", "a red table", "a red chair"]
    finder = WordOverlap(captions)
    assert finder.best("a chair, with armrests, in red!") == 1
    assert {finder.best("the red chair", seed) for seed in range(20)} == {0, 3}
    assert finder.best("red table") == 2
    assert finder.scores("a red chair")[0] == pytest.approx(1)
    assert not finder.scores("zeppelin").any()
    assert words("A Light-blue CUP, 2 handles") == ("a", "light", "blue", "cup", "2", "handles")
    with pytest.raises(ValueError, match="no caption"):
        WordOverlap([])


def test_the_shelf_finds_the_object_that_is_like_this_one():
    radii = {seed: 0.2 + 0.02 * seed for seed in range(30)}
    shelf = Shelf.fill(list(radii), lambda s: ball(radii[s]).sdf[::2, ::2, ::2])
    found = shelf.nearest(ball(0.445), lambda s: ball(radii[s]))
    assert found.seed == 12 and found.chamfer < 0.03 and found.overlap > 0.8
    assert shelf.nearest(NONE, lambda s: ball(radii[s])).chamfer == NOTHING


def test_the_shelf_survives_its_file(tmp_path):
    shelf = Shelf.fill([4, 9], lambda s: ball(s / 10).sdf)
    shelf.save(tmp_path / "deep/shelf.npz")
    read = Shelf.load(tmp_path / "deep/shelf.npz")
    assert (read.packed == shelf.packed).all() and read.seeds.tolist() == [4, 9]
    assert shelf.overlaps(ball(0.4).sdf)[0] == 1
    assert np.unpackbits(bits(ball(0.5).sdf)).mean() == pytest.approx(4 / 3 * np.pi * 0.125 / 8, rel=0.03)


def test_a_sheet_has_a_place_for_every_prompt():
    drawn = sheet([("a red ball", [ball(), NONE])] * 3, columns=2, size=32)
    assert drawn.shape == (2 * (32 + 30), 2 * 64, 3)
    first, second = drawn[30:61, :32], drawn[30:61, 32:63]
    assert (second == 255).all() and first.min() < 120
    reddest = first[16, 16].astype(int)
    assert reddest[0] > 2 * reddest[1]
    assert drawn[:30, :63].min() < 60  # its caption
