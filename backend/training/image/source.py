"""Where an image training's batches come from: the folder of real objects and the grammar, on the training's device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import torch

from ..data.batch import Batch
from ..data.items import Item, real, specimens, with_variants
from ..data.sampler import CLEAN, Sampler, Styles
from ..data.shading import SHARES
from ..data.store import Store
from .train import Source

COLOURS = 48  # cells of a stored colour grid: colours vary less than distances, and take three times the memory


def training(data: Path, cache: Path, device: torch.device, points: int, objects: int | None, grammar: int) -> Source:
    """Random samples of the real objects (``objects`` of them; None: all) and of ``grammar`` procedural ones. Their
    fields are made once and kept in ``cache``.
    """
    path = cache / f"train_{objects or 'all'}_{grammar}.safetensors"
    return _drawing(_store(path, device, _trained(data, objects, grammar)), points, Styles())


def validation(data: Path, cache: Path, device: torch.device, points: int, objects: int | None) -> Source:
    """Samples of the validation objects (an eighth of ``objects``; None: all), as they are: lit in all ways, but whole,
    cleanly cut out and not bent.
    """
    few = None if objects is None else max(8, objects // 8)
    store = _store(cache / f"val_{few or 'all'}.safetensors", device, real(data, "val", few))
    return _drawing(store, points, replace(CLEAN, shares=SHARES))


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


def _drawing(store: Store, points: int, styles: Styles) -> Source:
    sampler = Sampler(store, points=points, styles=styles)

    def draw(count: int, generator: torch.Generator) -> Batch:
        if store.device.type == "cpu":
            return sampler.draw(count, generator)
        there = torch.Generator(store.device)
        there.manual_seed(int(torch.randint(2**62, (), generator=generator)))
        return sampler.draw(count, there)

    return draw
