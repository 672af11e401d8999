"""The weights reader believes nothing that it cannot check."""

import hashlib
import json
import os
import struct
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.errors import BadWeights
from maquette.backend.runtime import weights
from maquette.backend.runtime.weights import (
    dequantise,
    load_weights,
    read_header,
    read_safetensors,
    sha256_of,
    verify_sha256,
)

NAMES = {
    np.dtype("<f4"): "F32",
    np.dtype("<f2"): "F16",
    np.dtype("i1"): "I8",
    np.dtype("u1"): "U8",
    np.dtype("<i4"): "I32",
}


def packed(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def saved(tensors: dict[str, np.ndarray]) -> bytes:
    header, data = {"__metadata__": {"made": "here"}}, b""
    for name, tensor in tensors.items():
        end = len(data) + tensor.nbytes
        header[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), end]}
        data += tensor.tobytes()
    return packed(header, data)


@pytest.fixture
def read(tmp_path):
    def read(content: bytes):
        path = tmp_path / "w.safetensors"
        path.write_bytes(content)
        return read_safetensors(path)

    return read


TENSORS = {
    "a": np.arange(6, dtype="f4").reshape(2, 3),
    "b": np.array([1, -2, 3], "f2"),
    "scalar": np.array(7, "i4"),
    "none": np.zeros((0, 4), "f4"),
    "q": np.array([[1, -128], [127, 0]], "i1"),
}


def test_reads_back_what_was_written(read):
    found = read(saved(TENSORS))
    assert found.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert found[name].dtype == tensor.dtype and np.array_equal(found[name], tensor)
        assert found[name].shape == tensor.shape and not found[name].flags.writeable


def test_reads_what_the_reference_writes(tmp_path):
    reference = pytest.importorskip("safetensors.numpy")
    reference.save_file(TENSORS, tmp_path / "w.safetensors", metadata={"by": "reference"})
    found = read_safetensors(tmp_path / "w.safetensors")
    assert all(np.array_equal(found[name], tensor) for name, tensor in TENSORS.items())


def test_the_header_is_read_alone(tmp_path):
    path = tmp_path / "w"
    path.write_bytes(saved(TENSORS))
    found = read_header(path)
    assert {name: entry.shape for name, entry in found.items()} == {n: t.shape for n, t in TENSORS.items()}
    assert {name: entry.dtype for name, entry in found.items()} == {n: NAMES[t.dtype] for n, t in TENSORS.items()}
    assert all(found[name].end - found[name].begin == tensor.nbytes for name, tensor in TENSORS.items())


def test_the_header_may_name_what_numpy_has_no_word_for(tmp_path):
    path = tmp_path / "w"
    path.write_bytes(packed({"a": entry(0, 4, dtype="BF16"), "b": entry(4, 20, dtype="I64")}, bytes(20)))
    assert [e.dtype for e in read_header(path).values()] == ["BF16", "I64"]
    with pytest.raises(BadWeights, match="another network: it holds BF16"):
        read_safetensors(path)


def test_a_header_of_a_cut_file_is_refused_with_the_advice_given(tmp_path):
    path = tmp_path / "w"
    whole = saved(TENSORS)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(BadWeights) as caught:
            read_header(path, "Fetch it again.")
        assert caught.value.fix == "Fetch it again."


@pytest.mark.skipif(not hasattr(os, "truncate"), reason="sparse files")
def test_the_header_of_a_huge_file_costs_nothing(tmp_path):
    path = tmp_path / "w"
    size = 6 << 30
    path.write_bytes(packed({"a": entry(0, size, (size // 4,))}))
    os.truncate(path, path.stat().st_size + size)  # sparse: nothing is written
    assert read_header(path)["a"].shape == (size // 4,)


ONE = b'{"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}'


def entry(begin, end, shape=(2,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234567",
        struct.pack("<Q", 1 << 63) + b"{}",
        struct.pack("<Q", 3) + b"{}",
        struct.pack("<Q", weights.MAX_HEADER + 1) + b" " * (weights.MAX_HEADER + 2),
        packed(b"[]"),
        packed(b"null"),
        packed(b"\xff\xfe{}"),
        packed("{}".encode("utf-16")),
        packed(b"[" * 100_000),
        packed({"a": entry(0, 8)}),  # no data
        packed({"a": entry(0, 8)}, bytes(9)),  # a byte left over
        packed({"a": entry(1, 9)}, bytes(9)),  # a gap before
        packed({"a": entry(0, 8), "b": entry(4, 12)}, bytes(12)),  # overlap
        packed({"a": entry(0, 8), "b": entry(0, 8)}, bytes(8)),  # the same bytes twice
        packed({"a": entry(0, 8), "b": entry(12, 20)}, bytes(20)),  # a gap between
        packed({"a": entry(8, 0)}, bytes(8)),
        packed({"a": entry(-8, 0)}, bytes(8)),
        packed({"a": entry(0, 8, (3,))}, bytes(8)),
        packed({"a": entry(0, 8, (-1, -2))}, bytes(8)),
        packed({"a": entry(0, 8, (1 << 62, 4))}, bytes(8)),
        packed({"a": entry(0, 4, (True,))}, bytes(4)),
        packed({"a": entry(0, 8, (2.0,))}, bytes(8)),
        packed({"a": entry(0, 4, (1,) * 9)}, bytes(4)),
        packed({"a": entry(0, 16, dtype="F64")}, bytes(16)),
        packed({"a": entry(0, 4, dtype="BF16")}, bytes(4)),
        packed({"a": entry(0, 8, dtype=["F32"])}, bytes(8)),
        packed({"a": entry(0, 8) | {"more": 1}}, bytes(8)),
        packed({"a": {"dtype": "F32", "shape": [2]}}, bytes(8)),
        packed({"a": {"dtype": "F32", "shape": {"2": 2}, "data_offsets": [0, 8]}}, bytes(8)),
        packed({"a": [0, 8]}, bytes(8)),
        packed(b'{"a": %b, "a": %b}' % (ONE, ONE), bytes(8)),
        packed(b'{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}}', bytes(8)),
    ],
)  # fmt: skip
def test_refuses(read, content):
    with pytest.raises(BadWeights) as caught:
        read(content)
    assert caught.value.code == "bad_weights" and caught.value.sentence.endswith(".") and caught.value.fix


def test_every_truncation_is_refused(read):
    whole = saved(TENSORS)
    for length in range(len(whole)):
        with pytest.raises(BadWeights):
            read(whole[:length])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_never_raises_anything_else(tmp_path_factory, data):
    """Any few bytes changed: either refused by name, or every array lies within the file."""
    content = bytearray(saved(TENSORS))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "w"
    path.write_bytes(content)
    try:
        found = read_safetensors(path)
    except BadWeights:
        return
    assert sum(tensor.nbytes for tensor in found.values()) <= len(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["F32", "I8", "a"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["a", "b", "dtype", "shape", "data_offsets", "__metadata__"]), inner, max_size=4
        )
    ),
    max_leaves=16,
)


@settings(max_examples=300, deadline=None)
@given(JSON, st.binary(max_size=64))
def test_any_header_is_read_or_refused(tmp_path_factory, header, data):
    path = tmp_path_factory.mktemp("any") / "w"
    path.write_bytes(packed(header, data))
    try:
        entries = read_header(path)
    except BadWeights:
        with pytest.raises(BadWeights):
            read_safetensors(path)
        return
    assert sum(entry.end - entry.begin for entry in entries.values()) == len(data)
    assert sum(tensor.nbytes for tensor in read_safetensors(path).values()) == len(data)


def test_only_files_are_read(tmp_path):
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(BadWeights):
            read_safetensors(path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(BadWeights, match="not a file"):
            read_safetensors(tmp_path / "pipe")


def test_huge_files_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "MAX_FILE", 100)
    (tmp_path / "w").write_bytes(bytes(101))
    with pytest.raises(BadWeights, match="too large"):
        read_safetensors(tmp_path / "w")


def test_dequantises_by_row():
    q = np.array([[[1, -128]], [[127, 0]]], "i1")
    found = dequantise({"q": q, "q.scale": np.array([0.5, 2], "f2"), "h": np.array([1.5], "f2")})
    assert found["q"].dtype == found["h"].dtype == np.float32
    assert found["q"].tolist() == [[[0.5, -64]], [[254, 0]]] and found["h"].tolist() == [1.5]


def test_a_scale_of_nothing_is_a_tensor_of_its_own():
    assert dequantise({"attention.scale": np.array([2, 3], "f2")})["attention.scale"].tolist() == [2, 3]


def test_a_scale_whose_tensor_was_lost_is_told_by_the_names(tmp_path):
    (tmp_path / "w").write_bytes(saved({"a": TENSORS["a"], "q.scale": np.ones(2, "f2")}))
    with pytest.raises(BadWeights, match=r"q\.scale does not fit"):
        load_weights(tmp_path / "w", {"a": (2, 3)})


@pytest.mark.parametrize(
    "tensors",
    [
        {"q": np.zeros((2, 2), "i1")},
        {"q": np.zeros((2, 2), "i1"), "q.scale": np.ones(3, "f2")},
        {"q": np.zeros((2, 2), "i1"), "q.scale": np.ones(2, "f4")},
        {"q": np.array(1, "i1"), "q.scale": np.ones(1, "f2")},
        {"h": np.zeros(2, "f2"), "h.scale": np.ones(2, "f2")},
        {"h": np.zeros(2, "f4"), "h.scale": np.ones(2, "f2")},
        {"lost.scale": np.ones(2, "i4")},
        {"i": np.zeros(2, "i4")},
    ],
)
def test_refuses_unfitting_scales(tensors):
    with pytest.raises(BadWeights):
        dequantise(tensors)


def test_loads_exactly_what_is_expected(tmp_path):
    path = tmp_path / "w"
    path.write_bytes(saved({"a": TENSORS["a"], "b": TENSORS["b"]}))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert load_weights(path, {"a": (2, 3), "b": (3,)}, digest.upper())["b"].tolist() == [1, -2, 3]
    for shapes in ({"a": (2, 3)}, {"a": (3, 2), "b": (3,)}, {"a": (2, 3), "b": (3,), "c": (1,)}):
        with pytest.raises(BadWeights, match="another network"):
            load_weights(path, shapes)
    with pytest.raises(BadWeights, match="published"):
        load_weights(path, {"a": (2, 3), "b": (3,)}, "0" * 64)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="devices of POSIX")
def test_nothing_endless_is_hashed(tmp_path):
    (tmp_path / "w").symlink_to("/dev/zero")
    told = []

    def load():
        with pytest.raises(BadWeights, match="w is not a file") as caught:
            load_weights(tmp_path / "w", {"a": (1,)}, "0" * 64)
        told.append(caught.value.fix)

    thread = threading.Thread(target=load, daemon=True)  # it would go on for ever
    thread.start()
    thread.join(30)
    assert told == [weights.REINSTALL]


def test_nothing_too_large_is_hashed(tmp_path, monkeypatch):
    (tmp_path / "w").write_bytes(bytes(101))
    monkeypatch.setattr(weights, "MAX_FILE", 100)
    with pytest.raises(BadWeights, match="too large"):
        sha256_of(tmp_path / "w")


def test_what_grows_without_end_is_not_hashed(tmp_path):
    (tmp_path / "w").write_bytes(bytes(100))

    def grow(done):
        with open(tmp_path / "w", "ab") as file:
            file.write(bytes(100))

    with pytest.raises(BadWeights, match="changes while it is read"):
        sha256_of(tmp_path / "w", step=grow)


def test_refuses_values_that_are_not_numbers(tmp_path):
    path = tmp_path / "w"
    for bad in (np.nan, np.inf):
        path.write_bytes(saved({"a": np.array([1, bad], "f4")}))
        with pytest.raises(BadWeights, match="not numbers"):
            load_weights(path, {"a": (2,)})


def test_sha256(tmp_path):
    (tmp_path / "w").write_bytes(b"abc")
    assert sha256_of(tmp_path / "w") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    verify_sha256(tmp_path / "w", sha256_of(tmp_path / "w"))
    with pytest.raises(BadWeights):
        verify_sha256(tmp_path / "w", "é")
    with pytest.raises(BadWeights):
        sha256_of(tmp_path / "missing")
