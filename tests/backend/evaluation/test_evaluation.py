"""The yardstick itself: against solids whose figures are known."""

import numpy as np
import pytest
from maquette.backend.engines.pocket.engine import SHA256, WEIGHTS
from maquette.backend.engines.pocket.network import PocketNetwork
from maquette.backend.evaluation.first_surface import first_surface
from maquette.backend.evaluation.inflation import inflate
from maquette.backend.evaluation.looks import BEST, look, same_colours, same_outlines
from maquette.backend.evaluation.metrics import TAUS, Truth, nothing, sample, sampled, score, turned
from maquette.backend.evaluation.pictures import draw
from maquette.backend.evaluation.raster import axes, shade, silhouette, visible
from maquette.backend.shapes import TriangleMesh
from maquette.backend.surface.measure import watertight
from tiny_objects import CUBE_F, CUBE_V


def wedge():
    """Different along every axis and to both sides of it."""
    v = CUBE_V * (1.0, 0.6, 0.3)
    v[(v[:, 0] > 0) & (v[:, 2] > 0), 2] = 0.9
    v[(v[:, 0] < 0) & (v[:, 1] > 0), 1] = 0.2
    return v, CUBE_F


def moved(vertices, x, y, z):
    return vertices + np.array([x, y, z])


def painted(vertices, faces, colour=(200, 100, 50)):
    return TriangleMesh(np.asarray(vertices, np.float32), faces, np.tile(np.uint8([*colour, 255]), (len(vertices), 1)))


def truth(vertices, faces, colour=(200, 100, 50)):
    return Truth.of(vertices, faces, np.tile(np.uint8(colour), (len(vertices), 1)))


def raw(mesh, vertices, faces, azimuth=0.0):
    return score(mesh, Truth.of(vertices, faces), azimuth, seen=False, aligned=False)


def test_the_truth_scores_one():
    v, f = wedge()
    found = score(painted(v, f), truth(v, f), 0.0)
    # two different samples of one surface: their distance is the sampling's, far below the smallest threshold
    assert [found[f"F@{tau}"] for tau in TAUS] == pytest.approx([1.0] * 3) and found["chamfer"] < 0.03
    assert found["IoU"] > 0.97 and found["normals"] > 0.97 and found["PSNR"] == BEST
    for protocol in ("yaws", "search"):
        assert found[f"{protocol} F@0.1"] == pytest.approx(1.0) and found[f"{protocol} chamfer"] < 0.03


@pytest.mark.parametrize("azimuth", [0.0, 37.0, -120.0])
def test_only_the_known_azimuth_brings_a_prediction_home(azimuth):
    """A camera that stands ``azimuth`` counter-clockwise sees the object turned clockwise by as much."""
    v, f = wedge()
    seen = painted(turned(v, -azimuth), f)
    assert raw(seen, v, f, azimuth)["F@0.1"] == pytest.approx(1.0)
    assert raw(seen, v, f, azimuth + 90)["F@0.1"] < 0.9


def test_size_and_place_do_not_count():
    v, f = wedge()
    assert raw(painted(v * 7 + 3, f), v, f)["F@0.1"] == pytest.approx(1.0)


def test_two_plates_are_as_far_apart_as_they_are():
    """A post through both holds them in place, since each would else be centred on itself."""
    quad, faces = CUBE_V * (1, 1, 0.001), CUBE_F
    post = CUBE_V * (0.01, 0.01, 1.0)
    v, w = np.concatenate([quad, post]), np.concatenate([moved(quad, 0, 0, 0.3), post])
    f = np.concatenate([faces, faces + 8])
    found = raw(painted(w, f), v, f)
    assert found["chamfer"] == pytest.approx(0.3, abs=0.02)  # 98 of 100 points lie on the plates
    assert found["F@0.2"] < 0.1 and found["F@0.5"] == pytest.approx(1.0)


def test_normals_know_the_angle_between_two_plates():
    tilt = np.radians(30)
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    v = np.array([[-1, -0.02, 0], [1, -0.02, 0], [1, 0.02, 0], [-1, 0.02, 0]], float)  # a ribbon, twisted about itself
    f = np.array([[0, 1, 2], [0, 2, 3]])
    assert raw(painted(v @ turn.T, f), v, f)["normals"] == pytest.approx(np.cos(tilt), abs=1e-3)
    assert raw(painted(v, f[:, ::-1]), v, f)["normals"] == pytest.approx(1.0, abs=1e-6)  # winding counts nothing


def test_samples_are_uniform_by_area():
    v, f = CUBE_V * (2.0, 1.0, 0.5), CUBE_F
    p = sample(v, f, 20_000)
    assert np.isclose(p[:, 2], 0.5).mean() == pytest.approx(8 / 28, abs=0.02)


def test_vertices_without_a_face_count_nothing():
    v, f = wedge()
    assert np.abs(sampled(np.concatenate([v, [[50.0, 0, 0]]]), f).points).max() <= 1 + 1e-9


def test_outlines_of_a_cube_and_of_one_moved_by_half():
    a = look(CUBE_V, CUBE_F, None, 0.0, 0.0, 256, 2.0)
    b = look(moved(CUBE_V, 1, 0, 0), CUBE_F, None, 0.0, 0.0, 256, 2.0)
    assert same_outlines([a], [b]) == pytest.approx(1 / 3)
    assert same_outlines([a, a], [a, b]) == pytest.approx(2 / 3)
    nothing_at_all = np.zeros_like(a)
    assert same_outlines([nothing_at_all], [nothing_at_all]) == 1


def test_colours_by_a_known_step_where_both_are():
    grey, brighter = np.full((8, 3), 0.5), np.full((8, 3), 0.6)
    a = look(CUBE_V, CUBE_F, grey, 0.3, 0.2)
    b = look(moved(CUBE_V, 0.5, 0, 0), CUBE_F, brighter, 0.3, 0.2)
    assert same_colours([a], [b]) == pytest.approx(20.0, abs=1e-3)  # a tenth of the peak, wherever they overlap
    assert same_colours([a], [a]) == BEST
    assert same_colours([a], [look(moved(CUBE_V, 9, 9, 9), CUBE_F, grey, 0.3, 0.2)]) == 0.0


def test_only_coloured_objects_have_colours_to_compare():
    v, f = wedge()
    assert "PSNR" not in score(painted(v, f), Truth.of(v, f), 0.0, aligned=False)
    assert "PSNR" not in score(painted(v, f), truth(v, f), 0.0, coloured=False, aligned=False)
    dark = score(painted(v, f, (200, 100, 50)), truth(v, f, (200, 100, 101)), 0.0, aligned=False)
    assert dark["PSNR"] == pytest.approx(-10 * np.log10(0.2**2 / 3), abs=0.01)


def test_to_make_nothing_is_the_worst():
    v, f = wedge()
    worst = nothing(score(painted(v, f), truth(v, f), 0.0))
    assert worst["yaws chamfer"] == 2.0 and worst["search F@0.1"] == worst["IoU"] == worst["PSNR"] == 0.0
    assert nothing() == {k: x for k, x in worst.items() if " " not in k}


def test_axes_look_from_where_they_say():
    right, up, towards = axes(0.0, 0.0)
    assert np.allclose(towards, (0, -1, 0)) and np.allclose(right, (1, 0, 0)) and np.allclose(up, (0, 0, 1))
    assert np.allclose(axes(np.pi / 2, 0.0)[2], (1, 0, 0), atol=1e-12)
    assert np.allclose(axes(0.3, np.pi / 2)[2], (0, 0, 1), atol=1e-12)
    assert np.allclose(axes(0.7, 0.4) @ axes(0.7, 0.4).T, np.eye(3), atol=1e-12)


def test_silhouette_of_a_cube_has_its_area():
    image = silhouette(CUBE_V, CUBE_F, 0.0, 0.0, 256, 2.0)
    assert image.sum() == 128 * 128
    assert np.array_equal(look(CUBE_V, CUBE_F, None, 0.0, 0.0, 256, 2.0)[..., 3] > 0, image)
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


def test_an_inflated_disc_is_a_ball_painted_on_both_sides():
    ball = inflate(draw("disc"))
    assert np.linalg.norm(ball.vertices, axis=1) == pytest.approx(0.86, abs=0.03)
    a, b, c = (ball.vertices[ball.faces[:, i]] for i in range(3))
    assert (a * np.cross(b, c)).sum() / 6 == pytest.approx(4 / 3 * np.pi * 0.86**3, rel=0.05)
    middle = np.abs(ball.vertices[:, [0, 2]]).max(1) < 0.1
    front, back = (ball.colours[middle & (np.sign(ball.vertices[:, 1]) == s)].mean(0) for s in (-1, 1))
    assert np.allclose(front, back, atol=2)
    assert np.allclose(front[:3], draw("disc")[118:138, 118:138, :3].mean((0, 1)) * 255, atol=3)


def test_an_inflated_flag_stands_upright():
    vertices = inflate(draw("flag")).vertices
    top = vertices[vertices[:, 2] > 0.5]
    assert top[:, 0].max() > 0.4 > vertices[vertices[:, 2] < 0][:, 0].max() + 0.3


def test_the_first_surface_is_closed_upright_and_within_the_outline():
    picture = draw("flag")
    mesh = first_surface(PocketNetwork.load(WEIGHTS, SHA256), picture)
    vertices, faces = mesh.vertices, mesh.faces
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    assert watertight(faces) and (a * np.cross(b, c)).sum() > 0
    top, bottom = vertices[vertices[:, 2] > 0.5], vertices[vertices[:, 2] < 0]
    assert top[:, 0].max() > 0.3 > bottom[:, 0].max() + 0.3, "the arm is at the top and to the right"
    front = mesh.vertices[:, 1] < np.quantile(mesh.vertices[:, 1], 0.1)
    shown = picture[picture[..., 3] > 0.95][:, :3].mean(0) * 255
    assert np.abs(mesh.colours[front, :3].mean(0) - shown).max() < 25, "what faces the camera has the picture's colours"
