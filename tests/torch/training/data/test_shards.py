"""Shards: what was written is read, and nothing else is taken for a shard."""

import gzip
import json
import lzma
from dataclasses import replace

import numpy as np
import pytest
from data_solids import ball, box, chair
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.training.data import grids, items, shards
from maquette.backend.training.data.shards import BrokenData

QUANTUM = 4095


def zigzag(values):
    return np.where(values < 0, -2 * values - 1, 2 * values)


def packed(values, width):
    planes = values.astype(f"<u{width}").view(np.uint8).reshape(-1, width).T
    return np.frombuffer(lzma.compress(np.ascontiguousarray(planes).tobytes()), np.uint8)


def write_shard(path, meshes, **changes):
    V, F, C = [], [], []
    for points, faces, colours in meshes.values():
        whole = np.round((points + 0.5) * QUANTUM).astype(np.int64)
        V.append(zigzag(np.diff(whole, axis=0, prepend=0)).T.reshape(-1))
        C.append((np.diff(colours.astype(np.int64), axis=0, prepend=0) & 255).T.reshape(-1))
        first = np.diff(faces[:, 0].astype(np.int64), prepend=0)
        rows = [first, faces[:, 1] - faces[:, 0], faces[:, 2] - faces[:, 1]]
        F.append(zigzag(np.concatenate(rows).astype(np.int64)))
    arrays = {
        "q": QUANTUM,
        "fw": 2,
        "nv": np.array([len(v) for v, _, _ in meshes.values()]),
        "nf": np.array([len(f) for _, f, _ in meshes.values()]),
        "ids": np.array(list(meshes)),
        "V": packed(np.concatenate(V), 2),
        "F": packed(np.concatenate(F), 2),
        "C": np.frombuffer(lzma.compress(np.concatenate(C).astype(np.uint8).tobytes()), np.uint8),
    } | changes
    np.savez(path, **arrays)


def halved(mesh):
    return mesh[0] / 2.0, mesh[1], mesh[2]


MESHES = {"a/chair": halved(chair()), "a/box": halved(box((0.9, 0.4, 0.3))), "b/ball": halved(ball(0.9, 6))}


@pytest.fixture
def folder(tmp_path):
    write_shard(tmp_path / "train_00.npz", MESHES)
    usual = {"category": "other", "style": "low poly", "licence": "CC0-1.0", "split": "train", "shard": "train_00.npz"}
    with gzip.open(tmp_path / "index.jsonl.gz", "wt") as file:
        for key in MESHES:
            name = key.partition("/")[2]
            record = usual | {"id": key, "caption": name, "captions": [name, f"a {name}"], "textured": key[0] == "a",
                              "modular": name == "box"}  # fmt: skip
            file.write(json.dumps(record) + "\n")
    return tmp_path


def test_what_was_written_is_read(folder):
    found = {thing.id: thing for thing in shards.things(folder)}
    assert set(found) == set(MESHES)
    for key, (V, F, C) in MESHES.items():
        thing = found[key]
        assert np.abs(thing.V - V).max() < 1 / QUANTUM and thing.V.dtype == np.float32
        assert np.array_equal(thing.F, F) and thing.F.dtype == np.int32 and np.array_equal(thing.C, C)
    assert found["a/chair"].weight == 1 and found["a/box"].weight == shards.MODULAR
    assert found["b/ball"].weight == shards.UNTEXTURED and found["b/ball"].captions == ("ball", "a ball")
    only = list(shards.things(folder, only=frozenset({"b/ball"})))
    assert [thing.id for thing in only] == ["b/ball"] and not list(shards.things(folder, "val"))


def test_what_the_index_names_must_be_there(folder):
    with gzip.open(folder / "index.jsonl.gz", "rt") as file:
        lines = file.read().splitlines()
    extra = json.loads(lines[0]) | {"id": "a/ghost"}
    short = {name: value for name, value in extra.items() if name != "licence"}
    for added, word in ((extra, "ghost"), (short, "licence"), (json.loads(lines[0]), "twice")):
        with gzip.open(folder / "index.jsonl.gz", "wt") as file:
            file.write("\n".join([*lines, json.dumps(added)]))
        with pytest.raises(BrokenData, match=word):
            list(shards.things(folder))
    (folder / "index.jsonl.gz").write_bytes(b"\x1f\x8b broken")
    with pytest.raises(BrokenData, match="cannot be read"):
        list(shards.things(folder))


def test_the_statue_with_two_licences_is_left_out(tmp_path):
    (key,) = shards.LEFT_OUT
    write_shard(tmp_path / "train_00.npz", {key: MESHES["a/box"]})
    record = {"id": key, "caption": "lion", "captions": ["lion"], "textured": True, "modular": False, "category": "o",
              "style": "s", "licence": "CC-BY-3.0", "split": "train", "shard": "train_00.npz"}  # fmt: skip
    with gzip.open(tmp_path / "index.jsonl.gz", "wt") as file:
        file.write(json.dumps(record))
    assert not list(shards.things(tmp_path))


@pytest.mark.parametrize(
    "changes",
    [
        {"fw": 3},
        {"q": 0},
        {"nv": np.array([4, 8, 9])},
        {"nf": np.array([1, 2])},
        {"F": packed(np.full(3 * sum(len(f) for _, f, _ in MESHES.values()), 60000), 2)},
        {"V": packed(np.full(3 * sum(len(v) for v, _, _ in MESHES.values()), 9000), 2)},
        {"C": np.zeros(30, np.uint8)},
        {"ids": np.array([{}, {}, {}], object)},
    ],
)
def test_shards_that_contradict_themselves(tmp_path, changes):
    write_shard(tmp_path / "broken.npz", MESHES, **changes)
    with pytest.raises(BrokenData):
        list(shards.read_shard(tmp_path / "broken.npz"))


@settings(max_examples=60, deadline=None)
@given(place=st.floats(0, 1), value=st.integers(0, 255), cut=st.booleans())
def test_damaged_bytes(tmp_path_factory, place, value, cut):
    """A damaged shard is refused, or gives meshes that hold together."""
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    if not (path.parent / "sound.npz").exists():
        write_shard(path.parent / "sound.npz", MESHES)
    data = bytearray((path.parent / "sound.npz").read_bytes())
    where = int(place * (len(data) - 1))
    if cut:
        del data[where:]
    else:
        data[where] = value
    path.write_bytes(data)
    try:
        for _, V, F, C in shards.read_shard(path):
            assert len(V) == len(C) and F.min() >= 0 and F.max() < len(V) and np.isfinite(V).all()
    except BrokenData:
        pass


def test_grids_are_written_gone_on_from_and_read(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(grids, "A_FILE", 1)
    every = [thing for thing in shards.things(folder) if grids.named(thing)]
    assert [thing.id for thing in every] == ["a/chair", "b/ball"]  # the modular box is not whole
    order = grids.mixed(every)
    assert {thing.id for thing in order} == {"a/chair", "b/ball"} and order == grids.mixed(every)
    out = tmp_path / "made" / "some"
    said = []
    assert grids.write(order, out, float("inf"), said.append) == 2 and len(said) == 2
    assert grids.write(order, out, float("inf"), said.append) == 0 and len(said) == 2
    assert grids.write(order, tmp_path / "late", 0.0, said.append) == 0
    cut, clock = tmp_path / "cut", iter([0, 2, 0, 0])  # the second object of the first call comes too late
    with monkeypatch.context() as patch:
        patch.setattr(grids, "A_FILE", 2)
        patch.setattr(grids.time, "monotonic", lambda: next(clock))
        assert grids.write(order, cut, 1.0, said.append) == 0 and not list(tmp_path.glob("cut*.npz"))
        assert grids.write(order, cut, 1.0, said.append) == 2
    found = list(grids.read(out.parent.glob("some_*.npz")))
    names = {about["id"]: (sdf, rgb, about) for sdf, rgb, about in found}
    sdf, rgb, about = names["b/ball"]
    assert about["captions"] == ["ball", "a ball"] and about["textured"] is False
    assert sdf.shape == (64, 64, 64) and sdf.dtype == np.float32 and rgb.shape == (32, 32, 32, 3)
    assert sdf[32, 32, 32] == 1 and sdf[0, 0, 0] == -1 and (rgb == 128).all()
    line = sdf[:, 32, 32] * 0.1
    x = (np.arange(64) + 0.5) / 32 - 1
    near = np.abs(line) < 0.09
    assert np.allclose(line[near], (0.9 - np.abs(x) + 0.006)[near], atol=0.02)  # six rings make a coarse ball
    (out.parent / "some_000.npz").write_bytes(b"PK")
    with pytest.raises(BrokenData):
        list(grids.read(out.parent.glob("some_*.npz")))


def test_parts_are_dropped_and_what_cannot_lose_one_stays():
    V, F, C = chair()
    whole = items.Item("chair", items.centred(V), F, C)
    less = items.without_a_part(whole, np.random.default_rng(0))
    assert len(less.F) == len(F) - 12 and len(less.V) == len(V) - 8 and less.F.max() == len(less.V) - 1
    assert np.isclose(np.ptp(less.V, 0).max(), 1.8) and less.weight < whole.weight
    assert items.without_a_part(items.Item("box", *box((0.9, 0.4, 0.3))), np.random.default_rng(0)) is None
    many = list(items.with_variants([whole] * 8, chance=0.5))
    assert 8 < len(many) < 16 and many[0] is whole


def test_specimens_are_items():
    made = list(items.specimens(range(3)))
    assert len(made) == 3
    for one in made:
        assert one.F.max() < len(one.V) == len(one.C) and one.C.dtype == np.uint8
        assert np.isclose(np.ptp(one.V, 0).max(), 1.8, atol=1e-4)


def test_opaque_captions_are_no_names(folder):
    (chair_,) = shards.things(folder, only=frozenset({"a/chair"}))
    for caption, good in (("wooden chair", True), ("obj 0042 17", False), ("x1", False), ("cat", True)):
        assert grids.named(replace(chair_, caption=caption)) is good
