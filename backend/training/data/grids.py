"""``data grids``: real objects as 64³ signed distances, 32³ colours and captions, for training text → 3D.

Each file ``NAME_000.npz`` holds up to 128 objects, in an order that mixes the categories evenly, so that any
number of files is a fair selection:

- ``sdf`` (n, 64, 64, 64) int8: round(127 × distance / 0.1), positive inside, cut off at ±127; cells of
  [-1, 1]³, index order x, y, z, +Z up, front −Y; the object's bounding box centred, its longest side 1.8;
- ``rgb`` (n, 32, 32, 32, 3) uint8 sRGB: mean colour of the seen surface in the cell, elsewhere of the nearest cell;
- ``about`` (n,) unicode, each a JSON object: id, captions (at least one), category, style, textured.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .dice import centred
from .fields import field
from .shards import FOLDER, BrokenData, Thing, things

RESOLUTION, BAND = 64, 0.1
A_FILE = 128
LEAST = 40  # cells that must be inside, or the object is lost on this grid


def main(arguments: Sequence[str]) -> int:
    """``python -m backend.training data grids``."""
    parser = argparse.ArgumentParser(prog="backend.training data grids", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=FOLDER, help="the folder shared/data")
    parser.add_argument("--out", type=Path, required=True, help="files OUT_000.npz … are written")
    parser.add_argument("--split", choices=("train", "val"), default="train")
    parser.add_argument("--every", type=int, default=1, help="take each Nth object only")
    parser.add_argument("--first", type=int, default=0, help="… from this one on, so that several can share the work")
    parser.add_argument("--minutes", type=float, default=600, help="stop after so many minutes")
    options = parser.parse_args(arguments)
    chosen = mixed(thing for thing in things(options.data, options.split) if named(thing))[
        options.first :: options.every
    ]
    write(chosen, options.out, time.monotonic() + 60 * options.minutes)
    return 0


def write(chosen: Sequence[Thing], out: Path, until: float, say: Callable[[str], Any] = print) -> int:
    """Writes the files and returns how many objects they hold. What is already there is kept and gone on from:
    a file is written when all of its objects were tried, so that none is lost where the time ends within one.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    held = 0
    for number, start in enumerate(range(0, len(chosen), A_FILE)):
        path = out.with_name(f"{out.name}_{number:03d}.npz")
        if path.exists():
            continue
        rows = []
        for thing in chosen[start : start + A_FILE]:
            if time.monotonic() > until:
                return held
            row = grid(thing)
            if row is not None:
                rows.append(row)
        if rows:
            partial = path.with_suffix(".part")
            with open(partial, "wb") as file:
                sdf, rgb, about = zip(*rows, strict=True)
                np.savez_compressed(file, sdf=np.stack(sdf), rgb=np.stack(rgb), about=np.array(about))
            os.replace(partial, path)
            held += len(rows)
            say(f"{path.name}: {len(rows)} objects, {held} of {len(chosen)}")
    return held


def grid(thing: Thing) -> tuple[np.ndarray, np.ndarray, str] | None:
    """sdf (64, 64, 64) int8, rgb (32, 32, 32, 3) uint8, JSON; None where nothing of the object fits the grid."""
    V = centred(thing.V)
    try:
        made = field(V, thing.F, thing.C, RESOLUTION, BAND, colour_resolution=RESOLUTION // 2)
    except ValueError:
        return None
    if np.count_nonzero(made.sdf > 0) < LEAST:
        return None
    about = {name: getattr(thing, name) for name in ("id", "captions", "category", "style", "textured")}
    return np.round(made.sdf * (127 / BAND)).astype(np.int8), made.rgb, json.dumps(about)


def read(paths: Iterable[Path]) -> Iterator[tuple[np.ndarray, np.ndarray, dict]]:
    """Objects of such files → sdf (64, 64, 64) float32 in ±1, rgb (32, 32, 32, 3) uint8, about. Raises BrokenData."""
    for path in sorted(paths):
        try:
            with np.load(path, allow_pickle=False) as file:
                sdf, rgb, about = file["sdf"], file["rgb"], file["about"]
            if sdf.dtype != np.int8 or rgb.dtype != np.uint8 or not len(sdf) == len(rgb) == len(about):
                raise ValueError("its arrays do not agree")
            records = [json.loads(str(text)) for text in about]
        except (OSError, EOFError, KeyError, ValueError) as error:
            raise BrokenData(f"{path} cannot be read ({error}).", "Make it again with `data grids`.") from error
        for one, colour, record in zip(sdf, rgb, records, strict=True):
            yield one.astype(np.float32) / 127, colour, record


def named(thing: Thing) -> bool:
    """Whether it is a whole thing whose caption says what it is: words, not a file's number."""
    if thing.modular:
        return False
    words = re.findall(r"[a-z]+", thing.caption.lower())
    return any(len(word) > 2 for word in words) and sum(map(len, words)) > len(thing.caption) / 2


def mixed(items: Iterable[Thing]) -> list[Thing]:
    """Ordered so that every category comes in its proportion all along; random within, the same every time."""
    groups: dict[str, list[Thing]] = defaultdict(list)
    for item in items:
        groups[item.category].append(item)
    dice = np.random.default_rng(0)
    placed = []
    for category in sorted(groups):
        group = groups[category]
        order = dice.permutation(len(group))
        placed += [((rank + dice.random()) / len(group), group[which]) for rank, which in enumerate(order)]
    return [item for _, item in sorted(placed, key=lambda pair: pair[0])]
