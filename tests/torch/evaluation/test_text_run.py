"""The table as a whole, on a handful of objects: every figure lies where it must."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from maquette.backend.evaluation.text.judge_training import Course
from maquette.backend.evaluation.text.makers import Chance, Grammar
from maquette.backend.evaluation.text.run import ask, same_family
from maquette.backend.evaluation.text.score import MEASURES, Row, score, table
from maquette.backend.evaluation.text.specimens import Asked, held_out_prompts
from maquette.backend.evaluation.text.trained import Trained, caption_ranks


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return Trained(tmp_path_factory.mktemp("text"), lambda line: None)


@pytest.fixture(scope="module")
def judge(trained):
    return trained.judge(24, Course(epochs=1, batch=12), checked=8)


def test_a_row_has_every_figure_in_its_range(trained, judge):
    asked = held_out_prompts(20)[1:]
    pool, asked = [a.prompt for a in asked], asked[:2]
    captions, objects = trained.captions(200)
    others = [same_family(a, captions, objects, 5) for a in asked]
    shelves = {asked[0].family: trained.shelf(asked[0].family, 12)}
    rows = [
        score(m.title, asked, ask(m, asked), judge[0], pool, others, near)
        for m, near in ((Grammar(), shelves), (Chance(objects), None))
    ]
    truth, chance = (row.figures() for row in rows)
    assert truth["colour, measured"].mean > 0.6 > chance["family"].mean
    assert set(truth) == {m for m in MEASURES if m != "processor seconds"}
    assert set(chance) == set(truth) - {"nearest trained, chamfer"}
    assert 0 < truth["nearest trained, chamfer"].mean < 0.3 and len(rows[0].nearest) == 3
    assert 1 <= truth["caption rank of 100"].low <= truth["caption rank of 100"].high <= 100
    assert chance["spread, 1 − IoU"].mean > 0 and truth["empty"].mean == 0
    assert Row.from_json(json.dumps(asdict(rows[0]))) == rows[0]
    told = table(rows)
    assert told.splitlines()[0] == "| | the grammar's own objects | a training object at random |"
    assert len(told.splitlines()) == 2 + len(truth) and "| nearest trained, chamfer | 0." in told


def test_other_captions_are_of_the_family_and_not_the_prompt():
    captions = ["a red cat", "cat", "a blue cat", "kitty", "a red dog", "a green cat", "a blue cat"]
    objects = [(0, "cat"), (0, "cat"), (1, "cat"), (1, "cat"), (2, "dog"), (3, "cat"), (4, "cat")]
    asked = Asked("a red cat", "cat", "red", {}, 5)
    assert sorted(same_family(asked, captions, objects)) == ["a blue cat", "a green cat"]  # the full ones only, once
    assert len(same_family(asked, captions, objects, 1)) == 1


def test_captions_and_judge_are_made_once(trained, judge, monkeypatch):
    again = Trained(trained.folder, lambda line: pytest.fail(line))
    assert again.captions(200) == trained.captions(200)
    kept, report = again.judge(24, Course(epochs=1, batch=12), checked=8)
    assert report == judge[1] and 0 <= report["family"] <= 1
    assert all(
        np.array_equal(a, b) for a, b in zip(kept.state_dict().values(), judge[0].state_dict().values(), strict=True)
    )


def test_ranks_among_a_hundred():
    eye = np.eye(100, dtype=np.float32)
    assert caption_ranks(eye, eye) == [1.0] * 100
    assert caption_ranks(eye, eye[::-1]) == [51.0] * 100  # one is above, the other 98 and the own are level
