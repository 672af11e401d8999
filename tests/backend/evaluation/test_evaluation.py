"""The yardstick itself."""

import numpy as np
import pytest
from maquette.backend.engines.pocket.engine import SHA256, WEIGHTS
from maquette.backend.engines.pocket.network import PocketNetwork
from maquette.backend.evaluation.first_surface import first_surface
from maquette.backend.evaluation.inflation import inflate
from maquette.backend.evaluation.metrics import TAUS, Row, Score, sample, score, turned
from maquette.backend.evaluation.pictures import draw
from maquette.backend.evaluation.raster import axes, shade, silhouette, visible
from maquette.backend.evaluation.run import means, shortfalls
from maquette.backend.surface.measure import watertight

CUBE_V = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)
CUBE_F = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4],
     [1, 5, 7], [1, 7, 3]]
)  # fmt: skip


def wedge():
    """Different along every axis and to both sides of it."""
    v = CUBE_V * (1.0, 0.6, 0.3)
    v[(v[:, 0] > 0) & (v[:, 2] > 0), 2] = 0.9
    v[(v[:, 0] < 0) & (v[:, 1] > 0), 1] = 0.2
    return v, CUBE_F


def test_the_truth_scores_one():
    v, f = wedge()
    found = score(v, f, v, f, 0.0)
    # two different samples of one surface: their distance is the sampling's, far below the smallest threshold
    assert found.f == pytest.approx((1.0,) * len(TAUS)) and found.chamfer < 0.03
    assert min(found.iou) > 0.97


@pytest.mark.parametrize("azimuth", [0.0, 37.0, -120.0])
def test_only_the_known_azimuth_brings_a_prediction_home(azimuth):
    """A camera that stands ``azimuth`` counter-clockwise sees the object turned clockwise by as much."""
    v, f = wedge()
    seen = turned(v, -azimuth)
    assert score(seen, f, v, f, azimuth).f[0] == pytest.approx(1.0)
    assert score(seen, f, v, f, azimuth + 90).f[0] < 0.9


def test_size_and_place_do_not_count():
    v, f = wedge()
    assert score(v * 7 + 3, f, v, f, 0.0).f[0] == pytest.approx(1.0)


def test_samples_are_uniform_by_area():
    v, f = CUBE_V * (2.0, 1.0, 0.5), CUBE_F
    p = sample(v, f, 20_000)
    on_top = np.isclose(p[:, 2], 0.5).mean()
    assert on_top == pytest.approx(8 / 28, abs=0.02)


def test_axes_look_from_where_they_say():
    right, up, towards = axes(0.0, 0.0)
    assert np.allclose(towards, (0, -1, 0)) and np.allclose(right, (1, 0, 0)) and np.allclose(up, (0, 0, 1))
    assert np.allclose(axes(np.pi / 2, 0.0)[2], (1, 0, 0), atol=1e-12)
    assert np.allclose(axes(0.3, np.pi / 2)[2], (0, 0, 1), atol=1e-12)
    assert np.allclose(axes(0.7, 0.4) @ axes(0.7, 0.4).T, np.eye(3), atol=1e-12)


def test_silhouette_of_a_cube_has_its_area():
    image = silhouette(CUBE_V, CUBE_F, 0.0, 0.0, 256, 2.0)
    assert image.sum() == 128 * 128
    diagonal = silhouette(CUBE_V, CUBE_F, np.pi / 4, 0.0, 256, 2.0).sum()
    assert diagonal == pytest.approx(128 * 128 * np.sqrt(2), rel=0.02)


def test_the_nearest_triangle_is_seen():
    points = np.array([[0, 0, 1], [8, 0, 1], [0, 8, 1], [0, 0, 2], [8, 0, 2], [0, 8, 0.5]], float)
    owner, weights = visible(points, np.array([[0, 1, 2], [3, 4, 5]]), 8)
    assert owner[0, 0] == 1 and owner[6, 0] == 0 and owner[7, 7] == -1
    assert np.allclose(weights[owner >= 0].sum(1), 1)


def test_a_perspective_camera_sees_the_near_side_larger():
    image = shade(CUBE_V, CUBE_F, np.ones((8, 3)), 0.0, 0.0, 128, fov=np.radians(60), distance=4.0)
    width = image[64, :, 3].sum() / 128
    assert width == pytest.approx(1 / (3 * np.tan(np.radians(30))), abs=0.02)


def test_an_inflated_disc_is_a_ball():
    vertices, faces = inflate(draw("disc"))
    assert np.linalg.norm(vertices, axis=1) == pytest.approx(0.86, abs=0.03)
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    assert (a * np.cross(b, c)).sum() / 6 == pytest.approx(4 / 3 * np.pi * 0.86**3, rel=0.05)


def test_an_inflated_flag_stands_upright():
    vertices, _ = inflate(draw("flag"))
    top = vertices[vertices[:, 2] > 0.5]
    assert top[:, 0].max() > 0.4 > vertices[vertices[:, 2] < 0][:, 0].max() + 0.3


def row(group, ours, inflation, first=None):
    scores = [None if f is None else Score(0.1, (f, f, f), (f, f, f, f)) for f in (ours, inflation, first)]
    return Row("x", group, scores[0], scores[1], 1.0, (), scores[2])


def test_a_group_without_objects_has_no_means():
    assert means([row("gso", 0.6, 0.5)], "real2") == {}
    assert set(means([row("gso", 0.6, 0.5)])) == {"ours", "inflation"}
    assert means([row("gso", 0.6, 0.5, 0.4), row("gso", 0.8, 0.5, 0.6)], "gso")["first"]["F@0.1"] == pytest.approx(0.5)


def test_what_falls_short_is_named():
    good = [row("gso", 0.8, 0.5), row("real2", 0.8, 0.5)]
    assert shortfalls(good) == []
    assert shortfalls(good[:1]) == ["real2: no object was measured"]
    below_inflation = shortfalls([row("gso", 0.8, 0.9), good[1]])
    assert len(below_inflation) == 2 and all("inflation" in sentence for sentence in below_inflation)
    assert "prototype" in shortfalls([row("gso", 0.51, 0.5), good[1]])[0]
    assert "prototype's 0.850" in shortfalls([row("gso", 0.8, 0.5, 0.85), good[1]])[0]


def test_the_first_surface_is_closed_upright_and_within_the_outline():
    mesh = first_surface(PocketNetwork.load(WEIGHTS, SHA256), draw("flag"))
    vertices, faces = mesh
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    assert watertight(faces) and (a * np.cross(b, c)).sum() > 0
    top, bottom = vertices[vertices[:, 2] > 0.5], vertices[vertices[:, 2] < 0]
    assert top[:, 0].max() > 0.3 > bottom[:, 0].max() + 0.3, "the arm is at the top and to the right"
