"""Objects of the folder shared/data: shards of meshes, joined with what the index says about each.

A shard is an .npz of lzma streams: vertices quantised to 1/q and differenced along the list, faces as zigzag
differences between corners, colours as differences modulo 256, each stream split into byte planes. Everything is
checked while it is read, because a shard that was cut off would otherwise give plausible rubbish. NumPy only.
"""

from __future__ import annotations

import gzip
import json
import lzma
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import JobError

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT.parent / "shared" / "data"
LEFT_OUT = frozenset({"odedstein/objects/lionstatue/lionstatue.obj"})  # its source names two different licences
MODULAR = 0.3  # chance of a wall segment or a floor tile to be drawn, against 1 of a whole thing
UNTEXTURED = 0.6
FIELDS = ("caption", "captions", "category", "style", "modular", "licence", "split", "shard", "textured")


class BrokenData(JobError):
    """A shard or an index of the training data is not what it should be."""

    code = "broken_data"


@dataclass(frozen=True)
class Thing:
    """One object as the source left it: open or closed, of any winding.

    ``V`` (n, 3) float32, about [-0.5, 0.5], +Z up, front −Y; ``F`` (m, 3) int32; ``C`` (n, 3) uint8 sRGB.
    ``textured`` is False where the colours mean nothing (grey), so that it may be tinted at will.
    """

    id: str
    V: np.ndarray
    F: np.ndarray
    C: np.ndarray
    caption: str
    captions: tuple[str, ...]
    category: str
    style: str
    licence: str
    modular: bool
    textured: bool

    @property
    def weight(self) -> float:
        """How often it is drawn, against 1 for a coloured, whole thing."""
        return (MODULAR if self.modular else 1.0) * (1.0 if self.textured else UNTEXTURED)


def things(folder: Path | str = FOLDER, split: str = "train", only: frozenset[str] | None = None) -> Iterator[Thing]:
    """All objects of a ``split`` ("train" or "val"), shard by shard, in the shards' order.

    ``only``: ids to read, all others are passed over (their bytes are still decoded). Raises BrokenData where a
    file is missing, cut off, or does not agree with the index.
    """
    folder = Path(folder)
    index = read_index(folder / "index.jsonl.gz")
    wanted = {key for key, record in index.items() if record["split"] == split and key not in LEFT_OUT}
    if only is not None:
        wanted &= only
    for shard in sorted({index[key]["shard"] for key in wanted}):
        for key, V, F, C in read_shard(folder / shard, wanted):
            record = index[key]
            yield Thing(
                id=key,
                V=V,
                F=F,
                C=C,
                caption=record["caption"],
                captions=tuple(record["captions"]),
                category=record["category"],
                style=record["style"],
                licence=record["licence"],
                modular=bool(record["modular"]),
                textured=bool(record["textured"]),
            )
            wanted.discard(key)
    if wanted:
        raise _broken(folder, f"lacks {len(wanted)} objects of its index, the first is {min(wanted)}")


def read_index(path: Path | str) -> dict[str, dict]:
    """``index.jsonl.gz`` → id → record, each with at least the keys in FIELDS. Raises BrokenData."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
    except (OSError, EOFError, ValueError) as error:
        raise _broken(path, f"cannot be read ({error})") from error
    out: dict[str, dict] = {}
    for number, record in enumerate(records, 1):
        missing = [name for name in ("id", *FIELDS) if not isinstance(record, dict) or name not in record]
        if missing:
            raise _broken(path, f"has no {missing[0]} in line {number}")
        if record["id"] in out:
            raise _broken(path, f"names {record['id']} twice")
        out[record["id"]] = record
    return out


def read_shard(
    path: Path | str, only: set[str] | frozenset[str] | None = None
) -> Iterator[tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
    """A shard → (id, V, F, C) of each object (see Thing). Raises BrokenData."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("q", "fw", "nv", "nf", "ids", "V", "F", "C")}
        quantum, width = int(arrays["q"]), int(arrays["fw"])
        corners, faces, ids = arrays["nv"].astype(np.int64), arrays["nf"].astype(np.int64), arrays["ids"]
        if not (len(corners) == len(faces) == len(ids)) or (corners < 3).any() or (faces < 1).any() or quantum < 1:
            raise _broken(path, "has counts that do not agree")
        V = _stream(arrays["V"], 2, 3 * int(corners.sum()))
        F = _stream(arrays["F"], width, 3 * int(faces.sum()))
        C = _stream(arrays["C"], 1, 3 * int(corners.sum()))
    except (OSError, EOFError, KeyError, ValueError, TypeError, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise _broken(path, f"cannot be read ({error})") from error
    vertex, face = 0, 0
    for key, n, m in zip(ids, corners, faces, strict=True):
        if only is None or str(key) in only:
            yield str(key), *_object(path, str(key), V, F, C, vertex, face, n, m, quantum)
        vertex, face = vertex + n, face + m


def _object(path, key, V, F, C, vertex, face, n, m, quantum):
    steps = _signed(V[3 * vertex : 3 * (vertex + n)]).reshape(3, n).T
    points = (np.cumsum(steps, 0) / quantum - 0.5).astype(np.float32)
    colours = np.cumsum(C[3 * vertex : 3 * (vertex + n)].reshape(3, n).T.astype(np.int64), 0).astype(np.uint8)
    # first corner against the face before, second against the first, third against the second
    first, second, third = _signed(F[3 * face : 3 * (face + m)]).reshape(3, m)
    first = np.cumsum(first)
    second = first + second
    triangles = np.stack([first, second, second + third], 1)
    if triangles.min() < 0 or triangles.max() >= n:
        raise _broken(path, f"has a face of {key} that names a vertex there is not")
    if np.abs(points).max() > 1:
        raise _broken(path, f"has vertices of {key} outside its cube")
    return points, triangles.astype(np.int32), colours


def _stream(packed: np.ndarray, width: int, count: int) -> np.ndarray:
    """An lzma stream of byte planes → (count,) unsigned integers of ``width`` bytes."""
    raw = np.frombuffer(lzma.decompress(packed.tobytes()), np.uint8)
    if width not in (1, 2, 4) or raw.size != count * width:
        raise ValueError(f"{raw.size} bytes where {count} numbers of {width} bytes belong")
    return np.ascontiguousarray(raw.reshape(width, count).T).view(f"<u{width}").reshape(count)


def _signed(zigzag: np.ndarray) -> np.ndarray:
    """0, 1, 2, 3 … → 0, −1, 1, −2 …"""
    wide = zigzag.astype(np.int64)
    return (wide >> 1) ^ -(wide & 1)


def _broken(path: Path | str, how: str) -> BrokenData:
    return BrokenData(f"The training data {path} {how}.", "Fetch the folder shared/data again.")
