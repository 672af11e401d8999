"""Everything that can be trained on behind one face: real objects and the specimens of the grammar, with weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from .dice import areas, centred
from .shards import FOLDER, Thing, things

SPECIMEN = 0.4  # how often a specimen is drawn, against 1 for a coloured, whole real object
DROPPED = 0.3  # and a real object that lacks a part


@dataclass(frozen=True)
class Item:
    """``V`` (n, 3) float32, bounding box centred, longest side 1.8, +Z up, front −Y; ``F`` (m, 3) int32; ``C`` (n, 3)
    uint8 sRGB; ``weight``: how often it is drawn; ``textured``: False where the colours mean nothing."""

    name: str
    V: np.ndarray
    F: np.ndarray
    C: np.ndarray
    weight: float = 1.0
    textured: bool = True


def real(folder: Path | str = FOLDER, split: str = "train", limit: int | None = None) -> Iterator[Item]:
    """Objects of shared/data; ``limit``: a fair selection of that many, the same every time."""
    found = things(folder, split)
    if limit is not None:
        everything = list(found)
        order = np.random.default_rng(0).permutation(len(everything))[:limit]
        found = iter([everything[which] for which in sorted(order)])
    return (of_thing(thing) for thing in found)


def of_thing(thing: Thing) -> Item:
    return Item(thing.id, centred(thing.V), thing.F, thing.C, thing.weight, thing.textured)


def specimens(seeds: Iterable[int], weight: float = SPECIMEN, family: str | None = None) -> Iterator[Item]:
    """Objects of the grammar (backend.training.grammar), one a seed."""
    from ..grammar.mesh import mesh
    from ..grammar.sample import sample

    for seed in seeds:
        specimen = sample(seed, family)
        V, F, C = mesh(specimen.solids)
        yield Item(f"{specimen.family}/{seed}", centred(V), F, C, weight)


def without_a_part(item: Item, random: np.random.Generator) -> Item | None:
    """``item`` less one of its connected parts of 3 to 40 % of its area; None where it has no such part.

    Parts hold together by vertices at one place, because shards split vertices along seams of colour. The field must
    be made anew: what the part hid comes to light.
    """
    _, place = np.unique(np.round(item.V * 2048).astype(np.int64), axis=0, return_inverse=True)
    corners = place.reshape(-1)[item.F]
    links = np.concatenate([corners[:, :2], corners[:, 1:]])
    count = int(place.max()) + 1
    graph = coo_matrix((np.ones(len(links), bool), (links[:, 0], links[:, 1])), shape=(count, count))
    part = connected_components(graph, directed=False)[1][corners[:, 0]]
    area = areas(item.V, item.F)
    share = np.bincount(part, area) / max(area.sum(), 1e-12)
    able = np.flatnonzero((share > 0.03) & (share < 0.4))
    if not len(able):
        return None
    faces = item.F[part != random.choice(able)]
    used, renamed = np.unique(faces, return_inverse=True)
    return replace(
        item,
        name=f"{item.name} without a part",
        V=centred(item.V[used]),
        F=renamed.reshape(-1, 3).astype(np.int32),
        C=item.C[used],
        weight=item.weight * DROPPED,
    )


def with_variants(items: Iterable[Item], chance: float = 0.25, seed: int = 0) -> Iterator[Item]:
    """The items, and now and then one of them once more without a part."""
    random = np.random.default_rng(seed)
    for item in items:
        yield item
        if random.random() < chance:
            less = without_a_part(item, random)
            if less is not None:
                yield less
