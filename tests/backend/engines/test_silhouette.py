"""Which rays meet the object, and how wide it is there."""

import numpy as np
import pytest
from maquette.backend.engines.pocket.silhouette import Silhouette, shrunk
from maquette.backend.errors import EmptyMask
from maquette.backend.evaluation.pictures import _FINE, SIZE, _grid, _stroke, draw
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


def slanted(width, degrees):
    """Alpha of a straight wire, its width in pixels, with a knob beside it."""
    x, y = _grid()
    a = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]) * 0.8
    inside = _stroke(x, y, tuple(0.003 - a), tuple(0.003 + a), width * PIXEL) | (np.hypot(x, y - 0.9) < 0.05)
    return inside.reshape(SIZE, _FINE, SIZE, _FINE).mean((1, 3))


def drawn_width(silhouette, degrees):
    """Mean width in pixels, and how far it strays along the wire."""
    size = 2048
    inside = shrunk(silhouette.distance, size) > 0
    axis = (np.arange(size) + 0.5) / (size / 2) - 1
    x, y = np.meshgrid(axis, -axis)
    turn = np.radians(degrees)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    wire = inside & (np.abs(along) < 0.6) & (np.abs(across) < 0.05)
    area = np.bincount(((along[wire] + 0.6) * 100).astype(int), minlength=120)[:120]
    widths = area / (size / 2) ** 2 / 0.01 / PIXEL
    return widths.mean(), widths.std()


@pytest.mark.parametrize("degrees", [0, 7, 23, 45, 70])
@pytest.mark.parametrize("width", [1.6, 2.0, 2.2, 3.0, 4.0])
def test_wires_are_drawn_as_wide_as_asked_and_no_wider(width, degrees):
    asked = 2.5
    silhouette = Silhouette.of(slanted(width, degrees))
    drawn, strays = drawn_width(silhouette.no_thinner_than(asked * PIXEL), degrees)
    assert drawn == pytest.approx(max(asked, drawn_width(silhouette, degrees)[0]), abs=0.25)
    assert strays < 0.06 * drawn


def test_a_crooked_wire_stays_whole():
    assert ndimage.label(of("wires").no_thinner_than(0.05).distance > 0)[1] == 1


def test_thin_are_wires_and_slits_and_nothing_else():
    alpha = draw("disc")[..., 3].copy()
    alpha[100:103, 90:160] = 0
    slit = Silhouette.of(alpha).to_thin(6 * PIXEL)
    assert slit[101, 100:150].max() < 1.5 * PIXEL
    assert slit[200, 128] > 90 * PIXEL
    assert np.isinf(of("disc").to_thin(6 * PIXEL)).all()
    wires = of("wires").to_thin(6 * PIXEL)
    assert wires[51, 128] > 10 * PIXEL, "the bulb is not thin"
    assert (wires[of("wires").distance > 0] < 2 * PIXEL).mean() > 0.15


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
