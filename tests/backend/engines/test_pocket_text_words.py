"""How a text becomes tokens, and what the user is told of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.engines.pocket_text.spelling import distance, nearest, singular, stable_hash
from maquette.backend.engines.pocket_text.synonyms import KINDS, LINKS, NUMBERS, POLITE, SAME
from maquette.backend.engines.pocket_text.words import GRAMS, MOST, UNKNOWN, Vocabulary, canonical, shipped
from maquette.backend.errors import BadWeights

ROOT = Path(__file__).resolve().parents[3]
WORDS = (
    "with without and in of four two red blue darkred lightblue grey gold chair armchair sofa table car leg wheel "
    "armrest tree pinetree tablelamp wooden shelf cube tall wide roof"
)
TAUGHT = Vocabulary(tuple(WORDS.split()), things=("chair", "car"))


def read(text, taught=TAUGHT):
    return taught.read_text(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a red chair", "red chair"),
        ("  RED, Chairs!! ", "red chair"),
        ("a crimson couch with 4 legs", "red sofa with four leg"),
        ("two tall wooden automobiles", "two tall wooden car"),
        ("please make me a 3D model of a low-poly car", "of car"),
        ("red, chair; red", "red chair red"),
        ("arm-chair, ARM CHAIR, easy chair", "armchair armchair armchair"),
        ("a chair that has four legs", "chair with four leg"),
        ("an armless chair", "without armrest chair"),
        ("a wheelless car", "without wheel car"),
        ("no legs", "without leg"),
        ("a maroon fir tree", "darkred pinetree"),
        ("dark red, light blue, pale blue, bright blue", "darkred lightblue lightblue blue"),
        ("a gray desk lamp", "grey tablelamp"),
        ("golden shelves", "gold shelf"),
        ("the car's wheels", "car wheel"),
        ("a ｒｅｄ ｃｈａｉｒ", "red chair"),
        ("🪑", "chair"),
        ("🚗🏽", "car"),
    ],
)
def test_texts_that_are_understood(text, words):
    found = read(text)
    assert " ".join(found.words) == words and found.remarks == ()
    assert [TAUGHT.words[i - 2] for i in found.ids] == words.split()


@pytest.mark.parametrize(
    ("text", "words", "taken"),
    [
        ("a red chiar", "red chair", [("chiar", "chair")]),
        ("Taable", "table", [("Taable", "table")]),
        ("a throne", "chair", [("throne", "chair")]),
        ("a dark blue car", "blue car", [("dark blue", "blue")]),
        ("a dark grey car", "grey car", [("dark grey", "grey")]),
        ("automobbile", "car", [("automobbile", "car")]),
    ],
)
def test_what_is_taken_for_something_else_is_told(text, words, taken):
    found = read(text)
    assert (" ".join(found.words), list(found.taken)) == (words, taken)
    said, as_ = taken[0]
    assert found.remarks == (f"“{said}” is not a word Pocket Text knows; taken as “{as_}”.",)


def test_what_is_not_known_is_named_as_it_was_written():
    found = read("a red Zorblax and a Quuxinator car, Zorblax")
    assert found.unknown == ("Zorblax", "Quuxinator") and found.words == ("red", "and", "car")
    assert found.remarks == ("“Zorblax”, “Quuxinator” are not words Pocket Text knows; they had no part in this.",)
    assert read("😀").remarks == ("“😀” is not a word Pocket Text knows; it had no part in this.",)


def test_a_network_taught_by_trigrams_hears_what_it_does_not_know():
    found = read("a red zorblax", Vocabulary(("red",), open_=True))
    assert found.ids == (2, UNKNOWN) and found.unknown == ("zorblax",) and len(found.grams[1]) == 7


@pytest.mark.parametrize("text", ["ein roter Stuhl mit vier Beinen", "une chaise rouge", "красный стул", "赤い椅子"])
def test_other_languages_are_told_that_it_is_english_only(text):
    assert "English only" in read(text).remarks[0]
    assert not read(text).known


def test_english_is_not_taken_for_another_language():
    assert not any(read(text).foreign for text in ("a red chair", "a chair for the zorblax", "", "12"))


def test_a_long_text_is_cut_and_told():
    found = read("red chair " * 30)
    assert len(found.ids) == MOST and len(found.dropped) == 60 - MOST
    assert found.remarks == ("Pocket Text reads 24 words; what came after was left out: “red chair red chair red …”.",)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300) | st.lists(st.sampled_from(sorted({*SAME, *KINDS, *POLITE, *LINKS, "red"}))).map(" ".join))
def test_any_text_is_read(text):
    found = read(text)
    assert len(found.ids) == len(found.grams) == len(found.words) <= MOST
    assert all(2 <= i < 2 + len(TAUGHT.words) for i in found.ids)
    assert all(1 <= len(some) <= GRAMS and all(0 < gram < TAUGHT.buckets for gram in some) for some in found.grams)
    assert all(remark.endswith(".") and len(remark) < 400 for remark in found.remarks)
    assert read(" ".join(found.words)).words == found.words, "what was read is read alike again"


def test_ten_thousand_characters_and_a_word_without_end():
    assert read("x" * 10_000).unknown == ("x" * 39 + "…",)
    assert len(read("zorblax quux " * 800).remarks) == 1


@given(st.text("abcdefghijklmnopqrstuvwxyz ", max_size=200))
def test_training_and_inference_read_alike(text):
    """Whatever the captions are made of is in a vocabulary made of them, and is read as it was counted."""
    counted = canonical(text)
    taught = Vocabulary.of([text], least=1)
    assert set(counted) == set(taught.words)
    assert list(taught.read_text(text).words) == counted[:MOST] and not taught.read_text(text).unknown


def test_no_word_is_replaced_by_one_that_is_replaced():
    for table in (SAME, NUMBERS):
        for phrase, words in table.items():
            again = canonical(words)
            assert again == words.split(), f"{phrase} → {words} → {again}"
    assert len(SAME) >= 300 and not any(word in POLITE for words in SAME.values() for word in words.split())


def test_what_was_taught_is_never_replaced():
    found = Vocabulary(("couch", "sofa", "giraffe", "please")).read_text("please, a couch, a giraffe")
    assert found.words == ("couch", "giraffe") and found.remarks == ()


def test_a_vocabulary_counts_and_survives_its_file(tmp_path):
    made = Vocabulary.of(["a red chair", "red chairs", "the red couch"], least=2, things=["chair"])
    assert made.words == ("red", "chair")
    made.write(tmp_path / "w.json")
    assert Vocabulary.read(tmp_path / "w.json") == made


def test_a_vocabulary_knows_its_weights(tmp_path):
    path, weights = tmp_path / "w.json", tmp_path / "weights"
    weights.write_bytes(b"abc")
    TAUGHT.write(path, weights)
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, of abc
    assert shipped(path) == (3, digest) and Vocabulary.read(path) == TAUGHT
    TAUGHT.write(path)
    assert shipped(path) == (0, "")
    for text in ("", "[]", '{"weights": 1}', '{"weights": {"size": "3", "sha256": ""}}', "[" * 100_000):
        path.write_text(text)
        assert shipped(path) == (0, "")
    assert shipped(tmp_path / "none") == (0, "")


@pytest.mark.parametrize(
    "change",
    [
        {"words": []},
        {"words": ["a", "a"]},
        {"words": [1]},
        {"buckets": 1},
        {"buckets": True},
        {"open": 1},
        {"things": None},
    ],
)
def test_a_broken_vocabulary_is_refused(tmp_path, change):
    path = tmp_path / "w.json"
    path.write_text(json.dumps({"buckets": 64, "open": False, "things": [], "words": ["red"]} | change))
    with pytest.raises(BadWeights, match=r"w\.json"):
        Vocabulary.read(path)
    path.write_text("[" * 100_000)
    with pytest.raises(BadWeights):
        Vocabulary.read(path)


def test_trigrams_have_the_same_numbers_everywhere():
    """The published values of FNV-1a (the shipped weights depend on them), and in processes with other hash seeds."""
    assert (stable_hash(""), stable_hash("a"), stable_hash("foobar")) == (0x811C9DC5, 0xE40C292C, 0xBF9CF968)
    code = "from backend.engines.pocket_text.words import Vocabulary; print(Vocabulary(('a',)).hashes('chair'))"
    told = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True
        ).stdout
        for seed in "12"
    ]
    assert told[0] == told[1] == f"{Vocabulary(('a',)).hashes('chair')}\n"


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("chairs", "chair"), ("boxes", "box"), ("benches", "bench"), ("shelves", "shelf"), ("berries", "berry"),
        ("glass", "glass"), ("glasses", "glass"), ("cactus", "cactus"), ("cacti", "cactus"), ("bus", "bus"),
        ("buses", "bus"), ("knives", "knife"), ("torus", "torus"), ("us", "us"), ("tomatoes", "tomato"),
        ("houses", "house"), ("vases", "vase"), ("horses", "horse"), ("trees", "tree"), ("legs", "leg"),
    ],
)  # fmt: skip
def test_plurals(many, one):
    assert singular(many) == one == singular(one)


def test_distance_counts_slips():
    assert [distance(a, "chair", 3) for a in ("chair", "chiar", "chai", "chairs", "hcari")] == [0, 1, 1, 1, 2]
    assert distance("chair", "table", 2) == 3, "and stops where there are too many"


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_distance_is_symmetric_and_bounded(a, b):
    away = distance(a, b, 9)
    assert away == distance(b, a, 9) <= max(len(a), len(b)) and (away == 0) == (a == b)
    assert away >= abs(len(a) - len(b))


def test_only_likely_slips_are_mended():
    assert nearest("chiar", ["chair", "choir", "car"]) == "chair"
    assert nearest("dog", ["dot"]) == nearest("porsche", ["house", "horse"]) == nearest("", ["a"]) == ""


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("a chair that is not red", "chair red", "“not”"),
        ("neither a dog nor a cat", "dog cat", "“neither”, “nor”"),
        ("a dog, don’t make it brown", "dog brown", "“don’t”"),
    ],
)
def test_a_negation_is_named_and_not_taken_for_another_word(text, words, said):
    vocabulary = Vocabulary(("chair", "red", "dog", "cat", "brown", "leather", "donut"))
    found = vocabulary.read_text(text)
    assert " ".join(found.words) == words
    assert len(found.remarks) == 1 and f"understands no {said};" in found.remarks[0]


def test_a_style_is_named():
    found = Vocabulary(("dog",)).read_text("a cute, realistic dog")
    assert found.words == ("dog",) and "“cute”, “realistic” had no part" in found.remarks[0]
