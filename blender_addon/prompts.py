"""Texts that objects are made from: a block of them, the names of their objects, and their seeds. No bpy."""

from __future__ import annotations

import random
from collections.abc import Iterable

NOTE = "#"  # begins a line of a block that is the writer's own
LONGEST_NAME = 40  # letters
SEEDS = 1 << 31  # as many as Blender's whole numbers and the backend know
_EASY = 1_000_000  # a seed that is drawn can be read aloud and typed again


def prompts_in(lines: Iterable[str]) -> list[str]:
    """The texts of a block, one a line, in order; empty lines and those that begin with # are left out."""
    texts = (" ".join(line.split()) for line in lines)
    return [text for text in texts if text and not text.startswith(NOTE)]


def name_for(prompt: str) -> str:
    """What an object made from the text is called: its first words, as many as fit."""
    words = " ".join(prompt.split())
    if len(words) <= LONGEST_NAME:
        return words
    whole = words[: LONGEST_NAME + 1].rpartition(" ")[0]
    return whole or words[:LONGEST_NAME]


def fresh_seed() -> int:
    """One that nobody chose."""
    return random.SystemRandom().randrange(_EASY)


def seeds_from(first: int, count: int) -> list[int]:
    """``count`` seeds that differ, the first one first; after the last there is comes 0."""
    return [(first + i) % SEEDS for i in range(count)]
