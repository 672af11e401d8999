"""Who answers prompts, and what is asked: nothing trained on is asked for, and everything can be made again."""

from itertools import islice

import numpy as np
import pytest
from maquette.backend.evaluation.text import specimens
from maquette.backend.evaluation.text.makers import Chance, Generator, Grammar, Retrieval, Worsened, worsen
from maquette.backend.evaluation.text.measures import chamfer, overlap
from maquette.backend.evaluation.text.prompts import FREE
from maquette.backend.evaluation.text.solid import is_empty, surface_points
from maquette.backend.evaluation.text.specimens import UNSEEN, Asked, held_out_prompts, make, says
from maquette.backend.training.grammar.sample import FAMILIES, held_out, sample


@pytest.fixture(scope="module")
def asked():
    return held_out_prompts(12)


def test_what_is_asked_for_was_never_trained_on(asked):
    assert len({a.prompt for a in asked}) == len({a.family for a in asked}) == 12
    for a in asked:
        specimen = sample(a.seed, a.family)
        assert held_out(specimen.attributes) and specimen.captions[0] == a.prompt and a.seed >= UNSEEN
        assert not a.colour or says(a.prompt, a.colour)
    assert held_out_prompts(12) == asked
    assert not {a.seed for a in held_out_prompts(12, 2 * UNSEEN)} & {a.seed for a in asked}


def test_what_was_trained_on_is_what_the_training_samples():
    found = list(islice(specimens.trained(60), 60))
    assert [seed for seed, _ in found] == sorted({seed for seed, _ in found})
    for seed, specimen in found:
        assert specimen.family == specimens.family_of(seed) == sample(seed).family
        assert not held_out(specimen.attributes)
    family = found[0][1].family
    of_one = [seed for seed, _ in specimens.trained(3, family)]
    assert len(of_one) == 3 and all(specimens.family_of(seed) == family for seed in of_one)
    skipped = {seed for seed in range(found[-1][0])} - {seed for seed, _ in found}
    assert all(held_out(sample(seed).attributes) for seed in skipped)


def test_a_colour_is_named_only_by_its_own_words():
    assert says("a violet chair", "purple") and says("a Navy, tall lamp", "dark blue")
    assert says("a light blue cup with a blue handle", "blue")
    assert not says("a light blue cup", "blue") and not says("a bluebird", "blue")


def test_objects_of_which_the_same_can_be_said(asked):
    a = next(a for a in asked if a.family in ("chair", "tower", "shovel"))
    first, *more = specimens.alike(a, 3)
    assert overlap(first, make(a.seed, a.family)) == 1
    assert all(overlap(first, other) < 1 for other in more)


def test_the_fingerprint_is_of_the_grammar(monkeypatch):
    two = FAMILIES[:2]
    before, other = specimens.fingerprint(two, (0,)), specimens.fingerprint(two[1:], (0,))
    assert before == specimens.fingerprint(two, (0,)) != other and len(before) == 16
    monkeypatch.setattr(specimens, "sample", lambda seed, family: sample(seed + (family == two[0]), family))
    assert specimens.fingerprint(two, (0,)) != before
    assert specimens.fingerprint(two[1:], (0,)) == other


def test_retrieval_returns_the_training_object_as_it_is():
    objects = [(seed, s.family) for seed, s in specimens.trained(8)]
    captions = [sample(*o).captions[0] for o in objects]
    maker = Retrieval(captions, objects)
    for caption, whose in zip(captions, objects, strict=True):
        if captions.count(caption) == 1:
            made = maker.make(Asked(caption, "", "", {}, 0), 5)
            assert np.array_equal(made.solid.sdf, make(*whose).sdf) and made.seconds >= 0


def test_chance_does_not_listen_but_can_be_repeated():
    objects = [(seed, s.family) for seed, s in specimens.trained(8)]
    maker = Chance(objects)
    one, other = (Asked(p, "", "", {}, 7) for p in ("a red chair", "a blue table"))
    assert np.array_equal(maker.make(one, 1).solid.sdf, maker.make(other, 1).solid.sdf)
    different = [maker.make(one, seed).solid.sdf for seed in range(4)]
    assert any(not np.array_equal(different[0], d) for d in different[1:])


def test_the_grammar_answers_with_the_object_itself(asked):
    a = asked[1]
    assert np.array_equal(Grammar().make(a, 0).solid.sdf, make(a.seed, a.family).sdf)
    again, more = Grammar().make(a, 2), Grammar()
    assert np.array_equal(again.solid.sdf, more.make(a, 2).solid.sdf)


def test_worsening_is_seen_but_destroys_nothing(asked):
    a = asked[2]
    good, bad = Grammar().make(a, 0).solid, Worsened(Grammar()).make(a, 0).solid
    assert 0.6 < overlap(good, bad) < 0.99
    assert 0 < chamfer(surface_points(good), surface_points(bad)) < 0.05
    assert 0.01 < np.abs(good.rgb - bad.rgb).mean() < 0.15
    assert np.array_equal(worsen(good, 0.5, 0.2, 0.05, 3).sdf, worsen(good, 0.5, 0.2, 0.05, 3).sdf)


def test_what_was_generated_is_kept_and_comes_back(tmp_path):
    calls = []

    def ball(prompt, seed):
        calls.append((prompt, seed))
        axis = (np.arange(64) + 0.5) / 32 - 1
        x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
        depth = (0.3 + 0.1 * seed - np.sqrt(x * x + y * y + z * z)) * 10
        return depth.astype(np.float32), np.full((32, 32, 32, 3), 40 * seed, np.uint8)

    maker = Generator("a toy", ball, tmp_path, "1")
    a = Asked("a ball", "", "", {}, 0)
    first, second = maker.make(a, 1), maker.make(a, 2)
    kept = Generator("a toy", ball, tmp_path, "1").make(a, 1)
    assert calls == [("a ball", 1), ("a ball", 2)]
    assert np.array_equal(kept.solid.inside, first.solid.inside) and not np.array_equal(
        kept.solid.sdf, second.solid.sdf
    )
    assert np.abs(kept.solid.sdf - first.solid.sdf).max() <= 1.01 / 127
    assert np.array_equal(kept.solid.rgb, first.solid.rgb) and kept.seconds == first.seconds
    Generator("a toy", ball, tmp_path, "2").make(a, 1)
    assert len(calls) == 3


def test_objects_of_the_grammar_are_whole(asked):
    assert not any(is_empty(make(a.seed, a.family)) for a in asked)
    assert len(set(FREE)) == len(FREE) >= 20 and FAMILIES
