"""Every family: the same from a seed everywhere, whole, normalised, and its captions true."""

import re
from pathlib import Path

import numpy as np
import pytest
from maquette.backend.training.grammar.build import Build
from maquette.backend.training.grammar.captions import NUMBERS
from maquette.backend.training.grammar.colours import COLOUR_WORDS, COLOURS, MATERIALS, nearest_name
from maquette.backend.training.grammar.dice import Dice
from maquette.backend.training.grammar.holdout import absent_colour
from maquette.backend.training.grammar.register import REGISTER
from maquette.backend.training.grammar.sample import FAMILIES, held_out, held_out_specimens, sample
from maquette.backend.training.grammar.sheet import tile
from maquette.backend.training.grammar.solids import LONGEST, THINNEST, bounds
from maquette.backend.training.grammar.verb import main
from maquette.backend.training.grammar.vocabulary import SYNONYMS, nouns, words

ROOT = Path(__file__).resolve().parents[4]

SEEDS = range(30)


@pytest.fixture(scope="module")
def specimens():
    return {family: [sample(seed, family) for seed in SEEDS] for family in FAMILIES}


def _same(a, b):
    return a.captions == b.captions and all(
        np.array_equal(getattr(a.solids, name), getattr(b.solids, name)) for name in a.solids.__dataclass_fields__
    )


def test_there_are_enough_families():
    assert len(FAMILIES) >= 100
    assert len(set(FAMILIES)) == len(FAMILIES)


def test_a_seed_always_makes_the_same_object(specimens):
    assert all(_same(sample(7, family), specimens[family][7]) for family in FAMILIES)
    assert _same(sample(123), sample(123))
    assert len({sample(seed).family for seed in range(2000)}) == len(FAMILIES)
    assert not _same(sample(1, "chair"), sample(2, "chair"))


def test_the_first_object_is_what_it_has_always_been():
    """Whoever changes how dice fall changes every training set: then this says so."""
    assert Dice("chair 0").real() == pytest.approx(0.70034, abs=1e-5)
    assert sample(0, "shape").captions[0] == "a silver pyramid"


def test_objects_are_finite_and_normalised(specimens):
    for family, some in specimens.items():
        for specimen in some:
            solids = specimen.solids
            for name in solids.__dataclass_fields__:
                assert np.isfinite(getattr(solids, name)).all(), family
            low, high = bounds(solids)
            assert np.allclose(low + high, 0, atol=0.06), family  # walls that were too thin grew a little outwards
            assert (high - low).max() == pytest.approx(LONGEST, abs=0.06), family
            assert solids.size[~solids.cut].min() >= THINNEST - 1e-6, family
            assert np.allclose(solids.rotation @ solids.rotation.transpose(0, 2, 1), np.eye(3), atol=1e-4)
            assert np.allclose(np.linalg.det(solids.rotation), 1, atol=1e-4)
            assert solids.colour.min() >= 0 and solids.colour.max() <= 1
            assert len(specimen.parts) == len(solids)
            assert not solids.cut[0]


def test_the_main_colour_is_the_captioned_one(specimens):
    for family, some in specimens.items():
        for specimen in some:
            body = specimen.parts.index("body#1")
            assert nearest_name(specimen.solids.colour[body]) == specimen.attributes["colour"], family


def test_captions_are_six_to_ten_different_short_sentences(specimens):
    for family, some in specimens.items():
        for specimen in some:
            assert 6 <= len(specimen.captions) <= 10, family
            assert len(set(specimen.captions)) == len(specimen.captions), family
            for caption in specimen.captions:
                assert re.fullmatch(r"[a-z0-9][a-z0-9 ,'-]*[a-z0-9]", caption), caption
                assert "  " not in caption
                assert len(caption.replace(",", " ,").split()) <= 24, caption
                assert not re.search(r"\ba [aeiou]", caption.replace("a u", "a y").replace("a one", "")), caption


def test_no_caption_names_another_main_colour(specimens):
    """A colour word right before the noun is the object's own, or its material's."""
    for family, some in specimens.items():
        if family in ("stack", "composed"):
            continue  # these tell of several colours
        for specimen in some:
            own = specimen.attributes["colour"]
            allowed = {own, *COLOUR_WORDS.get(own, ()), *own.split(), specimen.attributes.get("material", "")}
            if "golden" in allowed:
                allowed |= {"gold"}
            if "white" in allowed or "silver" in allowed:
                allowed |= {"silvery"}
            head = re.split(" (?:with|without|of|full|in|on) ", specimen.captions[0])[0].split()
            told = {word for word in head if word in COLOURS}
            assert told <= allowed, (family, specimen.captions[0])


def test_counts_are_the_numbers_of_parts():
    counted = 0
    for family, make in REGISTER.items():
        for seed in SEEDS:
            bench = Build(dice := Dice(f"{family} {seed}"))
            make(dice, bench)
            for clause in bench.words.clauses:
                if clause.count > 1:
                    names = clause.parts or (clause.noun,)
                    labels = {label for label in bench.labels if label.split("#")[0] in names}
                    assert len(labels) == clause.count, (family, seed, clause)
                    assert clause.count < len(NUMBERS)
                    counted += 1
    assert counted > 1000


def test_colours_told_of_parts_are_there():
    for family, make in REGISTER.items():
        for seed in SEEDS:
            bench = Build(dice := Dice(f"{family} {seed}"))
            make(dice, bench)
            there = {nearest_name(colour) for colour in bench.solids().colour}
            for clause in bench.words.clauses:
                assert not clause.colour or clause.colour in there, (family, seed, clause)


def test_materials_come_in_their_colours(specimens):
    seen = set()
    for some in specimens.values():
        for specimen in some:
            if material := specimen.attributes.get("material"):
                assert specimen.attributes["colour"] in MATERIALS[material]
                seen.add(material)
    assert len(seen) >= 10


def test_every_word_for_a_family_is_used():
    for family, make in REGISTER.items():
        bench = Build(dice := Dice(f"{family} 0"))
        make(dice, bench)
        assert bench.words.nouns, family
        assert bench.words.colour in COLOURS, family


@pytest.mark.parametrize(
    "family", ["chair", "car", "house", "person", "robot", "aeroplane", "elephant", "sofa", "duck"]
)
def test_left_is_the_mirror_of_right(family):
    """Each primitive off the middle plane has its twin on the other side."""
    for seed in range(6):
        specimen = sample(seed, family)
        centre = specimen.solids.centre
        for i in np.nonzero(np.abs(centre[:, 0]) > 0.02)[0]:
            if family == "house" and re.match("door|chimney|window", specimen.parts[i]):
                continue  # these may stand aside
            near = np.abs(centre - centre[i] * (-1, 1, 1)).max(1) < 1e-3
            assert near.any(), (family, seed, specimen.parts[i])


def test_held_out_combinations_are_few_and_leave_every_value(specimens):
    families, colours, out, total = set(), set(), 0, 0
    everything = {"family": set(), "colour": set()}
    for some in specimens.values():
        for told in (specimen.attributes for specimen in some):
            total += 1
            everything["family"].add(told["family"])
            everything["colour"].add(told["colour"])
            if held_out(told):
                out += 1
            else:
                families.add(told["family"])
                colours.add(told["colour"])
    assert 0.03 <= out / total <= 0.09
    assert families == everything["family"] and colours == everything["colour"] == set(COLOURS)
    assert held_out({"family": "chair", "colour": absent_colour("chair")})


def test_held_out_specimens_are_held_out():
    some = held_out_specimens(8)
    assert len({s.family for s in some}) == 8
    assert all(held_out(s.attributes) for s in some)
    assert [s.captions for s in some] == [s.captions for s in held_out_specimens(8)]


def test_a_family_that_is_not_there_is_a_key_error():
    with pytest.raises(KeyError):
        sample(0, "perpetuum mobile")


def test_the_page_names_every_family():
    page = (ROOT / "docs" / "grammar.md").read_text("utf-8").split("## Families")[1]
    named = set(re.findall(r"(?:\| |; )([a-z -]+?)(?= \(|;| \|)", page))
    assert set(FAMILIES) <= named
    assert (ROOT / "docs" / "pictures" / "grammar.jpg").stat().st_size <= 200_000


def test_words_are_counted_and_synonyms_lead_to_names():
    counted = words(2)
    assert counted["red"] > 10 and counted["chair"] > 0 and "" not in counted
    assert len(counted) > 300
    assert SYNONYMS["navy"] == "dark blue" and SYNONYMS["gray"] == "grey" and SYNONYMS["slim"] == "thin"
    assert nouns(3)["aeroplane"][0] == "airplane"


def test_the_verb_says_what_it_has_and_prints_prompts(capsys, tmp_path):
    assert main([]) == 0 and "132 families" in capsys.readouterr().out
    assert main(["--prompts", "3"]) == 0 and len(capsys.readouterr().out.strip().splitlines()) == 3
    with pytest.raises(SystemExit):
        main(["--family", "perpetuum mobile"])


def test_a_sheet_is_a_picture_with_something_on_it():
    picture = tile(sample(3, "apple"), 32)
    assert picture.shape == (32, 32, 3) and picture.dtype == np.uint8
    assert (picture != picture[0, 0]).any(-1).mean() > 0.2
