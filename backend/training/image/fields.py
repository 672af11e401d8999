"""The fields of a training's objects: made once, in pieces that add up, and kept in files.

A folder holds files of up to A_FILE objects, named by the items they are of (``000000_000256.safetensors``: the first
256), and, when every item had its turn, WHOLE. Making goes on behind the last file that is there. When the time is up,
what is made by then is written; a kill costs what was made since the last file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from .. import data as data_package
from .. import grammar as grammar_package
from ..data.fields import field
from ..data.items import Item
from ..data.store import NothingLeft, Store

Stop = Callable[[], bool]
Log = Callable[[dict[str, Any]], None]

RESOLUTION = 96  # cells of a stored field
COLOURS = 48  # of a stored colour grid: colours vary less than distances, and take three times the memory
A_FILE = 256
WHOLE = "whole"
MAKERS = ("dice", "fields", "fields_torch", "items", "rasterise", "shards", "store")  # modules that decide on a field


def fingerprint(data: Path, grammar: bool) -> str:
    """12 hexadecimal digits of what fields are made from: the objects' files, and how they are made; with
    ``grammar`` also the modules of the grammar, as any of them may change what a seed gives.
    """
    here = Path(data_package.__file__).parent
    files = [*sorted(data.glob("*.npz")), data / "index.jsonl.gz", *(here / f"{name}.py" for name in MAKERS)]
    if grammar:
        files += sorted(Path(grammar_package.__file__).parent.glob("*.py"))
    found = sha256(f"{RESOLUTION} {COLOURS}".encode())
    for file in files:
        found.update(f"{file.name} ".encode())
        if file.exists():  # what is missing is told by whoever reads it
            found.update(sha256(file.read_bytes()).digest())
    return found.hexdigest()[:12]


def kept(
    folder: Path, items: Iterator[Item], device: torch.device, stop: Stop = lambda: False, log: Log = lambda line: None
) -> Store | None:
    """The fields of ``items``, the same items in every call, made on ``device`` where they are not in ``folder`` yet.

    None where ``stop()`` came true before all of them were there; a call makes at least one, and ``log`` hears of each
    file. Raises NothingLeft where no item can be trained on.
    """
    if not (folder / WHOLE).exists() and not _make(folder, items, device, stop, log):
        return None
    files = [path for path in _files(folder) if path.stat().st_size]
    if not files:
        raise NothingLeft("none of the items can be trained on")
    return Store.load(files, device)


def _make(folder: Path, items: Iterator[Item], device: torch.device, stop: Stop, log: Log) -> bool:
    """→ whether all are there."""
    folder.mkdir(parents=True, exist_ok=True)
    there = _files(folder)
    end = int(there[-1].stem.split("_")[1]) if there else 0
    turn = _Turn(islice(items, end, None), stop)
    while not turn.cut and not turn.over:
        begun, begin = time.monotonic(), end
        store = _built(turn, device)
        end = begin + turn.count
        if turn.count:
            path = folder / f"{begin:06d}_{end:06d}.safetensors"
            if store is None:
                path.touch()
            else:
                store.save(path)
            log({"fields": folder.name, "items": end, "seconds": round(time.monotonic() - begun, 1)})
        turn.cut = turn.cut or stop()
    if turn.over:
        (folder / WHOLE).write_text(f"{end}\n")
    return turn.over


def _built(items: Iterable[Item], device: torch.device) -> Store | None:
    """None where none of the items can be trained on."""
    make = field
    if device.type == "cuda":
        from ..data.fields_torch import field as make
    try:
        return Store.build(items, RESOLUTION, COLOURS, device, make)
    except NothingLeft:
        return None


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*_[0-9]*.safetensors"))


class _Turn:
    """Each time it is gone through, the next items for a file: up to A_FILE, fewer where the time is up (``cut``) or
    there are no more (``over``). ``count`` of them were given.
    """

    def __init__(self, items: Iterator[Item], stop: Stop):
        self.items, self.stop = items, stop
        self.count, self.cut, self.over = 0, False, False

    def __iter__(self) -> Iterator[Item]:
        self.count = 0
        while self.count < A_FILE:
            if self.count and self.stop():
                self.cut = True
                return
            item = next(self.items, None)
            if item is None:
                self.over = True
                return
            self.count += 1
            yield item
