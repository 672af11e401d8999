"""Which combinations no training ever sees, so that evaluation can ask for something new made of known words.

Every family lacks one colour altogether ("a purple elephant" may never have been), and of the triples family ×
colour × part with a less plain colour one in 25 is left out. Each family, colour and part by itself is seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

_UNUSUAL = ("purple", "turquoise", "pink", "light blue", "dark red", "light green", "orange")
_NATURAL = {  # too much a part of the thing itself to be left out
    *(("pink", f) for f in ("pig", "flower", "donut", "ice cream", "cake", "butterfly", "elephant", "lollipop")),
    *(("orange", f) for f in ("carrot", "pumpkin", "fish", "cat", "butterfly", "giraffe", "snail", "fruit", "ball")),
    *(("light green", f) for f in ("tree", "cactus", "plant", "pear")),
    *(("light blue", f) for f in ("bottle", "goblet", "vase", "boat")),
}
_LEFT_OUT = 4  # percent of the triples
_PLAIN = ("white", "black", "grey", "brown", "red", "green", "yellow")  # most things come in one of these: all stay


def absent_colour(family: str) -> str:
    """The colour in which no training object of this family ever comes."""
    options = [c for c in _UNUSUAL if (c, family) not in _NATURAL]
    return options[crc32(f"colour of {family}".encode()) % len(options)]


def held_out(attributes: Mapping[str, str]) -> bool:
    """Whether an object with these attributes (``Specimen.attributes``) is for evaluation only."""
    family, colour = attributes["family"], attributes["colour"]
    if colour == absent_colour(family):
        return True
    triple = f"{family} | {colour} | {attributes.get('part', '')}"
    return "part" in attributes and colour not in _PLAIN and crc32(triple.encode()) % 100 < _LEFT_OUT
