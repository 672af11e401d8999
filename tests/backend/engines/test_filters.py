"""Image operations, each beside a plain or a peer's version."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from maquette.backend.engines.pocket.filters import blur, distance_to, outline, parts, signed_distance
from scipy import ndimage

MASKS = arrays(bool, st.tuples(st.integers(2, 24), st.integers(2, 24)))


def soft_disc(size, row, column, radius, fine=8):
    """Area coverage of a disc in pixels, and the exact signed distance at pixel centres."""
    y, x = np.mgrid[: size * fine, : size * fine]
    inside = np.hypot((y + 0.5) / fine - row, (x + 0.5) / fine - column) < radius
    y, x = np.mgrid[:size, :size] + 0.5
    soft = inside.reshape(size, fine, size, fine).mean((1, 3)).astype(np.float32)
    return soft, radius - np.hypot(y - row, x - column)


@pytest.mark.parametrize("radius", [5.3, 20.7, 50.2])
def test_distance_is_finer_than_a_pixel(radius):
    soft, exact = soft_disc(128, 64.31, 61.77, radius)
    error = np.abs(signed_distance(soft) - exact)
    assert error[np.abs(exact) < 3].max() < 0.2
    assert error[np.abs(exact) < 3].mean() < 0.06
    # near the disc's own centre the farther of two almost equal crossings matters little
    assert error.max() < 0.4


def test_a_staircase_of_hard_pixels_is_no_better_than_half_a_pixel():
    """The soft edge is what makes it fine: thresholding it first loses most of that."""
    soft, exact = soft_disc(128, 64.31, 61.77, 40.0)
    near = np.abs(exact) < 1
    hard = np.abs(signed_distance((soft > 0.5).astype(np.float32)) - exact)[near].mean()
    assert np.abs(signed_distance(soft) - exact)[near].mean() < 0.3 * hard


@given(MASKS)
@settings(deadline=None)
def test_sign_follows_the_level(mask):
    assert np.array_equal(signed_distance(mask.astype(np.float32)) > 0, mask)


@given(MASKS)
@settings(deadline=None)
def test_distance_to_as_scipy(mask):
    if mask.any():
        assert np.allclose(distance_to(mask), ndimage.distance_transform_edt(~mask), atol=1e-4)
    else:
        assert distance_to(mask).min() > max(mask.shape)


@given(MASKS)
@settings(deadline=None)
def test_parts_as_scipy(mask):
    ours, theirs = parts(mask), ndimage.label(mask)[0]
    assert ours.max() == theirs.max()
    pairs = {(a, b) for a, b in zip(ours.ravel().tolist(), theirs.ravel().tolist(), strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def test_blur_as_scipy():
    x = np.random.default_rng(0).random((40, 30)).astype(np.float32)
    assert np.allclose(blur(x, 1.7), ndimage.gaussian_filter(x, 1.7, mode="constant", truncate=3.3), atol=2e-3)


def test_saddles_are_cut_apart_or_joined_by_their_middle():
    joined = np.array([[1, 0.2], [0.2, 1]], np.float32)
    apart = np.array([[0.8, 0], [0, 0.8]], np.float32)
    assert len(outline(joined)) == len(outline(apart)) == 2

    def cut_off(segments, corner):
        return any(np.abs(s - corner).sum(1).max() <= 1 for s in segments)

    assert cut_off(outline(joined), (0, 1)) and not cut_off(outline(joined), (0, 0))
    assert cut_off(outline(apart), (0, 0)) and not cut_off(outline(apart), (0, 1))
