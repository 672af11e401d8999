"""One object of the grammar from a seed: its solids, its captions and what they say."""

from __future__ import annotations

from dataclasses import dataclass

from . import (  # noqa: F401 - importing them fills the register
    animals,
    buildings,
    clothes,
    composed,
    containers,
    craft,
    crawlers,
    creatures,
    devices,
    food,
    fruit,
    furniture,
    household,
    kitchen,
    leisure,
    music,
    people,
    pets,
    plants,
    shelters,
    storage,
    tools,
    vehicles,
)
from .build import Build, Words
from .captions import captions, clause_phrase
from .dice import Dice
from .holdout import held_out
from .register import REGISTER
from .solids import Solids, normalised

FAMILIES: tuple[str, ...] = tuple(sorted(REGISTER))

__all__ = ["FAMILIES", "Specimen", "held_out", "held_out_specimens", "sample"]


@dataclass(frozen=True)
class Specimen:
    """``parts`` names each solid's part, "leg#2"; "body#1" is the one that has the captioned colour."""

    family: str
    solids: Solids
    captions: tuple[str, ...]
    attributes: dict[str, str]
    parts: tuple[str, ...]


def sample(seed: int, family: str | None = None) -> Specimen:
    """The object of this seed (of this family): the same on every machine. Its bounding box is centred on 0, the
    longest side 1.8. Raises KeyError for a family that is not in ``FAMILIES``.
    """
    name = family or Dice(f"family {seed}").pick(FAMILIES)
    dice = Dice(f"{name} {seed}")
    bench = Build(dice)
    REGISTER[name](dice, bench)
    words = bench.words
    return Specimen(
        name, normalised(bench.solids()), captions(dice, words), _attributes(name, words), tuple(bench.labels)
    )


def _attributes(name: str, words: Words) -> dict[str, str]:
    """What the captions may say, by kind: family, colour, material, proportion, part, count, colours of parts."""
    told = {"family": name, "colour": words.colour}
    if words.material:
        told["material"] = words.material
    if words.adjectives:
        told["proportion"] = words.adjectives[0]
    for clause in words.clauses:
        phrase = clause_phrase(clause, "", clause.adjective, True)
        told.setdefault("part", f"without {phrase}" if clause.lacking else f"{clause.verb} {phrase}")
        if clause.count > 1:
            told.setdefault("count", f"{clause.count} {clause.plural}")
        if clause.colour:
            told[f"{clause.noun} colour"] = clause.colour
    return told


def held_out_specimens(count: int, start: int = 10_000_000) -> list[Specimen]:
    """``count`` objects for evaluation, families in turn, each with a combination that no training sees. Their first
    caption is the prompt to try: it says all that is held out. Deterministic; ``start`` is the first seed tried.
    """
    found: list[Specimen] = []
    for turn in range(count):
        family, seed = FAMILIES[turn % len(FAMILIES)], start + turn * 1000
        while not held_out((specimen := sample(seed, family)).attributes):
            seed += 1
        found.append(specimen)
    return found
