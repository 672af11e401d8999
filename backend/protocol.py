"""The words Blender and the backend exchange, and how they travel (docs/protocol.md).

A frame is a 4-byte big-endian header length, a UTF-8 JSON header, then raw blobs back to back. The header
is ``{"verb": …, "body": {…}, "blobs": [[dtype, [shape…]], …]}``; inside the body ``{"$blob": i}`` stands for
the i-th blob. Every message is a frozen dataclass below; nothing travels as a loose dictionary.

Standard library only: this is the one module that both processes import. Arrays are anything with the
buffer protocol on the way out (NumPy arrays, C-contiguous) and a ``memoryview`` with format and shape on the
way in, which ``numpy.asarray`` reads without a copy.
"""

from __future__ import annotations

import dataclasses
import json
import math
import struct
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Union

PRODUCT = "maquette"
PROTOCOL = 1  # raised whenever a message below changes its meaning or loses a field

MAX_HEADER = 1 << 20
MAX_BLOBS = 64
MAX_FRAME = 512 << 20  # all blobs of one frame together
UNAUTHENTICATED_FRAME = 4096  # a stranger may send a greeting, nothing more

_FORMATS = {"f4": "f", "i4": "i", "u1": "B"}
_DTYPES = {("f", 4): "f4", ("i", 4): "i4", ("l", 4): "i4", ("B", 1): "u1"}
_SIZES = {"f4": 4, "i4": 4, "u1": 1}

Scalar = str | bool | int | float | None


if typing.TYPE_CHECKING:
    Array = Any
else:

    class Array:
        """Annotation of a field that travels as a blob: float32, int32 or uint8, C-contiguous, not empty."""


class ProtocolError(Exception):
    """The other side broke the protocol; the link must be closed. ``str(error)`` says how."""


# ---------------------------------------------------------------------------------------------- nouns


@dataclass(frozen=True)
class Picture:
    """One input view. ``pixels`` (H, W, 4) uint8 sRGB, straight alpha, row 0 on top."""

    pixels: Array
    view: str = "front"  # front | right | back | left


@dataclass(frozen=True)
class Placement:
    """Where the result stands. World frame: metres, +Z up, front faces −Y."""

    location: tuple[float, ...] = (0.0, 0.0, 0.0)
    height: float = 0.0  # metres along +Z; 0 makes the longest side 1 m
    collection: str = ""  # "" is the active collection


@dataclass(frozen=True)
class Request:
    """What the user asked for; complete, serialisable, stored on the result so that it can be run again."""

    engine: str = ""  # "" is the first of Maquette's own that takes what is given
    images: tuple[Picture, ...] = ()
    prompt: str = ""
    negative_prompt: str = ""
    seed: int = 0
    preset: str = "standard"  # fast | standard | fine
    target_faces: int = 0  # 0 keeps every face
    cutout: str = "auto"  # auto | alpha | learned | background | none
    placement: Placement = field(default_factory=Placement)
    output: str = "mesh"  # mesh | cloud | cutout: what is to come back, by the names of Result's kinds
    file: str = ""  # absolute path of a .ply of Gaussians or points, which the backend reads itself
    arrays: dict[str, Array] = field(default_factory=dict)  # what is no picture: see docs/protocol.md
    name: str = ""  # of the object that is made
    source: str = ""  # the file or image datablock the picture came from, for display and for running again
    options: dict[str, Scalar] = field(default_factory=dict)  # an engine's own knobs, named in EngineInfo.options

    def bare(self) -> Request:
        """The same without pictures and arrays: what can be written as text."""
        return dataclasses.replace(self, images=(), arrays={})


@dataclass(frozen=True)
class WeightsInfo:
    """One file of weights. ``sha256`` is empty where it is not known."""

    file: str
    size: int
    sha256: str = ""
    url: str = ""
    licence: str = ""
    present: bool = False


@dataclass(frozen=True)
class EngineInfo:
    """What the user is told of an engine; data only, readable without importing any of its packages."""

    id: str
    title: str
    paper: str
    inputs: tuple[str, ...]  # of image | views | prompt | cloud | depths
    tier: str  # embedded | gpu
    code_licence: str
    weights_licence: str
    weights: tuple[WeightsInfo, ...] = ()
    memory: dict[str, int] = field(default_factory=dict)  # peak bytes per preset, measured
    presets: tuple[str, ...] = ("fast", "standard", "fine")
    seeded: bool = False  # whether the seed changes the result
    makes: tuple[str, ...] = ("mesh",)  # of mesh | cloud | cutout
    options: dict[str, str] = field(default_factory=dict)  # name → one-line description
    proof: str = ""  # what its numbers were compared with, and whether its official weights ever ran
    available: bool = True
    status: str = ""  # one sentence, shown beside the title


@dataclass(frozen=True)
class Report:
    """What is known of a finished result."""

    engine: str
    preset: str
    seed: int
    seconds: float
    vertices: int
    faces: int
    parts: int
    watertight: bool
    warnings: tuple[str, ...] = ()
    stages: dict[str, float] = field(default_factory=dict)  # seconds per stage
    peak_memory: int = 0  # bytes; 0 where the platform does not tell
    licence: str = ""  # of the weights that made it
    device: str = ""  # what computed it, where that was no plain processor
    cutout: str = ""  # how the object was told from its background: alpha | learned | background | none


# ----------------------------------------------------------------------------------- messages, outward


@dataclass(frozen=True)
class Hello:
    """First frame of a client. The token is compared in constant time."""

    token: str
    product: str = PRODUCT
    protocol: int = PROTOCOL
    version: str = ""


@dataclass(frozen=True)
class Submit:
    job: str
    request: Request


@dataclass(frozen=True)
class Cancel:
    job: str


@dataclass(frozen=True)
class AskStatus:
    """Also the heartbeat: a healthy backend answers at once, whatever it is computing."""


@dataclass(frozen=True)
class AskEngines:
    pass


@dataclass(frozen=True)
class Free:
    """Engines give back the memory they hold, as soon as no job runs. Answered with a Status."""


@dataclass(frozen=True)
class Shutdown:
    pass


# ------------------------------------------------------------------------------------ messages, inward


@dataclass(frozen=True)
class Welcome:
    product: str
    protocol: int
    version: str
    pid: int


@dataclass(frozen=True)
class Progress:
    """``fraction`` of the whole job in [0, 1], never falling; ``eta`` in seconds or None while unknown."""

    job: str
    stage: str
    fraction: float
    eta: float | None = None
    detail: str = ""


@dataclass(frozen=True)
class Preview:
    """An early, coarse mesh. Arrays as in Result."""

    job: str
    arrays: dict[str, Array]


@dataclass(frozen=True)
class Result:
    """``kind`` mesh: vertices (N,3) float32 metres in the world frame, standing on z = 0 about x = y = 0;
    faces (M,3) int32 counter-clockwise outside; colours (N,4) uint8 sRGB.

    ``kind`` cloud, placed like a mesh: points (N,3) float32 and colours (N,4) uint8 sRGB, alpha the opacity; where
    they are Gaussians also scales (N,3) float32 metres and rotations (N,4) float32 w,x,y,z; where known normals (N,3).
    ``kind`` cutout: pixels (H,W,4) uint8 sRGB, straight alpha, row 0 on top, the picture's own field.
    """

    job: str
    kind: str
    arrays: dict[str, Array]
    report: Report


@dataclass(frozen=True)
class Failure:
    """One sentence that says what happened, and one that says how to mend it. ``job`` may be empty."""

    job: str
    code: str
    sentence: str
    fix: str


@dataclass(frozen=True)
class Status:
    running: str  # job id or ""
    waiting: tuple[str, ...]
    compute: str  # what multiplies matrices, e.g. "OpenBLAS (wheel), 2 threads, 101 GFLOP/s"
    memory: int = 0  # bytes held by the process
    device: str = ""  # the accelerator, e.g. "RTX 4070, CUDA 12.8"; "" where there is none
    device_memory: int = 0  # bytes of it that this process holds


@dataclass(frozen=True)
class EngineList:
    engines: tuple[EngineInfo, ...]


@dataclass(frozen=True)
class Bye:
    """The backend closes the link; ``reason`` is a sentence."""

    reason: str


VERBS: Mapping[str, type] = {
    "hello": Hello,
    "submit": Submit,
    "cancel": Cancel,
    "status": AskStatus,
    "engines": AskEngines,
    "free": Free,
    "shutdown": Shutdown,
    "welcome": Welcome,
    "progress": Progress,
    "preview": Preview,
    "result": Result,
    "failure": Failure,
    "status.is": Status,
    "engines.are": EngineList,
    "bye": Bye,
}
_VERB_OF = {cls: verb for verb, cls in VERBS.items()}


# --------------------------------------------------------------------------------------------- writing


def encode(message: Any) -> list[bytes | memoryview]:
    """A message as the parts of one frame, in order; large arrays are not copied.

    Raises ProtocolError where the message could not be read back by ``Decoder`` (wrong dtype, too large).
    """
    verb = _VERB_OF.get(type(message))
    if verb is None:
        raise ProtocolError(f"{type(message).__name__} is not a message")
    blobs: list[memoryview] = []
    body = _lower(message, blobs)
    described = [[_DTYPES[(b.format, b.itemsize)], list(b.shape or ())] for b in blobs]
    header = _dumps({"verb": verb, "body": body, "blobs": described}).encode()
    if len(header) > MAX_HEADER or len(blobs) > MAX_BLOBS or sum(b.nbytes for b in blobs) > MAX_FRAME:
        raise ProtocolError("the message is larger than the protocol allows")
    return [struct.pack(">I", len(header)) + header, *(b.cast("B") for b in blobs)]


def _dumps(value: Any) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        raise ProtocolError("NaN and infinity cannot travel") from None


def _lower(value: Any, blobs: list[memoryview]) -> Any:
    if dataclasses.is_dataclass(value):
        return {f.name: _lower(getattr(value, f.name), blobs) for f in dataclasses.fields(value)}
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(k): _lower(v, blobs) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [_lower(v, blobs) for v in value]
    try:
        view = memoryview(value)
    except TypeError:
        raise ProtocolError(f"a {type(value).__name__} cannot travel") from None
    if (view.format, view.itemsize) not in _DTYPES or not view.c_contiguous or not view.nbytes or not view.ndim:
        raise ProtocolError("arrays travel as non-empty C-contiguous float32, int32 or uint8")
    blobs.append(view)
    return {"$blob": len(blobs) - 1}


def to_json(noun: Any) -> str:
    """A noun without arrays (a Request whose pictures were taken out, say) as text that ``from_json`` reads."""
    blobs: list[memoryview] = []
    text = _dumps(_lower(noun, blobs))
    if blobs:
        raise ProtocolError("arrays cannot be written as text")
    return text


# --------------------------------------------------------------------------------------------- reading


def from_json(kind: type, text: str) -> Any:
    """Reads what ``to_json`` wrote as the dataclass ``kind``, strictly. Raises ProtocolError."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ProtocolError(f"this is not a {kind.__name__}") from None
    return _raise_up(kind, value, [], kind.__name__)


class Decoder:
    """Turns a stream of bytes into messages: ``for message in decoder.feed(data)``.

    Every length is checked before anything is allocated for it. After a ProtocolError the decoder is dead.
    ``limit`` is the largest frame accepted (header and blobs each); raise it once the peer is known.
    """

    def __init__(self, limit: int = MAX_FRAME):
        self.limit = limit
        self._head = bytearray()  # length prefix and header of the frame under way
        self._header: dict[str, Any] | None = None
        self._blobs: list[tuple[str, tuple[int, ...], int]] = []
        self._payload = bytearray()
        self._filled = 0

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Any]:
        view = memoryview(data)
        while len(view):
            view = self._take(view)
            if self._header is not None and self._filled == len(self._payload):
                yield self._finish()

    def _take(self, view: memoryview) -> memoryview:
        """Consumes a part of ``view`` and returns the rest."""
        if self._header is not None:
            n = min(len(view), len(self._payload) - self._filled)
            self._payload[self._filled : self._filled + n] = view[:n]
            self._filled += n
            return view[n:]
        want = 4
        if len(self._head) >= 4:
            want += struct.unpack(">I", self._head[:4])[0]
        n = min(len(view), want - len(self._head))
        self._head += view[:n]
        if len(self._head) == 4:
            length = struct.unpack(">I", self._head)[0]
            if not 2 <= length <= min(MAX_HEADER, self.limit):
                raise ProtocolError(f"a header of {length} bytes is outside the limits")
        elif len(self._head) == want:
            self._open(bytes(self._head[4:]))
        return view[n:]

    def _open(self, raw: bytes) -> None:
        try:
            header = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
            verb, body, blobs = header["verb"], header["body"], header["blobs"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise ProtocolError("the header is not what the protocol says") from None
        if not isinstance(verb, str) or verb not in VERBS:
            raise ProtocolError("unknown verb")
        if not isinstance(body, dict) or not isinstance(blobs, list) or len(blobs) > MAX_BLOBS:
            raise ProtocolError("the header is not what the protocol says")
        self._blobs = [_blob_size(entry) for entry in blobs]
        total = sum(size for _, _, size in self._blobs)
        if total > min(MAX_FRAME, self.limit):
            raise ProtocolError(f"{total} bytes of arrays are over the limit")
        self._header, self._payload, self._filled = header, bytearray(total), 0

    def _finish(self) -> Any:
        assert self._header is not None
        header, arrays, at, view = self._header, [], 0, memoryview(self._payload)
        for dtype, shape, size in self._blobs:
            # cast() accepts a shape only from bytes, and only with positive sides: _blob_size saw to both
            arrays.append(view[at : at + size].cast("B").cast(_FORMATS[dtype], shape=list(shape)))  # type: ignore[call-overload]
            at += size
        self._head, self._header, self._payload, self._filled = bytearray(), None, bytearray(), 0
        return _raise_up(VERBS[header["verb"]], header["body"], arrays, "body")


def _refuse_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are not JSON


def _blob_size(entry: Any) -> tuple[str, tuple[int, ...], int]:
    if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[0], str) or entry[0] not in _SIZES:
        raise ProtocolError("a blob has no known dtype")
    shape = entry[1]
    if (
        not isinstance(shape, list)
        or not 1 <= len(shape) <= 8
        or not all(type(n) is int and 0 < n <= MAX_FRAME for n in shape)
    ):
        raise ProtocolError("a blob has no valid shape")
    return entry[0], tuple(shape), math.prod(shape) * _SIZES[entry[0]]


_HINTS: dict[type, dict[str, Any]] = {}


def _raise_up(kind: Any, value: Any, arrays: list[memoryview], where: str) -> Any:
    """JSON → the annotated type, strictly: no missing, unknown or wrongly typed field gets through."""
    if kind is Array:
        index = value.get("$blob") if isinstance(value, dict) and len(value) == 1 else None
        if type(index) is not int or not 0 <= index < len(arrays):
            raise ProtocolError(f"{where} is not an array")
        return arrays[index]
    if dataclasses.is_dataclass(kind):
        hints = _HINTS.get(kind)  # type: ignore[arg-type]
        if hints is None:
            hints = _HINTS.setdefault(kind, typing.get_type_hints(kind))  # type: ignore[arg-type]
        if not isinstance(value, dict) or set(value) != set(hints):
            raise ProtocolError(f"{where} has not the fields of {kind.__name__}")  # type: ignore[union-attr]
        return kind(**{n: _raise_up(t, value[n], arrays, f"{where}.{n}") for n, t in hints.items()})  # type: ignore[operator]
    origin = typing.get_origin(kind)
    if origin in (Union, types.UnionType):
        for option in typing.get_args(kind):
            try:
                return _raise_up(option, value, arrays, where)
            except ProtocolError:
                continue
        raise ProtocolError(f"{where} has the wrong type")
    if origin is tuple and isinstance(value, list):
        item = typing.get_args(kind)[0]
        return tuple(_raise_up(item, v, arrays, f"{where}[{i}]") for i, v in enumerate(value))
    if origin is dict and isinstance(value, dict):
        item = typing.get_args(kind)[1]
        return {k: _raise_up(item, v, arrays, f"{where}.{k}") for k, v in value.items()}
    if kind is type(None) and value is None:
        return None
    if kind is float and type(value) in (int, float):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):  # JSON has no infinity, but 1e999 reads as one
            raise ProtocolError(f"{where} is not a number")
        return number
    if kind in (str, int, bool) and type(value) is kind:
        return value
    raise ProtocolError(f"{where} has the wrong type")
