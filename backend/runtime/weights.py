"""Reads weights: safetensors files, their headers alone, and the int8 form in which our own network is shipped.

A safetensors file is an 8-byte little-endian header length, a JSON header that names each tensor's dtype,
shape and byte range, then the bytes (https://github.com/huggingface/safetensors, "Format"). The header is
believed only as far as it can be checked: the ranges must tile the rest of the file exactly, once, so
that no byte is read twice and none hides. Nothing in the file is ever executed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import os
import stat
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadWeights

MAX_HEADER = 8 << 20  # 25 times the header of a model of a billion parameters
MAX_FILE = 2 << 30  # it is read into memory whole
MAX_AXES = 8
DTYPES = {"F32": "<f4", "F16": "<f2", "I8": "|i1", "U8": "|u1", "I32": "<i4"}  # what becomes an array here
BYTES = {  # of one element of everything that the format knows
    **{"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2},
    **{"U32": 4, "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8},
}
SCALE = ".scale"  # NAME.scale holds one factor per row of NAME's first axis

REINSTALL = "Put the original file back, or install Maquette again."


@dataclass(frozen=True)
class Entry:
    """One tensor of a safetensors header: ``dtype`` by the format's name, its bytes from ``begin`` to ``end``."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def read_header(path: str | os.PathLike[str], fix: str = REINSTALL) -> dict[str, Entry]:
    """What is in a local safetensors file, by name, without reading it: a few milliseconds for any size.

    The file is as long as its header says, or BadWeights is raised, as where it is missing, no regular file or
    malformed; ``fix`` is what the user is then told to do.
    """
    path = Path(path)
    try:
        size = _check_file(path, None)
        with open(path, "rb") as file:
            first = file.read(8)
            text = file.read(_header_length(first, size, path.name, fix))
    except OSError as error:
        raise BadWeights(f"{path.name} cannot be read: {error.strerror}.", fix) from None
    return _entries(text, size, path.name, fix)


def read_safetensors(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Every tensor of a local safetensors file, by name, as read-only arrays over one buffer.

    Raises BadWeights where the file is missing, not a regular file, truncated or malformed.
    """
    data = _read(Path(path))
    name = Path(path).name
    length = _header_length(data[:8], len(data), name, REINSTALL)
    entries = _entries(data[8 : 8 + length], len(data), name, REINSTALL)
    strange = sorted({entry.dtype for entry in entries.values()} - DTYPES.keys())
    if strange:
        raise BadWeights(f"{name} belongs to another network: it holds {strange[0]}.", REINSTALL)
    return {
        key: np.frombuffer(data, DTYPES[e.dtype], math.prod(e.shape), 8 + length + e.begin).reshape(e.shape)
        for key, e in entries.items()
    }


def load_weights(
    path: str | os.PathLike[str], shapes: Mapping[str, tuple[int, ...]], sha256: str = ""
) -> dict[str, np.ndarray]:
    """The float32 tensors of ``path``, exactly those that ``shapes`` names, dequantised and finite.

    With ``sha256`` the file is compared with it first. Raises BadWeights where anything is missing, extra,
    of another shape or not a finite number.
    """
    if sha256:
        verify_sha256(path, sha256)
    name = Path(path).name
    tensors = dequantise(read_safetensors(path), name)
    for key in sorted(shapes.keys() | tensors.keys()):
        if key not in tensors or key not in shapes or tensors[key].shape != tuple(shapes[key]):
            raise BadWeights(f"{name} belongs to another network: {key} does not fit.", REINSTALL)
        if not np.isfinite(tensors[key]).all():
            raise BadWeights(f"{name} is damaged: {key} holds values that are not numbers.", REINSTALL)
    return tensors


def dequantise(tensors: Mapping[str, np.ndarray], name: str = "The file") -> dict[str, np.ndarray]:
    """int8 ``NAME`` with float16 ``NAME.scale`` → float32 ``NAME``, row by row; other floats → float32, also a
    ``NAME.scale`` where there is no ``NAME``: a layer may call its weights so. (One whose ``NAME`` was lost is then
    told by ``load_weights``, which knows the names.)

    Raises BadWeights where a scale is missing, of the wrong length or dtype, or of a ``NAME`` that is not int8, and
    where a dtype has no business here.
    """
    scales = {key for key in tensors if key.endswith(SCALE) and key.removesuffix(SCALE) in tensors}
    result = {}
    for key in tensors.keys() - scales:
        tensor = tensors[key]
        if tensor.dtype == np.int8:
            scale = tensors.get(key + SCALE)
            if scale is None or scale.dtype != np.float16 or tensor.ndim < 1 or scale.shape != tensor.shape[:1]:
                raise BadWeights(f"{name} is damaged: {key} has no fitting scale.", REINSTALL)
            scales.discard(key + SCALE)
            rows = scale.astype(np.float32).reshape((-1,) + (1,) * (tensor.ndim - 1))
            result[key] = tensor.astype(np.float32) * rows
        elif tensor.dtype in (np.float16, np.float32):
            result[key] = tensor.astype(np.float32)
        else:
            raise BadWeights(f"{name} belongs to another network: {key} is {tensor.dtype}.", REINSTALL)
    if scales:
        raise BadWeights(f"{name} is damaged: {min(scales)} scales nothing.", REINSTALL)
    return result


def sha256_of(
    path: str | os.PathLike[str], limit: int | None = None, step: Callable[[int], None] = lambda done: None
) -> str:
    """Lower-case hexadecimal SHA-256 of a local file, read in pieces; ``step(bytes read)`` is called after each.

    Raises BadWeights where it cannot be read, is not a regular file or is larger than ``limit`` bytes (ours: MAX_FILE).
    """
    digest = hashlib.sha256()
    done = 0
    try:
        size = _check_file(Path(path), MAX_FILE if limit is None else limit)
        with open(path, "rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
                done += len(piece)
                if done > size:
                    raise BadWeights(f"{Path(path).name} changes while it is read.", "Wait until it is complete.")
                step(done)
    except OSError as error:
        raise BadWeights(f"{Path(path).name} cannot be read: {error.strerror}.", REINSTALL) from None
    return digest.hexdigest()


def verify_sha256(path: str | os.PathLike[str], expected: str) -> None:
    """Raises BadWeights unless the file's SHA-256 is ``expected`` (hexadecimal)."""
    if not hmac.compare_digest(sha256_of(path).encode(), expected.lower().encode()):
        raise BadWeights(f"{Path(path).name} is not the file that was published.", REINSTALL)


def _read(path: Path) -> bytes:
    try:
        _check_file(path, MAX_FILE)
        return path.read_bytes()
    except OSError as error:
        raise BadWeights(f"{path.name} cannot be read: {error.strerror}.", REINSTALL) from None


def _check_file(path: Path, limit: int | None) -> int:
    """The size of a regular file."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):  # a pipe or a device would never end
        raise BadWeights(f"{path.name} is not a file.", REINSTALL)
    if limit is not None and found.st_size > limit:
        raise BadWeights(f"{path.name} is too large to be a weights file of ours.", REINSTALL)
    return found.st_size


def _header_length(first: bytes, size: int, name: str, fix: str) -> int:
    if len(first) < 8:
        raise BadWeights(f"{name} is too short to be a weights file.", fix)
    (length,) = struct.unpack("<Q", first)
    if not 2 <= length <= min(MAX_HEADER, size - 8):
        raise BadWeights(f"{name} is truncated or is not a safetensors file.", fix)
    return int(length)


def _entries(text: bytes, size: int, name: str, fix: str) -> dict[str, Entry]:
    """The header's text → its entries; ``size`` of the whole file."""
    try:
        header = json.loads(text.decode(), object_pairs_hook=_once, parse_constant=_refuse)
        header.pop("__metadata__", None)
        entries = {key: _entry(entry) for key, entry in header.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BadWeights(f"The header of {name} is damaged.", fix) from None
    _check_tiling([(entry.begin, entry.end) for entry in entries.values()], size - 8 - len(text), name, fix)
    return entries


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a name appears twice")  # readers disagree on which one counts
    return dict(pairs)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _entry(raw: Any) -> Entry:
    """One header entry; raises where it contradicts itself."""
    dtype, shape, (begin, end) = raw["dtype"], tuple(raw["shape"]), raw["data_offsets"]
    whole = all(type(n) is int and 0 <= n < 1 << 48 for n in (*shape, begin, end))
    if len(raw) != 3 or len(shape) > MAX_AXES or not whole or end - begin != math.prod(shape) * BYTES[dtype]:
        raise ValueError("the entry contradicts itself")
    return Entry(dtype, shape, begin, end)


def _check_tiling(ranges: list[tuple[int, int]], size: int, name: str, fix: str) -> None:
    at = 0
    for begin, end in sorted(ranges):
        if begin != at:
            raise BadWeights(f"The tensors of {name} overlap or leave gaps.", fix)
        at = end
    if at != size:
        raise BadWeights(f"{name} is truncated or has bytes left over.", fix)
