"""The small tools on pictures, each beside a plain or a well-known way of doing the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.imaging.colour import lab
from maquette.backend.imaging.grids import at, block_means, blur, carried, parts, resample_rows, shrink, spread
from scipy import ndimage

small_masks = st.tuples(st.integers(1, 24), st.integers(1, 24), st.integers(0, 2**32 - 1), st.floats(0, 1)).map(
    lambda t: np.random.default_rng(t[2]).random(t[:2]) < t[3]
)


@settings(max_examples=150, deadline=None)
@given(mask=small_masks)
def test_parts_are_those_of_scipy(mask):
    labels, count = parts(mask)
    want, many = ndimage.label(mask)
    assert count == many and labels.shape == mask.shape and labels.dtype == np.int32
    pairs = np.unique(np.stack([labels.ravel(), want.ravel()], 1), axis=0)
    assert len(pairs) == len(np.unique(labels)) == len(np.unique(want))
    assert np.array_equal(labels > 0, mask)


def test_parts_of_a_spiral():
    mask = np.zeros((101, 101), bool)
    y, x, step, length = 50, 50, 0, 2
    while length < 96:
        for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            for _ in range(length):
                mask[y, x] = True
                y, x = y + dy, x + dx
            step += 1
            length += 2 if step % 2 == 0 else 0
    assert parts(mask)[1] == ndimage.label(mask)[1]


@settings(max_examples=80, deadline=None)
@given(mask=small_masks, radius=st.integers(0, 5))
def test_spread_lies_between_the_diamond_and_the_square(mask, radius):
    grown = spread(mask, radius)
    if radius == 0:
        assert np.array_equal(grown, mask)
        return
    assert not (ndimage.binary_dilation(mask, iterations=radius) & ~grown).any()
    assert not (grown & ~ndimage.binary_dilation(mask, np.ones((3, 3)), iterations=radius)).any()


@pytest.mark.parametrize("sigma", [3.46, 8.49])
def test_blur_is_close_to_a_gaussian(sigma):
    spike = np.zeros((81, 71), np.float32)
    spike[40, 35] = 1
    got, want = blur(spike, sigma), ndimage.gaussian_filter(spike, sigma, mode="constant", truncate=6)
    assert got.sum() == pytest.approx(1, abs=1e-3)
    assert np.abs(got - want).max() < 0.15 * want.max()
    assert np.array_equal(blur(np.stack([spike, spike], -1), sigma)[..., 1], got)


@settings(max_examples=60, deadline=None)
@given(height=st.integers(1, 20), width=st.integers(1, 20), seed=st.integers(0, 2**32 - 1))
def test_lookups_between_pixels_are_those_of_scipy(height, width, seed):
    random = np.random.default_rng(seed)
    values = random.random((height, width, 2)).astype(np.float32)
    y, x = random.uniform(-3, height + 3, 50), random.uniform(-3, width + 3, 50)
    got = at(values, y, x)
    for channel in range(2):
        want = ndimage.map_coordinates(values[..., channel], [y, x], order=1, mode="nearest")
        assert np.allclose(got[:, channel], want, atol=1e-5)


def test_block_means_are_means():
    pixels = np.random.default_rng(0).integers(0, 256, (11, 17, 4)).astype(np.uint8)
    want = pixels[:9, :15].reshape(3, 3, 5, 3, 4).mean((1, 3))
    assert np.allclose(block_means(pixels, 3), want, atol=1e-4)
    assert np.array_equal(block_means(pixels, 1), pixels)


@pytest.mark.parametrize("shape", [(50, 90), (700, 400), (3, 2000), (1, 1), (320, 320)])
def test_shrink_keeps_the_shape_the_mean_and_the_border(shape):
    pixels = np.full((*shape, 3), 200, np.uint8)
    small = shrink(pixels, 100)
    assert max(small.shape[:2]) == min(100, max(shape))
    assert small.shape[0] / small.shape[1] == pytest.approx(shape[0] / shape[1], rel=0.05) or min(small.shape[:2]) == 1
    assert np.allclose(small, 200, atol=1e-3)


def test_resampling_by_one_changes_nothing():
    rows = np.random.default_rng(0).random((20, 3)).astype(np.float32)
    assert np.allclose(resample_rows(rows, 0, 1, 20), rows, atol=1e-6)
    assert np.allclose(resample_rows(rows, 5, 1, 10), rows[5:15], atol=1e-6)
    outside = resample_rows(rows, -5, 1, 30)
    assert np.allclose(outside[:4], 0) and np.allclose(outside[5:25], rows, atol=1e-6)
    assert np.allclose(resample_rows(rows, -5, 1, 30, beyond=True)[:4], rows[0], atol=1e-6)


def test_what_is_known_is_kept_and_the_rest_is_near_its_neighbours():
    values = np.zeros((40, 60, 2), np.float32)
    values[:, :30], values[:, 30:] = (1, 0), (0, 1)
    known = np.zeros((40, 60), bool)
    known[10:30, 5:12] = known[10:30, 48:55] = True
    out = carried(values, known)
    assert np.allclose(out[known], values[known], atol=1e-5)
    assert (out[:, :3, 0] > 0.6).all() and (out[:, -3:, 1] > 0.6).all()
    assert np.allclose(out.sum(-1), 1, atol=1e-4)  # mixtures of what is known, nothing else


@pytest.mark.parametrize(
    ("srgb", "want"),  # published conversions (D65, CIE 1976)
    [
        ((1, 1, 1), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 1, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 1), (32.30, 79.19, -107.86)),
        ((0.5, 0.5, 0.5), (53.39, 0, 0)),
    ],
)
def test_lab_of_known_colours(srgb, want):
    assert np.allclose(lab(np.array([srgb], np.float32))[0], want, atol=0.05)
