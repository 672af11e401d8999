"""Chance from a seed, the same on every machine and Python: only ``random.Random.random`` is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    def __init__(self, seed: str):
        self._next = Random(seed).random

    def real(self, low: float = 0.0, high: float = 1.0) -> float:
        return low + (high - low) * self._next()

    def whole(self, low: int, high: int) -> int:
        """Both ends may come."""
        return low + int((high - low + 1) * self._next())

    def chance(self, share: float) -> bool:
        return self._next() < share

    def pick(self, options: Sequence[T]) -> T:
        return options[int(len(options) * self._next())]

    def one(self, *options: T) -> T:
        return self.pick(options)

    def shuffled(self, options: Sequence[T]) -> list[T]:
        left = list(options)
        return [left.pop(int(len(left) * self._next())) for _ in range(len(left))]
