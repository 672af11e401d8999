"""Objects before backgrounds of every kind, made here: what is cut out, how clean it is, and when it is doubted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.errors import BadRequest, EmptyMask, ImageTooLarge, UnreadableImage
from maquette.backend.imaging import cutout
from maquette.backend.imaging.cutout import cut_out

SIZE = 240


def mug(size=SIZE):
    """A shaded orange body with a handle one can see through: (size, size, 4) float64 straight, soft edges."""
    fine = 3 * size
    y, x = (np.mgrid[:fine, :fine] + 0.5) / fine * 2 - 1
    body = (np.abs(x + 0.15) < 0.4) & (np.abs(y) < 0.55)
    ring = np.hypot(x - 0.25, y * 0.9)
    handle = (ring < 0.36) & (ring > 0.22) & (x > 0.2)
    alpha = (body | handle).astype(float).reshape(size, 3, size, 3).mean((1, 3))
    shade = (0.75 + 0.25 * np.cos((x + 0.15) * 3)).reshape(size, 3, size, 3).mean((1, 3))
    rgba = np.empty((size, size, 4))
    rgba[..., :3] = np.array([0.85, 0.4, 0.15]) * shade[..., None]
    rgba[..., 3] = alpha
    return rgba


def before(background, thing=None):
    """``thing`` (by default the mug) over ``background``, as pixels."""
    thing = mug() if thing is None else thing
    alpha = thing[..., 3:]
    mixed = thing[..., :3] * alpha + np.broadcast_to(background, thing[..., :3].shape) * (1 - alpha)
    pixels = np.full(thing.shape, 255, np.uint8)
    pixels[..., :3] = np.rint(np.clip(mixed, 0, 1) * 255)
    return pixels


def overlap(found, thing):
    a, b = found[..., 3] > 0.5, thing[..., 3] > 0.5
    return (a & b).sum() / (a | b).sum()


def grid():
    y, x = (np.mgrid[:SIZE, :SIZE] + 0.5) / SIZE * 2 - 1
    return y[..., None], x[..., None]


def soft_shadow(strength=0.35, widths=(0.42, 0.5)):
    y, x = grid()
    return 1 - strength * np.exp(-(((x - 0.05) / widths[0]) ** 2 + ((y - 0.2) / widths[1]) ** 2) * 1.2)


def backgrounds():
    y, x = grid()
    random = np.random.default_rng(5)
    grey = np.array([0.8, 0.82, 0.85])
    return {
        "white": np.ones(3),
        "black": np.zeros(3),
        "green": np.array([0.1, 0.6, 0.2]),
        "graded": grey * (0.75 + 0.2 * x) + 0.1 * y * np.array([1, 0, -1]),
        "vignetted": grey * (1 - 0.22 * (x**2 + y**2)),
        "noisy": grey + random.normal(0, 0.03, (SIZE, SIZE, 3)),
        "shadowed": grey * soft_shadow(),
        "floor and wall": np.where(y < 0.35, grey, np.array([0.45, 0.35, 0.3])),
    }


@pytest.mark.parametrize("kind", backgrounds())
def test_plain_and_smooth_backgrounds_go_and_holes_with_them(kind):
    thing = mug()
    result = cut_out(before(backgrounds()[kind], thing))
    in_shade = kind == "shadowed"  # a shadow in a hole is taken for a part of the object
    assert overlap(result.rgba, thing) > (0.9 if in_shade else 0.97)
    assert in_shade or result.rgba[SIZE // 2, int(0.69 * SIZE), 3] == 0, "the handle's hole"
    assert result.rgba.dtype == np.float32 and result.rgba.shape == (SIZE, SIZE, 4)
    assert result.doubtful == ""


def test_the_hole_is_there():  # what the test above looks at is background, well away from the handle
    assert (mug()[110:130, int(0.69 * SIZE) - 4 : int(0.69 * SIZE) + 4, 3] == 0).all()


@pytest.mark.parametrize("background", [(1, 1, 1), (0, 0, 0), (0.1, 0.6, 0.2)])
def test_no_rim_of_the_background_is_left(background):
    thing = mug()
    found = cut_out(before(np.array(background, float), thing)).rgba
    edge = (found[..., 3] > 0.3) & (thing[..., 3] > 0.1) & (thing[..., 3] < 0.9)
    assert edge.sum() > 100
    away = np.abs(found[edge][:, :3] - thing[edge][:, :3]).max(-1)
    untouched = before(np.array(background, float), thing)[edge][:, :3] / 255
    assert away.mean() < 0.4 * np.abs(untouched - thing[edge][:, :3]).max(-1).mean()
    assert np.abs(found[edge][:, 3] - thing[edge][:, 3]).mean() < 0.1


def test_white_before_white_is_found_by_its_shading():
    thing = mug()
    _, x = grid()
    thing[..., :3] = 0.93 - 0.06 * np.abs(x + 0.15)
    assert overlap(cut_out(before(np.ones(3), thing)).rgba, thing) > 0.9


def test_a_small_object_in_a_corner_is_looked_at_closely():
    large = np.zeros((1200, 1200, 4))
    thing = mug(200)
    large[930:1130, 80:280] = thing
    assert overlap(cut_out(before(np.array([0.5, 0.55, 0.6]), large)).rgba, large) > 0.97


@pytest.mark.parametrize("mode", ["auto", "alpha"])
def test_alpha_is_respected_to_the_bit(mode):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 4)).astype(np.uint8)
    result = cut_out(pixels, mode)
    assert np.array_equal(np.rint(result.rgba * 255), pixels) and result.doubtful == ""


def test_none_takes_everything():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 4)).astype(np.uint8)
    rgba = cut_out(pixels, "none").rgba
    assert (rgba[..., 3] == 1).all() and np.array_equal(np.rint(rgba[..., :3] * 255), pixels[..., :3])


def test_background_mode_goes_on_where_alpha_left_off():
    pixels = before(np.ones(3))
    pixels[:30, :, 3] = 0
    pixels[:30, :, :3] = (255, 0, 0)  # hidden, and to be ignored
    found = cut_out(pixels, "background").rgba
    assert (found[:30, :, 3] == 0).all() and overlap(found, mug()) > 0.97


def test_rounded_corners_do_not_pass_for_a_cut_out():
    pixels = before(np.array([0.2, 0.3, 0.8]))
    for corner in (np.s_[:3, :3], np.s_[:3, -3:], np.s_[-3:, :3], np.s_[-3:, -3:]):
        pixels[corner][..., 3] = 0
    assert overlap(cut_out(pixels).rgba, mug()) > 0.97


def test_alpha_without_any_is_doubted():
    assert "background" in cut_out(before(np.ones(3)), "alpha").doubtful


def busy():
    tiles = np.random.default_rng(2).random((6, 6, 3))
    return np.kron(tiles, np.ones((SIZE // 6, SIZE // 6, 1)))


def cut_off():
    """The mug from so near that two sides of the picture cut it off."""
    return mug(360)[10 : 10 + SIZE, 110 : 110 + SIZE]


def fading():
    """A mug that becomes the background's grey towards its left."""
    thing = mug()
    _, x = grid()
    thing[..., :3] = 0.5 + 0.25 * np.clip(x + 0.55, 0, None)
    return thing


@pytest.mark.parametrize(
    ("pixels", "word"),
    [
        (before(busy()), "busy"),
        (before(np.array([0.4, 0.5, 0.7]), cut_off()), "border"),
        (before(np.full(3, 0.5), fading()), "hardly stands out"),
    ],
)
def test_what_cannot_be_trusted_is_doubted_with_a_remedy(pixels, word):
    doubtful = cut_out(pixels).doubtful
    assert word in doubtful and ": " in doubtful and doubtful.endswith(".")


@pytest.mark.parametrize("level", [0, 77, 255])
def test_a_picture_of_nothing_is_empty(level):
    with pytest.raises(EmptyMask):
        cut_out(np.full((60, 80, 4), [level, level, level, 255], np.uint8))


def test_a_transparent_picture_is_empty():
    with pytest.raises(EmptyMask):
        cut_out(np.zeros((60, 80, 4), np.uint8))


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((0, 5, 4), np.uint8),
        np.zeros((5, 5, 3), np.uint8),
        np.zeros((5, 5), np.uint8),
        np.zeros((5, 5, 4), np.float32),
        None,
        "picture",
        [[1, 2], [3]] if np.__version__ < "1.24" else 7,
    ],
)
def test_what_is_no_picture_is_named(pixels):
    with pytest.raises(UnreadableImage):
        cut_out(pixels)


def test_limits_and_modes_are_named(monkeypatch):
    with pytest.raises(BadRequest, match="magic"):
        cut_out(np.zeros((5, 5, 4), np.uint8), "magic")
    monkeypatch.setattr(cutout, "MAX_PIXELS", 100)
    with pytest.raises(ImageTooLarge, match="11 × 10"):
        cut_out(np.zeros((10, 11, 4), np.uint8))


def test_larger_pictures_come_back_smaller_and_otherwise_the_same(monkeypatch):
    monkeypatch.setattr(cutout, "ENOUGH_PIXELS", SIZE * SIZE // 4)
    thing = mug()
    pixels = np.rint(thing * 255).astype(np.uint8)
    pixels[pixels[..., 3] == 0] = (0, 255, 0, 0)  # a colour that must stay hidden
    small = cut_out(pixels).rgba
    assert small.shape == (SIZE // 2, SIZE // 2, 4)
    weighted = np.concatenate([thing[..., :3] * thing[..., 3:], thing[..., 3:]], -1)
    want = weighted.reshape(SIZE // 2, 2, SIZE // 2, 2, 4).mean((1, 3))
    assert np.abs(small[..., :3] * small[..., 3:] - want[..., :3]).max() < 0.01
    opaque = cut_out(before(np.ones(3))).rgba
    assert opaque.shape == small.shape and overlap(opaque, small) > 0.97


def test_steps_are_told_and_may_stop_it():
    told = []
    cut_out(before(np.ones(3)), step=told.append)
    assert told == sorted(told) and len(told) >= 3 and told[0] >= 0 and told[-1] <= 1

    def stop(fraction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_out(before(np.ones(3)), step=stop)


def test_the_same_picture_gives_the_same_cut_out():
    pixels = before(backgrounds()["noisy"])
    assert np.array_equal(cut_out(pixels).rgba, cut_out(pixels).rgba)


@settings(max_examples=50, deadline=None)
@given(
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    seed=st.integers(0, 2**32 - 1),
    levels=st.sampled_from([1, 2, 3, 256]),
    mode=st.sampled_from(cutout.MODES),
    clear=st.sampled_from([0.0, 0.001, 0.5, 1.0]),
    sharp=st.sampled_from([0.2, 1.0, 30.0]),
)
def test_hostile_arrays_give_a_cut_out_or_a_named_error(height, width, seed, levels, mode, clear, sharp):
    random = np.random.default_rng(seed)
    pixels = (random.integers(0, levels, (height, width, 4)) * (255 // max(1, levels - 1))).astype(np.uint8)
    pixels[..., 3] = np.where(random.random((height, width)) < clear, 0, 255)

    def remover(pixels, step):
        return np.clip((random.random(pixels.shape[:2]) - 0.5) * sharp + 0.5, 0, 1).astype(np.float32)

    try:
        rgba = cut_out(pixels, mode, remover=remover if mode == "learned" or seed % 2 else None).rgba
    except EmptyMask:
        return
    assert rgba.shape == (height, width, 4) and rgba.dtype == np.float32
    assert np.isfinite(rgba).all() and rgba.min() >= 0 and rgba.max() <= 1
