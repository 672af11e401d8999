"""Which rays meet the object, and how wide it is there."""

import numpy as np
import pytest
from maquette.backend.engines.pocket.silhouette import Silhouette, shrunk
from maquette.backend.errors import EmptyMask
from maquette.backend.evaluation.pictures import draw
from scipy import ndimage

PIXEL = 2 / 256


def of(name):
    return Silhouette.of(draw(name)[..., 3])


def test_between_pixels_the_outline_is_a_circle():
    angle = np.linspace(0, 2 * np.pi, 500)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)
    silhouette = of("disc")
    for radius in (0.84, 0.85, 0.86, 0.87):
        assert np.abs(silhouette.at(radius * circle) - (0.86 - radius)).max() < 0.25 * PIXEL


def test_points_are_read_with_v_up_and_u_to_the_right():
    silhouette = of("flag")
    inside = np.array([[0.4, 0.6], [-0.35, -0.8], [-0.35, 0.8]], np.float32)
    outside = np.array([[0.4, -0.6], [-0.8, 0.6], [0.35, -0.8]], np.float32)
    assert (silhouette.at(inside) > 0).all() and (silhouette.at(outside) < 0).all()


def test_a_hole_stays_a_hole():
    silhouette = of("ring")
    assert silhouette.at(np.array([[-0.1, 0.15]], np.float32))[0] == pytest.approx(-0.4, abs=PIXEL)
    assert (silhouette.no_thinner_than(0.05).distance[silhouette.distance < -PIXEL] < 0).all()


def test_dirt_of_the_cut_out_is_dropped_but_not_a_second_part():
    alpha = np.zeros((256, 256), np.float32)
    alpha[40:200, 40:120] = alpha[100:110, 180:190] = 1
    alpha[230:233, 230:233] = 1
    silhouette = Silhouette.of(alpha)
    assert silhouette.distance[105, 185] > 0
    assert silhouette.distance[231, 231] < -20 * PIXEL
    assert silhouette.alpha[231, 231] == 0 and alpha[231, 231] == 1


def test_nothing_left_is_an_error_with_a_fix():
    with pytest.raises(EmptyMask) as error:
        Silhouette.of(np.zeros((256, 256), np.float32))
    assert error.value.fix


@pytest.mark.parametrize("cell", [2 / 64, 2 / 128])
def test_wires_are_drawn_as_wide_as_asked(cell):
    thin, wide = of("wires"), of("wires").no_thinner_than(1.6 * cell)
    assert ndimage.label(wide.distance > 0)[1] == 1
    rows = np.arange(140, 150)  # a slanted stretch of the wire
    widened = (wide.distance[rows] > 0).sum() / (thin.distance[rows] > 0).sum()
    assert widened > 1.3


def test_what_is_wide_stays_as_it_is():
    for name in ("disc", "ring", "flag"):
        silhouette = of(name)
        assert np.array_equal(silhouette.no_thinner_than(0.05).distance, silhouette.distance), name


def test_local_width_of_a_bar_and_of_a_disc():
    alpha = np.zeros((256, 256), np.float32)
    alpha[100:110, 20:236] = 1
    radius = Silhouette.of(alpha).radius(0.12)
    assert radius[102:108, 60:200] == pytest.approx(5 * PIXEL, abs=PIXEL)
    disc = of("disc")
    assert (disc.radius(0.12)[disc.distance > 0] > 0.11).all()


def test_shrunk_reads_cell_centres():
    ramp = np.tile(np.arange(256, dtype=np.float32), (256, 1))
    assert np.allclose(shrunk(ramp, 64)[0], np.arange(64) * 4 + 1.5)
