"""The frame an engine looks through: where the object lands, and what its edge is made of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.errors import EmptyMask
from maquette.backend.imaging.framing import FILL, frame, object_box


def picture(height, width, box, colour=(1.0, 0.0, 0.0), hidden=(0.0, 1.0, 0.0)):
    """A rectangle (left, top, right, bottom) before transparency that hides another colour."""
    rgba = np.zeros((height, width, 4), np.float32)
    rgba[..., :3] = hidden
    left, top, right, bottom = box
    rgba[top:bottom, left:right] = (*colour, 1)
    return rgba


def extent(rgba):
    """Width, height and centre (x, y) of the alpha, to a fraction of a pixel, in parts of the frame."""
    alpha = rgba[..., 3].astype(np.float64)
    size, x, y = len(alpha), alpha.sum(0), alpha.sum(1)
    where = (np.arange(size) + 0.5) / size
    centre = (x * where).sum() / x.sum(), (y * where).sum() / y.sum()
    return x.sum() / x.max() / size, y.sum() / y.max() / size, centre


@pytest.mark.parametrize(
    ("height", "width", "box"),
    [
        (300, 400, (50, 60, 250, 160)),
        (64, 64, (20, 10, 40, 50)),
        (900, 1400, (100, 100, 1300, 800)),
        (3000, 2000, (3, 5, 1990, 2900)),
        (40, 40, (0, 0, 40, 40)),
    ],
)
def test_the_longer_side_fills_086_of_a_centred_square(height, width, box):
    rgba = frame(picture(height, width, box)).rgba
    assert rgba.shape == (256, 256, 4) and rgba.dtype == np.float32
    wide, high, centre = extent(rgba)
    left, top, right, bottom = box
    side = max(right - left, bottom - top) / FILL
    assert wide == pytest.approx((right - left) / side, abs=0.006)
    assert high == pytest.approx((bottom - top) / side, abs=0.006)
    assert centre == pytest.approx((0.5, 0.5), abs=1e-3)


def test_hidden_colour_never_shows():
    rgba = frame(picture(137, 211, (30, 30, 180, 90))).rgba
    assert np.allclose(rgba[rgba[..., 3] > 0.01][:, :3], (1, 0, 0), atol=1e-4)


def test_right_way_up_and_round():
    rgba = np.zeros((90, 120, 4), np.float32)
    rgba[10:80, 20:100, 3] = 1
    rgba[10:20, 20:30, 0] = 1  # red top left
    rgba[10:20, 90:100, 1] = 1  # green top right
    out = frame(rgba).rgba
    # 80 wide: the frame is 93.02 pixels across, its corner at (13.49, −1.51)
    at = lambda x, y: out[int((y + 1.51) / 93.02 * 256), int((x - 13.49) / 93.02 * 256), :3]  # noqa: E731
    assert np.allclose(at(25, 15), (1, 0, 0), atol=1e-3) and np.allclose(at(95, 15), (0, 1, 0), atol=1e-3)
    assert np.allclose(at(60, 60), 0, atol=1e-3)


@pytest.mark.parametrize("size", [64, 256])
def test_agrees_with_sampling_twice_as_fine_and_averaging(size):
    """The words of the definition, done slowly: bilinear at 2 × size, means of 2 × 2, premultiplied."""
    random = np.random.default_rng(3)
    rgba = random.random((70, 90, 4)).astype(np.float32)
    rgba[..., 3] *= 0.4
    rgba[20:50, 30:80, 3] = 1
    side = 50 / FILL
    left, top = 55 - side / 2, 35 - side / 2
    padded = np.zeros((130, 150, 4))
    padded[30:100, 30:120] = rgba
    padded[..., :3] *= padded[..., 3:]
    fine = np.empty((2 * size, 2 * size, 4))
    for row in range(2 * size):
        y = top + (row + 0.5) * side / (2 * size) - 0.5 + 30
        x = left + (np.arange(2 * size) + 0.5) * side / (2 * size) - 0.5 + 30
        y0, x0 = int(np.floor(y)), np.floor(x).astype(int)
        fy, fx = y - y0, (x - x0)[:, None]
        upper = padded[y0, x0] * (1 - fx) + padded[y0, x0 + 1] * fx
        lower = padded[y0 + 1, x0] * (1 - fx) + padded[y0 + 1, x0 + 1] * fx
        fine[row] = upper * (1 - fy) + lower * fy
    want = fine.reshape(size, 2, size, 2, 4).mean((1, 3))
    got = frame(rgba, size).rgba
    assert np.abs(got[..., 3] - want[..., 3]).max() < 1e-5
    assert np.abs(got[..., :3] * got[..., 3:] - want[..., :3]).max() < 1e-5


def test_shrinking_a_fine_pattern_gives_its_mean_and_no_moire():
    rgba = np.ones((2600, 2600, 4), np.float32)
    rgba[::2, :, :3] = 0
    rgba[:, ::3, :3] = 0
    inside = frame(rgba).rgba[60:196, 60:196, :3]
    assert np.abs(inside - 1 / 3).max() < 0.03


def test_only_an_object_at_the_border_counts_as_cropped():
    for box, cropped in (
        ((1, 1, 39, 29), False),
        ((0, 5, 20, 20), True),
        ((5, 0, 20, 20), True),
        ((5, 5, 40, 20), True),
        ((5, 5, 20, 30), True),
    ):
        assert frame(picture(30, 40, box)).cropped is cropped


def test_alpha_127_is_outside_and_128_inside():
    alpha = np.full((9, 9), 127 / 255, np.float32)
    with pytest.raises(EmptyMask):
        object_box(alpha)
    alpha[2:4, 5:8] = np.float32(128) / 255
    assert object_box(alpha) == (5, 2, 8, 4)


def test_the_view_travels():
    assert frame(picture(30, 40, (5, 5, 20, 20)), view="back").view == "back"


def test_an_opaque_picture_of_one_pixel():
    rgba = frame(np.full((1, 1, 4), 0.5, np.float32) + np.float32([0, 0, 0, 0.5])).rgba
    assert np.allclose(rgba[128, 128], (0.5, 0.5, 0.5, 1), atol=0.02) and rgba[0, 0, 3] < 0.2


@settings(max_examples=60, deadline=None)
@given(height=st.integers(1, 90), width=st.integers(1, 90), seed=st.integers(0, 2**32 - 1), full=st.floats(0, 1))
def test_any_picture_gives_a_frame_or_says_that_it_is_empty(height, width, seed, full):
    random = np.random.default_rng(seed)
    rgba = random.random((height, width, 4)).astype(np.float32)
    rgba[..., 3] *= random.random((height, width)) < full
    if not (rgba[..., 3] > 127.5 / 255).any():
        with pytest.raises(EmptyMask):
            frame(rgba, 32)
        return
    out = frame(rgba, 32).rgba
    assert out.shape == (32, 32, 4) and np.isfinite(out).all() and out.min() >= 0 and out.max() <= 1


def net(side, width):
    """Lines ``width`` pixels wide, ten each way, from edge to edge of a square."""
    rgba = np.zeros((side + 40, side + 40, 4), np.float32)
    for line in np.linspace(20, side + 20 - width, 10).astype(int):
        rgba[line : line + width, 20 : side + 20, 3] = rgba[20 : side + 20, line : line + width, 3] = 1
    return rgba


@pytest.mark.parametrize(("side", "width", "least", "most"), [(2000, 3, 0, 0.5), (2000, 8, 0.9, 1.1), (120, 1, 1, 1)])
def test_it_is_known_how_much_of_the_object_is_kept(side, width, least, most):
    assert least <= frame(net(side, width)).kept <= most


@pytest.mark.parametrize("box", [(50, 60, 250, 160), (3, 5, 1900, 90), (10, 10, 1500, 1800)])
def test_a_bulky_object_is_kept(box):
    assert frame(picture(1900, 2000, box)).kept == pytest.approx(1, abs=0.06)


def test_a_diagonal_hair_of_a_small_picture_is_not_lost():
    assert frame(np.eye(100, dtype=np.float32)[..., None] * np.ones(4, np.float32)).kept == 1
