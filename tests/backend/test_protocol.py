"""Frames and messages: what is written is read back, and nothing hostile gets through or does harm."""

import contextlib
import dataclasses
import json
import math
import struct
import tracemalloc
import typing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend import protocol
from maquette.backend.protocol import (
    MAX_FRAME,
    MAX_HEADER,
    UNAUTHENTICATED_FRAME,
    VERBS,
    Array,
    Cancel,
    Decoder,
    Hello,
    Picture,
    Placement,
    Progress,
    ProtocolError,
    Request,
    Submit,
    encode,
    from_json,
    to_json,
)

DTYPES = st.sampled_from([np.float32, np.int32, np.uint8])
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(max_size=20)


@st.composite
def arrays(draw):
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    data = draw(st.binary(min_size=4, max_size=4))
    dtype = draw(DTYPES)
    filler = np.frombuffer(data * math.prod(shape), dtype)[: math.prod(shape)]
    return np.ascontiguousarray(filler.reshape(shape))


def instances(kind):
    """Every value an annotation allows, from the annotation alone."""
    if kind is Array:
        return arrays()
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return st.builds(kind, **{name: instances(hint) for name, hint in hints.items()})
    origin = typing.get_origin(kind)
    if origin is tuple:
        return st.lists(instances(typing.get_args(kind)[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(TEXT, instances(typing.get_args(kind)[1]), max_size=3)
    if origin is not None:  # a union
        return st.one_of(*[instances(option) for option in typing.get_args(kind)])
    return {str: TEXT, int: st.integers(), bool: st.booleans(), float: FLOATS, type(None): st.none()}[kind]


messages = st.one_of(*[instances(kind) for kind in VERBS.values()])


def plain(value):
    """Messages with their arrays made comparable."""
    if dataclasses.is_dataclass(value):
        return (type(value), {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)})
    if isinstance(value, (np.ndarray, memoryview)):
        array = np.asarray(value)
        return (array.dtype.str, array.shape, array.tobytes())
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    return value


def wire(message) -> bytes:
    return b"".join(bytes(part) for part in encode(message))


def frame(header: bytes, blobs: bytes = b"") -> bytes:
    return struct.pack(">I", len(header)) + header + blobs


def read(data: bytes, limit: int = MAX_FRAME) -> list:
    return list(Decoder(limit).feed(data))


@given(messages)
def test_every_message_survives_the_way(message):
    (back,) = read(wire(message))
    assert plain(back) == plain(message)


@given(st.lists(messages, min_size=1, max_size=4), st.data())
def test_a_stream_may_be_cut_anywhere(sent, data):
    stream = b"".join(map(wire, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    decoder, got = Decoder(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += decoder.feed(stream[start:end])
    assert [plain(m) for m in got] == [plain(m) for m in sent]


@given(messages, st.data())
def test_a_truncated_frame_yields_nothing(message, data):
    whole = wire(message)
    assert read(whole[: data.draw(st.integers(0, len(whole) - 1))]) == []


@given(st.binary(max_size=300))
def test_random_bytes_yield_nothing_but_a_protocol_error(data):
    with contextlib.suppress(ProtocolError):
        assert read(data) == []


@given(messages, st.data())
@settings(max_examples=300)
def test_a_flipped_byte_yields_a_message_or_a_protocol_error(message, data):
    whole = bytearray(wire(message))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        for back in read(bytes(whole)):
            assert type(back) in VERBS.values()
    except ProtocolError:
        pass


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("$blob"), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.sampled_from(sorted(VERBS)), JSON, JSON)
def test_any_json_is_read_strictly(verb, body, blobs):
    header = json.dumps({"verb": verb, "body": body, "blobs": blobs}).encode()
    try:
        for back in read(frame(header)):
            assert plain(read(wire(back))[0]) == plain(back)
    except ProtocolError:
        pass


@given(instances(Request), st.data())
def test_a_wrongly_typed_field_is_refused(request, data):
    text = json.loads(to_json(request.bare()))
    name = data.draw(st.sampled_from(sorted(text)))
    text[name] = {"unexpected": [1]} if not isinstance(text[name], dict) else "text"
    with pytest.raises(ProtocolError, match=name):
        from_json(Request, json.dumps(text))


@given(instances(Request))
def test_a_request_without_pictures_survives_as_text(request):
    bare = request.bare()
    assert from_json(Request, to_json(bare)) == bare


@pytest.mark.parametrize("length", [0, 1, MAX_HEADER + 1, 2**31, 2**32 - 1])
def test_a_header_of_impossible_length_is_refused_before_it_arrives(length):
    with pytest.raises(ProtocolError, match="header"):
        read(struct.pack(">I", length))


@pytest.mark.parametrize("shape", [[2**29, 1], [2**20, 2**20], [MAX_FRAME // 4, 4, 2]])
def test_arrays_over_the_limit_are_refused_before_anything_is_allocated(shape):
    header = json.dumps({"verb": "cancel", "body": {}, "blobs": [["f4", shape]]}).encode()
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError, match="limit"):
            read(frame(header))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("shape", [[], [0], [-1], [1.5], [True], ["1"], [1] * 9, None, [10**400]])
def test_an_impossible_shape_is_refused(shape):
    header = json.dumps({"verb": "cancel", "body": {}, "blobs": [["u1", shape]]}).encode()
    with pytest.raises(ProtocolError, match="shape"):
        read(frame(header))


def test_a_stranger_may_not_send_more_than_a_greeting():
    assert read(wire(Hello("t" * 64)), UNAUTHENTICATED_FRAME) == [Hello("t" * 64)]
    picture = Picture(np.zeros((64, 64, 4), np.uint8))
    with pytest.raises(ProtocolError, match="limit"):
        read(wire(Submit("job", Request(images=(picture,)))), UNAUTHENTICATED_FRAME)
    with pytest.raises(ProtocolError, match="header"):
        read(wire(Hello("t" * 5000)), UNAUTHENTICATED_FRAME)


def test_deep_json_is_refused():
    deep = b'{"verb":"cancel","blobs":[],"body":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(ProtocolError):
        read(frame(deep))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 5000])
def test_numbers_that_are_none_are_refused(number):
    body = f'{{"job": "a", "stage": "b", "fraction": {number}, "eta": null, "detail": ""}}'
    with pytest.raises(ProtocolError):
        read(frame(f'{{"verb": "progress", "blobs": [], "body": {body}}}'.encode()))


@pytest.mark.parametrize("value", [math.nan, math.inf, object(), b"", np.zeros(3), np.zeros((2, 3), np.float32).T])
def test_what_could_not_be_read_back_is_not_written(value):
    with pytest.raises(ProtocolError):
        encode(Progress("job", "stage", value))


def test_what_is_no_message_is_not_written():
    with pytest.raises(ProtocolError, match="Placement"):
        encode(Placement())


def test_a_blob_that_is_not_there_is_refused():
    for index in (1, -1, True, "0", None):
        header = json.dumps(
            {"verb": "preview", "blobs": [["u1", [1]]], "body": {"job": "a", "arrays": {"v": {"$blob": index}}}}
        )
        with pytest.raises(ProtocolError, match="array"):
            read(frame(header.encode(), b"x"))


def test_large_arrays_are_sent_without_a_copy():
    pixels = np.zeros((512, 512, 4), np.uint8)
    parts = encode(Submit("job", Request(images=(Picture(pixels),))))
    pixels[0, 0, 0] = 7
    assert parts[1][0] == 7


def test_arrays_are_read_without_a_copy():
    (back,) = read(wire(Submit("job", Request(images=(Picture(np.full((3, 2, 4), 9, np.uint8)),)))))
    array = np.asarray(back.request.images[0].pixels)
    assert array.shape == (3, 2, 4) and array.dtype == np.uint8 and (array == 9).all()
    assert not array.flags.owndata


def test_a_decoder_goes_on_after_an_empty_frame_of_blobs():
    decoder = Decoder()
    assert list(decoder.feed(wire(Cancel("a")) + wire(Cancel("b")))) == [Cancel("a"), Cancel("b")]


def test_every_message_has_one_verb():
    assert len(set(VERBS.values())) == len(VERBS)
    assert all(dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen for kind in VERBS.values())
    assert protocol.PROTOCOL >= 1
