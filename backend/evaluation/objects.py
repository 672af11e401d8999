"""The objects of the data folder, and the views of the benchmark."""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Object:
    """``vertices`` (N,3) float32, +Z up, front −Y; ``faces`` (M,3) int32, winding as the source left it;
    ``colours`` (N,3) uint8 sRGB.
    """

    id: str
    vertices: np.ndarray
    faces: np.ndarray
    colours: np.ndarray


@dataclass(frozen=True)
class View:
    """One input picture of an object: its file and the camera that saw it, in degrees."""

    object: Object
    group: str  # the set it belongs to: gso, real2; plain or hard where we draw the pictures ourselves
    picture: Path
    azimuth: float
    elevation: float
    textured: bool  # whether the object has colours, and the picture shows them
    number: int = 0  # of the object's views

    @property
    def key(self) -> tuple[str, str, int]:
        return self.object.id, self.group, self.number


def read_objects(path: Path) -> Iterator[Object]:
    """All objects of a shard, whose columns are delta-coded and compressed with LZMA."""
    with np.load(path) as z:
        width = int(z["fw"])
        positions = _words(z["V"], 2)
        tones = np.frombuffer(lzma.decompress(z["C"].tobytes()), np.uint8)
        corners = _words(z["F"], width)
        counts = zip(z["ids"], z["nv"], z["nf"], strict=True)
        v = f = 0
        for name, nv, nf in counts:
            nv, nf = int(nv), int(nf)
            vertices = np.cumsum(_signed(positions[3 * v : 3 * (v + nv)]).reshape(3, nv).T, axis=0)
            colours = np.cumsum(tones[3 * v : 3 * (v + nv)].reshape(3, nv).T.astype(np.int64), axis=0) & 255
            steps = _signed(corners[3 * f : 3 * (f + nf)]).reshape(3, nf)
            first = np.cumsum(steps[0])
            second = first + steps[1]
            faces = np.stack([first, second, second + steps[2]], 1)
            yield Object(
                str(name),
                (vertices / int(z["q"]) - 0.5).astype(np.float32),
                faces.astype(np.int32),
                colours.astype(np.uint8),
            )
            v, f = v + nv, f + nf


def read_benchmark(folder: Path, view: int = 0) -> list[View]:
    """Every object of ``folder``/benchmark with its input picture number ``view``."""
    folder = Path(folder) / "benchmark"
    with gzip.open(folder / "index.jsonl.gz", "rt", encoding="utf-8") as lines:
        index = [json.loads(line) for line in lines]
    shards = {shard: {o.id: o for o in read_objects(folder / shard)} for shard in {e["shard"] for e in index}}
    return [
        View(
            shards[e["shard"]][e["id"]],
            e["shard"].split("_")[0],
            folder / e["views"][view]["file"],
            e["views"][view]["azimuth_deg"],
            e["views"][view]["elevation_deg"],
            e["textured"],
            view,
        )
        for e in index
    ]


def read_index(folder: Path) -> dict[str, dict[str, Any]]:
    """What is known of each object of training and validation, by id: caption, category, textured, split …"""
    with gzip.open(Path(folder) / "index.jsonl.gz", "rt", encoding="utf-8") as lines:
        return {entry["id"]: entry for entry in map(json.loads, lines)}


def _words(packed: np.ndarray, width: int) -> np.ndarray:
    """Little-endian words whose bytes are stored plane by plane."""
    planes = np.frombuffer(lzma.decompress(packed.tobytes()), np.uint8).reshape(width, -1)
    return np.ascontiguousarray(planes.T).reshape(-1).view(f"<u{width}")


def _signed(word: np.ndarray) -> np.ndarray:
    """Zigzag code: 0, −1, 1, −2 … are 0, 1, 2, 3 …"""
    wide = word.astype(np.int64)
    return (wide >> 1) ^ -(wide & 1)
