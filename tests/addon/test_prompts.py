"""Blocks of texts, names for their objects, and seeds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from maquette.blender_addon.prompts import LONGEST_NAME, SEEDS, fresh_seed, name_for, prompts_in, seeds_from


def test_each_line_is_a_text_but_for_empty_ones_and_notes():
    lines = ["# chairs", "a red chair", "", " \t ", "  a  tall\tlamp ", "#", "a hash # inside stays"]
    assert prompts_in(lines) == ["a red chair", "a tall lamp", "a hash # inside stays"]


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("a red chair", "a red chair"),
        (" a\n red  chair ", "a red chair"),
        ("a red chair with four thin legs and a back", "a red chair with four thin legs and a"),
        ("x" * 50, "x" * LONGEST_NAME),
        ("x" * LONGEST_NAME + " y", "x" * LONGEST_NAME),
    ],
)
def test_a_name_is_the_first_words(prompt, name):
    assert name_for(prompt) == name


@given(st.text(max_size=200).filter(str.strip))
def test_a_name_is_never_empty_nor_too_long(prompt):
    name = name_for(prompt)
    assert 0 < len(name) <= LONGEST_NAME and name == name.strip()


def test_seeds_differ_and_stay_in_range():
    assert seeds_from(5, 3) == [5, 6, 7]
    assert seeds_from(SEEDS - 1, 3) == [SEEDS - 1, 0, 1]
    drawn = [fresh_seed() for _ in range(50)]
    assert all(0 <= seed < SEEDS for seed in drawn) and len(set(drawn)) > 40
