"""Fields of a training's objects: made in pieces, and the same as if made at once."""

import json
from dataclasses import fields as names

import numpy as np
import pytest
import torch
from maquette.backend.training.data.items import Item
from maquette.backend.training.data.store import NothingLeft, Store
from maquette.backend.training.image import fields, source, verb
from maquette.backend.training.loop import LOG, Reached

CPU = torch.device("cpu")
CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32) * 0.9
SIDES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
     [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]], np.int32
)  # fmt: skip


def box(wide, weight=1.0):
    return Item("box", CORNERS * np.float32([wide, 0.7, 1]), SIDES, np.full((8, 3), 90, np.uint8), weight)


NOTHING = box(0.0)  # in a file of its own below: none of it can be trained on
NOTHING = Item("nothing", NOTHING.V * 0, SIDES, NOTHING.C)
ITEMS = [box(0.3), box(0.5, 0.25), NOTHING, NOTHING, box(0.7)]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(fields, "RESOLUTION", 24)
    monkeypatch.setattr(fields, "COLOURS", 12)
    monkeypatch.setattr(fields, "A_FILE", 2)


def same(one, other):
    for name in (f.name for f in names(Store)):
        a, b = getattr(one, name), getattr(other, name)
        assert a.dtype == b.dtype and torch.allclose(a, b, rtol=1e-12, atol=0), name


def test_pieces_give_what_is_made_at_once(tmp_path):
    whole = Store.build([item for item in ITEMS if item is not NOTHING], 24, 12)
    lines, calls = [], 0
    while (store := fields.kept(tmp_path / "cut", iter(ITEMS), CPU, lambda: True, lines.append)) is None:
        calls += 1
        assert calls == len(lines) == lines[-1]["items"] and "seconds" in lines[-1]  # one each, and none twice
    assert calls == len(ITEMS)
    same(store, whole)
    same(fields.kept(tmp_path / "once", iter(ITEMS), CPU), whole)
    assert len(list((tmp_path / "once").glob("*.safetensors"))) == 3


def test_what_is_whole_is_not_made_again_and_what_was_killed_is(tmp_path, monkeypatch):
    first = fields.kept(tmp_path, iter(ITEMS), CPU)
    same(fields.kept(tmp_path, iter(()), CPU, lambda: pytest.fail("nothing is left to make")), first)
    (tmp_path / fields.WHOLE).unlink()
    (tmp_path / "000004_000005.safetensors").rename(tmp_path / "000004_000006.safetensors.part")
    same(fields.kept(tmp_path, iter(ITEMS), CPU), first)
    assert (tmp_path / "000004_000005.safetensors").exists()


def test_none_that_can_be_trained_on(tmp_path):
    with pytest.raises(NothingLeft):
        fields.kept(tmp_path, iter([NOTHING]), CPU)


def test_the_fingerprint_follows_the_data_the_resolution_and_the_grammar(tmp_path, monkeypatch):
    data, grammar = tmp_path / "data", tmp_path / "grammar"
    data.mkdir()
    grammar.mkdir()
    monkeypatch.setattr(fields.grammar_package, "__file__", str(grammar / "__init__.py"))
    found = [fields.fingerprint(data, True)]
    (data / "train_00.npz").write_bytes(b"1")
    found.append(fields.fingerprint(data, True))
    (grammar / "animals.py").write_text("legs = 4")
    found.append(fields.fingerprint(data, True))
    assert fields.fingerprint(data, True) == found[-1]
    real = fields.fingerprint(data, False)
    (grammar / "animals.py").write_text("legs = 5")
    found.append(fields.fingerprint(data, True))
    assert fields.fingerprint(data, False) == real  # which has nothing of the grammar
    monkeypatch.setattr(fields, "RESOLUTION", 32)
    found.append(fields.fingerprint(data, True))
    assert len(set(found)) == 5


def test_a_piece_ends_while_fields_are_made_and_the_next_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "real", lambda data, split, few: iter([box(0.3), box(0.6)]))
    monkeypatch.setattr(source, "with_variants", iter)
    trained = []
    monkeypatch.setattr(verb, "run", lambda *given, **how: trained.append((given, how)) or Reached(finished=True))
    told = ["train", "--tiny", "--device", "cpu", "--grammar", "0", "--data", str(tmp_path), "--out", str(tmp_path)]
    for made in (1, 2, 3, 4):
        assert verb.main([*told, "--piece", "0"]) == 3 and not trained
        lines = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]
        assert len(lines) == made and lines[-1]["items"] == 2 - made % 2
    assert verb.main([*told, "--piece", "1"]) == 0
    (given, how), = trained  # fmt: skip
    assert 0 < given[6] < 1 and how["data"] == {"objects": None, "grammar": 0}  # the time that is left
    assert len(given[3](2, torch.Generator().manual_seed(0)).image) == 2
