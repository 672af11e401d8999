"""The list of families: each is one function that puts an object of it on a bench."""

from __future__ import annotations

from collections.abc import Callable

from .build import Build
from .dice import Dice

Family = Callable[[Dice, Build], None]
REGISTER: dict[str, Family] = {}


def family(name: str) -> Callable[[Family], Family]:
    def keep(make: Family) -> Family:
        if name in REGISTER:
            raise ValueError(f"there are two families {name!r}")
        REGISTER[name] = make
        return make

    return keep
