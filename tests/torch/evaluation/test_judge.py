"""The judge of generated objects: it learns from pictures and captions, and its verdicts can be made again."""

import numpy as np
import pytest
import torch
from maquette.backend.evaluation.text.judge import EMBEDDING, Judge, Labels, terms
from maquette.backend.evaluation.text.judge_training import Course, Lesson, labels_of, load, save, train, worsened
from maquette.backend.evaluation.text.solid import Solid
from maquette.backend.evaluation.text.views import views

AXIS = (np.arange(64) + 0.5) / 32 - 1
X, Y, Z = np.meshgrid(AXIS, AXIS, AXIS, indexing="ij")
COLOURS = {"red": (0.8, 0.1, 0.1), "blue": (0.1, 0.2, 0.8), "white": (0.95, 0.95, 0.95)}


def picture(family, colour, rng):
    size = rng.uniform(0.4, 0.7, 3)
    if family == "ball":
        depth = size[0] - np.sqrt(X**2 + Y**2 + Z**2)
    elif family == "box":
        depth = np.minimum.reduce([size[0] - abs(X), size[1] - abs(Y), size[2] - abs(Z)])
    else:  # a post on a plate
        plate = np.minimum(0.7 - np.maximum(abs(X), abs(Y)), 0.1 - abs(Z + 0.7))
        depth = np.maximum(plate, np.minimum(0.15 - np.hypot(X, Y), 0.8 - abs(Z)))
    return views(Solid.of(depth / 0.1, np.tile(np.float32(COLOURS[colour]), (32, 32, 32, 1))))


def lesson(count, seed):
    rng = np.random.default_rng(seed)
    kinds = [(("ball", "box", "post")[i % 3], list(COLOURS)[i // 3 % 3]) for i in range(count)]
    return Lesson(
        np.stack([picture(f, c, rng) for f, c in kinds]),
        tuple(f for f, _ in kinds),
        tuple(c if i % 9 else "" for i, (_, c) in enumerate(kinds)),
        tuple((f"a {c} {f}", f"{f} in {c}") for f, c in kinds),
    )


@pytest.fixture(scope="module")
def taught():
    return train(lesson(27, 0), Course(epochs=12, batch=9, rate=4e-3))


def test_it_knows_what_it_has_not_seen(taught):
    fresh = lesson(27, 1)
    verdict = taught.judge(fresh.pictures)
    assert np.mean([a == b for a, b in zip(verdict.family, fresh.families, strict=True)]) > 0.9
    kinds = [c[0].split()[1] for c in fresh.captions]
    assert np.mean([a == b for a, b in zip(verdict.colour, kinds, strict=True)]) > 0.9


def test_a_picture_lies_nearest_to_its_own_caption(taught):
    fresh = lesson(9, 2)
    seen, read = taught.judge(fresh.pictures).embedding, taught.read([c[0] for c in fresh.captions])
    assert seen.shape == read.shape == (9, EMBEDDING)
    assert np.linalg.norm(seen, axis=1) == pytest.approx(np.ones(9), abs=1e-5)
    assert np.mean((seen @ read.T).argmax(1) == np.arange(9)) > 0.75  # 1 in 9 by chance


def test_the_same_lesson_makes_the_same_judge():
    few, course = lesson(12, 3), Course(epochs=2, batch=6)
    first, again = train(few, course), train(few, course)
    other = train(few, Course(epochs=2, batch=6, seed=1))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert any(not torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


def test_a_judge_is_kept_for_its_key_only(taught, tmp_path):
    path = tmp_path / "deep/judge.safetensors"
    assert load(path, "grammar 1") is None
    save(taught, path, "grammar 1", {"family": 0.5})
    assert load(path, "grammar 2") is None
    kept, report = load(path, "grammar 1")
    pictures = lesson(3, 4).pictures
    assert report == {"family": 0.5}
    assert np.array_equal(kept.judge(pictures).embedding, taught.judge(pictures).embedding)


def test_captions_are_read_as_words_and_pairs():
    assert terms("A red Chair, blue legs") == ["a", "red", "chair", "blue", "legs", "a red", "red chair",
                                               "chair blue", "blue legs"]  # fmt: skip
    labels = Labels(("chair",), ("red",), ("red", "red chair"))
    assert labels.read("the red chair") == [1, 2] and labels.read("nothing known") == []
    judge = Judge(labels)
    assert np.isfinite(judge.read(["nothing known", "red chair"])).all()


def test_rare_terms_and_missing_colours_are_no_labels():
    labels = labels_of(lesson(9, 5))
    assert labels.families == ("ball", "box", "post") and labels.colours == ("blue", "red", "white")
    assert "red" in labels.terms and "red ball" not in labels.terms  # said of one object only


def test_worsened_pictures_stay_pictures():
    pictures = torch.from_numpy(lesson(6, 6).pictures)
    before = pictures.clone()
    found = worsened(pictures, np.random.default_rng(0))
    assert torch.equal(pictures, before)
    assert found.shape == pictures.shape and found.min() >= 0 and found.max() <= 255
    assert not torch.equal(found, pictures.float())
    assert (found - pictures).abs().mean() < 25
