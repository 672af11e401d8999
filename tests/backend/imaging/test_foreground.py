"""The background's colour is taken out of soft edges."""

import numpy as np
import pytest
from hair import photograph
from maquette.backend.imaging.foreground import apply_matte


def bleeding(colours, alpha, front):
    """Mean error of the object's colour in 8-bit levels, where the matte is partial, weighted as it is seen."""
    soft = (alpha > 0.05) & (alpha < 0.95)
    return float((np.abs(colours - front).mean(-1) * alpha)[soft].sum() / alpha[soft].sum()) * 255


@pytest.mark.parametrize("size", [300, 1100], ids=["small", "larger than the maps"])
def test_hair_loses_the_colour_of_what_is_behind_it(size):
    pixels, alpha, front = photograph(size)
    rgba = pixels.astype(np.float32) / 255
    before = bleeding(rgba[..., :3], alpha, front)
    apply_matte(rgba, alpha)
    after = bleeding(rgba[..., :3], alpha, front)
    assert before > 15
    assert after < 0.4 * before
    np.testing.assert_array_equal(rgba[..., 3], alpha)


def test_noise_is_not_magnified_where_little_is_left_of_the_object():
    random = np.random.default_rng(4)
    alpha = np.full((60, 60), 0.05, np.float32)
    alpha[:, :30] = 1
    rgba = np.ones((60, 60, 4), np.float32)
    truth = np.where(alpha[..., None] == 1, 0.8, 0.05 * 0.8 + 0.95 * 0.2)
    rgba[..., :3] = truth + random.normal(0, 0.02, (60, 60, 3))
    apply_matte(rgba, alpha)
    assert rgba[:, 30:, :3].std() < 0.02
    assert abs(rgba[:, 30:, :3].mean() - 0.8) < 0.05


def test_sure_pixels_keep_their_colour():
    pixels, alpha, _ = photograph(200)
    rgba = pixels.astype(np.float32) / 255
    before = rgba.copy()
    apply_matte(rgba, alpha)
    sure = (alpha == 0) | (alpha == 1)
    np.testing.assert_array_equal(rgba[sure, :3], before[sure, :3])
    assert rgba.min() >= 0 and rgba.max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (3, 1301)])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_odd_shapes_and_even_mattes(shape, value):
    rgba = np.random.default_rng(0).random((*shape, 4), np.float32)
    alpha = np.full(shape, value, np.float32)
    apply_matte(rgba, alpha)
    assert np.isfinite(rgba).all() and rgba.min() >= 0 and rgba.max() <= 1
    np.testing.assert_array_equal(rgba[..., 3], alpha)
