"""Objects as cached latents with their captions: what the flow is trained on.

A shard is one safetensors file: ``latents`` (n,64,channels) float16, and in its header a JSON list of n objects
``{"captions", "family", "source"[, "attributes"]}`` and the digest of the ``autoencoder`` (``origin``).
Shards are written whole and in order, so that making them can be cut off and gone on with, and a training can begin
while later ones are being made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .. import checkpoint
from ..data.grids import read as read_real
from ..grammar.holdout import absent_colour
from ..grammar.sample import FAMILIES, Specimen, sample
from .autoencoder import Autoencoder
from .grids import Batch, batch, settled, small
from .origin import demand, digest

SHARD = 1024
BATCH = 16
NOTHING = {"family": "", "colour": ""}  # the attributes of a real object
SIDES = ("left", "right")  # an object whose captions speak of these is not mirrored
Told = tuple[np.ndarray, np.ndarray, dict[str, Any]]


def grammar_objects(seeds: Iterable[int], skip: Callable[[dict[str, str]], bool]) -> Iterator[Told]:
    """Small grids and facts of the grammar's objects, without those whose attributes ``skip`` holds out. Every second
    one is mirrored left to right where its captions allow.
    """
    for seed in seeds:
        specimen = sample(seed)
        if skip(specimen.attributes):
            continue
        sdf, rgb = small(specimen)
        if seed % 2 and mirrors(specimen):
            sdf, rgb = sdf[::-1].copy(), rgb[::-1].copy()
        facts = {"captions": list(specimen.captions), "family": specimen.family, "source": f"grammar {seed}"}
        yield sdf, rgb, {**facts, "attributes": specimen.attributes}


def mirrors(specimen: Specimen) -> bool:
    """Whether its captions are as true of its mirror image."""
    return not any(side in caption.split() for caption in specimen.captions for side in SIDES)


def real_objects(paths: Iterable[Path], mirrored: bool) -> Iterator[Told]:
    """The same of the files that ``training data grids`` wrote, without objects that have no colours of their own."""
    for sdf, rgb, about in read_real(paths):
        if not about["textured"]:
            continue
        whole = settled(sdf)
        if mirrored:
            whole, rgb = whole[::-1].copy(), rgb[::-1].copy()
        captions = [text for text in about["captions"] if not tells_of_absent(text)]
        captions = [text for text in captions if not mirrored or not set(SIDES) & set(text.split())]
        if captions:
            yield whole, rgb, {"captions": captions, "family": about["category"], "source": about["id"]}


def tells_of_absent(caption: str) -> bool:
    """Whether it names a family of the grammar and the colour in which that family is kept for evaluation."""
    words = f" {caption.lower()} "
    return any(f" {family} " in words and f" {absent_colour(family)} " in words for family in FAMILIES)


@torch.no_grad()
def encoded(model: Autoencoder, objects: Iterable[Told], device: torch.device | str) -> Iterator[tuple[Tensor, dict]]:
    """Objects → (64,channels) float16 latents with their facts."""
    waiting: list[Told] = []

    def flush() -> Iterator[tuple[Tensor, dict]]:
        given = batch([(sdf, rgb) for sdf, rgb, _ in waiting])
        moved = Batch(given.sdf.to(device), given.rgb.to(device))
        with torch.autocast(torch.device(device).type, torch.bfloat16):
            latents = model.encode(moved.sdf, moved.seen())
        for one, (_, _, facts) in zip(latents.half().cpu(), waiting, strict=True):
            yield one, facts
        waiting.clear()

    for told in objects:
        waiting.append(told)
        if len(waiting) == BATCH:
            yield from flush()
    if waiting:
        yield from flush()


def write_shard(path: Path, rows: Iterable[tuple[Tensor, dict]], maker: str | None = None) -> int:
    """→ how many objects it holds; nothing is written where there are none. ``maker``: the autoencoder's digest."""
    pairs = list(rows)
    if pairs:
        latents = torch.stack([latents for latents, _ in pairs])
        by = {} if maker is None else {"autoencoder": maker}
        checkpoint.write(path, {"latents": latents}, {"objects": [facts for _, facts in pairs], **by})
    return len(pairs)


def grammar_shards(
    model: Autoencoder,
    folder: Path,
    count: int,
    skip: Callable[[dict[str, str]], bool],
    first: int = 0,
    device: torch.device | str = "cpu",
    part: tuple[int, int] = (0, 1),
    going_on: Callable[[], bool] = lambda: True,
) -> bool:
    """Writes those of ``count`` seeds' shards that are missing; of several processes each does every n-th one
    (``part``: which, of how many). → whether all of its own are there; ``going_on`` is asked before each.
    Raises Outdated where one is there that another autoencoder made.
    """
    maker = digest(model.state_dict())
    numbers = range(part[0], -(-count // SHARD), part[1])
    for number in numbers:
        path = folder / f"grammar-{number:04d}.safetensors"
        if path.exists():
            demand(path, "autoencoder", maker)
            continue
        if not going_on():
            return False
        seeds = range(first + number * SHARD, first + min((number + 1) * SHARD, count))
        write_shard(path, encoded(model, grammar_objects(seeds, skip), device), maker)
    return True


def real_shards(model: Autoencoder, folder: Path, files: Sequence[Path], device: torch.device | str = "cpu") -> None:
    """One shard for each of ``files``, and one of their mirror images. Raises Outdated."""
    maker = digest(model.state_dict())
    for file in files:
        for side in (0, 1):
            path = folder / f"real-{file.stem}-{side}.safetensors"
            demand(path, "autoencoder", maker)
            if not path.exists():
                write_shard(path, encoded(model, real_objects([file], bool(side)), device), maker)


@dataclass(frozen=True)
class Latents:
    """All shards of a folder in memory. ``values`` (N,64,C) float16; ``facts`` N of them; ``real`` (N,) bool."""

    values: Tensor
    facts: list[dict[str, Any]]
    real: Tensor

    @classmethod
    def read(
        cls,
        folder: Path,
        skip: Callable[[dict[str, str]], bool] = lambda attributes: False,
        maker: str | None = None,
    ) -> Latents:
        """Without the grammar's objects whose attributes ``skip`` holds out, which may have changed since they were
        made. Raises FileNotFoundError where there is none, and Outdated where one is of an autoencoder with another
        digest than ``maker``.
        """
        values, facts, real = [], [], []
        for path in sorted(folder.glob("*.safetensors")):
            demand(path, "autoencoder", maker)
            tensors, header = checkpoint.read(path)
            kept = [i for i, one in enumerate(header["objects"]) if not skip(one.get("attributes", NOTHING))]
            values.append(tensors["latents"][kept])
            facts += [header["objects"][i] for i in kept]
            real += [path.name.startswith("real-")] * len(kept)
        if not values:
            raise FileNotFoundError(f"{folder} holds no latents: run `python -m backend.training text latents` first.")
        return cls(torch.cat(values), facts, torch.tensor(real))

    def captions(self) -> Iterator[str]:
        """Every caption of every object."""
        for one in self.facts:
            yield from one["captions"]

    def draw(self, count: int, share: float, generator: torch.Generator) -> tuple[Tensor, list[str]]:
        """``count`` random objects, about ``share`` of them real ones if there are any → (B,64,C) float32 and a random
        caption of each.
        """
        groups = [torch.nonzero(self.real)[:, 0], torch.nonzero(~self.real)[:, 0]]
        wanted = torch.rand(count, generator=generator) < share
        u = torch.rand(count, 2, generator=generator, dtype=torch.float64)
        rows = []
        for i in range(count):
            group = groups[0] if (wanted[i] and len(groups[0])) or not len(groups[1]) else groups[1]
            rows.append(int(group[int(u[i, 0] * len(group))]))
        texts = []
        for i, row in enumerate(rows):
            some = self.facts[row]["captions"]
            texts.append(some[int(u[i, 1] * len(some))])
        return self.values[torch.tensor(rows)].float(), texts
