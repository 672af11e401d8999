"""Which objects are asked for, and which were there to be learned from. All of it follows from seeds.

Asked for are combinations (family × colour × part) that training leaves out (``grammar.held_out``); nothing that a
seed below ``UNSEEN`` makes is asked for, nothing above it is trained on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...training.grammar.colours import COLOUR_WORDS, COLOURS
from ...training.grammar.dice import Dice
from ...training.grammar.field import grids
from ...training.grammar.sample import FAMILIES, Specimen, held_out, sample
from .solid import Solid

UNSEEN = 1_000_000_000
_PATIENCE = 800  # seeds tried for one object before its family is passed over


@dataclass(frozen=True)
class Asked:
    """A prompt and the object of the grammar that it describes. ``colour`` is empty where the prompt names none."""

    prompt: str
    family: str
    colour: str
    attributes: dict[str, str]
    seed: int


def palette() -> dict[str, tuple[float, float, float]]:
    """The named colours, sRGB in [0, 1]."""
    return {name: (r / 255, g / 255, b / 255) for name, (r, g, b) in COLOURS.items()}


def solid_of(specimen: Specimen) -> Solid:
    """The grids that Pocket Text was trained to make."""
    return Solid.of(*grids(specimen.solids))


def make(seed: int, family: str) -> Solid:
    """The object of a seed and family, as grids."""
    return solid_of(sample(seed, family))


def main_colour(specimen: Specimen) -> str:
    """The colour that captions call the object's; empty where it has none or a material stands for it."""
    colour = specimen.attributes.get("colour", "")
    return colour if colour in COLOURS else ""


def says(prompt: str, colour: str) -> bool:
    """Whether the prompt names the colour, by any of its words, and not only as the end of a longer name."""
    text = f" {prompt.lower().replace(',', ' ')} "
    mine = (colour, *COLOUR_WORDS.get(colour, ()))
    longer = [w for name in COLOURS for w in (name, *COLOUR_WORDS.get(name, ())) if " " in w and w not in mine]
    for name in longer:
        text = text.replace(f" {name} ", " ")
    return any(f" {word} " in text for word in mine)


def family_of(seed: int) -> str:
    """The family that ``sample`` chooses for a seed, without making the object."""
    return Dice(f"family {seed}").pick(FAMILIES)


def trained(count: int, family: str | None = None) -> Iterator[tuple[int, Specimen]]:
    """The first ``count`` seeds, with their objects, that training may use: of all families, or of one."""
    found, seed = 0, 0
    while found < count:
        if family is None or family_of(seed) == family:
            specimen = sample(seed)
            if not held_out(specimen.attributes):
                yield seed, specimen
                found += 1
        seed += 1


def held_out_prompts(count: int, start: int = UNSEEN) -> list[Asked]:
    """``count`` objects that training never sees, with different prompts, of all families as evenly as may be.

    The prompt is the full caption; where the object has a colour, the caption must name it. The families come in an
    order of their own, so that the first prompts are as mixed as all.
    """
    found: list[Asked] = []
    seeds = {FAMILIES[i]: start for i in np.random.default_rng(0).permutation(len(FAMILIES))}
    taken: set[str] = set()
    while len(found) < count and seeds:
        for family in tuple(seeds):
            asked = _next_held_out(family, seeds, taken)
            if asked is None:
                del seeds[family]
                continue
            found.append(asked)
            taken.add(asked.prompt)
            if len(found) == count:
                break
    return found


def _next_held_out(family: str, seeds: dict[str, int], taken: set[str]) -> Asked | None:
    first = seeds[family]
    for seed in range(first, first + _PATIENCE):
        specimen = sample(seed, family)
        if not held_out(specimen.attributes):
            continue
        prompt, colour = specimen.captions[0], main_colour(specimen)
        if prompt not in taken and (not colour or says(prompt, colour)):
            seeds[family] = seed + 1
            return Asked(prompt, family, colour, specimen.attributes, seed)
    return None


def alike(asked: Asked, count: int) -> list[Solid]:
    """Up to ``count`` objects of the grammar of which the same can be said but for colours and material: what variety
    the prompt leaves. The object asked for is the first.
    """
    shape = _of_shape(asked.attributes)
    found = [make(asked.seed, asked.family)]
    for seed in range(UNSEEN // 2, UNSEEN // 2 + _PATIENCE):
        if len(found) == count:
            break
        specimen = sample(seed, asked.family)
        if _of_shape(specimen.attributes) == shape:
            found.append(solid_of(specimen))
    return found


def _of_shape(attributes: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in attributes.items() if not k.endswith("colour") and k != "material"}


def fingerprint(families: Sequence[str] = FAMILIES, seeds: Sequence[int] = (0, 1)) -> str:
    """Changes whenever the grammar does: 16 hex digits over which families there are, and what a few seeds make of
    these.
    """
    told = hashlib.sha256(repr(FAMILIES).encode())
    for family in families:
        for seed in seeds:
            specimen = sample(seed, family)
            told.update(repr((family, specimen.captions, sorted(specimen.attributes.items()))).encode())
            for name in ("kind", "size", "shape", "rotation", "centre", "colour", "cut"):
                told.update(np.ascontiguousarray(getattr(specimen.solids, name)).tobytes())
    return told.hexdigest()[:16]
