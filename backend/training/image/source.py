"""Where an image training's batches come from: the folder of real objects and the grammar, on the training's device."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import torch

from ..data.batch import Batch
from ..data.items import Item, real, specimens, with_variants
from ..data.sampler import Sampler
from ..data.store import Store
from .train import Source

COLOURS = 48  # cells of a stored colour grid: colours vary less than distances, and take three times the memory


def sources(
    data: Path, cache: Path, device: torch.device, points: int, objects: int | None, grammar: int
) -> tuple[Source, Source]:
    """What is trained on, and what is validated on. Fields are made once and kept in ``cache``.

    ``objects``: of the real ones, None for all; ``grammar``: how many of its specimens besides. With as many objects of
    the validation as of the training, and no fewer than there are where all are taken.
    """
    train = _store(cache / f"train_{objects or 'all'}_{grammar}.safetensors", device, _trained(data, objects, grammar))
    few = None if objects is None else max(8, objects // 8)
    check = _store(cache / f"val_{few or 'all'}.safetensors", device, real(data, "val", few))
    return _drawing(train, points), _drawing(check, points)


def _trained(data: Path, objects: int | None, grammar: int) -> Iterator[Item]:
    return chain(with_variants(real(data, "train", objects)), specimens(range(grammar)))


def _store(path: Path, device: torch.device, items: Iterator[Item]) -> Store:
    if path.exists():
        return Store.load(path, device)
    path.parent.mkdir(parents=True, exist_ok=True)
    if device.type == "cuda":
        from ..data.fields_torch import field as on_device

        store = Store.build(items, colour_resolution=COLOURS, device=device, make=on_device)
    else:
        store = Store.build(items, colour_resolution=COLOURS, device=device)
    beside = path.with_name(path.name + ".part")
    store.save(beside)
    beside.replace(path)
    return store


def _drawing(store: Store, points: int) -> Source:
    sampler = Sampler(store, points=points)

    def draw(count: int, generator: torch.Generator) -> Batch:
        if store.device.type == "cpu":
            return sampler.draw(count, generator)
        there = torch.Generator(store.device)
        there.manual_seed(int(torch.randint(2**62, (), generator=generator)))
        return sampler.draw(count, there)

    return draw
