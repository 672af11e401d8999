"""The words that captions use, and which of them mean the same."""

from __future__ import annotations

import re
from collections import Counter

from .captions import ADJECTIVE_WORDS
from .colours import COLOUR_WORDS, MATERIAL_WORDS
from .sample import FAMILIES, sample

# word or words → the one that captions use most; for whoever reads prompts
SYNONYMS: dict[str, str] = {
    other: name
    for table in (COLOUR_WORDS, MATERIAL_WORDS, ADJECTIVE_WORDS)
    for name, others in table.items()
    for other in others
    if other != name
}


def words(seeds: int = 100) -> Counter[str]:
    """How often each word comes in the captions of ``seeds`` objects of every family."""
    count: Counter[str] = Counter()
    for family in FAMILIES:
        for seed in range(seeds):
            for caption in sample(seed, family).captions:
                count.update(re.findall(r"[a-z0-9]+", caption))
    return count


def nouns(seeds: int = 30) -> dict[str, tuple[str, ...]]:
    """The names under which each family goes, the usual one first."""
    from .build import Build
    from .dice import Dice
    from .register import REGISTER

    found = {}
    for family, make in REGISTER.items():
        names: dict[str, None] = {}
        for seed in range(seeds):
            bench = Build(dice := Dice(f"{family} {seed}"))
            make(dice, bench)
            names.update(dict.fromkeys(bench.words.nouns))
        found[family] = tuple(names)
    return found
