"""Where an image training's batches come from: the folder of real objects and the grammar, on the training's device."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from pathlib import Path

import torch

from ..data.batch import Batch
from ..data.items import real, specimens, with_variants
from ..data.sampler import CLEAN, Sampler, Styles
from ..data.shading import SHARES
from ..data.store import Store
from .fields import RESOLUTION, Log, Stop, fingerprint, kept
from .train import Source


def training(
    data: Path,
    cache: Path,
    device: torch.device,
    points: int,
    objects: int | None,
    grammar: int,
    stop: Stop = lambda: False,
    log: Log = lambda line: None,
) -> Source | None:
    """Random samples of the real objects (``objects`` of them; None: all) and of ``grammar`` procedural ones. Their
    fields are made once and kept in ``cache``; None where ``stop()`` came true before all were there (fields.kept).
    """
    folder = cache / f"train_{objects or 'all'}_{grammar}_{RESOLUTION}_{fingerprint(data, grammar > 0)}"
    items = chain(with_variants(real(data, "train", objects)), specimens(range(grammar)))
    store = kept(folder, items, device, stop, log)
    return None if store is None else _drawing(store, points, Styles())


def validation(
    data: Path,
    cache: Path,
    device: torch.device,
    points: int,
    objects: int | None,
    stop: Stop = lambda: False,
    log: Log = lambda line: None,
) -> Source | None:
    """Samples of the validation objects (an eighth of ``objects``; None: all), as they are: lit in all ways, but whole,
    cleanly cut out and not bent. Otherwise as ``training``.
    """
    few = None if objects is None else max(8, objects // 8)
    folder = cache / f"val_{few or 'all'}_{RESOLUTION}_{fingerprint(data, False)}"
    store = kept(folder, real(data, "val", few), device, stop, log)
    return None if store is None else _drawing(store, points, replace(CLEAN, shares=SHARES))


def _drawing(store: Store, points: int, styles: Styles) -> Source:
    sampler = Sampler(store, points=points, styles=styles)

    def draw(count: int, generator: torch.Generator) -> Batch:
        if store.device.type == "cpu":
            return sampler.draw(count, generator)
        there = torch.Generator(store.device)
        there.manual_seed(int(torch.randint(2**62, (), generator=generator)))
        return sampler.draw(count, there)

    return draw
