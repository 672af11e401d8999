"""The baseline that generates nothing: the training object whose caption shares most words with the prompt."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

_WORD = re.compile(r"[^\W_]+")


def words(caption: str) -> tuple[str, ...]:
    """Lower-case runs of letters and digits."""
    return tuple(_WORD.findall(caption.lower()))


class WordOverlap:
    """Finds captions by the words they share: rare words weigh more (inverse document frequency, Spärck Jones 1972),
    cosine similarity, word order ignored.
    """

    def __init__(self, captions: Sequence[str]) -> None:
        if not captions:
            raise ValueError("There is no caption to find.")
        bags = [Counter(set(words(c))) for c in captions]
        spread = Counter(w for bag in bags for w in bag)
        self._weight = {w: math.log(1 + len(captions) / n) for w, n in spread.items()}
        self._where: dict[str, list[int]] = {w: [] for w in spread}
        for i, bag in enumerate(bags):
            for word in bag:
                self._where[word].append(i)
        self._length = np.array([self._norm(bag) for bag in bags])

    def scores(self, prompt: str) -> np.ndarray:
        """(captions,) float64 in [0, 1]; words that no caption has count nothing."""
        asked = [w for w in sorted(set(words(prompt))) if w in self._weight]
        result = np.zeros(len(self._length))
        for word in asked:
            result[self._where[word]] += self._weight[word] ** 2
        return result / np.maximum(self._length * self._norm(Counter(asked)), 1e-9)

    def best(self, prompt: str, seed: int = 0) -> int:
        """The caption that is most alike; among equals the seed chooses."""
        scores = self.scores(prompt)
        equals = np.flatnonzero(scores >= scores.max() - 1e-9)
        return int(np.random.default_rng(seed).choice(equals))

    def _norm(self, bag: Counter[str]) -> float:
        return math.sqrt(sum(self._weight[w] ** 2 for w in bag))
