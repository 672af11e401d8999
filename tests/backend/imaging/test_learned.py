"""Cut-outs by a learned remover: when it is asked, what becomes of its matte, and what happens where it fails."""

import numpy as np
import pytest
from hair import photograph
from maquette.backend.errors import BadWeights, Cancelled, EmptyMask, OutOfMemory, UnknownEngine
from maquette.backend.imaging import learned
from maquette.backend.imaging.cutout import ENOUGH_PIXELS, cut_out
from maquette.backend.imaging.framing import frame

SIZE = 160


def plain():
    """A dark disc on white, which the embedded remover finds too."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2
    pixels = np.full((SIZE, SIZE, 4), 255, np.uint8)
    pixels[np.hypot(x, y) < 50, :3] = (40, 90, 160)
    return pixels


def square(side=0.5, value=1.0):
    """A remover that takes a square in the middle for the object, whatever it is shown."""

    def remover(pixels, step):
        step(0.5)
        alpha = np.zeros(pixels.shape[:2], np.float32)
        height, width = (int(n * (1 - side) / 2) for n in alpha.shape)
        alpha[height : alpha.shape[0] - height, width : alpha.shape[1] - width] = value
        return alpha

    return remover


def failing(error):
    def remover(pixels, step):
        raise error

    return remover


# ---------------------------------------------------------------------------------------- when it is asked


@pytest.mark.parametrize("mode", ["auto", "learned"])
def test_it_is_preferred_for_an_opaque_picture(mode):
    cut = cut_out(plain(), mode, remover=square())
    assert cut.by == "learned" and cut.doubtful == ""
    assert cut.rgba[SIZE // 4 + 2, SIZE // 4 + 2, 3] == 1  # the square's corner, outside of the disc
    assert cut.rgba[..., 3].mean() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("mode", ["background", "none", "alpha"])
def test_it_is_not_asked_where_something_else_is_wanted(mode):
    cut = cut_out(plain(), mode, remover=failing(AssertionError("asked")))
    assert cut.by == mode


def test_the_pictures_own_transparency_is_preferred():
    pixels = plain()
    pixels[:, :40, 3] = 0
    cut = cut_out(pixels, "auto", remover=failing(AssertionError("asked")))
    assert cut.by == "alpha"


def test_asked_by_name_it_keeps_clear_what_is_clear():
    pixels = plain()
    pixels[:, : SIZE // 2, 3] = 0
    cut = cut_out(pixels, "learned", remover=square())
    assert cut.by == "learned"
    assert cut.rgba[:, : SIZE // 2, 3].max() == 0 and cut.rgba[SIZE // 2, SIZE // 2 + 2, 3] == 1


def test_without_one_the_embedded_remover_does_it():
    cut = cut_out(plain(), "auto")
    assert cut.by == "background" and cut.doubtful == ""


def test_asked_by_name_where_there_is_none():
    with pytest.raises(UnknownEngine, match="no learned background remover") as caught:
        cut_out(plain(), "learned")
    assert "Install" in caught.value.fix and "auto" in caught.value.fix


def test_it_sees_a_large_picture_shrunk_and_reports_its_progress():
    seen, heard = [], []

    def remover(pixels, step):
        seen.append(pixels.shape)
        step(1.0, "seeing")
        return square()(pixels, step)

    pixels = np.full((2600, 3000, 4), 255, np.uint8)
    cut = cut_out(pixels, "auto", heard.append, remover)
    assert seen[0][0] * seen[0][1] <= ENOUGH_PIXELS and cut.rgba.shape == seen[0]
    assert heard and max(heard) <= 1


# ------------------------------------------------------------------------------------------- where it fails


@pytest.mark.parametrize("mode", ["auto", "learned"])
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (BadWeights("model.safetensors is truncated.", "Fetch it again."), "model.safetensors is truncated"),
        (OutOfMemory("The graphics card ran out of memory.", ""), "ran out of memory"),
        (MemoryError(), "out of memory"),
        (RuntimeError("CUDA error: an illegal access"), "RuntimeError"),
    ],
)
def test_the_embedded_remover_steps_in(mode, error, words):
    cut = cut_out(plain(), mode, remover=failing(error))
    alone = cut_out(plain(), "background")
    np.testing.assert_array_equal(cut.rgba, alone.rgba)
    assert cut.by == "background"
    assert words in cut.doubtful and "the built-in one was used." in cut.doubtful
    assert ".)" not in cut.doubtful and cut.doubtful.endswith(".")


@pytest.mark.parametrize(
    "matte",
    [np.zeros((4, 4)), np.full((SIZE, SIZE), np.nan), np.zeros((SIZE, SIZE, 1)), "no matte"],
    ids=["size", "numbers", "axes", "kind"],
)
def test_a_matte_of_no_use(matte):
    cut = cut_out(plain(), "auto", remover=lambda pixels, step: matte)
    assert cut.by == "background" and "failed" in cut.doubtful


def test_an_empty_matte():
    cut = cut_out(plain(), "auto", remover=square(value=0.3))
    assert cut.by == "background" and cut.doubtful == learned.BLANK


def test_nothing_by_either_is_said():
    with pytest.raises(EmptyMask):
        cut_out(np.full((50, 50, 4), 255, np.uint8), "auto", remover=square(value=0.0))


def test_cancelling_is_no_failure():
    with pytest.raises(Cancelled):
        cut_out(plain(), "auto", remover=failing(Cancelled()))


def test_values_beyond_the_range_are_clipped():
    cut = cut_out(plain(), "auto", remover=square(value=3.0))
    assert cut.by == "learned" and cut.rgba[..., 3].max() == 1


# -------------------------------------------------------------------------------------------------- doubts


def matte(*boxes, value=1.0):
    """Boxes (top, left, height, width) in parts of the picture."""
    alpha = np.zeros((300, 400), np.float32)
    for top, left, height, width in boxes:
        alpha[int(top * 300) : int((top + height) * 300), int(left * 400) : int((left + width) * 400)] = value
    return alpha


@pytest.mark.parametrize(
    ("alpha", "expected"),
    [
        (matte((0.2, 0.2, 0.6, 0.6)), ""),
        (matte((0.0, 0.0, 1.0, 1.0)), learned.WHOLE),
        (matte((0.05, 0.05, 0.9, 0.9)), learned.CUT_OFF),
        (matte((0.5, 0.0, 0.5, 1.0)), learned.CUT_OFF),
        (matte((0.3, 0.3, 0.7, 0.3)), ""),  # stands on the border, as busts do
        (matte((0.5, 0.5, 0.04, 0.04)), learned.TINY),
        (matte((0.2, 0.1, 0.5, 0.3), (0.2, 0.6, 0.5, 0.3)), learned.PIECES),
        (matte((0.2, 0.1, 0.5, 0.3), (0.2, 0.8, 0.05, 0.05)), ""),  # a crumb beside it
        (matte((0.2, 0.2, 0.6, 0.6), value=0.6), learned.UNSURE),
    ],
    ids=["good", "all", "fills", "cut off", "bust", "tiny", "two", "crumb", "unsure"],
)
def test_doubts(alpha, expected):
    assert learned.doubtful(alpha) == expected


def test_doubts_reach_the_user():
    assert cut_out(plain(), "auto", remover=square(side=1.0)).doubtful == learned.WHOLE


# ----------------------------------------------------------------------------------- hair, to the very frame


def test_soft_hair_survives_to_the_framed_picture():
    """What engines look at holds the strands, as faint as they are, in the object's own colour."""
    pixels, alpha, front = photograph(640)
    cut = cut_out(pixels, "auto", remover=lambda pixels, step: alpha)
    assert cut.by == "learned" and cut.doubtful == ""
    framed = frame(cut.rgba, size=256)
    truth = np.concatenate([front, alpha[..., None]], -1)
    ideal = frame(truth, size=256)
    np.testing.assert_allclose(framed.rgba[..., 3], ideal.rgba[..., 3], atol=1e-6)
    faint = (ideal.rgba[..., 3] > 0.1) & (ideal.rgba[..., 3] < 0.9)
    assert faint.sum() > 2000  # strands, not only the disc's rim
    error = np.abs(framed.rgba[..., :3] - ideal.rgba[..., :3]).mean(-1)
    assert (error * ideal.rgba[..., 3])[faint].sum() / ideal.rgba[..., 3][faint].sum() < 8 / 255
    raw = np.concatenate([pixels[..., :3].astype(np.float32) / 255, alpha[..., None]], -1)
    bled = np.abs(frame(raw, size=256).rgba[..., :3] - ideal.rgba[..., :3]).mean(-1)
    assert error[faint].mean() < 0.4 * bled[faint].mean()
